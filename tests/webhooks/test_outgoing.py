"""Which address is told of which event, written down beside the consumer's own mark."""

from __future__ import annotations

import json

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core.ids import uuid7
from core.models import Event
from core.outbox import emit
from notifications import outgoing
from notifications.catalogue import message_of
from notifications.models import WebhookDelivery
from notifications.relaying import relay
from tests.webhooks.conftest import Put, Tell

pytestmark = pytest.mark.django_db


def told() -> list[str]:
    """Path of each address and type of what it is to be told."""
    rows = WebhookDelivery.objects.order_by("pk").select_related("target")
    return [f"/{row.target.url.rpartition('/')[2]} {row.type}" for row in rows]


def test_each_address_is_told_of_its_types_and_no_types_mean_all(put: Put, tell: Tell) -> None:
    put("/all")
    put("/jobs", types=["job.updated", "credits.changed"])
    put("/off", disabled_at=timezone.now())
    for type in ("job.updated", "product.updated"):
        tell(type=type)
    assert told() == ["/all job.updated", "/jobs job.updated", "/all product.updated"]


def test_events_of_others_are_not_told(put: Put, tell: Tell, berta: User) -> None:
    put("/mine")
    tell(user=berta)
    assert told() == []


def test_the_same_event_again_writes_nothing(put: Put, rings: list[int]) -> None:
    target = put()
    message = {
        "id": str(uuid7()),
        "type": "job.updated",
        "version": 1,
        "occurredAt": "2026-05-04T10:00:00+00:00",
        "userId": str(target.user_id),
        "data": {},
    }
    outgoing.handle(message)
    outgoing.handle(message)
    assert WebhookDelivery.objects.count() == 1


def test_it_rings_after_the_commit_and_only_where_there_is_something(
    put: Put,
    tell: Tell,
    rings: list[int],
    berta: User,
    django_capture_on_commit_callbacks: object,
) -> None:
    put()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        tell()
        tell(user=berta)
        assert rings == []
    assert rings == [1]


def test_who_has_addresses_is_one_question_for_a_whole_batch(
    put: Put, ada: User, berta: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    put("/a")
    put("/b")
    put("/off", user=berta, disabled_at=timezone.now())
    with django_assert_num_queries(1):
        wanted = outgoing.wants({ada.pk, berta.pk, *(uuid7() for _ in range(50))})
    assert wanted == {ada.pk}


@pytest.mark.django_db(transaction=True)
def test_an_event_of_the_outbox_is_written_down_once_by_the_relay(
    put: Put, ada: User, berta: User
) -> None:
    put("/all")
    for user in (ada, berta):
        with transaction.atomic():
            ids = {"id": str(uuid7()), "revisionId": str(uuid7())}
            emit(type="product.updated", user_id=user.pk, data=ids)
    relay()
    Event.objects.update(published_at=None)
    relay()
    row = WebhookDelivery.objects.get()
    event = Event.objects.get(user_id=ada.pk)
    assert row.event_id == event.pk
    assert json.loads(row.body) == message_of(event)
