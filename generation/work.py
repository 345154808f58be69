"""What a worker does with a job, and what the sweeper does with the forgotten ones."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from structlog.contextvars import bound_contextvars

from core.alone import alone
from core.commits import after_commit
from core.errors import DomainError
from core.http import envelope
from credits import budget
from credits import operations as ledger
from generation import breaker, calls, errors, heartbeats, notices, policy
from generation.errors import Canceled, Failure, LeaseLost, ProviderError
from generation.kinds import Awaited, Outcome, direct_names, ended, kind_of
from generation.models import AICall, Job
from generation.operations import ring_worker
from generation.run import DATABASE_AWAY, Run, claim
from generation.telling import tell

log = logging.getLogger("techpack.jobs")
SWEEP_LOCK = 0x7EC4_5EED
RING_AGAIN_AFTER = timedelta(seconds=10)


def run_job(*, job_id: UUID) -> None:
    """Claim the job, work on it, settle it. Does nothing where it is not to be had."""
    run = claim(job_id=job_id)
    if run is None:
        return
    kind = kind_of(run.job.kind)
    try:
        with run.kept_alive(), bound_contextvars(request_id=run.job.request_id):
            outcome = kind.work(run)
        if isinstance(outcome, Awaited):
            leave(run)
        else:
            settle(run=run, outcome=outcome)
    except LeaseLost:
        log.info("job %s went to another worker", job_id)
    except Canceled:
        end(run=run, status=Job.Status.CANCELED, reason="canceled", error=None)
    except ProviderError as error:
        log.warning("job %s failed: %s %s", job_id, error.failure, error)
        fail_by_provider(run=run, error=error)
    except ledger.HoldClosed:
        log.warning("job %s found its hold closed; its result is discarded", job_id)
        fail(run=run, error=errors.failed(Failure.TRANSIENT))
    except DomainError as error:
        fail(run=run, error=error)
    except DATABASE_AWAY as error:
        # Left as it is: its lease ends, and the sweeper has it worked on again.
        log.warning("job %s lost the database: %s", job_id, type(error).__name__)
    except Exception:
        log.exception("job %s met a bug", job_id)
        fail(run=run, error=errors.failed(Failure.BUG))
    finally:
        _ring_next(run.job.user_id)


def leave(run: Run) -> None:
    """Let go of a job that its provider works on by itself; whoever hears of its end settles.

    The lease lasts until the deadline, after which the sweeper ends what nobody settled. Raises
    Canceled where the user asked to stop before this.
    """
    wanted = run.mine().filter(cancel_requested_at__isnull=True)
    left = wanted.update(awaited_since=Now(), lease_expires_at=F("deadline_at"))
    if not left and run.mine().exists():
        raise Canceled


def settle(*, run: Run, outcome: Outcome) -> bool:
    """Store, charge and tell in one transaction, if this attempt still holds the job.

    The fence is checked in the statement that ends the job, so a job is settled once,
    whoever is late. Returns whether it was this attempt.
    """
    partly = bool(outcome.failed)
    status = Job.Status.PARTLY_SUCCEEDED if partly else Job.Status.SUCCEEDED
    step = "Stopped, part kept" if run.is_canceled else "Partly done" if partly else "Done"
    with transaction.atomic():
        if not run.mine().update(
            status=status, progress=100, step=step, finished_at=Now(), lease_expires_at=None
        ):
            return False
        if run.job.hold_id:
            # The account first, as whoever submits a job has it: a step that begins changes the
            # same product under it, and each would wait for what the other has.
            ledger.lock(user_id=run.job.user_id)
        result = outcome.store(run.job)
        if outcome.failed:
            left = run.job.price - outcome.captured if outcome.left is None else outcome.left
            result = {**result, "failed": outcome.failed, "left": left}
        if run.job.hold_id:
            ledger.capture(hold_id=run.job.hold_id, amount=outcome.captured)
        Job.objects.filter(pk=run.job.pk).update(result=result)
        run.job.refresh_from_db()
        ended(run.job)
        tell(run.job)
        notices.ended(run.job)
        # Who settles a direct job asks itself: its answer says what was warned of.
        if run.job.hold_id and run.job.kind not in direct_names():
            after_commit(budget.due, user=run.job.user)
    return True


def fail(*, run: Run, error: DomainError, is_told: bool = True) -> None:
    """End the job with an error; nothing is charged.

    Its user is not told by a notification where that is not the last word on it.
    """
    close = _given_back(error.message, error)
    with transaction.atomic():
        _end(run.mine(), job=run.job, status=Job.Status.FAILED, close=close, is_told=is_told)


def fail_by_provider(*, run: Run, error: ProviderError) -> None:
    """End the job as its provider's failure says; refused content may cost something."""
    if not policy.counts(run.job, error):
        fail(run=run, error=errors.told(error))
        return
    with transaction.atomic():
        _end(
            run.mine(),
            job=run.job,
            status=Job.Status.FAILED,
            close=lambda job: policy.close(job, error),
        )
        after_commit(budget.due, user=run.job.user)


def end(*, run: Run, status: str, reason: str, error: DomainError | None) -> None:
    """End this attempt's job without a result and give the hold back."""
    with transaction.atomic():
        _end(run.mine(), job=run.job, status=status, close=_given_back(reason, error))


Close = Callable[[Job], DomainError | None]


