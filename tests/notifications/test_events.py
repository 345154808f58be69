"""Live events over a real server: nothing is missed, nothing of others is heard."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from accounts.operations import create_key, revoke_key
from core.bell import Bell
from core.outbox import emit
from notifications.events import seats
from tests.asgi import serving
from tests.notifications.conftest import Tell
from tests.runtime.processes import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stream(ada: User) -> Iterator[httpx.Client]:
    key = create_key(user=ada, name="listener")[1]
    headers = {"Authorization": f"Bearer {key}"}
    with serving() as url, httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        yield client


def heard(answer: httpx.Response, count: int) -> list[tuple[int, dict[str, Any]]]:
    """The next events of a stream, each with its id."""
    found: list[tuple[int, dict[str, Any]]] = []
    number = 0
    for line in answer.iter_lines():
        if line.startswith("id: "):
            number = int(line.removeprefix("id: "))
        if line.startswith("data: "):
            found.append((number, json.loads(line.removeprefix("data: "))))
        if len(found) == count:
            return found
    raise AssertionError(f"the stream ended after {found}")


def test_what_happens_after_the_answer_began_is_heard(
    stream: httpx.Client, ada: User, berta: User, tell: Tell
) -> None:
    tell(ada, title="before")
    with stream.stream("GET", "/api/events") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        tell(berta, title="theirs")
        told = tell(ada, title="mine")
        ((_, event),) = heard(answer, 1)
    assert (event["type"], event["userId"]) == ("notification.created", str(ada.pk))
    assert event["data"] == {"id": str(told.pk), "kind": "test.told", "title": "mine"}


def test_a_stream_goes_on_where_it_broke_off(stream: httpx.Client, ada: User) -> None:
    numbers = [emit(type="test.said", user_id=ada.pk, data={"n": n}) for n in range(5)]
    after = {"Last-Event-ID": str(numbers[1])}
    with stream.stream("GET", "/api/events", headers=after) as answer:
        events = heard(answer, 3)
    assert [number for number, _ in events] == numbers[2:]
    assert [event["data"]["n"] for _, event in events] == [2, 3, 4]


def test_a_page_begins_after_the_event_that_it_names_and_goes_on_where_it_broke_off(
    stream: httpx.Client, ada: User
) -> None:
    numbers = [emit(type="test.said", user_id=ada.pk, data={"n": n}) for n in range(4)]
    address = f"/api/events?after={numbers[0]}"
    with stream.stream("GET", address) as answer:
        assert [number for number, _ in heard(answer, 3)] == numbers[1:]
    with stream.stream("GET", address, headers={"Last-Event-ID": str(numbers[2])}) as answer:
        assert [number for number, _ in heard(answer, 1)] == numbers[3:]


@pytest.mark.parametrize("last", ["", "x", "-1", "9" * 30, "9" * 18, "²"])
def test_a_last_event_that_is_none_begins_from_now(
    stream: httpx.Client, ada: User, last: str
) -> None:
    emit(type="test.said", user_id=ada.pk, data={"n": 1})
    sent = {b"Last-Event-ID": last.encode()}
    with (
        stream.stream("GET", "/api/events", headers=sent) as by_header,
        stream.stream("GET", "/api/events", params={"after": last}) as by_query,
    ):
        emit(type="test.said", user_id=ada.pk, data={"n": 2})
        for answer in (by_header, by_query):
            ((_, event),) = heard(answer, 1)
            assert event["data"] == {"n": 2}


def test_where_a_stream_begins_is_named_before_its_first_event(
    stream: httpx.Client, ada: User
) -> None:
    last = emit(type="test.said", user_id=ada.pk, data={"n": 1})
    with stream.stream("GET", "/api/events") as answer:
        assert next(answer.iter_lines()) == f"id: {last}"


def listening() -> list[int]:
    """The server's processes for the connections by which the bell listens."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN %'"
        )
        return [pid for (pid,) in cursor.fetchall()]


