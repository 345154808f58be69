"""What Stripe tells of a subscription, as far as it matters here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from billing.plans import Sold, everything_sold, sold_at

PAID: Final = ("active", "trialing")
PAST_DUE: Final = "past_due"
OVER: Final = ("canceled", "incomplete_expired")
DRAWN: Final = "charge_automatically"
GIVEN_UP: Final = ("void", "uncollectible")  # invoices that nobody is going to pay
INCOMPLETE: Final = "incomplete"  # the first payment has not come
# Stripe still counts on it, so that another would be paid for twice.
LIVING: Final = (*PAID, PAST_DUE, "unpaid", "paused")


@dataclass(frozen=True)
class Told:
    """One subscription to a plan of ours; ``status`` is one of Stripe's words."""

    stripe_id: str
    customer: str
    status: str
    interval: str
    created_at: datetime
    started_at: datetime
    period_ends_at: datetime | None
    ends_at: datetime | None  # canceled for then
    item: str  # what of it has the price
    latest_invoice: str
    user: str  # whom its metadata name, and the purchase that it came from
    checkout: str
    ended_unpaid: bool

    @property
    def is_living(self) -> bool:
        """Stripe goes on with it, paid or not."""
        return self.status in LIVING


def moment(seconds: int | None) -> datetime | None:
    """Stripe's Unix seconds as a time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def told(found: Mapping[str, Any]) -> Told | None:
    """Stripe's subscription in our words; None where none of its prices is for a plan of ours.

    It is read with its latest invoice.
    """
    item, sold = _planned(found["items"]["data"])
    if item is None or sold is None:
        return None
    period_ends_at = moment(item.get("current_period_end"))
    created_at = datetime.fromtimestamp(found["created"], UTC)
    metadata = found.get("metadata") or {}
    why = (found.get("cancellation_details") or {}).get("reason")
    return Told(
        stripe_id=found["id"],
        customer=id_of(found["customer"]),
        status=_status(found),
        interval=sold.interval,
        created_at=created_at,
        started_at=moment(found.get("start_date")) or created_at,
        period_ends_at=period_ends_at,
        ends_at=_ends_at(found, period_ends_at),
        item=item["id"],
        latest_invoice=id_of(found.get("latest_invoice")),
        user=metadata.get("user", ""),
        checkout=metadata.get("checkout", ""),
        ended_unpaid=found["status"] in OVER and why == "payment_failed",
    )


def id_of(named: Any) -> str:
    """The id of what Stripe names by its id or shows in full; "" where there is none."""
    found = named["id"] if isinstance(named, Mapping) else named
    return found or ""


def sold_by(price: Mapping[str, Any]) -> Sold | None:
    """What a price is for; a former price of ours says so in its metadata.

    So a new price does not end the plan of those who pay the old one.
    """
    name = (price.get("metadata") or {}).get("sold", "")
    return sold_at(price["id"]) or everything_sold().get(name)


def best_of(several: Iterable[Told]) -> Told | None:
    """The one that counts: a paid one before one that is due, before all others.

    Of two that are paid the first counts, as the second was bought by mistake; of two that are
    over the last. ``twins_of`` are as good: of them the one that counts already goes on counting.
    """
    return min(several, key=_rank, default=None)


def twins_of(best: Told | None, several: Iterable[Told]) -> list[Told]:
    """Those that only the id puts behind the best one, with it: made in the same second."""
    return [] if best is None else [one for one in several if _rank(one)[:2] == _rank(best)[:2]]


def _rank(one: Told) -> tuple[int, float, str]:
    # The id decides last, so that of two readers neither ends what the other keeps.
    made = one.created_at.timestamp()
    if one.status in PAID:
        return 0, made, one.stripe_id
    if one.status == PAST_DUE:
        return 1, made, one.stripe_id
    return (3 if one.status in OVER else 2), -made, one.stripe_id


def _planned(items: list[dict[str, Any]]) -> tuple[dict[str, Any] | None, Sold | None]:
    for item in items:
        sold = sold_by(item["price"])
        if sold is not None and sold.plan:
            return item, sold
    return None, None


def _status(found: Mapping[str, Any]) -> str:
    """Stripe's word, but for a bank that takes days to pay for the first time.

    Stripe calls that active at once, and leaves it so where the bank refuses.
    """
    status: str = found["status"]
    first, is_drawn = found.get("latest_invoice"), found["collection_method"] == DRAWN
    if status in OVER or not is_drawn or not isinstance(first, Mapping):
        return status
    is_first = first["billing_reason"] == "subscription_create"
    return INCOMPLETE if is_first and first["status"] in ("open", *GIVEN_UP) else status


def _ends_at(found: Mapping[str, Any], period_ends_at: datetime | None) -> datetime | None:
    if found.get("ended_at"):
        return moment(found["ended_at"])
    if found.get("cancel_at"):
        return moment(found["cancel_at"])
    return period_ends_at if found.get("cancel_at_period_end") else None
