"""Senders that meet, and those that are killed: each event once, by one of them at a time."""

from __future__ import annotations

import threading

import pytest
from pytest_django import DjangoAssertNumQueries

from notifications import delivering, tasks
from notifications.models import WebhookDelivery
from tests.videos.at_once import at_once
from tests.webhooks.conftest import Put, Send, Tell, due_in_s, time_passes
from tests.webhooks.receiver import Receiver, Sink, hang, status

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_senders_at_once_send_each_once(put: Put, tell: Tell, receiver: Receiver) -> None:
    for path in ("/a", "/b", "/c"):
        put(path)
    told = [tell(n=n) for n in range(8)]
    reach = receiver.reach()
    sent = at_once(*[lambda: delivering.send_due(reach=reach)] * 4)
    assert sum(sent) == 24
    for path in ("/a", "/b", "/c"):
        got = [one.headers["webhook-id"] for one in receiver.got if one.path == path]
        assert got == told
    assert WebhookDelivery.objects.filter(state="delivered", attempts=1).count() == 24


def test_an_address_has_one_sender_at_a_time(put: Put, tell: Tell, receiver: Receiver) -> None:
    put()
    tell()
    tell()
    receiver.will(hang)
    reach = receiver.reach()
    first = threading.Thread(target=lambda: delivering.send_due(reach=reach), daemon=True)
    first.start()
    assert receiver.came.wait(60)
    assert delivering.send_due(reach=reach) == 0
    assert len(receiver.got) == 1
    receiver.is_over.set()
    first.join(60)


def test_what_a_sender_dropped_is_sent_when_its_lease_has_run_out(
    put: Put, tell: Tell, send: Send, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: object, **__: object) -> None:
        raise Killed

    put()
    told = [tell(), tell()]
    with monkeypatch.context() as patch:
        patch.setattr(delivering, "post", dies)
        with pytest.raises(Killed):
            send()
    assert send() == 0
    time_passes(seconds=delivering.LEASE.total_seconds())
    assert send() == 2
    assert [got.headers["webhook-id"] for got in receiver.got] == told
    assert WebhookDelivery.objects.earliest("pk").attempts == 2


def test_what_is_being_sent_is_due_to_nobody_else(
    put: Put, tell: Tell, send: Send, receiver: Receiver
) -> None:
    put()
    tell()
    seen: list[float] = []

    def look(sink: Sink) -> None:
        seen.append(due_in_s(WebhookDelivery.objects.get()))
        status(200)(sink)

    receiver.will(look)
    assert send() == 1
    assert 10 < seen[0] <= delivering.LEASE.total_seconds()


def test_a_worker_has_four_senders_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    entered, leave = threading.Semaphore(0), threading.Event()

    def wait() -> int:
        entered.release()
        leave.wait(60)
        return 0

    monkeypatch.setattr("notifications.tasks.delivering.send_due", wait)
    senders = [threading.Thread(target=tasks.send_webhooks) for _ in range(tasks.SENDERS)]
    for sender in senders:
        sender.start()
    assert all(entered.acquire(timeout=60) for _ in senders)
    assert tasks.send_webhooks() == 0
    assert not entered.acquire(blocking=False)
    leave.set()
    for sender in senders:
        sender.join(60)
    assert tasks.send_webhooks() == 0
    assert entered.acquire(timeout=60)


def test_nothing_to_send_is_one_question(
    put: Put, send: Send, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    put()
    with django_assert_num_queries(1):
        assert send() == 0
