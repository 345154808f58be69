"""``/api/webhooks``: each answer held against the description."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries
from standardwebhooks import Webhook

from accounts.models import User
from accounts.operations import create_key
from core.ids import uuid7
from notifications.models import WebhookDelivery, WebhookTarget
from notifications.targets import MOST_TARGETS, add_target
from tests.api.contract import Contract
from tests.videos.at_once import at_once
from tests.webhooks.conftest import Put, Send, Tell, time_passes
from tests.webhooks.receiver import Receiver, status

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.com/in"
AT = "/api/webhooks"


def error_of(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["error"]
    return found


def test_an_address_is_added_and_its_secret_shown_once(api: Contract, ada: User) -> None:
    given = {"url": URL, "types": ["job.updated"], "description": " our ERP "}
    answer = api.send("POST", AT, given)
    made = answer.json()
    assert answer.status_code == 201
    assert made["secret"] == WebhookTarget.objects.get(user=ada).secret
    assert (made["url"], made["types"], made["description"]) == (URL, ["job.updated"], "our ERP")
    assert (made["enabled"], made["failingSince"], made["disabledAt"]) == (True, None, None)
    shown = {key: value for key, value in made.items() if key != "secret"}
    assert api.get(f"{AT}/{made['id']}").json() == shown
    assert api.get(AT).json()["results"] == [shown]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": ""}, "url"),
        ({"url": None}, "url"),
        ({"url": 5}, "url"),
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": URL + "x" * 2000}, "url"),
        ({"url": URL, "types": ["job.exploded"]}, "types"),
        ({"url": URL, "types": "job.updated"}, "types"),
        ({"url": URL, "types": [1]}, "types.0"),
        ({"url": URL, "types": ["job.updated"] * 500}, "types"),
        ({"url": URL, "description": "x" * 101}, "description"),
        ({"url": URL, "description": "a\nb"}, "description"),
        ({"url": URL, "secret": "whsec_mine"}, "secret"),
        ({"url": URL, "enabled": False}, "enabled"),
    ],
)
def test_what_cannot_be_told_of_events_is_refused_by_field(
    api: Contract, body: dict[str, Any], field: str
) -> None:
    answer = api.send("POST", AT, body)
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [field]
    assert not WebhookTarget.objects.exists()


def test_ten_addresses_are_the_most_and_none_is_there_twice(api: Contract) -> None:
    for n in range(MOST_TARGETS):
        assert api.send("POST", AT, {"url": f"{URL}/{n}"}).status_code == 201
        if not n:
            twice = api.send("POST", AT, {"url": f"{URL}/0"})
            assert (twice.status_code, error_of(twice)["code"]) == (409, "WEBHOOK_EXISTS")
    full = api.send("POST", AT, {"url": URL})
    assert (full.status_code, error_of(full)["code"]) == (409, "TOO_MANY_WEBHOOKS")
    first = WebhookTarget.objects.earliest("pk")
    taken = api.send("PATCH", f"{AT}/{first.pk}", {"url": f"{URL}/1"})
    assert (taken.status_code, error_of(taken)["code"]) == (409, "WEBHOOK_EXISTS")


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_not_pass_the_ten(ada: User) -> None:
    for n in range(MOST_TARGETS - 2):
        add_target(user=ada, url=f"{URL}/{n}")
    at_once(*[lambda n=n: add_target(user=ada, url=f"{URL}/new/{n}") for n in range(5)])
    assert WebhookTarget.objects.count() == MOST_TARGETS


def test_the_same_request_again_adds_nothing_and_answers_the_same(api: Contract) -> None:
    first = api.send("POST", AT, {"url": URL}, Idempotency_Key="k1")
    again = api.send("POST", AT, {"url": URL}, Idempotency_Key="k1")
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = api.send("POST", AT, {"url": URL + "2"}, Idempotency_Key="k1")
    assert other.status_code == 422
    assert WebhookTarget.objects.count() == 1


def test_it_is_changed_turned_off_and_on(api: Contract, put: Put, tell: Tell) -> None:
    target = put(failing_since=Now())
    tell()
    at = f"{AT}/{target.pk}"
    changed = api.send("PATCH", at, {"url": URL, "types": ["credits.changed"]}).json()
    assert (changed["url"], changed["types"]) == (URL, ["credits.changed"])
    off = api.send("PATCH", at, {"enabled": False}).json()
    assert (off["enabled"], off["disabledAt"] is None) == (False, False)
    assert WebhookDelivery.objects.get().state == "failed"
    refused = api.send("POST", f"{at}/test")
    assert (refused.status_code, error_of(refused)["code"]) == (409, "WEBHOOK_OFF")
    retried = api.send("POST", f"{at}/deliveries/{WebhookDelivery.objects.get().pk}/retry")
    assert retried.status_code == 409
    on = api.send("PATCH", at, {"enabled": True}).json()
    assert (on["enabled"], on["failingSince"]) == (True, None)
    for body, field in (
        ({"enabled": None}, "enabled"),
        ({"url": None}, "url"),
        ({"url": "x"}, "url"),
        ({"secret": "x"}, "secret"),
    ):
        answer = api.send("PATCH", at, body)
        assert (answer.status_code, list(error_of(answer)["fields"])) == (400, [field])
    assert api.send("PATCH", at, {}).json() == on


def test_a_test_is_sent_and_seen_in_the_log(
    api: Contract, put: Put, send: Send, receiver: Receiver
) -> None:
    target = put(types=["credits.changed"])
    answer = api.send("POST", f"{AT}/{target.pk}/test")
    assert (answer.status_code, answer.json()["state"]) == (201, "pending")
    receiver.will(status(500, b"no disk"))
    assert send() == 1
    body = Webhook(target.secret).verify(receiver.got[0].body, dict(receiver.got[0].headers))
    assert (body["type"], body["data"]["message"]) == ("webhook.test", "This is a test.")
    (row,) = api.get(f"{AT}/{target.pk}/deliveries").json()["results"]
    assert row["problem"] == "500 Internal Server Error: no disk"
    assert (row["status"], row["attempts"], row["state"]) == (500, 1, "pending")
    assert row["eventId"] == body["id"]
    again = api.send("POST", f"{AT}/{target.pk}/deliveries/{row['id']}/retry").json()
    assert (again["attempts"], again["state"]) == (0, "pending")
    time_passes(seconds=6)
    assert send() == 1
    (row,) = api.get(f"{AT}/{target.pk}/deliveries?state=delivered").json()["results"]
    assert row["endedAt"]
    assert api.get(f"{AT}/{target.pk}/deliveries?state=failed").json()["results"] == []
    assert api.get(f"{AT}/{target.pk}/deliveries?state=lost").status_code == 400


def test_the_log_is_read_in_pages_of_few_questions(
    api: Contract, put: Put, tell: Tell, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    target = put()
    told = [tell(n=n) for n in range(5)]
    seen: list[str] = []
    address = f"{AT}/{target.pk}/deliveries?limit=2"
    while address:
        with django_assert_max_num_queries(5):
            page = api.get(address).json()
        seen += [row["eventId"] for row in page["results"]]
        address = page["next"]
    assert seen == told[::-1]


def test_the_secret_is_changed_and_shown_once(api: Contract, put: Put) -> None:
    target = put()
    answer = api.send("POST", f"{AT}/{target.pk}/rotate")
    assert answer.status_code == 200
    found = WebhookTarget.objects.get()
    assert answer.json()["secret"] == found.secret != target.secret
    assert found.old_secret == target.secret
    assert "secret" not in api.get(f"{AT}/{target.pk}").json()


def test_it_is_removed_with_its_log(api: Contract, put: Put, tell: Tell) -> None:
    target = put()
    tell()
    assert api.send("DELETE", f"{AT}/{target.pk}").status_code == 204
    assert not WebhookDelivery.objects.exists()
    assert api.send("DELETE", f"{AT}/{target.pk}").status_code == 404


def test_what_is_not_yours_is_not_there(api: Contract, put: Put, berta: User, tell: Tell) -> None:
    theirs, mine = put("/theirs", user=berta), put("/mine")
    tell(user=berta)
    delivery = WebhookDelivery.objects.get().pk
    for target in (theirs.pk, uuid7(), "no-id", "%00"):
        at = f"{AT}/{target}"
        for method, path, body in (
            ("GET", at, None),
            ("PATCH", at, {"nonsense": 1}),
            ("DELETE", at, None),
            ("POST", f"{at}/rotate", None),
            ("POST", f"{at}/test", None),
            ("GET", f"{at}/deliveries", None),
            ("POST", f"{at}/deliveries/{delivery}/retry", None),
        ):
            assert api.send(method, path, body).status_code == 404, path
    for wrong in (delivery, uuid7(), "no-id"):
        answer = api.send("POST", f"{AT}/{mine.pk}/deliveries/{wrong}/retry")
        assert answer.status_code == 404
    assert [row["id"] for row in api.get(AT).json()["results"]] == [str(mine.pk)]
    theirs.refresh_from_db()
    assert (theirs.old_secret, WebhookDelivery.objects.count()) == ("", 1)


def test_only_a_key_with_the_account_scope_may(ada: User, put: Put) -> None:
    target = put()
    usual = Contract(create_key(user=ada, name="usual")[1])
    for method, path in (
        ("GET", AT),
        ("POST", AT),
        ("GET", f"{AT}/{target.pk}"),
        ("DELETE", f"{AT}/{target.pk}"),
        ("POST", f"{AT}/{target.pk}/rotate"),
        ("POST", f"{AT}/{target.pk}/test"),
        ("GET", f"{AT}/{target.pk}/deliveries"),
    ):
        refused = usual.send(method, path)
        assert refused.status_code == 403
        assert error_of(refused)["context"] == {"scope": "account"}
    assert WebhookTarget.objects.count() == 1
