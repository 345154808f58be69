"""Each event reaches each address, in order, once where nothing breaks, and never gets lost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.models import User
from notifications import delivering, tasks
from notifications.delivering import FEWEST_TRIES, JITTER, PAUSES_S
from notifications.models import Notification, WebhookDelivery, WebhookTarget
from notifications.posting import Answer, post
from notifications.signing import new_secret
from notifications.targets import change_target, retry_delivery, rotate_secret, send_test
from tests.database_clock import Span
from tests.webhooks.conftest import Put, Send, Tell, due_in_s, time_passes
from tests.webhooks.receiver import Receiver, Sink, hang, status

pytestmark = pytest.mark.django_db(transaction=True)
DAY_S = 24 * 3600


def only() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def test_an_event_arrives_signed_with_its_id(
    put: Put, tell: Tell, send: Send, receiver: Receiver
) -> None:
    target = put()
    event_id = tell(words="Grüße 🧵")
    assert send() == 1
    (got,) = receiver.got
    body = Webhook(target.secret).verify(got.body, dict(got.headers))
    assert (body["id"], body["type"]) == (event_id, "job.updated")
    assert body["data"] == {"words": "Grüße 🧵"}
    assert got.headers["webhook-id"] == event_id
    row = only()
    assert (row.state, row.attempts, row.last_status, row.due_at) == ("delivered", 1, 200, None)
    assert row.ended_at is not None
    assert send() == 0


def test_events_keep_their_order_as_long_as_they_are_taken(
    put: Put, tell: Tell, send: Send, receiver: Receiver
) -> None:
    put()
    told = [tell(n=n) for n in range(12)]
    assert send() == 12
    assert [got.headers["webhook-id"] for got in receiver.got] == told


def test_what_fails_is_sent_again_with_the_same_id_and_then_taken(
    put: Put, tell: Tell, send: Send, receiver: Receiver
) -> None:
    target = put()
    event_id = tell()
    receiver.will(status(500), status(404))
    with Span() as tried:
        assert send() == 1
    row = only()
    assert (row.state, row.last_status, row.last_error) == (
        "pending",
        500,
        "500 Internal Server Error",
    )
    assert tried.puts_off(row.due_at, PAUSES_S[0], PAUSES_S[0] * (1 + JITTER))
    target.refresh_from_db()
    assert target.failing_since is not None
    time_passes(seconds=PAUSES_S[0] * 2)
    with Span() as tried:
        assert send() == 1
    assert tried.puts_off(only().due_at, PAUSES_S[1], PAUSES_S[1] * (1 + JITTER))
    assert send() == 0
    time_passes(seconds=PAUSES_S[1] * 2)
    assert send() == 1
    assert (only().state, only().attempts) == ("delivered", 3)
    assert {got.headers["webhook-id"] for got in receiver.got} == {event_id}
    target.refresh_from_db()
    assert [target.failing_since, target.disabled_at] == [None, None]


def test_ten_tries_take_three_days_and_then_it_has_failed(
    put: Put, tell: Tell, send: Send, receiver: Receiver
) -> None:
    target = put()
    tell()
    receiver.will(*[status(503)] * 20)
    waited = 0.0
    for pause_s in PAUSES_S:
        with Span() as tried:
            assert send() == 1
        row = only()
        assert tried.puts_off(row.due_at, pause_s, pause_s * (1 + JITTER))
        waited += pause_s
        time_passes(seconds=max(due_in_s(row), 5 * 60) + 1)
    assert send() == 1
    assert (only().state, only().attempts, only().due_at) == ("failed", 10, None)
    assert 3 * DAY_S < waited < 4 * DAY_S
    time_passes(days=9)
    assert send() == 0
    assert len(receiver.got) == 10
    target.refresh_from_db()
    assert target.disabled_at is None


def test_an_address_that_failed_for_five_days_is_turned_off_and_its_owner_told_once(
    put: Put, tell: Tell, send: Send, receiver: Receiver, ada: User
) -> None:
    target, works = put("/dead"), put("/alive")
    receiver.will(*[status(500)] * 40, path="/dead")
    for day in range(8):
        tell(day=day)
        for _ in range(4):
            send()
            time_passes(hours=6)
    target.refresh_from_db()
    works.refresh_from_db()
    assert (target.disabled_at is not None, works.disabled_at) == (True, None)
    assert not WebhookDelivery.objects.filter(target=target, state="pending").exists()
    told = Notification.objects.get(user=ada, kind="webhook.disabled")
    assert "5 days it has taken nothing" in told.body
    assert told.link == f"/account/webhooks/{target.pk}"
    sent = len(receiver.got)
    tell()
    send()
    assert [got.path for got in receiver.got[sent:]] == ["/alive"]
    assert Notification.objects.filter(kind="webhook.disabled").count() == 1


def test_a_quiet_address_is_not_given_up_for_one_failure_long_after_another(
    put: Put, tell: Tell, send: Send, receiver: Receiver
) -> None:
    target = put(failing_since=Now() - timedelta(days=40))
    tell()
    receiver.will(*[status(500)] * 10)
    for tried in range(1, FEWEST_TRIES + 1):
        assert send() == 1
        target.refresh_from_db()
        assert (target.disabled_at is not None) is (tried == FEWEST_TRIES)
        time_passes(days=2)


def test_410_turns_the_address_off_at_once(
    put: Put, tell: Tell, send: Send, receiver: Receiver, ada: User
) -> None:
    target = put()
    tell()
    tell()
    receiver.will(status(410))
    assert send() == 1
    target.refresh_from_db()
    assert target.disabled_at is not None
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"failed"}
    assert "gone (410)" in Notification.objects.get(user=ada).body
    assert len(receiver.got) == 1


def test_whoever_asks_to_be_left_alone_is_within_an_hour(
    put: Put, tell: Tell, send: Send, receiver: Receiver
) -> None:
    put()
    tell()
    tell()
    receiver.will(status(429, Retry_After="600"))
    assert send() == 1
    assert 590 < due_in_s(WebhookDelivery.objects.earliest("pk")) <= 600
    time_passes(seconds=400)
    assert send() == 0  # not the second either, which has not failed
    time_passes(seconds=300)
    receiver.will(status(503, Retry_After="999999"))
    assert send() == 1
    assert due_in_s(WebhookDelivery.objects.earliest("pk")) <= 3600


def test_one_that_hangs_holds_up_no_other(
    put: Put, tell: Tell, receiver: Receiver, berta: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def soon_left(url: str, *given: Any, **more: Any) -> Answer:
        return post(url, *given, **more, deadline_s=0.3 if url.endswith("/hangs") else 60.0)

    monkeypatch.setattr(delivering, "post", soon_left)
    monkeypatch.setattr(delivering, "LEAST_REST_S", 60.0)
    put("/hangs", user=berta)
    put("/works")
    receiver.will(*[hang] * 9, path="/hangs")
    for _ in range(3):
        tell(user=berta)
        tell()
    delivering.send_due(reach=receiver.reach())
    paths = [got.path for got in receiver.got]
    assert paths.count("/hangs") == 1  # its second event waits until it has rested
    assert paths.count("/works") == 3
    tell(user=berta)
    tell()
    time_passes(seconds=61)
    delivering.send_due(reach=receiver.reach())
    assert [got.path for got in receiver.got][4:6] == ["/works", "/hangs"]


def test_one_with_much_to_take_shares_its_senders(
    put: Put, tell: Tell, send: Send, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "TURN_S", 0.0)
    put("/much")
    for n in range(4):
        tell(n=n)
    put("/little")
    tell()
    send()
    paths = [got.path for got in receiver.got]
    assert paths.index("/little") < 2
    assert paths.count("/much") == 5


def test_what_is_asked_for_again_while_a_try_fails_begins_anew(
    put: Put, tell: Tell, send: Send, receiver: Receiver, ada: User
) -> None:
    target = put()
    tell()
    WebhookDelivery.objects.update(attempts=6)

    def ask_again(sink: Sink) -> None:
        retry_delivery(user=ada, target_id=target.pk, delivery_id=only().pk)
        status(500)(sink)

    receiver.will(ask_again)
    assert send() == 1
    assert (only().state, only().attempts) == ("pending", 0)
    time_passes(seconds=6)
    assert send() == 1
    assert (only().state, only().attempts) == ("delivered", 1)


def test_both_secrets_sign_for_a_day_after_a_change(
    put: Put, tell: Tell, send: Send, receiver: Receiver, ada: User
) -> None:
    target = put()
    _, new = rotate_secret(user=ada, target_id=target.pk)
    for _ in range(2):
        tell()
        send()
        time_passes(hours=25)
    first, second = receiver.got
    for secret in (target.secret, new):
        Webhook(secret).verify(first.body, dict(first.headers))
    Webhook(new).verify(second.body, dict(second.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(target.secret).verify(second.body, dict(second.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(first.body, dict(first.headers))


def test_what_was_sent_is_sent_again_on_request_though_the_address_rests(
    put: Put, tell: Tell, send: Send, receiver: Receiver, ada: User
) -> None:
    target = put(failing_since=Now() - timedelta(hours=2))
    event_id = tell()
    receiver.will(status(500))
    assert send() == 1
    assert send() == 0
    retry_delivery(user=ada, target_id=target.pk, delivery_id=only().pk)
    assert send() == 1
    assert (only().state, only().attempts) == ("delivered", 1)
    retry_delivery(user=ada, target_id=target.pk, delivery_id=only().pk)
    assert send() == 1
    assert [got.headers["webhook-id"] for got in receiver.got] == [event_id] * 3


def test_a_test_is_sent_at_once_though_the_address_rests(
    put: Put, send: Send, receiver: Receiver, ada: User
) -> None:
    target = put(failing_since=Now() - timedelta(hours=2), busy_until=Now() + timedelta(minutes=5))
    send_test(user=ada, target_id=target.pk)
    assert send() == 1
    assert (only().type, only().state) == ("webhook.test", "delivered")


def test_another_address_begins_as_if_it_had_never_failed(put: Put, ada: User) -> None:
    old, new = "https://old.example.com/", "https://new.example.com/"
    target = put(
        url=old,
        failing_since=Now() - timedelta(days=4),
        busy_until=Now() + timedelta(hours=1),
    )
    same = change_target(user=ada, target_id=target.pk, changes={"url": old, "description": "x"})
    assert same.failing_since is not None
    assert same.busy_until is not None
    changed = change_target(user=ada, target_id=target.pk, changes={"url": new})
    assert (changed.url, changed.failing_since, changed.busy_until) == (new, None, None)


def test_an_address_that_is_removed_meanwhile_breaks_nothing(
    put: Put, tell: Tell, receiver: Receiver
) -> None:
    target = put()
    tell()

    def remove(sink: Sink) -> None:
        WebhookTarget.objects.filter(pk=target.pk).delete()
        status(500)(sink)

    receiver.will(remove)
    assert delivering.send_due(reach=receiver.reach()) == 1
    assert not WebhookDelivery.objects.exists()


def test_what_was_taken_while_the_address_was_turned_off_counts_as_taken(
    put: Put, tell: Tell, receiver: Receiver, ada: User
) -> None:
    target = put()
    tell()
    tell()

    def turn_off(sink: Sink) -> None:
        change_target(user=ada, target_id=target.pk, changes={"enabled": False})
        status(200)(sink)

    receiver.will(turn_off)
    assert delivering.send_due(reach=receiver.reach()) == 1
    first, second = WebhookDelivery.objects.order_by("pk")
    assert (first.state, second.state) == ("delivered", "failed")
    assert second.last_error.startswith("The address was turned off")


def test_deliveries_are_forgotten_after_a_month(put: Put, tell: Tell) -> None:
    put()
    tell()
    old = only()
    WebhookDelivery.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(days=31))
    tell()
    assert tasks.forget_deliveries() == 1
    assert only().pk != old.pk


def test_bodies_are_sent_as_they_were_written(
    put: Put, tell: Tell, send: Send, receiver: Receiver
) -> None:
    put()
    tell(a={"b": [1, 2.5, None, True]}, long="x" * 5000)
    send()
    assert receiver.got[0].body == only().body.encode()
    assert json.loads(receiver.got[0].body)["data"]["a"] == {"b": [1, 2.5, None, True]}
