"""Telling: the row, its event, and what the database refuses."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from core.models import Event
from notifications.models import Notification
from notifications.operations import mark_all_read, mark_read, notify
from tests.notifications.conftest import Tell

pytestmark = pytest.mark.django_db


def test_telling_writes_a_row_and_its_event_together(ada: User) -> None:
    made = notify(
        user_id=ada.pk,
        kind="budget.warning",
        title="80 % used",
        body="You have 3.60 credits left.",
        link="/prices",
        link_label="See prices",
        context={"threshold": "80"},
    )
    stored = Notification.objects.get()
    assert (stored.pk, stored.context, stored.read_at) == (made.pk, {"threshold": "80"}, None)
    event = Event.objects.get(user_id=ada.pk, type="notification.created")
    assert event.data == {"id": str(made.pk), "kind": "budget.warning", "title": "80 % used"}


def test_what_is_rolled_back_was_not_told(ada: User, tell: Tell) -> None:
    with transaction.atomic():
        tell(ada)
        transaction.set_rollback(True)
    assert not Notification.objects.exists()
    assert not Event.objects.filter(type="notification.created").exists()


@pytest.mark.parametrize(
    ("link", "label"),
    [
        ("https://elsewhere.example/", "Go"),
        ("//elsewhere.example/", "Go"),
        ("/\\elsewhere.example/", "Go"),
        ("javascript:alert(1)", "Go"),
        ("prices", "Go"),
        ("/prices", ""),
        ("", "Go"),
    ],
)
def test_a_link_leads_inside_and_has_words(ada: User, tell: Tell, link: str, label: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        tell(ada, link=link, link_label=label)


@pytest.mark.parametrize("link", ["/", "/prices", "/products/1?x=2#y"])
def test_any_address_of_the_site_is_a_link(ada: User, tell: Tell, link: str) -> None:
    assert tell(ada, link=link, link_label="Go").link == link


def test_a_title_too_long_is_cut_not_refused(ada: User, tell: Tell) -> None:
    assert len(tell(ada, title="x" * 1000).title) == 200


def test_the_first_reading_counts(ada: User, tell: Tell) -> None:
    told = tell(ada)
    first = mark_read(user=ada, notification_id=told.pk).read_at
    assert first is not None
    assert mark_read(user=ada, notification_id=told.pk).read_at == first


def test_reading_all_reads_ones_own_and_counts_them(ada: User, berta: User, tell: Tell) -> None:
    for _ in range(3):
        tell(ada)
    tell(berta)
    assert mark_all_read(user=ada) == 3
    assert mark_all_read(user=ada) == 0
    assert Notification.objects.filter(read_at=None).get().user_id == berta.pk


def test_an_account_that_goes_takes_its_inbox_along(ada: User, tell: Tell) -> None:
    tell(ada)
    ada.delete()
    assert not Notification.objects.exists()
