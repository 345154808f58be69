"""One ``Idempotency-Key``, one outcome: kept for 48 hours per account, method and path."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from core.errors import Conflict, IdempotencyKeyReused, InvalidRequest
from core.models import IdempotencyRecord

KEPT = timedelta(hours=48)
OPEN_AT_MOST = timedelta(seconds=90)  # longer than the longest wait for a job
NOT_STORED = frozenset({401, 402, 403, 405, 429, 503})
STREAMED = 409  # with no body: no answer is kept

Present = Callable[[IdempotencyRecord], tuple[int, Any]]
_presenters: list[Present] = []


def present_accepted(presenter: Present) -> Present:
    """Register how a replayed 202 shows the present state of its job."""
    _presenters[:] = [presenter]
    return presenter


def body_hash(fields: Any, files: dict[str, Any]) -> str:
    """A hash of a parsed body; multipart boundaries differ between equal bodies."""
    digest = hashlib.sha256(json.dumps(fields, sort_keys=True, default=str).encode())
    for name in sorted(files):
        file = files[name]
        digest.update(name.encode())
        for chunk in file.chunks():
            digest.update(chunk)
        file.seek(0)
    return digest.hexdigest()


def begin(
    *, scope: str, key: str, hash_of_body: str, open_for: timedelta = OPEN_AT_MOST
) -> tuple[IdempotencyRecord, bool]:
    """Open the key: ``(record, replay)``, where ``replay`` means it was answered before.

    ``open_for`` is longer than the call can take; a key that stays open longer is free again.
    Raises InvalidRequest for an unusable key, IdempotencyKeyReused when the body
    differs, Conflict while the first call is still open.
    """
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise InvalidRequest(
            "The Idempotency-Key must be 1 to 255 printable characters.",
            fields={"Idempotency-Key": ["Use 1 to 255 printable characters."]},
        )
    now = timezone.now()
    _lapsed().filter(scope=scope, key=key).delete()
    try:
        with transaction.atomic():
            return IdempotencyRecord.objects.create(
                scope=scope, key=key, body_hash=hash_of_body, open_until=now + open_for
            ), False
    except IntegrityError:
        record = IdempotencyRecord.objects.get(scope=scope, key=key)
    if record.body_hash != hash_of_body:
        raise IdempotencyKeyReused("This Idempotency-Key came with other content before.")
    if record.status is not None:
        return record, True
    taken = IdempotencyRecord.objects.filter(
        pk=record.pk, status__isnull=True, open_until__lt=now
    ).update(open_until=now + open_for)
    if not taken:
        raise Conflict(
            "The first call with this Idempotency-Key is still open.", code="IN_PROGRESS"
        )
    return record, False


def finish(record: IdempotencyRecord, *, status: int, body: Any, headers: dict[str, str]) -> None:
    """Store the answer, or forget the key where the refusal came before any hold."""
    mine = IdempotencyRecord.objects.filter(pk=record.pk, status__isnull=True)
    if status in NOT_STORED:
        mine.delete()
    else:
        mine.update(status=status, body=body, headers=headers, open_until=None)


def finish_streamed(record: IdempotencyRecord) -> None:
    """The answer goes out as it is made, and is not kept."""
    mine = IdempotencyRecord.objects.filter(pk=record.pk, status__isnull=True)
    mine.update(status=STREAMED, body=None, open_until=None)


def forget_old() -> int:
    """Delete the answers that are no longer kept, secrets in some of them too; returns how many."""
    return _lapsed().delete()[0]


def _lapsed() -> QuerySet[IdempotencyRecord]:
    return IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - KEPT)


def replay(record: IdempotencyRecord) -> tuple[int, Any]:
    """The stored answer; for a 202, the job as it is now. Raises Conflict after a stream."""
    if record.status == STREAMED and record.body is None:
        raise Conflict(
            "This Idempotency-Key was answered by a stream, which is not kept.",
            code="STREAM_NOT_KEPT",
            suggestions=["Ask again with another key"],
        )
    if record.status == 202 and _presenters:
        return _presenters[0](record)
    return record.status or 500, record.body
