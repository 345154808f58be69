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


UNREADABLE = {
    "no JSON": b"{",
    "an array": b"[1]",
    "not UTF-8": b'{"email": "\xff"}',
    "a key twice": b'{"email": "a@b.example", "email": "c@d.example"}',
    "half a surrogate pair": b'{"email": "a@b.example", "password": "\\ud800-crane-7"}',
    "NUL": b'{"email": "a\\u0000@b.example", "password": "harbour-crane-7"}',
    "no number": b'{"email": NaN}',
    "too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=list(UNREADABLE))
@pytest.mark.parametrize("path", ["auth/signup", "auth/login", "auth/password/request"])
def test_what_cannot_be_read_is_400_in_the_envelope(client: Client, path: str, body: bytes) -> None:
    answer = client.post(f"/_allauth/app/v1/{path}", body, content_type="application/json")
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request")
    assert error["fields"]
    assert error["request_id"] == answer.headers["X-Request-ID"]


def test_more_than_a_megabyte_is_413(client: Client) -> None:
    answer = _post(client, "auth/signup", {"email": "x" * 2**20})
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "payload_too_large")


def test_a_wrong_method_is_405_in_the_envelope(client: Client) -> None:
    answer = client.put("/_allauth/app/v1/auth/signup")
    assert (answer.status_code, answer.json()["error"]["type"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_from_a_page_without_the_token_of_its_form_it_is_403_in_the_envelope() -> None:
    client = Client(enforce_csrf_checks=True)
    body = {"email": "new@studio.example", "password": PASSWORD}
    answer = client.post("/_allauth/browser/v1/auth/signup", body, "application/json")
    assert (answer.status_code, answer.json()["error"]["type"]) == (403, "permission_denied")


def test_too_many_tries_are_told_in_both_shapes_with_the_time_to_wait(settings: Settings) -> None:
    del settings.ACCOUNT_RATE_LIMITS
    _signed_up(24)
    body = {"email": "late@studio.example", "password": PASSWORD}
    answer = _post(Client(), "auth/signup", body)
    told = answer.json()
    assert answer.status_code == told["status"] == told["error"]["status"] == 429
    assert told["error"]["type"] == "rate_limited"
    assert int(answer.headers["Retry-After"]) > 0


def test_which_field_is_wrong_is_told_as_clients_of_the_library_know_it(client: Client) -> None:
    answer = _post(client, "auth/signup", {"email": "no address", "password": PASSWORD})
    assert answer.status_code == 400
    assert [fault["param"] for fault in answer.json()["errors"]] == ["email"]
    assert _post(client, "auth/login", {}).json().keys() == {"status", "errors"}
    signed_out = client.get("/_allauth/app/v1/auth/session")
    assert signed_out.status_code == 401
    assert signed_out.json()["data"]["flows"]