def _given_back(reason: str, error: DomainError | None, *, by_sweeper: bool = False) -> Close:
    """Release the job's hold; the error that the user is told."""

    def close(job: Job) -> DomainError | None:
        if job.hold_id:
            ledger.release_if_open(hold_id=job.hold_id, reason=reason, by_sweeper=by_sweeper)
        return error

    return close


def _end(
    rows: Any,
    *,
    job: Job,
    status: str,
    close: Close,
    by_sweeper: bool = False,
    is_told: bool = True,
) -> None:
    if not rows.update(status=status, finished_at=Now(), lease_expires_at=None):
        return
    error = close(job)
    told = envelope(error, job.request_id)["error"] if error else None
    Job.objects.filter(pk=job.pk).update(error=told, step=_last_step(status, told))
    job.refresh_from_db()
    ended(job)
    tell(job)
    if is_told:
        notices.ended(job, by_sweeper=by_sweeper)


def _last_step(status: str, error: dict[str, Any] | None) -> str:
    if status == Job.Status.CANCELED:
        return "Canceled"
    charged = (error or {}).get("context", {}).get("charged", "0")
    return "Failed, not charged" if charged == "0" else f"Refused, {charged} charged"


def _ring_next(user_id: UUID) -> None:
    """A place became free: ring for the user's oldest waiting job."""
    waiting = Job.objects.filter(user_id=user_id, status=Job.Status.QUEUED).order_by("pk")
    if (job_id := waiting.values_list("pk", flat=True).first()) is not None:
        ring_worker(job_id)


def sweep() -> dict[str, int]:
    """One pass over what was left behind; at most one at a time in the cluster.

    Returns how many jobs were requeued, ended and rung for again.
    """
    with alone(SWEEP_LOCK) as is_alone:
        if not is_alone:
            return {"requeued": 0, "ended": 0, "rung": 0}
        ended = _end_overdue()
        requeued, given_up = _requeue_expired()
        rung = _ring_again()
        heartbeats.beat(heartbeats.SWEEP)
        return {"requeued": requeued, "ended": ended + given_up, "rung": rung}


def _end_overdue() -> int:
    """Jobs past their deadline that nobody is working on."""
    overdue = Job.objects.filter(
        Q(status=Job.Status.QUEUED) | Q(status=Job.Status.RUNNING, lease_expires_at__lt=Now()),
        deadline_at__lt=Now(),
    )
    for job in overdue:
        failure = Failure.AMBIGUOUS if _lose_calls(job) else Failure.TRANSIENT
        _give_up(job, failure, reason="It was not done in time. Nothing was charged.")
    return len(overdue)


def _requeue_expired() -> tuple[int, int]:
    """Jobs whose worker is gone: again, from what was bought; returns how many went on and ended.

    A call that may have been bought is not made again: its part is lost, and the others go on.
    Nobody waits for a direct job any more when its process is gone: it ends.
    """
    requeued = given_up = 0
    expired = Job.objects.filter(status=Job.Status.RUNNING, lease_expires_at__lt=Now())
    for job in expired.filter(deadline_at__gte=Now()):
        is_direct = job.kind in direct_names()
        if is_direct or job.attempts >= settings.JOB_MAX_ATTEMPTS:
            is_ambiguous = _lose_calls(job)
            usual = Failure.TRANSIENT if is_direct else Failure.BUG
            _give_up(job, Failure.AMBIGUOUS if is_ambiguous else usual)
            given_up += 1
        elif _requeue(job):
            requeued += 1
            ring_worker(job.pk)
    return requeued, given_up


def _requeue(job: Job) -> bool:
    """Queue a lost job again together with the word on its open calls; whether it was lost."""
    with transaction.atomic():
        if not _expired(job).update(
            status=Job.Status.QUEUED, lease_expires_at=None, step="Queued again", rung_at=Now()
        ):
            return False
        _lose_calls(job)
    return True


def _expired(job: Job) -> Any:
    return Job.objects.filter(
        pk=job.pk, fence=job.fence, status=Job.Status.RUNNING, lease_expires_at__lt=Now()
    )


def _lose_calls(job: Job) -> bool:
    """Log that nobody waits for the job's open calls; whether one of them may have been bought.

    Whoever tried a broken provider by one of them will not say how that ended. A call whose
    reference is known is not lost: it is looked after.
    """
    is_ambiguous = False
    for call in AICall.objects.filter(job=job, status=AICall.Status.PENDING, provider_ref=""):
        if calls.lose_call(call):
            is_ambiguous = is_ambiguous or not call.is_resubmittable
            breaker.free(call.provider, call.model_name)
    return is_ambiguous


def _give_up(job: Job, failure: Failure, *, reason: str = "") -> None:
    error = errors.failed(failure)
    rows = Job.objects.filter(pk=job.pk, fence=job.fence, status=job.status)
    with transaction.atomic():
        _end(
            rows,
            job=job,
            status=Job.Status.FAILED,
            close=_given_back(reason or error.message, error, by_sweeper=True),
            by_sweeper=True,
        )


def _ring_again() -> int:
    """Queued jobs whose bell was perhaps lost."""
    quiet = Job.objects.filter(status=Job.Status.QUEUED, rung_at__lt=Now() - RING_AGAIN_AFTER)
    waiting = list(quiet.order_by("pk").values_list("pk", flat=True)[:200])
    Job.objects.filter(pk__in=waiting).update(rung_at=Now())
    for job_id in waiting:
        ring_worker(job_id)
    return len(waiting)
