import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.operations import MOST_LIVE_KEYS, create_key, revoke_key
from accounts.scopes import DEFAULT_SCOPES, SCOPES
from accounts.throttle import WRONG_KEYS_ALLOWED
from core.errors import Conflict
from core.ids import uuid7
from tests.videos.at_once import at_once

pytestmark = pytest.mark.django_db


def _post(client: Client, body: dict[str, Any], **headers: str) -> Any:
    return client.post(
        "/api/keys", json.dumps(body), content_type="application/json", headers=headers
    )


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_a_key_is_shown_once_and_kept_as_a_hash(browser_of_ada: Client) -> None:
    response = _post(browser_of_ada, {"name": "exporter"})
    made = response.json()
    assert response.status_code == 201
    assert made["key"].startswith("tps_live_")
    assert made["key"].startswith(made["prefix"])
    assert made["scopes"] == list(DEFAULT_SCOPES)
    assert "billing" not in made["scopes"]
    stored = ApiKey.objects.get()
    assert made["key"] not in json.dumps(stored.__dict__, default=str)
    listed = browser_of_ada.get("/api/keys").json()
    assert [row["id"] for row in listed["results"]] == [made["id"]]
    assert "key" not in listed["results"][0]


def test_a_cap_is_taken_in_credits(browser_of_ada: Client) -> None:
    made = _post(browser_of_ada, {"name": "exporter", "monthlyCap": "12.5"}).json()
    assert made["monthlyCap"] == "12.5"
    assert ApiKey.objects.get().monthly_cap == 12_500_000


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "x", "scopes": ["products:read", "root"]}, "scopes"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": "all"}, "scopes"),
        ({"name": "x", "monthlyCap": "-1"}, "monthlyCap"),
        ({"name": "x", "monthlyCap": "NaN"}, "monthlyCap"),
    ],
)
def test_a_wrong_request_names_the_field(
    browser_of_ada: Client, body: dict[str, Any], field: str
) -> None:
    response = _post(browser_of_ada, body)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request"
    assert field in response.json()["error"]["fields"]
    assert not ApiKey.objects.exists()


def test_no_key_manages_keys(client: Client, ada: User) -> None:
    key, secret = create_key(user=ada, name="all", scopes=list(SCOPES))
    assert client.get("/api/keys", headers=_bearer(secret)).status_code == 403
    assert _post(client, {"name": "x"}, **_bearer(secret)).status_code == 403
    assert client.delete(f"/api/keys/{key.pk}", headers=_bearer(secret)).status_code == 403


def test_a_revoked_key_is_401_from_then_on(
    client: Client, browser_of_ada: Client, ada: User
) -> None:
    key, secret = create_key(user=ada, name="exporter")
    assert client.get("/api/keys", headers=_bearer(secret)).status_code == 403
    assert browser_of_ada.delete(f"/api/keys/{key.pk}").status_code == 204
    assert browser_of_ada.delete(f"/api/keys/{key.pk}").status_code == 204
    response = client.get("/api/keys", headers=_bearer(secret))
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_of_somebody_else_is_not_found(browser_of_ada: Client, berta: User) -> None:
    key, _ = create_key(user=berta, name="theirs")
    assert browser_of_ada.delete(f"/api/keys/{key.pk}").status_code == 404
    assert browser_of_ada.delete(f"/api/keys/{uuid7()}").status_code == 404
    assert browser_of_ada.delete("/api/keys/not-a-uuid").status_code == 404
    assert browser_of_ada.post(f"/account/keys/{key.pk}/revoke").status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer tps_live_wrong", "Basic YWRhOmFkYQ==", "tps_live_x", "Bearer é"],
)
def test_a_wrong_credential_is_401_even_beside_a_session(
    browser_of_ada: Client, header: str
) -> None:
    response = browser_of_ada.get("/api/keys", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.json()["error"]["type"] == "unauthenticated"


def test_nobody_is_401_not_403(client: Client) -> None:
    assert client.get("/api/keys").status_code == 401
    assert client.get("/api/keys", headers={"X-Session-Token": "wrong"}).status_code == 401


def test_a_cookie_without_its_csrf_token_is_no_credential(ada: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/keys").status_code == 200
    assert _post(client, {"name": "x"}).status_code == 401


def test_a_key_of_a_closed_account_is_401(client: Client, ada: User) -> None:
    _, secret = create_key(user=ada, name="exporter")
    ada.is_active = False
    ada.save()
    assert client.get("/api/keys", headers=_bearer(secret)).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_there_are_no_more_keys_than_there_can_be_when_several_are_made_at_once(ada: User) -> None:
    for each in range(MOST_LIVE_KEYS - 1):
        create_key(user=ada, name=f"{each}")
    made = at_once(*[lambda: create_key(user=ada, name="last")] * 4)
    assert sum(isinstance(one, Conflict) for one in made) == 3
    assert ApiKey.objects.filter(user=ada).count() == MOST_LIVE_KEYS


def test_guessing_keys_is_throttled_by_address(client: Client, ada: User) -> None:
    _, secret = create_key(user=ada, name="exporter")

    def ask(key: str, address: str = "203.0.113.5") -> Any:
        return client.get("/api/products", headers=_bearer(key), REMOTE_ADDR=address)

    for guess in range(WRONG_KEYS_ALLOWED):
        assert ask(f"tps_live_guess{guess}").status_code == 401
    refused = ask("tps_live_another")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers["RateLimit-Limit"] == str(WRONG_KEYS_ALLOWED)
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert ask("tps_live_another", "203.0.113.6").status_code == 401
    assert ask(secret).status_code == 200, "who guesses keeps nobody else out"


def test_a_client_that_goes_on_with_a_revoked_key_is_no_guesser(client: Client, ada: User) -> None:
    key, secret = create_key(user=ada, name="exporter")
    revoke_key(user=ada, key_id=key.pk)
    for _ in range(WRONG_KEYS_ALLOWED + 5):
        assert client.get("/api/products", headers=_bearer(secret)).status_code == 401
    assert client.get("/api/products", headers=_bearer("tps_live_guess")).status_code == 401


def test_the_last_use_is_noted_to_the_minute(client: Client, ada: User) -> None:
    key, secret = create_key(user=ada, name="exporter")
    client.get("/api/keys", headers=_bearer(secret))
    key.refresh_from_db()
    first = key.last_used_at
    assert first is not None
    assert (timezone.now() - first).total_seconds() < 60
    client.get("/api/keys", headers=_bearer(secret))
    key.refresh_from_db()
    assert key.last_used_at == first


def test_a_key_is_made_copied_and_revoked_without_javascript(
    browser_of_ada: Client, client: Client
) -> None:
    form: dict[str, Any] = {"name": "exporter", "monthly_cap": "", "credit_policy": "strict"}
    form["scopes"] = ["products:read", "generate"]
    page = browser_of_ada.post("/account/keys", form).content.decode()
    secret = page.partition('id="secret" value="')[2].partition('"')[0]
    assert client.get("/api/keys", headers=_bearer(secret)).status_code == 403
    assert secret not in browser_of_ada.get("/account/keys").content.decode()
    key = ApiKey.objects.get()
    assert key.scopes == ["products:read", "generate"]
    assert browser_of_ada.post(f"/account/keys/{key.pk}/revoke").status_code == 302
    assert "Revoked" in browser_of_ada.get("/account/keys").content.decode()
    assert client.get("/api/keys", headers=_bearer(secret)).status_code == 401
