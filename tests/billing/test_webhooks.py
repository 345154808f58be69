"""What Stripe's address takes: signed, fresh, strict events, each once, and no others."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import UnreadablePostError
from django.test import Client
from djstripe.models import WebhookEndpoint, WebhookEventTrigger

from billing import deliveries, webhooks
from billing.models import StripeEvent
from config.payments import Payments
from tests.billing.letters import SECRET, changed, deliver, event, path, post, signature, without

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _secret(settings: Any) -> None:
    settings.PAYMENTS = Payments("stripe", f"sk_test_{'0' * 24}", webhook_secret=SECRET)


def rows() -> dict[str, int]:
    """How many rows every table has."""
    tables = connection.introspection.table_names()
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(counts)
        return dict(cursor.fetchall())


# --- What is taken -----------------------------------------------------------------------
def test_an_event_is_stored_once_with_what_was_received() -> None:
    told = event()
    answer = deliver(told)
    assert (answer.status_code, answer.content) == (200, b"")
    stored = StripeEvent.objects.get()
    assert (stored.event_id, stored.type, stored.attempts) == (told["id"], "product.tested", 0)
    assert stored.due_at is not None
    assert stored.processed_at is None
    trigger = WebhookEventTrigger.objects.get(pk=stored.trigger_id)
    assert trigger.json_body == told
    assert (trigger.valid, trigger.processed, trigger.remote_ip) == (True, False, "127.0.0.1")
    assert trigger.webhook_endpoint == WebhookEndpoint.objects.get()


def test_what_comes_ten_times_is_stored_once_and_answered_200() -> None:
    told = event()
    assert deliver(told).status_code == 200
    before = rows()
    assert [deliver(told).status_code for _ in range(9)] == [200] * 9
    assert rows() == before


def test_a_type_that_nobody_knows_is_taken() -> None:
    assert deliver(event("terminal.reader.sang_a_song")).status_code == 200
    assert StripeEvent.objects.get().type == "terminal.reader.sang_a_song"


@pytest.mark.parametrize(
    "told",
    [
        changed("request", None),
        changed("request", {"id": None, "idempotency_key": None}),
        changed("api_version", "2019-12-03"),
        changed("data.previous_attributes", {"status": "incomplete"}),
        without("data.object.id"),  # as of an invoice to come
        without("pending_webhooks"),
        changed("new_word", [1, 2.5, None, {"ü": "名"}]),
        changed("data.object.customer", {"id": "cus_1", "object": "customer"}),
    ],
)
def test_what_stripe_may_say_is_taken(told: dict[str, Any]) -> None:
    assert deliver(told).status_code == 200


def test_one_of_several_signatures_is_enough_as_while_a_secret_is_replaced() -> None:
    body = json.dumps(event()).encode()
    old = signature(body, secret="whsec_old").split(",")[1]
    at, new = signature(body).split(",")
    assert post(body, f"{at},{old},v0=abc,{new}").status_code == 200


def test_secrets_and_cookies_are_not_kept_with_an_event() -> None:
    body = json.dumps(event()).encode()
    sent = {
        "Cookie": "sessionid=abc",
        "Authorization": "Bearer abc",
        "X-Djstripe-Webhook-Secret": "whsec_mine",
        "User-Agent": "Stripe/1.0 \0" + "x" * 5000,
    }
    assert post(body, headers=sent).status_code == 200
    kept = WebhookEventTrigger.objects.get().headers
    assert set(kept) == {"Content-Type", "Content-Length", "User-Agent"}
    assert kept["User-Agent"].startswith("Stripe/1.0 x")
    assert len(kept["User-Agent"]) <= 300


@pytest.mark.parametrize(
    ("forwarded", "remote", "kept"),
    [
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),
        ("nonsense, 203.0.113.9:443", "127.0.0.1", "127.0.0.1"),
        ("'; drop table x; --", "127.0.0.1", "127.0.0.1"),
        ("", "fe80::1%eth0", "fe80::1"),
        ("", "", "0.0.0.0"),  # noqa: S104 - who came by a socket
        (",,,", "127.0.0.1", "127.0.0.1"),
    ],
)
def test_where_an_event_came_from_is_kept_however_odd(
    settings: Any, forwarded: str, remote: str, kept: str
) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    body = json.dumps(event()).encode()
    answer = post(body, headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=remote)
    assert answer.status_code == 200
    assert WebhookEventTrigger.objects.get().remote_ip == kept


# --- What is refused ---------------------------------------------------------------------
def refused(answer: Any, status: int = 400) -> bool:
    """Refused in the envelope."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    assert answer.json()["error"]["message"]
    return True


