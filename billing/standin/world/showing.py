"""Objects as the API shows them: what is the world's own left out, what was asked for expanded."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any, Final

from .errors import Refused
from .store import Book, Thing

DEEPEST: Final = 4

# kind → what is put into each object of it before it is shown
_COMPLETIONS: dict[str, Callable[[Book, Thing], Thing]] = {}
# (kind, field) → what is there only when expanded
_INCLUDED: dict[tuple[str, str], Callable[[Book, Thing], Any]] = {}
# The same for fields within an object's own parts, by their path.
_WITHIN: dict[tuple[str, str], Callable[[Book, Thing], Any]] = {}


def complete(kind: str, completion: Callable[[Book, Thing], Thing]) -> None:
    """Objects of this kind are shown with these fields too."""
    _COMPLETIONS[kind] = completion


def include(kind: str, field: str, content: Callable[[Book, Thing], Any]) -> None:
    """Objects of this kind have this field when it is expanded."""
    (_WITHIN if "." in field else _INCLUDED)[kind, field] = content


def shown(book: Book, thing: Thing, expand: Iterable[str] = ()) -> Thing:
    """The object for the outside. Raises Refused for what cannot be expanded."""
    whole = copy.deepcopy(seen(book, thing))
    for path in expand:
        steps = path.split(".")
        if len(steps) > DEEPEST:
            raise Refused(
                400,
                f"You cannot expand more than {DEEPEST} levels of a property. You expanded"
                f" {len(steps)} levels: {path}",
            )
        _expand(book, whole, steps, path)
    return whole


def page(url: str, members: list[Thing], *, more: bool = False) -> Thing:
    """A list as the API shows it."""
    return {"object": "list", "data": members, "has_more": more, "url": url}


def seen(book: Book, thing: Thing) -> Thing:
    """The object for the outside, nothing expanded."""
    completion = _COMPLETIONS.get(thing.get("object", ""))
    completed = {**thing, **completion(book, thing)} if completion else thing
    return {key: value for key, value in completed.items() if not key.startswith("_")}


def _expand(book: Book, at: Any, steps: list[str], path: str) -> None:
    """Replace ids by objects along a path, within the object itself."""
    field, rest = steps[0], steps[1:]
    if not isinstance(at, dict):
        raise _not_expandable(path)
    if within := _WITHIN.get((at.get("object", ""), ".".join(steps))):
        _part(at, steps[:-1])[steps[-1]] = within(book, at)
        return
    included = _INCLUDED.get((at.get("object", ""), field))
    if field not in at:
        if included is None:
            raise _not_expandable(path)
        at[field] = included(book, at)
    elif field == "data" and isinstance(at[field], list):
        at[field] = [_expanded(book, member, rest, path) for member in at[field]]
        return
    at[field] = _expanded(book, at[field], rest, path)


def _part(thing: Thing, steps: list[str]) -> Thing:
    """What is within an object at a path."""
    return _part(thing[steps[0]], steps[1:]) if steps else thing


def _expanded(book: Book, value: Any, rest: list[str], path: str) -> Any:
    if isinstance(value, list):
        return [_expanded(book, member, rest, path) for member in value]
    if isinstance(value, str):
        found = book.find(value)
        if found is None:
            raise _not_expandable(path)
        value = copy.deepcopy(seen(book, found))
    if rest and value is not None:
        _expand(book, value, rest, path)
    return value


def _not_expandable(path: str) -> Refused:
    return Refused(400, f"This property cannot be expanded ({path}).", param="expand")
