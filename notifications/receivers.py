"""What is told when something happens in a lower room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from credits.budget import FLOOR, Warned
from notifications.operations import notify

TITLES = {
    "50": "Half of this month's credits are used",
    "80": "Most of this month's credits are used",
    "95": "This month's credits are running out",
    FLOOR: "Your credits are below your floor",
}


def budget_warned(user: Any, warned: Sequence[Warned]) -> None:
    """Tell each warning, in the transaction that records them."""
    for warning in warned:
        notify(
            user_id=user.pk,
            kind="budget.warning",
            title=TITLES[warning.threshold],
            body=warning.words,
            link=reverse("accounts:prices"),
            link_label="See prices",
            context={"threshold": warning.threshold},
        )
