"""The way of a mobile app: sign up or in over JSON, then our API with the session's token."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def _post(client: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(
        f"/_allauth/app/v1/{path}",
        json.dumps(body),
        content_type="application/json",
        headers=headers,
    )


def _token(response: Any) -> str:
    token = response.json()["meta"]["session_token"]
    assert token
    return str(token)


def test_signing_up_gives_a_token_that_our_api_takes(client: Client) -> None:
    body = {"email": "new@studio.example", "password": PASSWORD}
    token = _token(_post(client, "auth/signup", body))
    stranger = Client()
    response = stranger.get("/api/keys", headers={"X-Session-Token": token})
    assert response.status_code == 200


def _signed_up(count: int) -> set[int]:
    """The statuses of that many sign-ups from one address."""
    bodies = [{"email": f"{n}@studio.example", "password": PASSWORD} for n in range(count)]
    return {_post(Client(), "auth/signup", body).status_code for body in bodies}


def test_on_a_machine_of_ones_own_many_sign_up_from_one_address() -> None:
    assert _signed_up(25) == {200}


def test_where_it_is_public_many_sign_ups_from_one_address_are_429(settings: Settings) -> None:
    del settings.ACCOUNT_RATE_LIMITS
    assert _signed_up(25) == {200, 429}


def test_signing_in_and_out_by_token(client: Client, ada: User) -> None:
    token = _token(_post(client, "auth/login", {"email": ada.email, "password": PASSWORD}))
    headers = {"X-Session-Token": token}
    assert Client().get("/api/keys", headers=headers).status_code == 200
    assert Client().delete("/_allauth/app/v1/auth/session", headers=headers).status_code == 401
    assert Client().get("/api/keys", headers=headers).status_code == 401


def test_a_token_needs_no_csrf(ada: User) -> None:
    client = Client(enforce_csrf_checks=True)
    token = _token(_post(client, "auth/login", {"email": ada.email, "password": PASSWORD}))
    response = client.post(
        "/api/keys",
        json.dumps({"name": "phone"}),
        content_type="application/json",
        headers={"X-Session-Token": token},
    )
    assert response.status_code == 201


def test_a_wrong_password_gives_no_token(client: Client, ada: User) -> None:
    response = _post(client, "auth/login", {"email": ada.email, "password": "wrong"})
    assert response.status_code == 400
    assert "session_token" not in response.content.decode()


def test_a_token_ends_when_the_password_changes(client: Client, ada: User) -> None:
    token = _token(_post(client, "auth/login", {"email": ada.email, "password": PASSWORD}))
    ada.set_password("quay-lantern-42")
    ada.save()
    assert Client().get("/api/keys", headers={"X-Session-Token": token}).status_code == 401