WHOLE = json.dumps(event())
NO_EVENTS: dict[str, bytes] = {
    "empty": b"",
    "space": b"   ",
    "text": b"hello",
    "half": WHOLE[: len(WHOLE) // 2].encode(),
    "two": (WHOLE + WHOLE).encode(),
    "null": b"null",
    "number": b"17",
    "string": b'"evt_1"',
    "list": f"[{WHOLE}]".encode(),
    "empty object": b"{}",
    "latin-1": WHOLE.replace("prod_1", "prod_ü").encode("latin-1"),
    "utf-16": WHOLE.encode("utf-16"),
    "nul byte": WHOLE.encode().replace(b"prod_1", b"prod_\0"),
    "nul": WHOLE.replace("prod_1", r"prod_\u0000").encode(),
    "nul in a key": WHOLE.replace('"pending_webhooks"', r'"pending\u0000"').encode(),
    "half a surrogate": WHOLE.replace("prod_1", r"prod_\ud800").encode(),
    "nan": WHOLE.replace('"pending_webhooks": 1', '"pending_webhooks": NaN').encode(),
    "infinity": WHOLE.replace('"pending_webhooks": 1', '"pending_webhooks": -Infinity').encode(),
    "1e999": WHOLE.replace('"pending_webhooks": 1', '"pending_webhooks": 1e999').encode(),
    "long number": WHOLE.replace('"pending_webhooks": 1', '"x": ' + "9" * 5000).encode(),
    "key twice": WHOLE.replace(
        '"object": "event"', '"object": "event", "object": "event"'
    ).encode(),
    "id twice": WHOLE.replace('"id": "req_1"', '"id": "req_1", "id": "req_2"').encode(),
    "deep": WHOLE.replace('"prod_1"', "[" * 60 + "]" * 60).encode(),
    "very deep": b"[" * 100_000,
    "comment": b"/* */" + WHOLE.encode(),
    "single quotes": WHOLE.replace('"', "'").encode(),
    "form": b"id=evt_1&object=event",
    "xml": b"<?xml version='1.0'?><event/>",
    "thin event": json.dumps(
        {"id": "evt_1", "object": "v2.core.event", "type": "v1.billing.meter.error", "data": {}}
    ).encode(),
}
WRONG: dict[str, list[Any]] = {
    "id": [
        "",
        "evt_",
        "evt_a b",
        "evt_é",
        "evt_" + "a" * 300,
        "sub_1",
        17,
        None,
        ["evt_1"],
    ],
    "object": ["", "Event", "charge", None, {}],
    "type": ["", "charge", "charge.", ".paid", "Charge.paid", "a.b\n", "a." + "b" * 250, 5],
    "api_version": ["", "latest", "2026", "2026-01-01.Ü", 20260101, None],
    "created": [-1, 2**32, 2**40, "1", 1.5, True, None],
    "livemode": [True, "false", 0, None],
    "data": [None, [], "object", 1],
    "data.object": [None, [], "ch_1", 1],
    "data.object.id": [17, "", "a" * 256, {}],
    "data.object.object": [17, "", None],
    "data.object.customer": [17, [], ""],
    "data.object.metadata": [17, [], "x"],
    "data.previous_attributes": [17, [], "x"],
    "request": ["req_1", 17, [], {"id": 17}, {"id": "r" * 51}],
    "account": ["acct_1", 17],
}
NOT_AS_IT_SHOULD_BE: dict[str, dict[str, Any]] = {
    **{f"no {name}": without(name) for name in ("id", "object", "type", "api_version", "created")},
    **{f"no {name}": without(name) for name in ("livemode", "data", "data.object")},
    "no object's kind": without("data.object.object"),
    **{
        f"{path_} {value!r}"[:60]: changed(path_, value)
        for path_, values in WRONG.items()
        for value in values
    },
}


@pytest.mark.parametrize("body", NO_EVENTS.values(), ids=NO_EVENTS)
def test_what_is_no_event_is_refused_though_signed_and_leaves_no_trace(body: bytes) -> None:
    try:
        sign = signature(body)
    except UnicodeEncodeError:
        sign = "t=1,v1=00"
    before = rows()
    assert refused(post(body, sign))
    assert rows() == before


@pytest.mark.parametrize("told", NOT_AS_IT_SHOULD_BE.values(), ids=NOT_AS_IT_SHOULD_BE)
def test_an_event_that_is_not_as_it_should_be_is_refused_and_leaves_no_trace(
    told: dict[str, Any],
) -> None:
    before = rows()
    assert refused(deliver(told))
    assert rows() == before


BODY = json.dumps(event()).encode()


def _signatures() -> dict[str, str]:
    at, right = signature(BODY, secret=SECRET).split(",")
    return {
        "none": "",
        "words": "nonsense",
        "no time": right,
        "no signature": at,
        "another scheme": f"{at},{right.replace('v1', 'v0')}",
        "another time": f"t={int(at[2:]) + 1},{right}",
        "no number": f"t=now,{right}",
        "long number": f"t={'9' * 5000},{right}",
        "large number": f"t={'9' * 300},{right}",
        "negative": f"t=-1,{right}",
        "cut": f"{at},{right[:-1]}",
        "upper": f"{at},{right.upper()}",
        "not ascii": f"{at},v1=é",
        "empty": f"{at},v1=",
        "equals": "=,=,=",
        "commas": ",,,,",
        "of another secret": signature(BODY, secret="whsec_of_another"),
        "of another body": signature(BODY + b" ", secret=SECRET),
        "old": signature(BODY, secret=SECRET, age_s=webhooks.TOLERANCE_S + 5),
        "of a day ago": signature(BODY, secret=SECRET, age_s=86400),
    }


@pytest.mark.parametrize("name", _signatures())
def test_what_stripe_did_not_just_sign_is_refused_and_leaves_no_trace(name: str) -> None:
    before = rows()
    assert refused(post(BODY, _signatures()[name]))  # made now, so that age is no other reason
    assert rows() == before


def test_an_event_is_not_taken_by_a_signature_that_was_fresh_once() -> None:
    told = json.dumps(event()).encode()
    assert refused(post(told, signature(told, age_s=webhooks.TOLERANCE_S + 2)))
    assert post(told, signature(told, age_s=webhooks.TOLERANCE_S - 30)).status_code == 200


@pytest.mark.parametrize("is_relaxed", [True, False])
def test_no_header_brings_a_secret_of_its_own(settings: Any, is_relaxed: bool) -> None:
    settings.DEBUG = is_relaxed
    body = json.dumps(event()).encode()
    mine = {"X-Djstripe-Webhook-Secret": "whsec_mine"}
    before = rows()
    assert refused(post(body, signature(body, secret="whsec_mine"), headers=mine))
    assert rows() == before


@pytest.mark.parametrize("size", [webhooks.MOST_BYTES + 1, 5 * 1024 * 1024])
def test_what_is_too_long_is_refused_before_it_is_read(size: int) -> None:
    body = json.dumps(event(description="")).encode()
    body = body[:-1] + b" " * (size - len(body)) + b"}"
    before = rows()
    assert refused(post(body), 413)
    assert rows() == before


def test_a_long_event_is_taken() -> None:
    told = event(description="x" * (webhooks.MOST_BYTES - 2000))
    assert deliver(told).status_code == 200


def test_a_body_that_was_cut_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any) -> bytes:
        raise UnreadablePostError("gone")

    monkeypatch.setattr("django.http.HttpRequest.read", gone)
    assert refused(deliver(event()))


