"""Where a page stands in its person's events, so that its stream goes on from there."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.http import is_api, is_part
from notifications.queries import last_event_of


class PlaceInEvents:
    """``request.last_event``: the number of the last event before anything of a page was read.

    What happens while the page is made, and on its way, is told by its stream from there on.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _asks_for_page(request) and request.user.is_authenticated:
            last = last_event_of(request.user.pk)
            request.last_event = str(last)  # type: ignore[attr-defined]
        return self.get_response(request)


def _asks_for_page(request: HttpRequest) -> bool:
    """A whole one: neither a part of it, which has no stream of its own, nor a picture."""
    is_html = "text/html" in request.headers.get("Accept", "")
    return is_html and not is_part(request) and not is_api(request.path)
