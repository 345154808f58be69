"""Jobs that the process which took the request works on itself, while the client waits.

Such a job is running from its first moment: no worker may take it, and when its process is
gone, the sweeper ends it and gives its hold back.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import ApiKey
from core.errors import InsufficientCredits, RateLimited
from core.ids import uuid7
from core.money import Microcredits
from credits import operations as ledger
from credits.errors import Shortage
from generation import calls
from generation.models import AICall, Job
from generation.operations import HOLD_OUTLIVES_DEADLINE
from generation.providers.protocols import Call, Usage
from generation.run import DATABASE_AWAY, Run
from generation.telling import tell

log = logging.getLogger("techpack.jobs")


class DirectRun(Run):
    """A direct job in the hands of its process, with the one call that it makes."""

    def __init__(self, job: Job, logged: AICall) -> None:
        super().__init__(job)
        self._row = logged
        self._started = time.perf_counter()

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Renew the lease while the answer is made."""
        leases.keep(self)
        try:
            yield
        finally:
            leases.let_go(self)

    def log_answer(self, *, usage: Usage, ref: str, output: Mapping[str, Any]) -> None:
        """The provider answered: what it used, without a word of what it said."""
        calls.complete_call(
            self._row, usage=usage, ref=ref, output=dict(output), started=self._started
        )

    def log_failure(self, error: Exception, *, usage: Usage | None = None) -> None:
        """The provider did not answer; ``usage`` is what it used, or may have, all the same."""
        calls.fail_call(self._row, error, self._started, usage=usage)


class Leases:
    """One thread that renews every direct job's lease of this process, in one statement."""

    def __init__(self) -> None:
        self._runs: dict[UUID, DirectRun] = {}
        self._lock = threading.Lock()
        self._is_running = False

    def keep(self, run: DirectRun) -> None:
        """Renew this job's lease from now on."""
        with self._lock:
            self._runs[run.job.pk] = run
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._renew_all, name="leases", daemon=True).start()

    def let_go(self, run: DirectRun) -> None:
        """The work is over."""
        with self._lock:
            self._runs.pop(run.job.pk, None)

    def _renew_all(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(settings.JOB_LEASE_S / 3)
            with self._lock:
                runs = dict(self._runs)
                self._is_running = bool(runs)
            if not runs:
                return
            try:
                _renew(runs)
            except DATABASE_AWAY as error:
                log.warning("leases were not renewed: %s", type(error).__name__)
            finally:
                connection.close()


def _renew(runs: Mapping[UUID, DirectRun]) -> None:
    mine = Job.objects.filter(pk__in=list(runs), status=Job.Status.RUNNING)
    mine.update(lease_expires_at=Now() + timedelta(seconds=settings.JOB_LEASE_S))
    alive = dict(mine.values_list("pk", "cancel_requested_at"))
    for pk, run in runs.items():
        if pk not in alive:
            run.lose()
        elif alive[pk] is not None:
            run.ask_to_stop()


leases = Leases()


def check_room(user: Any, *, kind: str, at_once: int) -> None:
    """Raise RateLimited where the user has as many of the kind running as are allowed."""
    running = Job.objects.filter(
        user=user, kind=kind, status=Job.Status.RUNNING, lease_expires_at__gt=Now()
    ).count()
    if running >= at_once:
        raise RateLimited(
            f"{running} of your requests are being answered already.",
            retry_after_s=2,
            suggestions=["Wait until one of them is answered"],
        )


def begin(
    *,
    user: Any,
    kind: str,
    price: Microcredits,
    reason: str,
    call: Call,
    input: dict[str, Any],
    at_once: int,
    deadline_s: int,
    product_id: UUID | None = None,
    model: str = "",
    api_key: ApiKey | None = None,
    request_id: str = "",
    refusal: Callable[[Shortage], InsufficientCredits] | None = None,
) -> DirectRun:
    """Hold ``price`` and write the job, already running, and its call: one transaction.

    ``at_once`` is how many jobs of the kind a user may have running. Raises RateLimited and
    InsufficientCredits as ``refusal`` words it.
    """
    job_id, deadline = uuid7(), timedelta(seconds=deadline_s)
    with transaction.atomic():
        hold = ledger.hold(
            user_id=user.pk,
            amount=price,
            key=f"job:{job_id}",
            reason=reason,
            operation=kind,
            ttl=deadline + HOLD_OUTLIVES_DEADLINE,
            job_id=job_id,
            product_id=product_id,
            model=model,
            api_key=api_key,
            refusal=refusal,
        )
        # The account is locked from here on, so that two requests cannot both see room.
        check_room(user, kind=kind, at_once=at_once)
        job = Job.objects.create(
            pk=job_id,
            user=user,
            kind=kind,
            status=Job.Status.RUNNING,
            price=price,
            hold=hold,
            request_id=request_id,
            input=input,
            product_id=product_id,
            attempts=1,
            fence=1,
            step="Answering",
            lease_expires_at=Now() + timedelta(seconds=settings.JOB_LEASE_S),
            deadline_at=Now() + deadline,
            started_at=Now(),
        )
        run = DirectRun(job, calls.open_call(job, call))
        tell(job, is_new=True)
    return run
