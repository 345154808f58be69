"""From a stored event to its effect: once, never two at once, tried again where it fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from threading import Barrier
from threading import Event as Signal
from typing import Any

import pytest
import stripe
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.test import RequestFactory
from djstripe.models import WebhookEventTrigger

from billing import deliveries, messages, receivers, tasks, webhooks
from billing.models import StripeEvent
from config.payments import Payments
from tests.billing.letters import SECRET, event, post
from tests.videos.at_once import at_once

WITHIN_S = 30.0


@pytest.fixture(autouse=True)
def _secret(settings: Any) -> None:
    settings.PAYMENTS = Payments("stripe", f"sk_test_{'0' * 24}", webhook_secret=SECRET)


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Mirror:
    """What stands where dj-stripe would ask Stripe."""
    mirror = Mirror()
    monkeypatch.setattr(deliveries, "_mirror", mirror)
    return mirror


class Mirror:
    """Notes whose turn it was, then does what a test says; effects are what it gathers."""

    def __init__(self) -> None:
        self.turns: list[str] = []
        self.does: Callable[[], None] = lambda: None
        self.effects: list[Callable[[], object]] = []

    def __call__(self, trigger: WebhookEventTrigger) -> None:
        self.turns.append(trigger.json_body["id"])
        self.does()
        receivers._gathered.get().extend(self.effects)


def put(customer: str = "cus_1", kind: str = "invoice.tested", **about: Any) -> str:
    """The id of an event that was stored."""
    about = {"object": "invoice", "id": "in_1", "customer": customer} | about
    body = json.dumps(event(kind, **about))
    message = messages.read(body.encode())
    request = RequestFactory().post("/")
    assert deliveries.store(request, message, endpoint=webhooks.endpoint())
    return message.id


def of(event_id: str) -> StripeEvent:
    return StripeEvent.objects.get(pk=event_id)


def is_due(event_id: str) -> None:
    StripeEvent.objects.filter(pk=event_id).update(due_at=Now())


def fails(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def the_time() -> datetime:
    """The database's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


# --- Once --------------------------------------------------------------------------------
@pytest.mark.django_db
def test_what_was_processed_is_not_processed_again(mirror: Mirror) -> None:
    one = put()
    assert deliveries.take(event_id=one)
    assert not deliveries.take(event_id=one)
    assert deliveries.take_due() == 0
    assert mirror.turns == [one]
    done = of(one)
    assert (done.attempts, done.due_at, done.error) == (1, None, "")
    assert done.processed_at is not None
    assert not deliveries.take(event_id="evt_of_nobody")


@pytest.mark.django_db
def test_effects_come_after_the_mirror_and_outside_of_its_transaction(mirror: Mirror) -> None:
    one, seen = put(), []
    depth = len(connection.savepoint_ids)
    mirror.effects = [lambda: seen.append(len(connection.savepoint_ids) - depth)]
    deliveries.take(event_id=one)
    assert seen == [0]


@pytest.mark.django_db(transaction=True)
def test_an_event_that_comes_twice_at_once_is_stored_and_rung_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("billing.tasks.take_event.delay", rung.append)
    body = json.dumps(event()).encode()
    answers = at_once(*[lambda: post(body).status_code] * 4)
    assert answers == [200] * 4
    assert rung == [StripeEvent.objects.get().pk]
    assert WebhookEventTrigger.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_event_that_could_not_be_stored_whole_is_not_stored_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(WebhookEventTrigger.objects, "create", fails_as(OperationalError("gone")))
    assert post(json.dumps(event()).encode()).status_code == 503
    assert not StripeEvent.objects.exists()


