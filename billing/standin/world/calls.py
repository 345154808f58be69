"""The calls that the API takes: a method, an address, parameters, and who answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import unquote_plus

from .errors import invalid
from .shapes import Check, at_least, listed, shape, text, whole
from .store import Book, Thing

Run: TypeAlias = Callable[..., Thing]

EXPAND: Final[Mapping[str, Check]] = {"expand": listed(text)}
PAGES: Final[Mapping[str, Check]] = {
    "limit": at_least(1, 100),
    "starting_after": text,
    "ending_before": text,
}
SPAN: Final = shape({"gt": whole, "gte": whole, "lt": whole, "lte": whole})


@dataclass(frozen=True)
class Call:
    """One call; the groups of ``address`` are handed over after the parameters."""

    method: str
    address: re.Pattern[str]
    fields: Mapping[str, Check]
    required: tuple[str, ...]
    run: Run


class Register:
    """Where the calls are written down."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def get(self, path: str, fields: Mapping[str, Check] | None = None) -> Callable[[Run], Run]:
        """A call that reads."""
        return self._call("GET", path, fields or {}, ())

    def list(self, path: str, fields: Mapping[str, Check] | None = None) -> Callable[[Run], Run]:
        """A call that reads a list, by pages."""
        return self._call("GET", path, {**PAGES, **(fields or {})}, ())

    def post(
        self, path: str, fields: Mapping[str, Check] | None = None, required: Iterable[str] = ()
    ) -> Callable[[Run], Run]:
        """A call that writes."""
        return self._call("POST", path, fields or {}, tuple(required))

    def delete(self, path: str, fields: Mapping[str, Check] | None = None) -> Callable[[Run], Run]:
        """A call that deletes or ends something."""
        return self._call("DELETE", path, fields or {}, ())

    def find(self, method: str, path: str) -> tuple[Call, tuple[str, ...]] | None:
        """The call at this address and the ids that stand in it."""
        for call in self.calls:
            if call.method == method and (found := call.address.fullmatch(path)):
                return call, tuple(unquote_plus(group) for group in found.groups())
        return None

    def _call(
        self, method: str, path: str, fields: Mapping[str, Check], required: tuple[str, ...]
    ) -> Callable[[Run], Run]:
        address = re.compile(re.sub(r"\{\w+\}", "([^/]+)", path))

        def add(run: Run) -> Run:
            self.calls.append(Call(method, address, {**fields, **EXPAND}, required, run))
            return run

        return add


register: Final = Register()


def listing(
    book: Book,
    kind: str,
    given: Thing,
    url: str,
    among: Callable[[Thing], bool] = bool,
    **fields: Any,
) -> Thing:
    """A page of objects, the newest first, whose fields are these and that are ``among`` others."""
    found = [thing for thing in book.all(kind, **fields)[::-1] if among(thing)]
    if span := given.get("created"):
        found = [thing for thing in found if _within(thing["created"], span)]
    ids = [thing["id"] for thing in found]
    limit = given.get("limit", 10)
    if before := given.get("ending_before"):
        end = _place(ids, before, "ending_before")
        start = max(end - limit, 0)
        return _page(url, found[start:end], more=start > 0)
    start = (
        _place(ids, given["starting_after"], "starting_after") + 1
        if ("starting_after" in given)
        else 0
    )
    return _page(url, found[start : start + limit], more=start + limit < len(found))


def _page(url: str, members: list[Thing], *, more: bool) -> Thing:
    return {"object": "list", "data": members, "has_more": more, "url": url}


def _place(ids: list[str], named: str, param: str) -> int:
    if named not in ids:
        raise invalid(param, f"No such object: '{named}'", "resource_missing")
    return ids.index(named)


def _within(at: int, span: dict[str, int] | int) -> bool:
    if isinstance(span, int):
        return at == span
    return (
        at > span.get("gt", at - 1)
        and at >= span.get("gte", at)
        and at < span.get("lt", at + 1)
        and at <= span.get("lte", at)
    )
