"""What a parameter may be. A check takes the sent value and its name, and gives Python's value.

Checks raise Refused as Stripe words it: unknown, missing, not an integer, not one of these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

from .errors import Refused, invalid, missing_parameter, unknown_parameter
from .forms import Tree

Check: TypeAlias = Callable[[Tree, str], Any]

MOST_TEXT: Final = 5_000
MOST_KEYS: Final = 50


def text(value: Tree, name: str) -> str:
    """A string that is not empty."""
    if not isinstance(value, str):
        raise invalid(name, f"Invalid string: {name} is an object.")
    if not value:
        raise Refused(
            400,
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to"
            f" unset a parameter; however '{name}' cannot be unset.",
            code="parameter_invalid_empty",
            param=name,
        )
    if len(value) > MOST_TEXT:
        raise invalid(name, f"Invalid string: at most {MOST_TEXT} characters.")
    return value


def clearable(check: Check) -> Check:
    """The same, or None for the empty string, which unsets."""
    return lambda value, name: None if value == "" else check(value, name)


def at_least(least: int, most: int = 2**53) -> Check:
    """A whole number within bounds."""

    def check(value: Tree, name: str) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise invalid(name, f"Invalid integer: {value}", "parameter_invalid_integer")
        number = int(value)
        if not least <= number <= most:
            raise invalid(
                name,
                f"This value must be between {least} and {most}.",
                "parameter_invalid_integer",
            )
        return number

    return check


whole: Final = at_least(-(2**53))
count: Final = at_least(0)
positive: Final = at_least(1)


def decimal(value: Tree, name: str) -> Decimal:
    """A finite decimal number."""
    try:
        number = Decimal(text(value, name))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise invalid(name, f"Invalid decimal: {value}", "parameter_invalid_decimal")
    return number


def flag(value: Tree, name: str) -> bool:
    """``true`` or ``false``."""
    if value not in ("true", "false"):
        raise invalid(name, f"Invalid boolean: {value}")
    return value == "true"


def one_of(*words: str) -> Check:
    """One of these words."""

    def check(value: Tree, name: str) -> str:
        if value not in words:
            there = ", ".join(words[:-1]) + (" or " if len(words) > 1 else "") + words[-1]
            raise invalid(name, f"Invalid {name}: must be one of {there}")
        return str(value)

    return check


def either(first: Check, second: Check) -> Check:
    """An object as the first says, anything else as the second does."""
    return lambda value, name: (first if isinstance(value, dict) else second)(value, name)


def listed(check: Check) -> Check:
    """A list of such values, in the order of their indexes."""

    def checked(value: Tree, name: str) -> list[Any]:
        if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
            raise invalid(name, f"Invalid array: {name}")
        ordered = sorted(value.items(), key=lambda member: int(member[0]))
        return [check(member, f"{name}[{key}]") for key, member in ordered]

    return checked


def labels(value: Tree, name: str) -> dict[str, str]:
    """``metadata``: strings by name; an empty one unsets."""
    if value == "":
        return {}
    if not isinstance(value, dict) or len(value) > MOST_KEYS:
        raise invalid(name, f"Invalid hash: at most {MOST_KEYS} keys in {name}.")
    for key, content in value.items():
        if not isinstance(content, str) or len(content) > 500 or len(key) > 40:
            raise invalid(f"{name}[{key}]", "Metadata are strings of at most 500 characters.")
    return {key: str(content) for key, content in value.items()}


def shape(fields: Mapping[str, Check], required: Iterable[str] = ()) -> Check:
    """An object of these parameters and no others."""

    def check(value: Tree, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise invalid(name, f"Invalid object: {name}")
        return checked(value, fields, required, within=name)

    return check


def checked(
    sent: Mapping[str, Tree], fields: Mapping[str, Check], required: Iterable[str], within: str = ""
) -> dict[str, Any]:
    """What was sent, as the fields say. Raises Refused."""

    def called(key: str) -> str:
        return f"{within}[{key}]" if within else key

    for key in sent:
        if key not in fields:
            raise unknown_parameter(called(key))
    for key in required:
        if key not in sent:
            raise missing_parameter(called(key))
    return {key: fields[key](value, called(key)) for key, value in sent.items()}