@pytest.mark.parametrize(
    "to",
    [
        "/webhooks/stripe/00000000-0000-0000-0000-000000000000",
        "/webhooks/stripe/not-a-uuid",
        "/webhooks/stripe/",
        "/webhooks/stripe",
    ],
)
def test_another_address_is_not_there(to: str) -> None:
    before = rows()
    assert refused(post(BODY, to=to), 404)
    assert rows() == before


@pytest.mark.parametrize("mode", ["off", "refused"])
def test_where_nothing_is_sold_there_is_no_such_address(settings: Any, mode: str) -> None:
    settings.PAYMENTS = Payments(mode)
    assert refused(post(BODY, "t=1,v1=00"), 404)


def test_without_a_secret_nothing_can_be_checked(settings: Any) -> None:
    settings.PAYMENTS = replace(settings.PAYMENTS, webhook_secret="")
    assert refused(post(BODY, signature(BODY, secret="x")), 404)


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_only_post_is_answered(method: str) -> None:
    before = rows()
    answer = getattr(Client(), method)(path())
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    if method != "head":
        assert answer.json()["error"]["type"] == "method_not_allowed"
    assert rows() == before


def test_live_mode_takes_live_events_alone(settings: Any) -> None:
    settings.STRIPE_LIVE_MODE = True
    assert refused(deliver(event()))
    assert deliver(changed("livemode", True)).status_code == 200


def test_a_database_that_does_not_answer_has_the_event_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: Any, **__: Any) -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr(deliveries, "store", gone)
    answer = deliver(event())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


# --- The endpoint's row ------------------------------------------------------------------
def test_the_endpoint_follows_the_settings(settings: Any) -> None:
    first = webhooks.endpoint()
    assert first.url == f"{settings.PUBLIC_URL}/webhooks/stripe/{first.djstripe_uuid}"
    assert (first.secret, first.djstripe_tolerance) == (SECRET, 300)
    assert webhooks.endpoint().pk == first.pk
    settings.PAYMENTS = replace(settings.PAYMENTS, webhook_secret="whsec_next")
    told = json.dumps(event()).encode()
    assert refused(post(told, signature(told, secret=SECRET)))
    assert post(told).status_code == 200
    changed_row = WebhookEndpoint.objects.get()
    assert (changed_row.pk, changed_row.secret) == (first.pk, "whsec_next")


def test_another_public_address_is_another_endpoint(settings: Any) -> None:
    here = webhooks.endpoint()
    settings.PUBLIC_URL = "https://elsewhere.example"
    there = webhooks.endpoint()
    assert there.djstripe_uuid != here.djstripe_uuid
    assert there.url.startswith("https://elsewhere.example/webhooks/stripe/")
