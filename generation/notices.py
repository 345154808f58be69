"""Telling a user how a job ended that nobody looked at: once, whatever is killed or repeated."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse

from core.money import CREDIT, Microcredits, brief, format_credits, worded
from credits import names
from credits import queries as credit
from credits.models import Hold
from generation.kinds import direct_names
from generation.models import Job
from generation.run import DATABASE_AWAY
from notifications import watches
from notifications.models import TITLE_LONGEST, Notification
from notifications.operations import notify

log = logging.getLogger("techpack.jobs")

SUCCEEDED, PARTLY, FAILED, REFUSED = "succeeded", "partly_succeeded", "failed", "refused"
HEADLINES: Final = {
    SUCCEEDED: "{} done",
    PARTLY: "{} partly done",
    FAILED: "{} failed",
    REFUSED: "{} refused",
}
FREE: Final = "Nothing was charged."
# After this, a page that was open at a job's end has said again that it is, or it is not.
AT_ONCE = 200
LOOK_AGAIN_S = watches.RENEWED_EVERY_S + 5


@dataclass(frozen=True)
class Lead:
    """The one thing to do next: an address of this site and the words of its button.

    ``step`` is what the notification calls the job, where that is not its kind's label.
    """

    link: str
    label: str
    step: str = ""


Leads = Callable[[Job, str], Lead | None]
Page = Callable[[Job], UUID | None]

_leads: dict[str, Leads] = {}
_pages: dict[str, Page] = {}


def lead_by(leads: Leads, *, kind: str = "") -> None:
    """Register who knows where a job's end leads: ``leads(job, outcome)``, None for nowhere.

    For jobs of one kind, or for those of every kind that has nobody of its own.
    """
    _leads[kind] = leads


def shown_on(page: Page, *, kind: str) -> None:
    """Register which page shows how jobs of a kind end, where that is not their product's."""
    _pages[kind] = page


def page_of(job: Job) -> UUID | None:
    """What an open page that shows the job's end watches."""
    return _pages[job.kind](job) if job.kind in _pages else job.product_id


def ended(job: Job, *, by_sweeper: bool = False) -> None:
    """Tell how the job ended, unless somebody sees it; in the transaction that ends it.

    A request that waits for the job delivers its answer, and an open page of the product shows
    it. Whether they really did is known a little later: see ``tell_unseen``. A fault of ours in
    telling is logged and does not keep the job from ending.
    """
    if not _is_of_interest(job, by_sweeper=by_sweeper):
        return
    try:
        with transaction.atomic():
            _tell_or_look_again(job)
    except DATABASE_AWAY:
        raise
    except Exception:
        log.exception("the end of job %s was not told", job.pk)


def _tell_or_look_again(job: Job) -> None:
    if watches.is_watched(job.user_id, [job.pk]):
        return
    page = page_of(job)
    if page and watches.is_watched(job.user_id, [page]):
        watches.watch(job.user_id, job.pk, LOOK_AGAIN_S)
        return
    watches.unwatch(job.user_id, job.pk)
    tell_end(job)


def tell_unseen() -> int:
    """Tell of the jobs that ended while somebody seemed to look and did not; how many.

    The request that waited was cut off, or the page was closed or left for another.
    """
    lapsed = Job.objects.filter(pk__in=watches.lapsed()).order_by("pk")
    told = sum(_tell_unseen(job_id) for job_id in lapsed.values_list("pk", flat=True)[:AT_ONCE])
    watches.forget_old()
    return told


def _tell_unseen(job_id: UUID) -> bool:
    """Whether this job's end was told now; one transaction, so that it is told once."""
    with transaction.atomic():
        owners = watches.take_lapsed(job_id)
        job = Job.objects.get(pk=job_id)
        is_due = job.user_id in owners and job.is_final and _is_of_interest(job)
        if not is_due or _was_seen(job):
            return False
        tell_end(job)
    return True


def delivered(job: Job) -> None:
    """The answer of a request that waited arrived: its user knows, and is told no more.

    What was told in the moment before the request began to wait counts as read.
    """
    watches.unwatch(job.user_id, job.pk)
    rows = Notification.objects.filter(user_id=job.user_id, read_at__isnull=True)
    rows.filter(context__jobId=str(job.pk)).update(read_at=Now(), email_due_at=None)


def _is_of_interest(job: Job, *, by_sweeper: bool = False) -> bool:
    """Paid, not stopped by the user, and not answered by the process that was asked."""
    if job.hold_id is None or job.status == Job.Status.CANCELED:
        return False
    if job.cancel_requested_at is not None and job.status != Job.Status.SUCCEEDED:
        return False
    return by_sweeper or job.kind not in direct_names()


def _was_seen(job: Job) -> bool:
    """A page that shows it was open after the end, or the user was told already."""
    rows = Notification.objects.filter(user_id=job.user_id, kind__startswith="job.")
    return _page_stayed_open(job) or rows.filter(context__jobId=str(job.pk)).exists()


