"""Events reach each consumer once, in the order of their user, and wait where they cannot."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.db.utils import OperationalError
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core import outbox
from core.models import Event
from notifications import consuming, relaying
from notifications.consuming import DatabaseAway
from notifications.models import DeadLetter, EventDelivery
from notifications.relaying import forget_old, relay
from notifications.ringing import Ringer

from .conftest import SAID, SHOUTED, Listen, say

pytestmark = pytest.mark.django_db


def waiting() -> int:
    return Event.objects.filter(published_at=None).count()


def test_each_consumer_has_each_event_once_in_the_order_of_its_user(
    ada: User, berta: User, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "AT_ONCE", 4)
    one, two = listen("one"), listen("two")
    for n in range(10):
        say(ada, n)
        say(berta, -n)
    assert relay() == 20
    assert relay() == 0
    for heard in (one, two):
        assert heard.numbers(ada) == list(range(10))
        assert heard.numbers(berta) == [-n for n in range(10)]
    assert waiting() == 0
    assert EventDelivery.objects.count() == 40


class Clock:
    """Goes on only where somebody sleeps."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_nobodys_many_events_hold_up_the_others(
    ada: User, berta: User, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "AT_ONCE", 2)
    heard = listen("one")
    many, few = sorted((ada, berta), key=lambda user: user.pk)
    say(many, *range(6))
    say(few, 7)
    assert relay() == 7
    assert [one["data"]["n"] for one in heard.messages] == [0, 1, 7, 2, 3, 4, 5]


