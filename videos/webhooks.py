"""``/webhooks/…``: what providers of films call back. Checked, stored once, answered at once.

A message only says that something changed, so its place in time does not matter: how a film is,
its provider is asked, by a worker, after the commit.
"""

from __future__ import annotations

import logging
from typing import Final

from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from core.commits import after_commit
from core.errors import DomainError, InvalidRequest
from core.http import in_envelope, refused_unless_posted
from generation.providers import callbacks
from generation.providers.protocols import VideoCallback
from videos.models import ProviderCallback, Video
from videos.tasks import look_soon

log = logging.getLogger("techpack.videos")
AGAIN: Final = "60"  # seconds; providers send again what was not taken


@csrf_exempt
def openai(request: HttpRequest) -> HttpResponse:
    """A message of OpenAI, or of a server that speaks its language."""
    return _taken(request, "openai")


@csrf_exempt
def gemini(request: HttpRequest) -> HttpResponse:
    """A message of Gemini."""
    return _taken(request, "gemini")


def _taken(request: HttpRequest, provider: str) -> HttpResponse:
    """200 for what was stored, now or before; 400 for what is not signed, 404 where none is due."""
    if (refusal := refused_unless_posted(request)) is not None:
        return refusal
    try:
        callback = callbacks.taken(provider, request.headers, _body_of(request))
        _keep(provider, callback)
    except DomainError as error:
        return in_envelope(error, request)
    except (OperationalError, InterfaceError) as error:
        log.warning("a callback of %s was not stored: %s", provider, type(error).__name__)
        return HttpResponse(status=503, headers={"Retry-After": AGAIN})
    return HttpResponse(status=200)


def _body_of(request: HttpRequest) -> bytes:
    """The body, no more of it than it takes to see that it is too long."""
    try:
        return request.read(callbacks.MOST_BYTES + 1)
    except UnreadablePostError:
        raise InvalidRequest(
            "The message was cut off.", fields={"body": ["It was cut off."]}
        ) from None


def _keep(provider: str, callback: VideoCallback) -> None:
    """Store the message, and have its film looked at, where it is the first of its id."""
    with transaction.atomic():
        _, is_new = ProviderCallback.objects.get_or_create(
            provider=provider,
            webhook_id=callback.id,
            defaults={"type": callback.type, "provider_ref": callback.ref},
        )
        if is_new and callback.ref:
            after_commit(_look, provider, callback.ref)


def _look(provider: str, ref: str) -> None:
    films = Video.objects.filter(provider=provider, provider_ref=ref)
    for video_id in films.values_list("video_id", flat=True):
        look_soon(video_id)