def test_what_happens_while_the_bell_has_no_connection_is_heard_once_it_has_one_again(
    stream: httpx.Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.events.PING_S", 300.0)  # nothing but the bell wakes it
    lost, may_return = threading.Event(), threading.Event()
    listen = Bell._listen_once

    def later(self: Bell) -> None:
        lost.set()
        may_return.wait(60)
        listen(self)

    with stream.stream("GET", "/api/events") as answer:
        told = (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))
        emit(type="test.said", user_id=ada.pk, data={"n": 1})
        assert next(told)["data"] == {"n": 1}
        (process,) = wait_for(listening, within_s=60, what="the bell's connection")
        monkeypatch.setattr(Bell, "_listen_once", later)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [process])
        assert lost.wait(60)
        for n in (2, 3):
            emit(type="test.said", user_id=ada.pk, data={"n": n})
            may_return.set()
            assert next(told)["data"] == {"n": n}
    assert [thread.name for thread in threading.enumerate()].count("bell") == 1


def test_an_account_has_so_many_streams_at_once_and_a_closed_one_makes_room(
    stream: httpx.Client, ada: User, berta: User, settings: Any
) -> None:
    settings.STREAMS_OF_USER_AT_ONCE = 2
    other, theirs = (create_key(user=user, name="more")[1] for user in (ada, berta))
    by_other = {"Authorization": f"Bearer {other}"}
    by_berta = {"Authorization": f"Bearer {theirs}"}
    with stream.stream("GET", "/api/events"):
        with stream.stream("GET", "/api/events", headers=by_other):
            refused = stream.get("/api/events", headers=by_other)
            with stream.stream("GET", "/api/events", headers=by_berta) as of_berta:
                assert of_berta.status_code == 200
            assert stream.head("/api/events").status_code == 200
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
        assert refused.json()["error"]["code"] == "RATE_LIMITED"

        def opens_again() -> bool:
            with stream.stream("GET", "/api/events") as again:
                return again.status_code == 200

        wait_for(opens_again, what="the place of the closed stream")
    wait_for(lambda: ada.pk not in seats._taken, what="an end of every stream of theirs")


def test_opening_a_stream_counts_as_a_request(
    stream: httpx.Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.limits.time", SimpleNamespace(time=lambda: 1_800_000_015))
    settings.REQUESTS_PER_MINUTE = 2
    with stream.stream("GET", "/api/events") as first:
        limit, left = (first.headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining"))
    assert (limit, left) == ("2", "1")
    assert stream.head("/api/events").headers["RateLimit-Remaining"] == "0"
    refused = stream.get("/api/events")
    assert (refused.status_code, refused.headers["RateLimit-Remaining"]) == (429, "0")
    assert refused.headers["Retry-After"] == "45"


def test_a_stream_ends_for_who_may_no_longer_listen(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.events.ALLOWED_FOR_S", 0.0)
    browser = Client()
    browser.force_login(ada)
    key, secret = create_key(user=ada, name="listener")
    by_key = {"Authorization": f"Bearer {secret}"}
    by_cookie = {
        "Cookie": "; ".join(f"{name}={one.value}" for name, one in browser.cookies.items())
    }
    with (
        serving() as url,
        httpx.Client(base_url=url, timeout=10) as client,
        client.stream("GET", "/api/events", headers=by_key) as first,
        client.stream("GET", "/api/events", headers=by_cookie) as second,
    ):
        emit(type="test.said", user_id=ada.pk, data={"n": 1})
        lines = [first.iter_lines(), second.iter_lines()]
        for one in lines:
            assert any(line.startswith("data: ") for line in one)
        revoke_key(user=ada, key_id=key.pk)
        browser.logout()
        emit(type="test.said", user_id=ada.pk, data={"n": 2})
        for one in lines:  # to the end, which would not come; one look may just have been made
            assert sum(line.startswith("data: ") for line in one) <= 1
