"""Whether another AI service may answer: on the profile, and by API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.operations import create_key

pytestmark = pytest.mark.django_db
PROFILE = {"name": "Ada", "units": "cm", "locale": "en-gb", "theme": "system"}


def api_of(person: User, *scopes: str) -> Client:
    key = create_key(user=person, name="settings", scopes=scopes or ["account"])[1]
    return Client(headers={"authorization": f"Bearer {key}"})


def send(api: Client, body: Any) -> Any:
    return api.patch("/api/account", body, content_type="application/json")


def test_nobody_else_answers_unless_the_person_allows_it(browser_of_ada: Client, ada: User) -> None:
    assert not ada.may_fall_back
    assert "Ask another AI service" in browser_of_ada.get("/account").content.decode()

    browser_of_ada.post("/account", {**PROFILE, "may_fall_back": "on"})
    ada.refresh_from_db()
    assert ada.may_fall_back

    browser_of_ada.post("/account", PROFILE)
    ada.refresh_from_db()
    assert not ada.may_fall_back


def test_by_api_what_is_left_out_stays(ada: User) -> None:
    api = api_of(ada)

    changed = send(api, {"mayFallBack": True})

    assert changed.status_code == 200
    assert changed.json()["mayFallBack"] is True
    assert changed.json()["email"] == ada.email
    assert api.get("/api/account").json() == changed.json()
    assert send(api, {"units": "in"}).json()["mayFallBack"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"mayFallBack": "perhaps"}, "mayFallBack"),
        ({"mayFallBack": "true"}, "mayFallBack"),
        ({"mayFallBack": 1}, "mayFallBack"),
        ({"name": 7}, "name"),
        ({"units": "ell"}, "units"),
        ({"email": "other@example.com"}, "email"),
        ({"isStaff": True}, "isStaff"),
    ],
)
def test_what_is_no_preference_is_refused(ada: User, body: Any, field: str) -> None:
    refused = send(api_of(ada), body)

    assert refused.status_code == 400
    assert field in refused.json()["error"]["fields"]
    ada.refresh_from_db()
    assert (ada.may_fall_back, ada.units, ada.is_staff) == (False, "cm", False)


def test_it_takes_the_scope_of_the_account(ada: User) -> None:
    assert send(api_of(ada, "generate"), {"mayFallBack": True}).status_code == 403
    assert Client().get("/api/account").status_code == 401
