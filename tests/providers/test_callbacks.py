"""What providers call back: taken where it is signed and fresh, refused in two ways otherwise."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import Any, Final
from unittest import mock

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from core.errors import InvalidRequest, NotFound
from generation.providers import callbacks
from generation.providers.callbacks import MOST_BYTES, taken
from generation.providers.protocols import VideoCallback
from tests.fakes import film_callbacks, gemini_films
from tests.fakes.film_callbacks import SECRET, Message, sealed

FORMER: Final = "whsec_" + base64.b64encode(b"the secret before this one").decode()
SIGNED: Final = {"openai": film_callbacks.signed, "gemini": gemini_films.signed}
EVENTS: Final = [
    ("openai", "video.completed"),
    ("openai", "video.failed"),
    ("gemini", "interaction.completed"),
    ("gemini", "interaction.failed"),
    ("gemini", "interaction.cancelled"),
    ("gemini", "interaction.requires_action"),
    ("gemini", "video.generated"),
]


@pytest.fixture(autouse=True)
def _secrets(settings: Any) -> None:
    settings.OPENAI_WEBHOOK_SECRET = settings.GEMINI_WEBHOOK_SECRET = SECRET


def take(message: Message, provider: str = "openai") -> VideoCallback:
    """What becomes of a message, its headers as Django has them."""
    request = RequestFactory().generic(
        "POST",
        "/webhooks/openai",
        message.body,
        content_type="application/json",
        headers={**message.headers},
    )
    return taken(provider, request.headers, request.body)


def right(told: Any, **more: Any) -> Message:
    """A message with a right signature; ``told`` is JSON-able, or text."""
    body = told if isinstance(told, str) else json.dumps(told)
    return sealed(body, **{"at": time.time(), **more})


def refused(message: Message, provider: str = "openai") -> InvalidRequest:
    """The error that a message ends with."""
    with pytest.raises(InvalidRequest) as raised:
        take(message, provider)
    return raised.value


def with_headers(message: Message, **headers: str) -> Message:
    """The same message under other headers."""
    named = {f"webhook-{name}": value for name, value in headers.items()}
    return Message(message.body, {**message.headers, **named})


@pytest.mark.parametrize(("provider", "kind"), EVENTS)
def test_a_message_about_a_film_names_it(provider: str, kind: str) -> None:
    message = SIGNED[provider](kind, "v1_film", message_id="wh_1")

    assert take(message, provider) == VideoCallback("wh_1", kind, "v1_film")


@pytest.mark.parametrize(
    ("provider", "kind"),
    [
        ("openai", "response.completed"),
        ("openai", "interaction.completed"),
        ("gemini", "batch.succeeded"),
        ("gemini", "video.completed"),
        ("gemini", "interaction.of_next_year"),
    ],
)
def test_a_message_about_something_else_is_taken_and_names_no_film(
    provider: str, kind: str
) -> None:
    message = SIGNED[provider](kind, "v1_film", message_id="wh_1")

    assert take(message, provider) == VideoCallback("wh_1", kind, "")


@pytest.mark.parametrize(
    "data",
    [None, [], "video_1", {}, {"id": None}, {"id": 7}, {"id": ""}, {"id": "a\0b"}, {"id": "é"},
     {"id": "x" * 201}, {"id": "two words"}, {"id": "\ud800"}],
)  # fmt: skip
def test_a_message_about_no_film_that_could_be_ours_names_none(data: Any) -> None:
    assert take(right({"type": "video.completed", "data": data})).ref == ""


def test_an_interaction_may_be_named_in_full() -> None:
    told = {"type": "interaction.completed", "data": {"id": "interactions/v1_a"}}

    assert take(right(told), "gemini").ref == "v1_a"


def test_one_of_several_signatures_is_enough() -> None:
    message = right({"type": "video.completed", "data": {"id": "video_1"}}, message_id="wh_2")
    former = right({"type": "video.completed"}, secret=FORMER).headers["webhook-signature"]
    both = with_headers(
        message, signature=f"v1a,b3RoZXI= {former} {message.headers['webhook-signature']}"
    )

    assert take(both).ref == "video_1"


@pytest.mark.parametrize("age_s", [-270, -30, 0, 270])
def test_a_message_is_fresh_for_five_minutes(age_s: int) -> None:
    message = film_callbacks.signed("video.completed", "video_1", at=time.time() - age_s)

    assert take(message).ref == "video_1"


@pytest.mark.parametrize("age_s", [-330, 330, 86_400])
def test_an_old_message_and_one_from_the_future_are_refused(age_s: int) -> None:
    refused(film_callbacks.signed("video.completed", "video_1", at=time.time() - age_s))


def test_a_message_that_somebody_changed_or_signed_himself_is_refused() -> None:
    message = film_callbacks.signed("video.completed", "video_1")

    refused(Message(message.body.replace(b"video_1", b"video_2"), message.headers))
    refused(with_headers(message, id="wh_other"))
    refused(with_headers(message, timestamp=str(int(time.time()) - 60)))
    refused(film_callbacks.signed("video.completed", "video_1", secret=FORMER))
    refused(gemini_films.signed("interaction.completed", "v1_film", secret=FORMER), "gemini")


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_message_without_one_of_its_headers_is_refused(name: str) -> None:
    message = film_callbacks.signed("video.completed", "video_1")
    without = {key: value for key, value in message.headers.items() if key != name}

    refused(Message(message.body, without))
    refused(Message(message.body, {**message.headers, name: ""}))


@pytest.mark.parametrize(
    "headers",
    [
        {"signature": "v1"},
        {"signature": "v1,"},
        {"signature": "v1,a"},
        {"signature": "v1,a,b"},
        {"signature": ",,,"},
        {"signature": "v1,\xe9\xe9"},
        {"signature": "v1," + "A" * 100_000},
        {"timestamp": "nan"},
        {"timestamp": "inf"},
        {"timestamp": "-1e300"},
        {"timestamp": "9" * 400},
        {"timestamp": "yesterday"},
        {"timestamp": "0x10"},
    ],
)
def test_headers_of_any_other_form_are_refused(headers: Mapping[str, str]) -> None:
    refused(with_headers(film_callbacks.signed("video.completed", "video_1"), **headers))


@pytest.mark.parametrize(
    "body",
    [
        "", "[]", "7", "null", '"text"', "{", "{}", '{"type": null}', '{"type": 7}',
        '{"type": ""}', '{"type": "two words"}', '{"type": "a\\u0000b"}', '{"type": "é"}',
        json.dumps({"type": "t" * 81}), "[" * 100_000, '{"a":' * 50_000, "9" * 6_000,
    ],
)  # fmt: skip
def test_a_right_signature_under_something_else_is_refused(body: str) -> None:
    refused(right(body))


@pytest.mark.parametrize("message_id", ["w" * 201, "two words", "w\xe9"])
def test_an_id_that_cannot_be_kept_is_refused(message_id: str) -> None:
    refused(right({"type": "video.completed"}, message_id=message_id))


def test_a_body_that_is_too_long_is_refused_before_it_is_read() -> None:
    told = {"type": "video.completed", "data": {"id": "video_1"}, "more": ""}
    longest = "x" * (MOST_BYTES - len(json.dumps(told)))
    assert take(right({**told, "more": longest})).ref == "video_1"

    with mock.patch.object(Webhook, "verify", side_effect=AssertionError):
        refused(right({**told, "more": f"{longest}x"}))
        with pytest.raises(InvalidRequest):
            taken("openai", {}, bytes(5 * 1024 * 1024))


def test_bytes_that_are_no_text_are_refused() -> None:
    message = film_callbacks.signed("video.completed", "video_1")

    refused(Message(message.body + b"\xff", message.headers))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_a", "%%%", "\xe9"])
@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_nothing_is_expected_where_no_secret_is_set_that_can_be_used(
    provider: str, secret: str, settings: Any
) -> None:
    settings.OPENAI_WEBHOOK_SECRET = settings.GEMINI_WEBHOOK_SECRET = secret

    with pytest.raises(NotFound):
        take(SIGNED[provider]("video.completed", "video_1"), provider)


@pytest.mark.parametrize("provider", ["custom", "studio", "", "OPENAI", "__class__"])
def test_nothing_is_expected_of_anybody_else(provider: str) -> None:
    with pytest.raises(NotFound):
        take(film_callbacks.signed("video.completed", "video_1"), provider)


def test_each_provider_has_a_secret_of_its_own(settings: Any) -> None:
    settings.GEMINI_WEBHOOK_SECRET = FORMER

    refused(film_callbacks.signed("interaction.completed", "v1_film"), "gemini")
    assert take(gemini_films.signed("interaction.completed", "v1", secret=FORMER), "gemini").ref


texts = st.text(max_size=60) | st.sampled_from(
    ["v1,", "v1,AAAA", "v1,A", " ", ",", "v1a,AAAA", "nan", "1e400", str(int(time.time()))]
)


@given(st.binary(max_size=300), texts, texts, texts)
def test_no_bytes_whatsoever_raise_anything_but_the_two_errors(
    body: bytes, message_id: str, timestamp: str, signature: str
) -> None:
    headers = {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": timestamp,
        "Webhook-Signature": signature,
    }
    for sent in (headers, {**headers, "Webhook-Timestamp": str(int(time.time()))}):
        with pytest.raises(InvalidRequest):
            taken("openai", sent, body)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "data", "id"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(json_values | st.fixed_dictionaries({"type": st.text(max_size=90), "data": json_values}))
def test_no_json_whatsoever_is_taken_for_more_than_can_be_kept(told: Any) -> None:
    message = right(told)
    try:
        found = taken("gemini", message.headers, message.body)
    except InvalidRequest:
        return
    assert found.type.isascii()
    assert 0 < len(found.type) <= 80
    assert found.ref.isascii()
    assert found.ref.isprintable()
    assert len(found.ref) <= 200


@given(st.binary(max_size=200))
def test_whatever_is_signed_rightly_and_is_no_message_is_refused(body: bytes) -> None:
    text = body.decode("latin-1")
    message = right(text)

    with pytest.raises(InvalidRequest):
        taken("openai", message.headers, message.body)


def test_the_events_that_are_known_are_those_tried_here() -> None:
    known = {(provider, kind) for provider, kinds in callbacks._TYPES.items() for kind in kinds}

    assert known == set(EVENTS)
