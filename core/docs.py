"""The documentation for users: ``docs/**/*.md``, served under ``/docs/``, and events' schemas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import urldefrag

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from core.markdown import Page, page_of

FOLDER: Path = settings.BASE_DIR / "docs"
FOR_BUILDERS = "adr"  # why it is built as it is: for those who read the code
FOR_OPERATORS = "operations/"  # for those who run the product: folded away beside the others
INDEX = ""


@cache
def schemas() -> dict[str, Path]:
    """Every event's JSON Schema: its address below ``/docs/`` → its file."""
    found = sorted((FOLDER / "events").glob("*.schema.json"))
    return {path.relative_to(FOLDER).as_posix(): path for path in found}


@dataclass(frozen=True)
class Sheet:
    """A page's place among the others."""

    address: str
    title: str
    is_current: bool


@dataclass(frozen=True)
class Group:
    """Pages for the same readers; without a label they are for everybody."""

    label: str
    sheets: list[Sheet]

    @property
    def is_current(self) -> bool:
        """Whether the page that is shown is one of them."""
        return any(sheet.is_current for sheet in self.sheets)


@cache
def files() -> dict[str, Path]:
    """Every page there is: its address below ``/docs/`` → its file.

    What is asked for is looked up here and never becomes a path.
    """
    found = {}
    for path in sorted(FOLDER.rglob("*.md")):
        place = path.relative_to(FOLDER)
        if place.parts[0] != FOR_BUILDERS:
            name = place.with_suffix("").as_posix()
            found[name.removesuffix("index") if place.stem == "index" else name] = path
    return found


def read(address: str) -> Page:
    """The page at an address that is one of ``files()``; rendered again only when it changed."""
    path = files()[address]
    return _rendered(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _rendered(path: Path, _changed: int) -> Page:
    return page_of(path.read_text())


def in_order() -> list[str]:
    """The addresses as the index lists them, the index first, what it forgets last."""
    linked = (urldefrag(link).url for link in read(INDEX).links)
    listed = (address for address in linked if address in files())
    return list(dict.fromkeys([INDEX, *listed, *files()]))


def grouped(sheets: list[Sheet]) -> list[Group]:
    """The pages for everybody, then those for who runs the product; each in its order."""
    mine = [sheet for sheet in sheets if sheet.address.startswith(FOR_OPERATORS)]
    return [
        Group("", [sheet for sheet in sheets if sheet not in mine]),
        Group("For those who run it", mine),
    ]


@require_safe
def docs(request: HttpRequest, address: str = INDEX) -> HttpResponse:
    """One page of the documentation, beside the list of all; or an event's schema."""
    if address in schemas():
        return HttpResponse(schemas()[address].read_bytes(), content_type="application/schema+json")
    if address not in files():
        if f"{address}/" in files():
            return redirect("docs-page", f"{address}/", permanent=True)
        raise Http404
    order = in_order()
    sheets = [Sheet(one, read(one).title, one == address) for one in order]
    context = {
        "nav_active": "docs",
        "page": read(address),
        "groups": grouped(sheets),
        "number": f"{order.index(address) + 1} / {len(order)}",
        "next": next(iter(sheets[order.index(address) + 1 :]), None),
    }
    return render(request, "docs/page.html", context)
