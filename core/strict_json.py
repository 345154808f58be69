"""JSON as a contract: what another reader might understand differently is refused.

Python's own parser takes NaN, ``1e400``, duplicate keys, NUL and lone surrogates; each of
these is stored, compared or printed differently somewhere further on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from core.errors import InvalidRequest

DEEPEST = 40
LARGEST_INT = 2**53
WHOLE_BODY = "body"
_TOO_DEEP = f"Nested more than {DEEPEST} levels deep."


@dataclass(frozen=True)
class _Refused:
    """Stands in the parsed tree where a value was refused, until its path is known."""

    why: str


def loads(source: bytes) -> Any:
    """Parse UTF-8 JSON; numbers are ints within ±2⁵³ or finite floats, text is clean.

    Raises InvalidRequest with the dotted path of what was refused (``views.0.name``), or
    ``body`` when the text as a whole is not JSON.
    """
    try:
        text = source.decode("utf-8-sig")
        tree = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=lambda name: _Refused(f"{name} is not a number in JSON."),
            parse_float=_float,
            parse_int=_int,
        )
    except UnicodeDecodeError:
        _refuse(WHOLE_BODY, "This is not UTF-8 text.", code="INVALID_JSON")
    except json.JSONDecodeError as error:
        where = f"{error.msg} (line {error.lineno}, column {error.colno})."
        _refuse(WHOLE_BODY, where, code="INVALID_JSON")
    except RecursionError:
        _refuse(WHOLE_BODY, _TOO_DEEP)
    for path, why in _problems(tree, (), 0):
        _refuse(".".join(path) or WHOLE_BODY, why)
    return tree


def _refuse(path: str, why: str, *, code: str = "INVALID_FIELD") -> NoReturn:
    raise InvalidRequest("The body is not valid JSON.", code=code, fields={path: [why]}) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = _Refused("This key is given twice.") if key in found else value
    return found


def _float(literal: str) -> float | _Refused:
    number = float(literal)
    return number if math.isfinite(number) else _Refused("This number is too large.")


def _int(literal: str) -> int | _Refused:
    # Digits are counted first: int() is quadratic, and refuses 4300 digits with an error.
    if len(literal) <= len(str(-LARGEST_INT)) and abs(int(literal)) <= LARGEST_INT:
        return int(literal)
    return _Refused("This number is too large.")


def _problems(
    node: Any, path: tuple[str, ...], depth: int
) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, _Refused):
        yield path, node.why
    elif isinstance(node, str):
        if why := _bad_text(node):
            yield path, why
    elif isinstance(node, dict | list):
        if depth >= DEEPEST:
            yield path[:3], _TOO_DEEP
            return
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        for key, inner in pairs:
            if isinstance(key, str) and (why := _bad_text(key)):
                yield path, f"A key is not clean text: {why}"
                return
            yield from _problems(inner, (*path, str(key)), depth + 1)


def _bad_text(text: str) -> str | None:
    if "\0" in text:
        return "Text may not hold NUL characters."
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return "Text may not hold half of a surrogate pair."
    return None
