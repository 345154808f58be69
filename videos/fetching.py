"""Bringing a completed film from its provider into our storage: one at a time, in little memory."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from core import storage
from generation.errors import Failure, ProviderError
from generation.providers.film_failures import FilmGone
from generation.providers.filming import video_maker
from generation.providers.protocols import VideoState
from generation.providers.resending import Deadline
from generation.run import DATABASE_AWAY
from videos import files, probing, settling
from videos.models import Video
from videos.settling import Stored

log = logging.getLogger("techpack.videos")

CLAIM_S: Final = 30  # whoever fetches renews it; after this long in silence another may
LONGEST_S: Final = 900.0
ALMOST_DONE: Final = 99  # percent, while it is fetched


class NotNow(Exception):
    """There is no time left here, or somebody else has taken over: the film is left as it is."""


def fetch(video: Video, state: VideoState, *, patience_s: float) -> bool:
    """Fetch a completed film and settle it, unless somebody else is about to.

    False where the time was not enough for it: it has to be fetched without somebody waiting.
    """
    if not _claim(video):
        return True
    until = Deadline(min(patience_s, LONGEST_S))
    try:
        with _claim_kept(video) as check:
            film = _stored(video, state.ref, check, until)
    except NotNow:
        return not _let_go(video)
    except (ProviderError, storage.TooManyBytes) as error:
        return _failed(video, error, state) or until.left_s > 0
    except OSError as error:
        log.warning("video %s is not stored yet: %s", video.video_id, type(error).__name__)
        _let_go(video)
    else:
        if not settling.settle(video, film, state.usage):
            _let_go(video)
    return True


def _claim(video: Video) -> bool:
    """Take the film for fetching, where nobody has it and its user wants it."""
    nobody = Q(fetching_until__isnull=True) | Q(fetching_until__lt=Now())
    free = Video.objects.filter(nobody, pk=video.pk, look_at__isnull=False, file_key="")
    free = free.exclude(status=Video.Status.CANCELED).filter(deleted_at__isnull=True)
    return bool(free.update(fetching_until=Now() + timedelta(seconds=CLAIM_S)))


def _let_go(video: Video) -> bool:
    """Let others fetch it; whether it is still to be fetched."""
    mine = Video.objects.filter(pk=video.pk, fetching_until__isnull=False)
    return bool(mine.update(fetching_until=None))


@contextmanager
def _claim_kept(video: Video) -> Iterator[Callable[[], None]]:
    """Renew the claim meanwhile; what is yielded raises NotNow once nobody wants the film."""
    over, unwanted = threading.Event(), threading.Event()

    def check() -> None:
        if unwanted.is_set():
            raise NotNow

    keeper = threading.Thread(
        target=_keep, args=(video, over, unwanted), name="fetch claim", daemon=True
    )
    keeper.start()
    try:
        yield check
    finally:
        over.set()
        keeper.join(timeout=5)


def _keep(video: Video, over: threading.Event, unwanted: threading.Event) -> None:
    mine = Video.objects.filter(pk=video.pk, fetching_until__isnull=False)
    try:
        while not over.wait(CLAIM_S / 3):
            try:
                if not mine.update(fetching_until=Now() + timedelta(seconds=CLAIM_S)):
                    unwanted.set()
                    return
            except DATABASE_AWAY as error:
                log.warning("a film's claim was not renewed: %s", type(error).__name__)
                connection.close()
    finally:
        connection.close()


def _stored(video: Video, ref: str, check: Callable[[], None], until: Deadline) -> Stored:
    """The film in our storage, found to be one. Raises ProviderError, OSError, NotNow."""
    with video_maker(video.provider).fetch(ref, timeout_s=max(until.left_s, 1.0)) as pieces:
        file_key, byte_count = files.take_in(
            _watched(pieces, check, until), most=settings.VIDEO_MOST_BYTES
        )
    try:
        poster_key = files.take_in_poster(probing.probe(file_key).poster)
    except BaseException:
        files.remove([file_key])
        raise
    return Stored(file_key, poster_key, byte_count)


def _watched(
    pieces: Iterable[bytes], check: Callable[[], None], until: Deadline
) -> Iterator[bytes]:
    for piece in pieces:
        check()
        if until.left_s <= 0:
            raise NotNow
        yield piece


def _failed(video: Video, error: ProviderError | storage.TooManyBytes, state: VideoState) -> bool:
    """What is no film is the end of it; whatever else went wrong may go better the next time.

    Returns whether it was the end.
    """
    if isinstance(error, storage.TooManyBytes):
        error = ProviderError(Failure.MALFORMED_OUTPUT, "the film is too large")
    if error.failure is not Failure.MALFORMED_OUTPUT or isinstance(error, FilmGone):
        log.warning("video %s was not fetched: %s", video.video_id, error)
        return not _let_go(video)
    error.usage, error.ref = state.usage, state.ref
    log.warning("what came for video %s is no film: %s", video.video_id, error)
    settling.fail(video, error)
    return True
