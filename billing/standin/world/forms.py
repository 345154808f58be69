"""Bodies and queries as Stripe's clients write them: ``items[0][price]=price_1&expand[]=x``."""

from __future__ import annotations

import re
from typing import Final, TypeAlias
from urllib.parse import unquote_to_bytes

from .errors import INVALID, Refused

Tree: TypeAlias = "str | dict[str, Tree]"

KEY: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
STEP: Final = re.compile(r"\[([^\[\]]*)\]")
MOST_PAIRS: Final = 2_000
DEEPEST: Final = 8


def parse(encoded: str) -> dict[str, Tree]:
    """The tree of a form; members of a list are under "0", "1", … Raises Refused."""
    tree: dict[str, Tree] = {}
    pairs = [pair for pair in encoded.split("&") if pair]
    if len(pairs) > MOST_PAIRS:
        raise _malformed("There are too many parameters.")
    for pair in pairs:
        key, _, value = pair.partition("=")
        _place(tree, _steps(_plain(key)), _plain(value))
    return tree


def _malformed(message: str) -> Refused:
    return Refused(400, message, kind=INVALID)


def _plain(quoted: str) -> str:
    try:
        text = unquote_to_bytes(quoted.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("Invalid UTF-8 in the request.") from None
    if "\0" in text:
        raise _malformed("A null byte is not allowed in a parameter.")
    return text


def _steps(key: str) -> list[str]:
    whole = KEY.fullmatch(key)
    if whole is None:
        raise _malformed(f"Invalid parameter name: {key}")
    steps = [whole[1], *STEP.findall(whole[2])]
    if len(steps) > DEEPEST:
        raise _malformed(f"The parameter is nested too deeply: {key}")
    return steps


def _place(tree: dict[str, Tree], steps: list[str], value: str) -> None:
    """Put a value where its key says; "" in brackets is the next member of a list."""
    name = "".join([steps[0], *(f"[{step}]" for step in steps[1:])])
    at = tree
    for step in steps[:-1]:
        below = at.setdefault(step or str(len(at)), {})
        if not isinstance(below, dict):
            raise Refused(400, f"Invalid parameter: {name} is both a value and an object.")
        at = below
    last = steps[-1] or str(len(at))
    if last in at:
        raise Refused(400, f"The parameter was sent twice: {name}", param=name)
    at[last] = value
