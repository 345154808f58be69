"""What is told when something happens in a lower room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from core.money import Microcredits, format_credits, worded
from credits.budget import FLOOR, Warned
from credits.models import Lot
from notifications.operations import notify

TITLES = {
    "50": "Half of this month's credits are used",
    "80": "Most of this month's credits are used",
    "95": "This month's credits are running out",
    FLOOR: "Your credits are below your floor",
}


def budget_warned(user: Any, warned: Sequence[Warned]) -> None:
    """Tell each warning, in the transaction that records them."""
    sells = settings.PAYMENTS.sells
    for warning in warned:
        notify(
            user_id=user.pk,
            kind="budget.warning",
            title=TITLES[warning.threshold],
            body=warning.words,
            link=reverse("credits:statement" if sells else "accounts:prices"),
            link_label="Top up" if sells else "See prices",
            context={"threshold": warning.threshold},
        )


def debt_paid(user_id: UUID, lot: Lot, paid: Microcredits, left: Microcredits) -> None:
    """Tell that credits which came paid a debt, in the transaction of their grant."""
    rest = f"{worded(left)} are owed still." if left else "Nothing is owed any more."
    there = lot.granted - paid
    came = f"{worded(lot.granted)} came ({lot.get_kind_display().lower()}), and {worded(paid)} of"
    notify(
        user_id=user_id,
        kind="credits.debt_paid",
        title=f"{worded(paid)} paid what you owed",
        body=f"{came} it paid for what was used of a payment that went back. {rest}",
        link=reverse("credits:statement"),
        link_label="See the statement",
        context={
            "paid": format_credits(paid),
            "debt": format_credits(left),
            "credits": format_credits(there),
        },
    )