def test_whose_events_take_all_the_time_of_a_relay_is_not_the_first_of_the_next(
    ada: User, berta: User, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(relaying, "time", clock)
    monkeypatch.setattr(relaying, "AT_ONCE", 2)
    heard = listen("one")
    many, few = sorted((ada, berta), key=lambda user: user.pk)
    say(many, *range(6))
    say(few, 7)

    heard.will = lambda _: clock.sleep(relaying.WITHIN_S)
    assert [relay(), relay()] == [2, 1]
    assert heard.numbers(few) == [7]
    assert [relay(), relay(), relay()] == [2, 2, 0]
    assert heard.numbers(many) == list(range(6))


def test_the_order_is_that_of_the_sequence_even_where_ids_are_older(
    ada: User, listen: Listen
) -> None:
    heard = listen("one")
    say(ada, 1, 2, 3)
    last = Event.objects.get(sequence=3)
    Event.objects.filter(pk=last.pk).update(id=UUID(int=7))
    relay()
    assert heard.numbers(ada) == [1, 2, 3]


def test_a_message_says_what_live_events_say(ada: User, listen: Listen) -> None:
    heard = listen("one")
    say(ada, 1)
    relay()
    event = Event.objects.get()
    assert heard.messages == [
        {
            "id": str(event.pk),
            "type": SAID,
            "version": 1,
            "occurredAt": event.occurred_at.isoformat(),
            "userId": str(ada.pk),
            "data": {"n": 1},
        }
    ]


def test_what_nobody_asks_for_costs_no_question_of_its_own(
    ada: User, berta: User, listen: Listen
) -> None:
    asked: list[set[UUID]] = []

    def wants(user_ids: Any) -> set[UUID]:
        asked.append(set(user_ids))
        return {berta.pk}

    heard = listen("picky", wants=wants)
    say(ada, *range(60))
    say(ada, *range(60), type=SHOUTED)
    say(berta, 5)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert relay() == 121
    assert heard.numbers(berta) == [5]
    assert heard.numbers(ada) == []
    assert asked == [{ada.pk, berta.pk}]
    assert len(queries) < 20


def test_a_consumer_is_told_of_its_own_types_alone(ada: User, listen: Listen) -> None:
    heard = listen("jobs", (SHOUTED,))
    say(ada, 1)
    say(ada, 2, type=SHOUTED)
    relay()
    assert heard.numbers(ada) == [2]


def test_an_effect_and_the_word_of_it_are_one(ada: User, listen: Listen) -> None:
    """A consumer that fails after writing something has written nothing."""
    heard = listen("one")

    def write_and_fail(message: Mapping[str, Any]) -> None:
        User.objects.filter(pk=message["userId"]).update(name="Changed")
        raise LookupError("no such shelf")

    heard.will = write_and_fail
    say(ada, 1)
    relay()
    ada.refresh_from_db()
    assert ada.name == "Ada"
    assert not EventDelivery.objects.exists()
    letter = DeadLetter.objects.get()
    assert (letter.consumer, letter.attempts) == ("one", 3)
    assert letter.error == "LookupError: no such shelf"
    assert waiting() == 0


def test_a_failure_that_passes_holds_the_others_back_until_it_has(
    ada: User, listen: Listen
) -> None:
    heard, failures = listen("one"), iter([OperationalError("deadlock"), ValueError("odd")])

    def fail_twice(_: object) -> None:
        if (error := next(failures, None)) is not None:
            raise error

    heard.will = fail_twice
    say(ada, 1, 2)
    relay()
    assert heard.numbers(ada) == [1, 2]
    assert not DeadLetter.objects.exists()


def test_what_is_given_up_holds_nothing_up(ada: User, listen: Listen) -> None:
    bad, good = listen("bad"), listen("good")

    def fail_at_two(message: Mapping[str, Any]) -> None:
        if message["data"]["n"] == 2:
            raise ValueError("two")

    bad.will = fail_at_two
    say(ada, 1, 2, 3)
    relay()
    assert bad.numbers(ada) == [1, 3]
    assert good.numbers(ada) == [1, 2, 3]
    assert DeadLetter.objects.get().consumer == "bad"


def test_while_the_database_is_away_events_wait_and_nothing_is_given_up(
    ada: User, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = listen("one")

    def away(_: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(consuming, "_is_away", lambda: True)
    say(ada, 1, 2)
    heard.will = lambda message: away(message) if message["data"]["n"] == 2 else None
    with pytest.raises(DatabaseAway):
        relay()
    assert waiting() == 1
    assert not DeadLetter.objects.exists()
    heard.will = lambda _: None
    relay()
    assert heard.numbers(ada) == [1, 2]


def test_what_was_had_before_a_relay_was_killed_is_not_done_again(
    ada: User, listen: Listen
) -> None:
    heard = listen("one")
    say(ada, 1, 2)
    relay()
    Event.objects.update(published_at=None)  # killed before it could say so
    assert relay() == 2
    assert heard.numbers(ada) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_one_relay_is_at_work_at_a_time_and_no_event_waits_for_the_next_ring(
    ada: User, listen: Listen
) -> None:
    heard = listen("one")
    is_in, may_end = threading.Event(), threading.Event()

    def hold(message: Mapping[str, Any]) -> None:
        is_in.set()
        assert may_end.wait(60)

    def first() -> None:
        try:
            relay()
        finally:
            connection.close()

    heard.will = hold
    say(ada, 1)
    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert is_in.wait(60)
        say(ada, 2)
        assert relay() == 0  # somebody else is at it
    finally:
        may_end.set()
        thread.join(60)
    assert heard.numbers(ada) == [1, 2]
    assert waiting() == 0


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_after_the_commit_and_for_what_is_rolled_back_not_at_all(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(outbox, "_carriers", [lambda: rung.append(waiting())])
    with transaction.atomic():
        say(ada, 1, 2)
        assert rung == []
    assert rung == [2, 2]
    with transaction.atomic():
        say(ada, 3)
        transaction.set_rollback(True)
    assert rung == [2, 2]


def test_a_crowd_of_rings_is_sent_as_one_and_a_broker_that_hangs_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent, is_sending, may_end = [], threading.Event(), threading.Event()

    def hang(**given: Any) -> None:
        sent.append(given)
        is_sending.set()
        may_end.wait(60)

    monkeypatch.setattr("notifications.ringing.relay.apply_async", hang)
    monkeypatch.setattr("notifications.ringing.APART_S", 0.0)
    ringer = Ringer()
    ringer.ring()
    assert is_sending.wait(60)
    is_sending.clear()
    for _ in range(1000):
        ringer.ring()  # would take for ever if it waited for the broker
    assert len(sent) == 1
    may_end.set()
    assert is_sending.wait(60)
    assert len(sent) == 2


def test_a_ring_carries_what_waits(ada: User, listen: Listen) -> None:
    from notifications.tasks import relay as task

    heard = listen("one")
    say(ada, 1)
    assert task() == 1
    assert heard.numbers(ada) == [1]


def test_events_are_forgotten_a_month_after_they_were_carried(
    ada: User, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "FORGOTTEN_AT_ONCE", 2)
    listen("one")
    say(ada, 1, 2, 3, 4)
    relay()
    say(ada, 5)
    Event.objects.filter(sequence__in=[1, 2, 3, 5]).update(occurred_at=Now() - timedelta(days=31))
    old = Event.objects.filter(sequence__lte=3).values("pk")
    EventDelivery.objects.filter(event_id__in=old).update(done_at=Now() - timedelta(days=31))
    assert forget_old() == 6
    assert set(Event.objects.values_list("sequence", flat=True)) == {4, 5}  # one still waits
    assert EventDelivery.objects.count() == 1
