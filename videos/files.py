"""The files of films. Each that no film owns is known by name, so that none is forgotten.

A ``LooseFile`` is written before the first byte of a file on its way in, and in the transaction
that takes a file from its film. Whatever dies in between, the file is found by ``tidy_up``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from core import storage
from core.commits import after_commit
from videos.models import LooseFile, Video

log = logging.getLogger("techpack.videos")

# Longer than any fetch may take, and what follows it until a film names its files.
ON_ITS_WAY: Final = timedelta(hours=6)
# A film that was made here is named when its job settles, which may wait until its deadline.
AFTER_DEADLINE: Final = timedelta(hours=1)
AT_ONCE: Final = 200


def take_in(pieces: Iterable[bytes], *, most: int) -> tuple[str, int]:
    """Store a film as it comes; returns its key and how many bytes it has.

    Raises what ``core.storage.write`` does; then nothing is left behind.
    """
    key = storage.new_key("films", "mp4")
    _expect(key)
    count = storage.write(key, pieces, most=most)
    return key, count


def take_in_poster(poster: bytes) -> str:
    """Store the JPEG of a film; returns its key. Raises OSError, and leaves nothing then."""
    key = storage.new_key("posters", "jpg")
    _expect(key)
    storage.write(key, [poster], most=len(poster))
    return key


def _expect(key: str) -> None:
    deadline = timedelta(seconds=settings.VIDEO_DEADLINE_S)
    LooseFile.objects.create(key=key, due_at=Now() + max(ON_ITS_WAY, deadline + AFTER_DEADLINE))


def remove(keys: Iterable[str]) -> None:
    """Remove files that no film owns, or none any more once the transaction is committed.

    A storage that is away is asked again later.
    """
    given = [key for key in keys if key]
    if not given:
        return
    LooseFile.objects.bulk_create(
        [LooseFile(key=key, due_at=Now()) for key in given],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["due_at"],
    )
    after_commit(_remove_loose, given)


def _remove_loose(keys: Sequence[str]) -> int:
    """Remove those of the files that no film owns; how many are gone."""
    gone = 0
    for row in LooseFile.objects.filter(~_is_owned(), key__in=keys):
        try:
            storage.delete(row.key)
        except OSError as error:
            log.warning("file %s is not removed yet: %s", row.key, type(error).__name__)
        else:
            gone += row.delete()[0]
    return gone


def _is_owned() -> Exists:
    return Exists(Video.objects.filter(Q(file_key=OuterRef("key")) | Q(poster_key=OuterRef("key"))))


def tidy_up() -> int:
    """Remove what is due and owned by no film; returns how many files that were.

    A storage that is away is asked again an hour later.
    """
    due = LooseFile.objects.filter(due_at__lt=Now())
    due.filter(_is_owned()).delete()
    keys = list(due.order_by("due_at").values_list("key", flat=True)[:AT_ONCE])
    gone = _remove_loose(keys)
    LooseFile.objects.filter(key__in=keys).update(due_at=F("due_at") + timedelta(hours=1))
    return gone
