"""Sign-in over JSON (``/_allauth/``), whose library has shapes of its own for what it refuses."""

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse

from core.errors import (
    Conflict,
    DomainError,
    InvalidRequest,
    MethodNotAllowed,
    PayloadTooLarge,
    PermissionDenied,
    RateLimited,
)
from core.http import envelope, headers_of, in_envelope
from core.wire import ExactJSONParser

# What the library answers with a status alone, or with a page.
REFUSALS: Final[Mapping[int, DomainError]] = {
    403: PermissionDenied(
        "This is not allowed.", suggestions=["Send the cookie csrftoken as X-CSRFToken, too"]
    ),
    405: MethodNotAllowed("This address does not take this method."),
    409: Conflict("There is nothing now that this could be done with."),
    429: RateLimited(
        "Too many tries in a short time.", retry_after_s=60, suggestions=["Wait a minute"]
    ),
}
WORDS: Final = frozenset({"error", "errors", "data"})
REPLACED: Final = frozenset({"Content-Type", "Content-Length"})


class SignInOverJson:
    """Bodies are read as strictly as those of the API, and every refusal has words.

    Which field is wrong and what comes next the library says as its clients know it; where it
    would say nothing, or answer with a page, the envelope of the API stands beside or instead.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/_allauth/"):
            return self.get_response(request)
        try:
            if request.method != "GET" and request.body:
                ExactJSONParser().parse(BytesIO(request.body))
        except (InvalidRequest, PayloadTooLarge) as refused:
            return in_envelope(refused, request)
        return _in_words(request, self.get_response(request))


def _in_words(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    refusal = REFUSALS.get(response.status_code)
    if refusal is None:
        return response
    said = _said(response)
    if WORDS & said.keys():
        return response
    kept = {name: value for name, value in response.headers.items() if name not in REPLACED}
    told = JsonResponse(
        {**said, **envelope(refusal, getattr(request, "request_id", ""))},
        status=response.status_code,
        headers={**kept, **headers_of(refusal)},
    )
    told.cookies = response.cookies
    return told


def _said(response: HttpResponse) -> dict[str, Any]:
    """What the library answered in JSON: nothing where it is a page."""
    if not response.headers.get("Content-Type", "").startswith("application/json"):
        return {}
    found: dict[str, Any] = json.loads(response.content)
    return found