def fails_as(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.django_db(transaction=True)
def test_one_event_is_taken_by_one_worker_however_many_come(mirror: Mirror) -> None:
    one = put()
    assert sorted(at_once(*[lambda: deliveries.take(event_id=one)] * 6)) == [False] * 5 + [True]
    assert (mirror.turns, of(one).attempts) == ([one], 1)


@pytest.mark.django_db(transaction=True)
def test_two_who_both_saw_it_due_do_not_both_take_it(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, both, next_after = put(), Barrier(2, timeout=WITHIN_S), deliveries._next_after

    def decide(attempts: int) -> Any:
        both.wait()
        return next_after(attempts)

    monkeypatch.setattr(deliveries, "alone", lambda lock, whose: nullcontext(True))
    monkeypatch.setattr(deliveries, "_next_after", decide)
    assert sorted(at_once(*[lambda: deliveries.take(event_id=one)] * 2)) == [False, True]
    assert (mirror.turns, of(one).attempts) == ([one], 1)


@pytest.mark.django_db(transaction=True)
def test_events_of_a_customer_are_taken_one_after_the_other_and_none_is_left(
    mirror: Mirror,
) -> None:
    mine = [put() for _ in range(3)]
    began, goes_on = Signal(), Signal()

    def wait() -> None:
        began.set()
        assert goes_on.wait(WITHIN_S)

    def second() -> list[bool]:
        assert began.wait(WITHIN_S)
        other = put("cus_2")
        try:
            mirror.does = lambda: None
            return [deliveries.take(event_id=one) for one in (*mine[1:], other)]
        finally:
            goes_on.set()

    mirror.does = wait
    _, taken = at_once(lambda: tasks.take_event(mine[0]), second)
    assert taken == [False, False, True], "another customer's is not in the way"
    assert not StripeEvent.objects.filter(processed_at=None).exists()
    assert set(mirror.turns) >= set(mine)


# --- Again -------------------------------------------------------------------------------
@pytest.mark.django_db
def test_what_fails_is_tried_again_at_growing_intervals_through_a_day_and_then_given_up(
    mirror: Mirror,
) -> None:
    one = put()
    mirror.does = fails(KeyError("surprise\0"))
    pauses_s = [10, 20, 40, 80, 160, 320, 640, 1280, 2560, *[3600] * 22]
    assert timedelta(hours=23) < timedelta(seconds=sum(pauses_s)) < timedelta(hours=25)
    for pause_s in pauses_s:
        is_due(one)
        pause, before = timedelta(seconds=pause_s), the_time()
        assert deliveries.take(event_id=one)
        assert not deliveries.take(event_id=one), "it is not due yet"
        due_at = of(one).due_at
        assert due_at is not None
        assert before + pause <= due_at <= the_time() + pause
    is_due(one)
    deliveries.take(event_id=one)
    over = of(one)
    assert (over.due_at, over.processed_at, over.attempts) == (None, None, 32)
    assert over.error.startswith("KeyError: 'surprise")
    trigger = WebhookEventTrigger.objects.get(pk=over.trigger_id)
    assert "surprise" in trigger.traceback
    assert deliveries.standing() == (0, 1, 1)


@pytest.mark.django_db
def test_what_works_at_last_leaves_no_error(mirror: Mirror) -> None:
    one = put()
    mirror.does = fails(KeyError("surprise"))
    deliveries.take(event_id=one)
    mirror.does = lambda: None
    is_due(one)
    assert deliveries.take_due() == 1
    assert (of(one).error, of(one).attempts, of(one).due_at) == ("", 2, None)


@pytest.mark.django_db
def test_an_effect_that_fails_is_done_again(mirror: Mirror) -> None:
    one, done = put(), []
    outcome = [KeyError("not yet"), None]

    def effect() -> None:
        if (error := outcome.pop(0)) is not None:
            raise error
        done.append(one)

    mirror.effects = [effect]
    deliveries.take(event_id=one)
    assert (done, of(one).processed_at) == ([], None)
    is_due(one)
    deliveries.take(event_id=one)
    assert done == [one]
    assert of(one).processed_at is not None


@pytest.mark.django_db
def test_a_copy_that_cannot_be_made_keeps_nobody_from_what_they_paid_for(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, read = put(kind="customer.subscription.updated", id="sub_1"), []
    monkeypatch.setattr(
        "billing.subscriptions.refresh", lambda *, stripe_id: read.append(stripe_id)
    )
    mirror.does = fails(ValueError("a shape of another version"))
    deliveries.take(event_id=one)
    assert read == ["sub_1"]
    assert of(one).error == "ValueError: a shape of another version"
    assert of(one).processed_at is None
    mirror.does = fails(stripe.APIConnectionError("gone"))
    is_due(one)
    deliveries.take(event_id=one)
    assert read == ["sub_1"], "Stripe is not asked again right after it did not answer"


@pytest.mark.django_db
def test_a_replay_does_it_all_again_and_keeps_when_it_was_done_first(mirror: Mirror) -> None:
    one, done = put(), []
    mirror.effects = [lambda: done.append(1)]
    deliveries.take(event_id=one)
    at = of(one).processed_at
    assert deliveries.replay(StripeEvent.objects.filter(pk=one)) == 1
    deliveries.take(event_id=one)
    assert (mirror.turns, done) == ([one, one], [1, 1])
    assert (of(one).processed_at, of(one).attempts) == (at, 1)


@pytest.mark.django_db
def test_what_is_set_aside_while_it_fails_is_tried_no_more(mirror: Mirror) -> None:
    one = put()

    def fail() -> None:
        assert deliveries.set_aside(StripeEvent.objects.filter(pk=one)) == 1
        raise KeyError("surprise")

    mirror.does = fail
    deliveries.take(event_id=one)
    assert (of(one).due_at, of(one).error) == (None, deliveries.SET_ASIDE)
    assert deliveries.standing() == (0, 0, 0)


@pytest.mark.django_db
def test_an_event_whose_worker_was_lost_is_taken_again(mirror: Mirror) -> None:
    class Killed(BaseException):
        """Nothing that a worker could catch."""

    one = put()
    mirror.does = fails_as(Killed())
    with pytest.raises(Killed):
        deliveries.take(event_id=one)
    lost = of(one)
    assert (lost.error, lost.attempts) == (deliveries.CUT_OFF, 1)
    assert lost.due_at is not None
    assert lost.due_at <= the_time() + timedelta(seconds=deliveries.SOONEST_S)
    mirror.does = lambda: None
    is_due(one)
    assert deliveries.take_due() == 1


@pytest.mark.django_db(transaction=True)
def test_a_lost_ring_is_repeated_by_the_clock(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "billing.tasks.take_event.delay", fails_as(tasks.take_event.OperationalError("no broker"))
    )
    body = json.dumps(event()).encode()
    assert post(body).status_code == 200
    assert mirror.turns == []
    tasks.take_due_events()
    assert mirror.turns == [StripeEvent.objects.get().pk]


# --- Old ones ----------------------------------------------------------------------------
@pytest.mark.django_db
def test_old_events_are_forgotten_once_they_were_processed(mirror: Mirror) -> None:
    old, new, undone, replayed = (put() for _ in range(4))
    for one in (old, new, replayed):
        deliveries.take(event_id=one)
    deliveries.replay(StripeEvent.objects.filter(pk=replayed))
    aged = StripeEvent.objects.exclude(pk=new)
    aged.update(received_at=Now() - deliveries.KEPT - timedelta(hours=1))
    triggers = WebhookEventTrigger.objects.filter(pk=of(old).trigger_id)
    assert triggers.exists()
    assert deliveries.forget_old() == 1
    assert {row.pk for row in StripeEvent.objects.all()} == {new, undone, replayed}
    assert not triggers.exists()
