"""The verbs of paid jobs: submit, cancel. What a worker does is in ``work``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from accounts.models import ApiKey
from core.commits import after_commit
from core.errors import Conflict, DomainError, InsufficientCredits, RateLimited
from core.ids import uuid7
from core.money import Microcredits
from credits import names, refusals
from credits import operations as ledger
from credits import queries as credit
from credits.errors import Alternative, in_credits
from credits.models import Hold
from generation import queries
from generation.kinds import Prepared, ended, kind_of
from generation.models import Job
from generation.routing import pin
from generation.telling import tell

log = logging.getLogger("techpack.jobs")
HOLD_OUTLIVES_DEADLINE = timedelta(minutes=10)
RETRIED_ONCE = "job_retried_once"  # the constraint's name


@dataclass(frozen=True)
class Asked:
    """What a caller of ``submit`` wants."""

    user: Any
    kind: str
    price: Microcredits
    prepare: Callable[[], Prepared]
    key: str | None
    request_id: str
    retry_of: Job | None
    alternatives: Iterable[Alternative]
    reason: str
    api_key: ApiKey | None


def submit(
    *,
    user: Any,
    kind: str,
    price: Microcredits,
    prepare: Callable[[], Prepared],
    key: str | None = None,
    request_id: str = "",
    retry_of: Job | None = None,
    alternatives: Iterable[Alternative] = (),
    reason: str = "",
    api_key: ApiKey | None = None,
) -> Job:
    """Hold the price, check the input, queue the job: one transaction.

    ``price`` (µcr) is what can be counted before the input is checked; ``alternatives`` are
    what a 402 suggests where they would fit, looked at only then; ``reason`` stands on the
    statement beside the kind's label. ``prepare`` checks the input and raises InvalidRequest or
    NotFound, upon which the hold is released with the reason and the error goes on. The same
    ``key`` returns the same job. ``api_key`` is the key that asked, whose cap counts.

    Raises RateLimited, ProviderUnavailable, InsufficientCredits, and whatever ``prepare`` raises.
    """
    asked = Asked(
        user, kind, price, prepare, key, request_id, retry_of, alternatives, reason, api_key
    )
    try:
        with transaction.atomic():
            outcome = _submit(asked)
    except InsufficientCredits as error:
        refusals.note(user_id=user.pk, error=error)
        raise
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


def deadline_of(kind: str) -> timedelta:
    """In what time a job of that kind has to be over."""
    own = kind_of(kind).deadline_s
    return timedelta(seconds=settings.JOB_DEADLINE_S if own is None else own())


def _submit(asked: Asked) -> Job | DomainError:
    """The job, or why its input was refused: raised after the commit, which keeps the pair."""
    if asked.key and (known := _submitted(asked.user, asked.key)):
        return known
    _check_room(asked.user)
    routes = pin(asked.user, kind_of(asked.kind).asks)
    job_id = uuid7()
    hold = _hold(asked, job_id)
    try:
        with transaction.atomic():
            prepared = asked.prepare()
    except DomainError as error:
        if hold is not None:
            ledger.release(hold_id=hold.pk, reason=error.message)
        return error
    return _create(asked, job_id, hold, prepared, routes)


def _submitted(user: Any, key: str) -> Job | None:
    """The job of that key; until the commit nobody else can make it.

    A key that is no longer kept is taken from its job, and free for another.
    """
    with connection.cursor() as cursor:
        # Two requests with one key at one moment: the second waits here and finds the job.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"job {user.pk} {key}"]
        )
    known = queries.job_of_key(user, key)
    if known is None:
        Job.objects.filter(user=user, key=key).update(key=None)
    return known


def _check_room(user: Any) -> None:
    queued = Job.objects.filter(user=user, status=Job.Status.QUEUED).count()
    if queued >= settings.JOB_QUEUED_LIMIT:
        raise RateLimited(
            f"{queued} jobs are waiting already.",
            retry_after_s=10,
            suggestions=["Wait until some of them are done", "Cancel those you do not need"],
        )


def _hold(asked: Asked, job_id: UUID) -> Hold | None:
    if asked.price == 0:
        return None
    by_plan = kind_of(asked.kind).by_plan
    outlives = deadline_of(asked.kind) + HOLD_OUTLIVES_DEADLINE
    return ledger.hold(
        user_id=asked.user.pk,
        amount=asked.price,
        key=f"job:{job_id}",
        reason=asked.reason or names.label_of(asked.kind),
        operation=asked.kind,
        ttl=outlives,
        job_id=job_id,
        unlimited=by_plan and credit.is_unlimited(asked.user.pk),
        api_key=asked.api_key,
        refusal=partial(in_credits, alternatives=asked.alternatives, by_plan=by_plan),
    )


def _create(
    asked: Asked, job_id: UUID, hold: Hold | None, prepared: Prepared, routes: dict[str, str]
) -> Job:
    job = Job.objects.create(
        pk=job_id,
        user=asked.user,
        kind=asked.kind,
        price=asked.price,
        hold=hold,
        key=asked.key,
        request_id=asked.request_id,
        retry_of=asked.retry_of,
        input=prepared.input,
        routes=routes | prepared.routes,
        product_id=prepared.product_id,
        planned=prepared.planned,
        deadline_at=Now() + deadline_of(asked.kind),
    )
    if hold is not None and prepared.product_id:
        ledger.annotate(hold_id=hold.pk, product_id=prepared.product_id)
    if prepared.made is not None:
        prepared.made(job)
    if prepared.store is not None:
        _succeed_at_once(job, prepared.store)
    else:
        after_commit(ring_worker, job.pk)
    tell(job, is_new=True)
    return job


def retry(
    *,
    user: Any,
    job_id: UUID,
    key: str | None = None,
    request_id: str = "",
    api_key: ApiKey | None = None,
) -> Job:
    """Run again what failed: of a job that partly succeeded the rest, at what is left of its price.

    A job that failed or was canceled runs whole again, at its price. What two clicks ask for is
    one retry: while that goes on it is returned. Raises NotFound; Conflict (``JOB_UNFINISHED``,
    ``JOB_RETRIED``, ``NOT_RETRYABLE``, and whatever the kind's own check finds changed); and what
    ``submit`` raises.
    """
    job = queries.job_of(user, job_id)
    if key and (known := queries.job_of_key(user, key)):
        return known
    if (going_on := _retry_going_on(job)) is not None:
        return going_on
    price, again = price_of_retry(job), kind_of(job.kind).retry
    assert again is not None  # noqa: S101 - what has a price can be retried
    try:
        return submit(
            user=user,
            kind=job.kind,
            price=price,
            prepare=partial(again, job),
            key=key,
            request_id=request_id,
            retry_of=job,
            reason=f"{kind_of(job.kind).label}, tried again",
            api_key=api_key,
        )
    except IntegrityError as error:
        # Somebody else's click came first, between the look above and the insert.
        if RETRIED_ONCE not in str(error) or (first := _retry_going_on(job)) is None:
            raise
        return first


def price_of_retry(job: Job) -> Microcredits:
    """What a retry of the job would hold, in µcr. Raises Conflict where there is none."""
    if not job.is_final:
        raise Conflict("This job is still going on.", code="JOB_UNFINISHED")
    # Over ``all`` rather than a filter, so that lists can fetch the retries beforehand.
    done = next((each for each in job.retries.all() if each.status in Job.WORKED), None)
    if done is not None:
        raise Conflict(
            "This was tried again already.",
            code="JOB_RETRIED",
            context={"jobId": str(done.pk)},
            suggestions=["Look at the newer job"],
        )
    if not queries.is_retryable(job):
        raise Conflict("Nothing of this job can be tried again.", code="NOT_RETRYABLE")
    if job.status != Job.Status.PARTLY_SUCCEEDED:
        return job.price
    captured = job.hold.captured if job.hold else 0
    return int((job.result or {}).get("left", job.price - captured))


def _retry_going_on(job: Job) -> Job | None:
    unfinished = (Job.Status.QUEUED, Job.Status.RUNNING)
    return job.retries.filter(status__in=unfinished).select_related("hold").first()


def _succeed_at_once(job: Job, store: Callable[[Job], dict[str, Any]]) -> None:
    """Everything was known already: the hold goes back whole."""
    job.result = store(job)
    job.status, job.progress, job.step = Job.Status.SUCCEEDED, 100, "Done"
    job.done = job.planned
    if job.hold_id:
        ledger.release(hold_id=job.hold_id, reason="nothing had to be run again")
    Job.objects.filter(pk=job.pk).update(
        result=job.result,
        status=job.status,
        progress=100,
        step="Done",
        done=job.done,
        started_at=Now(),
        finished_at=Now(),
    )
    job.refresh_from_db()
    ended(job)


def ring_worker(job_id: UUID) -> None:
    """Ring the workers' bell. A lost ring is repeated by the sweeper."""
    from generation.tasks import run_job

    try:
        run_job.delay(str(job_id))
    except run_job.OperationalError as error:
        log.warning("the broker did not take job %s: %s", job_id, error)


def cancel(*, user: Any, job_id: UUID) -> Job:
    """Stop a job. A queued or awaited one ends at once; a running one stops at its next step.

    What a running job had already finished is kept and charged pro rata; the rest of
    the hold goes back. Raises NotFound, and Conflict when it is over already.
    """
    with transaction.atomic():
        job = queries.job_of(user, job_id, lock=True)
        if job.is_final:
            raise Conflict("This job is over already.", code="JOB_FINISHED")
        if (check := kind_of(job.kind).check_cancel) is not None:
            check(job)
        if job.status == Job.Status.RUNNING and job.awaited_since is None:
            Job.objects.filter(pk=job.pk).update(cancel_requested_at=Now())
            job.refresh_from_db()
        else:
            _cancel_now(job)
        tell(job)
    return job


def _cancel_now(job: Job) -> None:
    """End a job that no worker has in its hands."""
    reason = "canceled before it started" if job.status == Job.Status.QUEUED else "canceled"
    Job.objects.filter(pk=job.pk).update(
        status=Job.Status.CANCELED, step="Canceled", finished_at=Now(), lease_expires_at=None
    )
    if job.hold_id:
        ledger.release(hold_id=job.hold_id, reason=reason)
    job.refresh_from_db()
    ended(job)
