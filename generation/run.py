"""A claimed job in the hands of a worker: lease, progress, calls, parallel parts."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from core.outbox import ring
from generation import asking
from generation.calls import DATABASE_AWAY
from generation.errors import Canceled, LeaseLost
from generation.kinds import direct_names
from generation.models import Job
from generation.providers.protocols import Answer
from generation.providers.resending import Deadline
from generation.routing import asked_of
from generation.telling import tell_state

log = logging.getLogger("techpack.jobs")
T = TypeVar("T")
R = TypeVar("R")


class Run:
    """One attempt at a job. Only the attempt with the job's current fence may settle."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.fence = job.fence
        self._lost = threading.Event()
        self._canceled = threading.Event()
        self._stopped = threading.Event()  # one or the other

    @property
    def input(self) -> dict[str, Any]:
        """The checked input that was stored with the job."""
        return self.job.input

    @property
    def is_canceled(self) -> bool:
        """The user asked to stop."""
        return self._canceled.is_set()

    @cached_property
    def deadline(self) -> Deadline:
        """When the job is due, by a clock that does not jump."""
        rows = Job.objects.filter(pk=self.job.pk).annotate(left=F("deadline_at") - Now())
        left: timedelta = rows.values_list("left", flat=True).get()
        return Deadline(left.total_seconds())

    def lose(self) -> None:
        """Somebody else has the job, or ended it."""
        self._lost.set()
        self._stopped.set()

    def ask_to_stop(self) -> None:
        """The user cancelled the job."""
        self._canceled.set()
        self._stopped.set()

    def pause(self, seconds: float) -> None:
        """Wait, at most until going on is useless. Raises LeaseLost or Canceled then."""
        self._stopped.wait(seconds)
        self.check()

    def check(self) -> None:
        """Raise LeaseLost or Canceled where going on would be useless."""
        if self._lost.is_set():
            raise LeaseLost
        if self._canceled.is_set():
            raise Canceled

    def mine(self) -> Any:
        """The job's row as long as this attempt holds it."""
        return Job.objects.filter(pk=self.job.pk, fence=self.fence, status=Job.Status.RUNNING)

    def report(self, *, done: int, planned: int, step: str) -> None:
        """Tell how far the work is: counted, not imagined."""
        self.check()
        percent = min(99, 100 * done // max(planned, 1))
        with transaction.atomic():
            if not self.mine().update(done=done, planned=planned, progress=percent, step=step):
                self.lose()
                raise LeaseLost
            tell_state(self.job, status="running", progress=percent, step=step)
            ring(job=str(self.job.pk))

    def ask(self, operation: str, *, part: str, told: dict[str, Any], put: asking.Put) -> Answer:
        """Ask the operation's provider through the AI operation log: see ``asking.ask``."""
        self.check()
        return asking.ask(self, operation=operation, part=part, told=told, put=put)

    def parallel(
        self, operation: str, parts: Iterable[T], work: Callable[[T], R]
    ) -> Iterator[tuple[T, R | Exception]]:
        """Work on parts in a pool as large as the operation's provider takes.

        Yields each part with its result or its exception, as they end.
        """
        at_once = min(asked_of(self.job, operation)[0].at_once, settings.VIEWS_AT_ONCE)

        def one(part: T) -> R:
            try:
                return work(part)
            finally:
                connection.close()

        with ThreadPoolExecutor(max_workers=at_once) as pool:
            waiting = {pool.submit(one, part): part for part in parts}
            stopped: LeaseLost | Canceled | None = None
            try:
                for future in as_completed(waiting):
                    error = stopped if future.cancelled() else future.exception()
                    if isinstance(error, LeaseLost | Canceled):
                        stopped = error
                        _cancel(waiting)
                    if error is None:
                        yield waiting[future], future.result()
                    elif isinstance(error, Exception):
                        yield waiting[future], error
            finally:
                _cancel(waiting)  # what has not begun is not wanted any more

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Renew the lease every third of it while the work goes on."""
        over = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(over,), name="lease", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join(timeout=5)

    def _keep(self, over: threading.Event) -> None:
        last_renewed = time.monotonic()
        try:
            while not over.wait(1.0):
                try:
                    if not self._look():
                        return
                    if time.monotonic() - last_renewed >= settings.JOB_LEASE_S / 3:
                        self.mine().update(
                            lease_expires_at=Now() + timedelta(seconds=settings.JOB_LEASE_S)
                        )
                        last_renewed = time.monotonic()
                except DATABASE_AWAY as error:
                    # When it is back the lease is renewed, if nobody has taken the job by then.
                    log.warning("a lease was not renewed: %s", type(error).__name__)
                    connection.close()
        finally:
            connection.close()

    def _look(self) -> bool:
        """Whether the job is still this attempt's; hears of its user's wish to stop."""
        row = self.mine().values("cancel_requested_at").first()
        if row is None:
            self.lose()
        elif row["cancel_requested_at"] and not self.is_canceled:
            self.ask_to_stop()
        return row is not None


def _cancel(waiting: Iterable[Future[Any]]) -> None:
    for future in waiting:
        future.cancel()


def claim(*, job_id: Any) -> Run | None:
    """Take a queued job: lease it, count the attempt, raise its fence.

    None where somebody else has it, it is over, or its user already has as many
    running as are allowed.
    """
    with transaction.atomic():
        job = (
            Job.objects.select_for_update(skip_locked=True)
            .filter(pk=job_id, status=Job.Status.QUEUED)
            .exclude(kind__in=direct_names())
            .first()
        )
        if job is None:
            return None
        with connection.cursor() as cursor:
            # Two workers counting the same user's running jobs must not both see room.
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [str(job.user_id)]
            )
        running = Job.objects.filter(
            user_id=job.user_id, status=Job.Status.RUNNING, awaited_since__isnull=True
        )
        if running.exclude(kind__in=direct_names()).count() >= settings.JOB_RUNNING_LIMIT:
            return None
        Job.objects.filter(pk=job.pk).update(
            status=Job.Status.RUNNING,
            attempts=F("attempts") + 1,
            fence=F("fence") + 1,
            lease_expires_at=Now() + timedelta(seconds=settings.JOB_LEASE_S),
            started_at=job.started_at or Now(),
            awaited_since=None,
            step="Starting",
        )
        job.refresh_from_db()
        tell_state(job, status="running", progress=0, step="Starting")
    return Run(job)
