"""Operators see what was set aside and why, and have it done once its cause is mended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from core.models import Event
from notifications.dead_letters import BODY_LONGEST, bury, text_of
from notifications.event_figures import EventsCollector, set_aside, waiting
from notifications.models import DeadLetter, EventDelivery
from notifications.relaying import relay

from .conftest import Heard, Listen, say

pytestmark = pytest.mark.django_db

LETTERS = "/admin/notifications/deadletter/"
EVENTS = "/admin/core/event/"


def fail(message: Mapping[str, Any]) -> None:
    raise LookupError(f"no shelf for {message['data']['n']} <b>")


@pytest.fixture
def heard(ada: User, listen: Listen) -> Heard:
    """A consumer that fails, and two events that it failed at."""
    heard = listen("one")
    heard.will = fail
    say(ada, 1, 2)
    relay()
    return heard


def chosen(client: Client, *letters: DeadLetter) -> str:
    """What the page says after these were replayed."""
    given = {"action": "replay", "_selected_action": [str(letter.pk) for letter in letters]}
    answer = client.post(LETTERS, given, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_was_set_aside_is_listed_and_shown_with_its_body_and_its_error(
    heard: Heard, admin_client: Client
) -> None:
    page = admin_client.get(f"{LETTERS}?state=open").content.decode()
    assert "LookupError: no shelf for 1 &lt;b&gt;" in page
    letter = DeadLetter.objects.earliest("died_at")
    page = admin_client.get(f"{LETTERS}{letter.pk}/change/").content.decode()
    assert "userId" in page
    assert "no shelf for 1 &lt;b&gt;" in page
    assert (
        admin_client.get(f"{LETTERS}?q={letter.event_id}").content.decode().count("no shelf") == 1
    )


def test_it_is_replayed_once_its_cause_is_mended_and_only_once(
    heard: Heard, admin_client: Client, ada: User
) -> None:
    letters = list(DeadLetter.objects.order_by("died_at"))
    assert "no shelf for 1" in chosen(admin_client, letters[0])
    assert DeadLetter.objects.filter(replayed_at=None).count() == 2
    heard.will = lambda _: None
    assert "2 replayed." in chosen(admin_client, *letters)
    assert heard.numbers(ada) == [1, 2]
    assert "It was replayed already." in chosen(admin_client, letters[0])
    assert heard.numbers(ada) == [1, 2]
    assert EventDelivery.objects.count() == 2
    assert "no shelf" not in admin_client.get(f"{LETTERS}?state=open").content.decode()
    assert "no shelf" in admin_client.get(f"{LETTERS}?state=replayed").content.decode()


def test_what_failed_and_was_had_since_is_not_done_twice(
    heard: Heard, admin_client: Client, ada: User
) -> None:
    heard.will = lambda _: None
    Event.objects.update(published_at=None)  # carried again meanwhile
    relay()
    assert "2 replayed." in chosen(admin_client, *DeadLetter.objects.all())
    assert heard.numbers(ada) == [1, 2]


@pytest.mark.parametrize(
    ("body", "consumer", "why"),
    [
        (b"not an event", "one", "not JSON"),
        (b'{"a": "\\ud800"}', "one", "not JSON as we read it"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "one", "not JSON as we read it"),
        (b"\xff\x00", "one", "not JSON"),
        (b"{}", "gone", "id is missing"),
    ],
)
def test_what_is_no_event_is_shown_stays_and_can_be_deleted(
    body: bytes, consumer: str, why: str, listen: Listen, admin_client: Client
) -> None:
    listen("one")
    bury(consumer=consumer, body=text_of(body), error="it was odd")
    letter = DeadLetter.objects.get()
    assert admin_client.get(f"{LETTERS}{letter.pk}/change/").status_code == 200
    page = chosen(admin_client, letter)
    assert "It failed again" in page
    letter.refresh_from_db()
    assert letter.replayed_at is None
    assert why in letter.error or consumer in letter.error
    admin_client.post(f"{LETTERS}{letter.pk}/delete/", {"post": "yes"})
    assert not DeadLetter.objects.exists()


def test_the_same_set_aside_again_is_one_letter_and_a_long_one_is_cut() -> None:
    for error in ("first", "second"):
        bury(consumer="one", body="x" * (BODY_LONGEST + 7), error=error, attempts=3)
    letter = DeadLetter.objects.get()
    assert (letter.error, letter.attempts, len(letter.body)) == ("second", 6, BODY_LONGEST)


def test_what_is_set_aside_for_ever_is_counted_as_far_as_there_are_numbers() -> None:
    for _ in range(3):
        bury(consumer="one", body="x", error="\ud800\0", attempts=20_000)
    letter = DeadLetter.objects.get()
    assert (letter.error, letter.attempts) == ("?\ufffd", 30_000)


def test_who_may_only_look_cannot_replay_or_delete(heard: Heard, client: Client) -> None:
    looker = User.objects.create_user("looker@studio.example", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_deadletter"))
    client.force_login(looker, backend="django.contrib.auth.backends.ModelBackend")
    letter = DeadLetter.objects.earliest("died_at")
    assert "no shelf" in client.get(LETTERS).content.decode()
    heard.will = lambda _: None
    client.post(LETTERS, {"action": "replay", "_selected_action": [str(letter.pk)]})
    assert client.post(f"{LETTERS}{letter.pk}/delete/", {"post": "yes"}).status_code == 403
    assert DeadLetter.objects.filter(replayed_at=None).count() == 2


def test_events_are_found_by_their_user_and_say_who_had_them(
    ada: User, berta: User, listen: Listen, admin_client: Client
) -> None:
    listen("one")
    listen("two")
    say(ada, 1)
    say(berta, 2)
    relay()
    event = Event.objects.get(user_id=ada.pk)
    page = admin_client.get(f"{EVENTS}?q={ada.pk}").content.decode()
    assert f"{EVENTS}{event.pk}/change/" in page
    assert page.count("/change/?") + page.count('/change/"') == 1
    page = admin_client.get(f"{EVENTS}{event.pk}/change/").content.decode()
    assert "one at " in page
    assert "two at " in page
    assert admin_client.get(f"{EVENTS}?q=nonsense").status_code == 200
    assert admin_client.post(f"{EVENTS}{event.pk}/delete/", {"post": "yes"}).status_code == 403


def test_figures_say_what_waits_and_what_was_set_aside(heard: Heard, ada: User) -> None:
    say(ada, 3)
    assert waiting().events == 1
    assert 0 <= waiting().oldest_s < 60
    assert set_aside() == {"one": 2}
    told = {family.name: family.samples for family in EventsCollector().collect()}
    assert told["events_unpublished"][0].value == 1
    assert told["dead_letters"][0].labels == {"consumer": "one"}
    assert told["dead_letters"][0].value == 2
    described = {family.name for family in EventsCollector().describe()}
    assert described == told.keys()
