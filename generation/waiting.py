"""The waiting rule: an answer waits for its job as long as the client wants."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiKey
from core.bell import wait_until
from core.errors import InvalidRequest
from generation import notices
from generation.models import Job
from generation.present import answer_of
from notifications import watches

_seats = threading.BoundedSemaphore(settings.WAITERS_MOST)
LONGEST_KEY = 255  # as a job's column holds it
SENDING_S = 5.0  # a job's end is told where its answer is not on its way by then
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,4})\"?")


def asked_by(request: Request) -> dict[str, Any]:
    """Who asks for a job and how, for the verb: ``{user, key, request_id, api_key}``.

    The idempotency key counts for its address alone.
    """
    given = request.headers.get("Idempotency-Key")
    return {
        "user": request.user,
        "key": _key_at(request.path, given) if given else None,
        "request_id": request.request_id,  # type: ignore[attr-defined]
        "api_key": request.auth if isinstance(request.auth, ApiKey) else None,
    }


def _key_at(path: str, given: str) -> str:
    """A job's key for the idempotency key at that address; a long one by its hash.

    Cut off, two keys that differ only at their end would be one.
    """
    key = f"{path}:{given}"
    if len(key) <= LONGEST_KEY:
        return key
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def wanted_wait_s(request: Request) -> float:
    """Seconds to wait by the ``Prefer`` header: 25 unless told otherwise, at most 60.

    Raises InvalidRequest for ``wait`` beyond 60.
    """
    prefer = request.headers.get("Prefer", "")
    if "respond-async" in prefer:
        return 0
    if (match := _WAIT.search(prefer)) is None:
        return settings.WAIT_DEFAULT_S
    if (wait := int(match[1])) > settings.WAIT_MOST_S:
        raise InvalidRequest(
            "The wait is too long.",
            fields={"Prefer": [f"wait is 0 to {settings.WAIT_MOST_S} seconds."]},
        )
    return wait


class Delivered(Response):
    """The answer of a job that was waited for: once it was sent, the user knows of the end.

    Where the client hung up before, it is not sent, and the watch runs out by itself.
    """

    def __init__(self, job: Job, *, status: int, body: Any) -> None:
        super().__init__(body, status=status)
        self._job = job

    def close(self) -> None:
        """Nobody needs to be told any more."""
        notices.delivered(self._job)
        super().close()


def answer(job: Job, *, wait_s: float) -> Response:
    """Wait for the job and answer: 200 with the result, its error, or 202 with the job."""
    was_final = job.is_final

    def is_over() -> bool:
        return Job.objects.filter(pk=job.pk, status__in=Job.FINAL).exists()

    if not was_final and wait_for(job, is_over, wait_s=wait_s):
        job = Job.objects.select_related("hold").get(pk=job.pk)
    status, body = answer_of(job)
    if job.is_final and not was_final:
        return Delivered(job, status=status, body=body)
    response = Response(body, status=status)
    if status == 202:
        response.headers["Location"] = f"/api/jobs/{job.pk}"
    return response


def wait_for(job: Job, ready: Callable[[], Any], *, wait_s: float) -> bool:
    """Wait for the job's bell until ``ready``; its user is not told what they wait for.

    False, and at once, where no time is given or too many requests already wait.
    """
    if wait_s <= 0 or not _seats.acquire(blocking=False):
        return False
    try:
        watches.watch(job.user_id, job.pk, wait_s + SENDING_S)
        wait_until(f"job:{job.pk}", ready, timeout_s=wait_s)
    finally:
        _seats.release()
    return True
