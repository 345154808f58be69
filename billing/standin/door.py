"""The stand-in's API under ``/v1/``, for the library's client on this machine."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, RawPostDataException
from django.views.decorators.csrf import csrf_exempt

from billing.standin import here, sending
from billing.standin.world import respond


@csrf_exempt
@here.only_here
def door(request: HttpRequest) -> HttpResponse:
    """What Stripe would answer. Neither a session nor an account plays a part: the key does."""
    path = request.get_full_path().removeprefix(here.home())
    answer = respond(
        here.world(),
        method=request.method or "GET",
        path=path,
        headers=dict(request.headers),
        body=_body_of(request),
    )
    sending.wake()
    return HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))


def _body_of(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RawPostDataException:
        # A multipart form, which was read as one: nothing here takes files.
        return b""
