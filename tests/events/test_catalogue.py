"""What there is of events: each is listed, described by a schema that is served, and fits it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from accounts.models import User
from core.models import Event
from core.outbox import emit
from deploy.embedded.postgres import PROJECT
from notifications.catalogue import EVENTS, SCHEMAS, keys_of, message_of, schema_of, version_of
from notifications.event_types import TYPES
from notifications.operations import notify
from tests.core.docs import table_of

from .schemas import problems

LISTED = sorted(type for type in EVENTS if not type.startswith("test."))
ROOMS = sorted(path.parent for path in PROJECT.glob("*/apps.py"))
TIER = {"fromTier": "free", "toTier": "pro", "interval": "month", "reason": "upgraded"}


def emitted() -> Iterator[tuple[str, Path]]:
    """The type of each ``emit(type="…")`` of the code, and where it is."""
    for path in (path for room in ROOMS for path in room.rglob("*.py")):
        source = path.read_text()
        if "emit(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "emit":
                for word in node.keywords:
                    if word.arg == "type":
                        yield ast.literal_eval(word.value), path


def test_every_event_that_the_code_tells_is_listed_and_every_listed_one_is_told() -> None:
    assert sorted({type for type, _ in emitted()}) == LISTED


def test_users_own_addresses_can_be_told_of_each() -> None:
    assert sorted(TYPES) == LISTED


def test_there_is_one_schema_for_each_key_and_no_other() -> None:
    files = {path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.json")}
    assert files == set(keys_of(LISTED))


@pytest.mark.parametrize("type", LISTED)
def test_a_schema_is_sound_names_its_version_and_is_served(type: str) -> None:
    key = EVENTS[type]
    schema = schema_of(key)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:techpack:event:{key}"
    assert schema["properties"]["type"] == {"const": type}
    assert schema["properties"]["version"] == {"const": version_of(type)}
    data = schema["properties"]["data"]
    assert data["required"] == list(data["properties"])
    assert all("description" in field for field in data["properties"].values())
    answer = Client().get(f"/docs/events/{key}.schema.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/schema+json"
    assert json.loads(answer.content) == schema


@pytest.mark.parametrize("type", LISTED)
def test_the_page_of_events_lists_each_with_its_key_and_its_fields(type: str) -> None:
    (row,) = [row for row in table_of("events/", below="What there is") if f"`{type}`" in row[0]]
    key = EVENTS[type]
    assert row[1] == f"[`{key}`]({key}.schema.json)"
    fields = schema_of(key)["properties"]["data"]["properties"]
    assert [name.strip("` ") for name in row[2].split(",")] == list(fields)


def checked(event: Event) -> dict[str, Any]:
    """The message of an event, which is as its schema says."""
    message = message_of(event)
    schema = schema_of(EVENTS[event.type])
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(message)
    return message


@pytest.mark.django_db
def test_a_message_is_as_its_schema_says(ada: User) -> None:
    notify(user_id=ada.pk, kind="test.told", title="A thing happened", body="It did.")
    emit(type="SubscriptionTierChanged", user_id=ada.pk, data=TIER)
    told, changed = Event.objects.order_by("sequence")
    assert checked(told)["data"]["kind"] == "test.told"
    assert checked(changed)["data"] == TIER


@pytest.mark.django_db
def test_a_message_that_is_not_is_noticed(ada: User) -> None:
    emit(type="SubscriptionTierChanged", user_id=ada.pk, data=TIER)
    event = Event.objects.get()
    event.data = TIER | {"reason": "because"}
    with pytest.raises(ValidationError):
        checked(event)


@pytest.mark.parametrize(
    ("type", "version", "data", "why"),
    [
        ("job.exploded", 1, {}, "is not in"),
        ("SubscriptionTierChanged", 2, TIER, "version 2"),
        ("SubscriptionTierChanged", 1, TIER | {"toTier": "gold"}, "'gold' is not one of"),
        ("SubscriptionTierChanged", 1, {"toTier": "pro"}, "'fromTier' is a required"),
        ("SubscriptionTierChanged", 1, TIER | {"odd": 1}, "does not name odd"),
        ("product.updated", 1, {"id": "7", "revisionId": "8"}, "is not a 'uuid'"),
    ],
)
def test_what_the_tests_watch_for_is_noticed(
    type: str, version: int, data: dict[str, Any], why: str
) -> None:
    assert any(why in words for words in problems(type, version, data))
    assert problems("SubscriptionTierChanged", 1, TIER) == []


@pytest.mark.django_db
def test_no_test_tells_an_event_that_is_not_listed(ada: User, wrongly_told: list[str]) -> None:
    before = Event.objects.count()
    with pytest.raises(AssertionError, match=r"notifications\.catalogue"):
        emit(type="job.exploded", user_id=ada.pk, data={})
    assert Event.objects.count() == before
    assert wrongly_told.pop() == "job.exploded is not in notifications.catalogue.EVENTS"
