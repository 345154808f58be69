"""Budget warnings in the inbox."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from config.payments import Payments
from core.ids import uuid7
from core.models import Event
from core.money import CREDIT
from credits import budget
from credits import operations as ledger
from notifications import receivers
from notifications.models import Notification

pytestmark = pytest.mark.django_db


def use(user: User, credits: int) -> None:
    hold = ledger.hold(
        user_id=user.pk,
        amount=credits * CREDIT,
        key=str(uuid7()),
        operation="edit",
        reason="a test",
        ttl=timedelta(minutes=1),
    )
    ledger.capture(hold_id=hold.pk)


def told(user: User) -> list[tuple[str, str]]:
    rows = Notification.objects.filter(user=user).order_by("pk")
    return [(row.context["threshold"], row.title) for row in rows]


def test_a_crossed_threshold_is_told_once_with_the_next_thing_to_do(ada: User) -> None:
    use(ada, 9)
    budget.due(user=ada)
    budget.due(user=ada)
    row = Notification.objects.get()
    assert (row.kind, row.context) == ("budget.warning", {"threshold": "50"})
    assert row.body == "You have used 50 % of this month's 18 credits; 9 are left."
    assert (row.link, row.link_label) == ("/credits", "Top up")
    assert Event.objects.filter(user_id=ada.pk, type="notification.created").count() == 1


def test_where_nothing_is_sold_a_warning_leads_to_the_prices(ada: User, settings: Any) -> None:
    settings.PAYMENTS = Payments("off")
    use(ada, 9)
    budget.due(user=ada)
    row = Notification.objects.get()
    assert (row.link, row.link_label) == ("/prices", "See prices")


def test_each_threshold_has_its_title(ada: User) -> None:
    budget.set_floor(user=ada, floor=10 * CREDIT)
    for credits in (9, 6, 3):
        use(ada, credits)
        budget.due(user=ada)
    assert [threshold for threshold, _ in told(ada)] == ["50", "floor", "80", "95"]
    assert {title for _, title in told(ada)} == set(receivers.TITLES.values())


def test_a_warning_that_could_not_be_told_is_given_another_time(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(ada, 9)
    with monkeypatch.context() as broken:
        broken.setattr(receivers, "TITLES", {})
        with pytest.raises(KeyError):
            budget.due(user=ada)
    assert told(ada) == []
    budget.due(user=ada)
    assert [threshold for threshold, _ in told(ada)] == ["50"]


def test_who_has_an_account_of_their_own_is_told_of_that_alone(ada: User, berta: User) -> None:
    use(ada, 9)
    budget.due(user=berta)
    assert not Notification.objects.exists()
    budget.due(user=ada)
    assert told(berta) == []
