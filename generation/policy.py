"""What refused content costs: the first refusals of a day are warnings, later ones a share.

Only a whole paid job counts whose content the provider, or we ourselves, refused by a code of its
own. Chats and whatever else names itself free of it are left out, and so is what costs nothing:
nobody is warned, or charged, for a category that was looked for by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urljoin

from django.conf import settings
from django.db.models.functions import Now
from django.urls import reverse

from core.errors import GenerationFailed
from core.money import Microcredits, format_credits, worded
from credits import operations as ledger
from credits import queries as credit
from generation import errors
from generation.errors import Failure, ProviderError, RequestRefused
from generation.kinds import kind_of
from generation.models import ContentRefusal, Job

WINDOW: Final = timedelta(hours=24)
RULE: Final = "errors/content-refused"
FREE_WORDS: Final = "Nothing was charged."
# Beyond this nobody counts down.
COUNTED_DOWN: Final = 100
_IN_WORDS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Refusal:
    """One refusal under the policy: the ``used``-th within the window; ``charged`` in µcr."""

    used: int
    free: int
    percent: int
    charged: Microcredits = 0
    is_included: bool = False

    @property
    def is_warning(self) -> bool:
        """It is one of those that are free, or none ever costs."""
        return self.used <= self.free or not self.percent

    def penalty(self, price: Microcredits) -> Microcredits:
        """What of the price it costs."""
        return 0 if self.is_warning else min(price, price * self.percent // 100)


def counts(job: Job, error: ProviderError) -> bool:
    """Whether a job's failure is a refusal under the policy."""
    kind = kind_of(job.kind)
    is_content = error.failure is Failure.USER_INPUT and bool(error.code)
    is_covered = bool(job.price and job.hold_id) and not (kind.is_direct or kind.refusals_are_free)
    return is_content and is_covered and not isinstance(error, RequestRefused)


def close(job: Job, error: ProviderError) -> GenerationFailed:
    """Count the refusal, charge what it costs, give back the rest; returns what the user is told.

    Belongs into the transaction that ends the job, after the statement that does: two jobs that
    are refused at once wait for each other at the account, and are counted one after the other.
    """
    ledger.lock(user_id=job.user_id)
    refusal = _charge(job, _next_of(job))
    ContentRefusal.objects.create(
        job=job, user_id=job.user_id, code=error.code[:80], charged=refusal.charged
    )
    return told(error, refusal)


def told(error: ProviderError, refusal: Refusal) -> GenerationFailed:
    """What was refused, what it cost, what to change, and how many warnings are left."""
    usual, changes = errors.WORDS[Failure.USER_INPUT]
    what = (error.words or usual).removesuffix(FREE_WORDS).strip()
    cost = _cost_in_words(refusal)
    standing = standing_in_words(refusal)
    return GenerationFailed(
        f"{what} {cost}",
        code=errors.code_of(Failure.USER_INPUT),
        detail=" ".join(part for part in (what, cost, standing) if part),
        suggestions=[
            *(changes if error.suggestions is None else error.suggestions),
            *([standing] if standing else []),
            f"Read the rule: {rule_url()}",
        ],
        charged=format_credits(refusal.charged),
        context={"refusals": {"used": refusal.used, "free": refusal.free}},
    )


def standing_in_words(refusal: Refusal) -> str:
    """How many warnings are left, and what follows the last; "" where nothing ever does."""
    left = refusal.free - refusal.used
    if not refusal.percent or left > COUNTED_DOWN:
        return ""
    price = f"{refusal.percent} % of its price"
    if left < 0:
        return f"Each further refusal within 24 hours costs {price}."
    if left == 0:
        return f"This was the last free warning: a further refusal within 24 hours costs {price}."
    many = f"{_number(left).capitalize()} free warning{'s are' if left > 1 else ' is'} left"
    announced = f"; after that, a refusal within 24 hours costs {price}" if left == 1 else ""
    return f"{many}{announced}."


def rule_url() -> str:
    """The absolute address of the page that explains this policy."""
    return urljoin(settings.PUBLIC_URL + "/", reverse("docs-page", args=[RULE]).lstrip("/"))


def _next_of(job: Job) -> Refusal:
    recent = ContentRefusal.objects.filter(user_id=job.user_id, at__gt=Now() - WINDOW)
    return Refusal(
        used=recent.count() + 1, free=settings.REFUSALS_FREE, percent=settings.REFUSAL_PERCENT
    )


def _charge(job: Job, refusal: Refusal) -> Refusal:
    """Close the job's hold as the refusal costs; a hold that is over already costs nothing."""
    hold_id = job.hold_id
    assert hold_id is not None  # noqa: S101 - ``counts`` said so
    amount = refusal.penalty(job.price)
    if not amount:
        ledger.release_if_open(hold_id=hold_id, reason=_line(refusal))
        return refusal
    try:
        hold = ledger.capture(hold_id=hold_id, amount=amount, reason=_line(refusal), penalty=True)
    except ledger.HoldClosed:
        hold = credit.hold_of(hold_id)
    return Refusal(
        refusal.used, refusal.free, refusal.percent, hold.captured, is_included=hold.unlimited
    )


def _line(refusal: Refusal) -> str:
    """What the statement says."""
    if not refusal.percent or refusal.free > COUNTED_DOWN:
        return "content refused, not charged"
    if refusal.is_warning:
        return f"content refused, free warning {refusal.used} of {refusal.free}"
    return f"content refused, {refusal.percent} % of the price after {refusal.free} warnings"


def _cost_in_words(refusal: Refusal) -> str:
    if refusal.charged:
        verb = "was" if refusal.charged == 1_000_000 else "were"
        charged = f"{worded(refusal.charged)} {verb} charged"
        return f"{charged}: {refusal.percent} % of the price, as announced."
    return f"{FREE_WORDS} Your plan includes it." if refusal.is_included else FREE_WORDS


def _number(count: int) -> str:
    return _IN_WORDS[count] if count < len(_IN_WORDS) else str(count)
