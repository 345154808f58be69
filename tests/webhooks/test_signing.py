"""What is sent can be checked by anybody who speaks Standard Webhooks, and by nobody forged."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from notifications.signing import new_secret, signed_headers

IDS = st.uuids().map(str)


def now() -> datetime:
    return datetime.now(UTC)


@given(IDS, st.text())
def test_every_body_is_verified_by_the_secret_it_was_signed_with(id: str, body: str) -> None:
    try:
        sent = body.encode()
    except UnicodeEncodeError:  # a lone surrogate is in no event, as JSON refuses it
        return
    secret = new_secret()
    headers = dict(signed_headers(message_id=id, at=now(), body=body, secrets=[secret]))
    Webhook(secret).verify(sent, headers, json_parse=False)


@given(IDS, st.text("abc{}", min_size=1), st.integers(0, 99), IDS)
def test_whatever_is_changed_is_noticed(id: str, body: str, place: int, other: str) -> None:
    secret = new_secret()
    headers = dict(signed_headers(message_id=id, at=now(), body=body, secrets=[secret]))
    place %= len(body)
    changed = body[:place] + "!" + body[place + 1 :]
    later = {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}
    renamed = {**headers, "webhook-id": other + "x"}
    for text, sent, key in (
        (changed, headers, secret),
        (body, later, secret),
        (body, renamed, secret),
        (body, headers, new_secret()),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(text, sent, json_parse=False)


def test_an_old_message_is_refused() -> None:
    secret, at = new_secret(), now() - timedelta(minutes=6)
    headers = dict(signed_headers(message_id="m", at=at, body="{}", secrets=[secret]))
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret).verify("{}", headers)


def test_each_of_two_secrets_verifies_it() -> None:
    old, new = new_secret(), new_secret()
    headers = dict(signed_headers(message_id="m", at=now(), body="{}", secrets=[new, old]))
    for secret in (old, new):
        Webhook(secret).verify("{}", headers)


def test_a_secret_is_24_random_bytes() -> None:
    secrets = {new_secret() for _ in range(50)}
    assert len(secrets) == 50
    for secret in secrets:
        assert secret.startswith("whsec_")
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 24
