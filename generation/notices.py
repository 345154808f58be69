"""Telling a user how a job ended that nobody looked at: once, whatever is killed or repeated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from core.money import CREDIT, Microcredits, brief, format_credits, worded
from credits import names
from credits.models import Hold
from generation.kinds import direct_names
from generation.models import Job
from notifications import watches
from notifications.models import TITLE_LONGEST, Notification
from notifications.operations import notify

SUCCEEDED, PARTLY, FAILED, REFUSED = "succeeded", "partly_succeeded", "failed", "refused"
HEADLINES: Final = {
    SUCCEEDED: "{} done",
    PARTLY: "{} partly done",
    FAILED: "{} failed",
    REFUSED: "{} refused",
}
FREE: Final = "Nothing was charged."
# After this, a page that was open at a job's end has said again that it is, or it is not.
LOOK_AGAIN_S = watches.RENEWED_EVERY_S + 5


@dataclass(frozen=True)
class Lead:
    """The one thing to do next: an address of this site and the words of its button."""

    link: str
    label: str


Leads = Callable[[Job, str], Lead | None]

_leads: list[Leads] = []


def lead_by(leads: Leads) -> None:
    """Register who knows where a job's end leads: ``leads(job, outcome)``, None for nowhere."""
    _leads[:] = [leads]


def ended(job: Job, *, by_sweeper: bool = False) -> None:
    """Tell how the job ended, unless somebody sees it; in the transaction that ends it.

    A request that waits for the job delivers its answer, and an open page of the product shows
    it. Whether they really did is known a little later: see ``tell_unseen``.
    """
    if not _is_of_interest(job, by_sweeper=by_sweeper):
        return
    if watches.is_watched(job.user_id, [job.pk]):
        return
    if job.product_id and watches.is_watched(job.user_id, [job.product_id]):
        watches.watch(job.user_id, job.pk, LOOK_AGAIN_S)
        return
    watches.unwatch(job.user_id, job.pk)
    tell_end(job)


def tell_unseen() -> int:
    """Tell of the jobs that ended while somebody seemed to look and did not; how many.

    The request that waited was cut off, or the page was closed or left for another.
    """
    told = 0
    for job in Job.objects.filter(pk__in=watches.lapsed_subjects()):
        with transaction.atomic():
            owners = watches.take_lapsed(job.pk)
            job.refresh_from_db()
            if job.user_id in owners and job.is_final and not _was_seen(job):
                tell_end(job)
                told += 1
    watches.forget_old()
    return told


def _is_of_interest(job: Job, *, by_sweeper: bool) -> bool:
    """Paid, not stopped by the user, and not answered by the process that was asked."""
    if job.hold_id is None or job.status == Job.Status.CANCELED:
        return False
    if job.cancel_requested_at is not None and job.status != Job.Status.SUCCEEDED:
        return False
    return by_sweeper or job.kind not in direct_names()


def _was_seen(job: Job) -> bool:
    """A page of the product was open after the end, or the user was told already."""
    rows = Notification.objects.filter(user_id=job.user_id, kind__startswith="job.")
    return _page_stayed_open(job) or rows.filter(context__jobId=str(job.pk)).exists()


def _page_stayed_open(job: Job) -> bool:
    if job.product_id is None or job.finished_at is None:
        return False
    return watches.looked_since(job.user_id, job.product_id, job.finished_at)


def outcome_of(job: Job) -> str:
    """How an ended job ended, as its notification tells it."""
    if job.status == Job.Status.FAILED:
        return REFUSED if (job.error or {}).get("code") == "CONTENT_REFUSED" else FAILED
    return PARTLY if job.status == Job.Status.PARTLY_SUCCEEDED else SUCCEEDED


def tell_end(job: Job) -> None:
    """What happened, what it cost, and the one thing to do next."""
    outcome, hold = outcome_of(job), Hold.objects.get(job=job)
    headline = HEADLINES[outcome].format(names.label_of(job.kind))
    lead = _lead_of(job, outcome)
    cost = cost_in_words(hold, is_refusal=outcome == REFUSED)
    notify(
        user_id=job.user_id,
        kind=f"job.{outcome}",
        title=_title(headline, _product_of(job)),
        body=" ".join(_sentences(job, outcome, cost)),
        link=lead.link,
        link_label=lead.label,
        context={
            "jobId": str(job.pk),
            "productId": str(job.product_id) if job.product_id else None,
            "operation": job.kind,
            "status": job.status,
            "code": (job.error or {}).get("code"),
            "headline": headline,
            "cost": cost,
            "charged": format_credits(0 if hold.unlimited else hold.captured),
        },
    )


def cost_in_words(hold: Hold, *, is_refusal: bool = False) -> str:
    """What became of what was put aside: "3 credits were charged." """
    if not hold.captured:
        return FREE
    if hold.unlimited:
        return f"{FREE} It is included in your plan."
    charged = _were(hold.captured, "charged")
    if is_refusal:
        return f"{charged}: {settings.REFUSAL_PERCENT} % of the price, as announced."
    if hold.released:
        return f"{charged}, {_were(hold.released, 'given back', brief)}."
    return f"{charged}."


def _were(amount: Microcredits, done: str, say: Callable[[Microcredits], str] = worded) -> str:
    return f"{say(amount)} {'was' if amount == CREDIT else 'were'} {done}"


def _sentences(job: Job, outcome: str, cost: str) -> list[str]:
    error: Mapping[str, Any] = job.error or {}
    match outcome:
        case "succeeded":
            return [cost]
        case "partly_succeeded":
            return [*_lost_in_words(job), cost, "What failed can be run alone, at its own price."]
    happened = str(error.get("message") or "It could not be done.")
    told = [happened] if FREE in happened else [happened, cost]
    told += [f"{words}." for words in error.get("suggestions") or []]
    if error.get("code") == "BUG" and job.request_id:
        told.append(f"Request id: {job.request_id}.")
    return told


def _lost_in_words(job: Job) -> list[str]:
    """How much is missing, and why, each reason once."""
    lost = (job.result or {}).get("failed") or []
    why = [str((part.get("error") or {}).get("message") or "") for part in lost]
    reasons = [reason.replace(FREE, "").strip() for reason in why]
    counted = f"{len(lost)} of {max(job.planned, len(lost))} parts failed."
    return [counted, *dict.fromkeys(reason for reason in reasons if reason)]


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
    found = _leads[0](job, outcome) if _leads else None
    return found or Lead(reverse("credits:statement"), "See your credits")