def _page_stayed_open(job: Job) -> bool:
    page = page_of(job)
    if page is None or job.finished_at is None:
        return False
    return watches.looked_since(job.user_id, page, job.finished_at)


def outcome_of(job: Job) -> str:
    """How an ended job ended, as its notification tells it."""
    if job.status == Job.Status.FAILED:
        return REFUSED if (job.error or {}).get("code") == "CONTENT_REFUSED" else FAILED
    return PARTLY if job.status == Job.Status.PARTLY_SUCCEEDED else SUCCEEDED


def tell_end(job: Job) -> None:
    """What happened, what it cost, and the one thing to do next."""
    outcome, hold = outcome_of(job), credit.hold_of(job.hold_id)  # type: ignore[arg-type]
    cost = cost_in_words(hold)
    _tell(
        job,
        outcome,
        headline=HEADLINES[outcome],
        body="\n".join(_sentences(job, outcome, cost)),
        code=(job.error or {}).get("code"),
        cost=cost,
        charged=0 if hold.unlimited else hold.captured,
    )


def tell_late(job: Job) -> None:
    """What had failed is there after all, free; in the transaction that stores it."""
    _tell(
        job,
        SUCCEEDED,
        headline=f"{HEADLINES[SUCCEEDED]} after all",
        body=f"It took longer than it may, so it is yours for free. {FREE}",
        code=None,
        cost=FREE,
        charged=0,
    )


def _tell(
    job: Job,
    outcome: str,
    *,
    headline: str,
    body: str,
    code: str | None,
    cost: str,
    charged: Microcredits,
) -> None:
    lead = _lead_of(job, outcome)
    headline = headline.format(lead.step or names.label_of(job.kind))
    notify(
        user_id=job.user_id,
        kind=f"job.{outcome}",
        title=_title(headline, _product_of(job)),
        body=body,
        link=lead.link,
        link_label=lead.label,
        context={
            "jobId": str(job.pk),
            "productId": str(job.product_id) if job.product_id else None,
            "operation": job.kind,
            "status": job.status,
            "code": code,
            "headline": headline,
            "cost": cost,
            "charged": format_credits(charged),
        },
    )


def cost_in_words(hold: Hold) -> str:
    """What became of what was put aside: "3 credits were charged." """
    if not hold.captured:
        return FREE
    if hold.unlimited:
        return f"{FREE} Your plan includes it."
    charged = _were(hold.captured, "charged")
    return (
        f"{charged}, {_were(hold.released, 'given back', brief)}."
        if hold.released
        else f"{charged}."
    )


def _were(amount: Microcredits, done: str, say: Callable[[Microcredits], str] = worded) -> str:
    return f"{say(amount)} {'was' if amount == CREDIT else 'were'} {done}"


def _sentences(job: Job, outcome: str, cost: str) -> list[str]:
    """The body, a paragraph each: what happened and cost, then what to do."""
    error: Mapping[str, Any] = job.error or {}
    match outcome:
        case "succeeded":
            return [cost]
        case "partly_succeeded":
            return [" ".join([*_lost_in_words(job), cost]), _rest_in_words(job)]
    happened = str(error.get("message") or "It could not be done.")
    told = [happened if "charged" in happened else f"{happened} {cost}"]
    told += [_sentence(words) for words in error.get("suggestions") or []]
    if error.get("code") == "BUG" and job.request_id:
        told.append(f"Request id: {job.request_id}")
    return told


def _sentence(words: str) -> str:
    """Closed by a full stop, except where an address would take it along."""
    is_closed = words.endswith((".", "?", "!")) or "://" in words.rpartition(" ")[2]
    return words if is_closed else f"{words}."


def _lost_in_words(job: Job) -> list[str]:
    """How much is missing, and why, each reason once."""
    lost = (job.result or {}).get("failed") or []
    why = [str((part.get("error") or {}).get("message") or "") for part in lost]
    reasons = [reason.replace(FREE, "").strip() for reason in why]
    counted = f"{len(lost)} of {max(job.planned, len(lost))} parts failed."
    return [counted, *dict.fromkeys(reason for reason in reasons if reason)]


def _rest_in_words(job: Job) -> str:
    left = (job.result or {}).get("left")
    price = worded(left) if isinstance(left, int) and left else ""
    return (
        f"What failed can be run alone, for {price}." if price else "What failed can be run alone."
    )


def _title(headline: str, product: str) -> str:
    """The headline with the product's name, shortened where it would not fit."""
    if not product:
        return headline
    room = TITLE_LONGEST - len(headline) - 2
    return f"{headline}: {product if len(product) <= room else product[: room - 1] + '…'}"


def _product_of(job: Job) -> str:
    if job.product_id is None:
        return ""
    return names.product_names(job.user, [job.product_id]).get(job.product_id, "")


def _lead_of(job: Job, outcome: str) -> Lead:
    leads = _leads.get(job.kind) or _leads.get("")
    found = leads(job, outcome) if leads else None
    return found or Lead(reverse("credits:statement"), "See your credits")
