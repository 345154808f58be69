"""Sign-up, sign-in, sign-out and reset, by plain forms: no JavaScript anywhere."""

import re

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def _sign_in(client: Client, password: str = PASSWORD, *, address: str = "127.0.0.1") -> int:
    form = {"login": "ada@studio.example", "password": password}
    return client.post("/account/login/", form, REMOTE_ADDR=address).status_code


def test_signing_up_gives_a_session_at_once(client: Client) -> None:
    form = {"email": "New@Studio.Example", "password1": PASSWORD}
    response = client.post("/account/signup/", form)
    assert response.status_code == 302
    assert User.objects.get().email == "new@studio.example"
    assert client.get("/account").status_code == 200


def test_a_weak_password_is_refused_beside_its_field(client: Client) -> None:
    response = client.post("/account/signup/", {"email": "a@studio.example", "password1": "abc"})
    page = response.content.decode()
    assert 'aria-invalid="true"' in page
    assert re.search(r'aria-describedby="[^"]*id_password1_error', page)
    assert 'id="id_password1_error"' in page
    assert not User.objects.exists()


def test_a_taken_address_is_not_given_away(client: Client, ada: User) -> None:
    client.post("/account/signup/", {"email": ada.email, "password1": PASSWORD})
    assert User.objects.count() == 1
    assert not client.session.get("_auth_user_id")


def test_signing_in_and_out(client: Client, ada: User) -> None:
    assert _sign_in(client) == 302
    assert client.get("/account").status_code == 200
    assert client.post("/account/logout/").status_code == 302
    assert client.get("/account").status_code == 302


def test_a_wrong_password_is_said_in_words(client: Client, ada: User) -> None:
    response = client.post("/account/login/", {"login": ada.email, "password": "wrong"})
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()


def test_many_wrong_passwords_lock_the_account_for_that_address_only(
    client: Client, ada: User
) -> None:
    seen = [_sign_in(client, "wrong", address="203.0.113.1") for _ in range(12)]
    assert seen[0] == 200
    assert not client.session.get("_auth_user_id")
    _sign_in(client, PASSWORD, address="203.0.113.1")
    assert not client.session.get("_auth_user_id")


def test_a_locked_sign_in_is_429_and_says_how_long(
    client: Client, ada: User, settings: Settings
) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    settings.AXES_FAILURE_LIMIT = 3
    form = {"login": ada.email, "password": "wrong"}
    seen = [client.post("/account/login/", form, REMOTE_ADDR="203.0.113.2") for _ in range(3)]
    assert [response.status_code for response in seen] == [200, 200, 429]
    assert seen[-1].headers["Retry-After"] == "900"
    assert "Wait 15 minutes" in seen[-1].content.decode()
    assert _sign_in(client, PASSWORD, address="203.0.113.2") == 429
    assert _sign_in(Client(), PASSWORD, address="203.0.113.3") == 302


def test_a_locked_sign_in_over_json_is_answered_in_the_error_envelope(
    client: Client, ada: User, settings: Settings
) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    settings.AXES_FAILURE_LIMIT = 1
    response = client.post(
        "/_allauth/app/v1/auth/login",
        {"email": ada.email, "password": "wrong"},
        content_type="application/json",
    )
    assert response.status_code == 429
    assert response.json()["error"]["type"] == "rate_limited"


def test_a_forgotten_password_is_reset_by_mail(client: Client, ada: User) -> None:
    client.post("/account/password/reset/", {"email": ada.email})
    link = re.search(r"/account/password/reset/key/\S+", str(mail.outbox[0].body))
    assert link
    form_page = client.get(link[0], follow=True)
    assert "Set a new password" in form_page.content.decode()
    address = form_page.redirect_chain[-1][0]
    client.post(address, {"password1": "quay-lantern-42", "password2": "quay-lantern-42"})
    assert _sign_in(Client()) == 200
    assert _sign_in(Client(), "quay-lantern-42") == 302


def test_links_in_mails_are_secure_where_the_studio_is_though_a_proxy_asks_plainly(
    client: Client, ada: User, settings: Settings
) -> None:
    settings.ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"
    client.post("/account/password/reset/", {"email": ada.email})
    assert "https://testserver/account/password/reset/key/" in mail.outbox[0].body
    assert "http://" not in mail.outbox[0].body


def test_a_used_reset_link_says_so(client: Client) -> None:
    page = client.get("/account/password/reset/key/1-set-password/").content.decode()
    assert "no longer works" in page


def test_a_code_by_mail_signs_in(client: Client, ada: User) -> None:
    client.post("/account/login/code/", {"email": ada.email})
    code = re.search(r"^([A-Z0-9]{3,}-?[A-Z0-9]*)$", str(mail.outbox[0].body), re.MULTILINE)
    assert code
    response = client.post("/account/login/code/confirm/", {"code": code[1]})
    assert response.status_code == 302
    assert client.get("/account").status_code == 200


def test_strangers_see_the_landing_page_and_people_go_to_their_products(
    client: Client, browser_of_ada: Client
) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "3 credits" in page.content.decode()
    assert browser_of_ada.get("/").headers["Location"] == "/products"


def test_an_account_page_sends_strangers_to_sign_in(client: Client) -> None:
    for address in ("/account", "/account/keys", "/account/email/", "/account/2fa/"):
        response = client.get(address)
        assert response.status_code == 302, address
        assert response.headers["Location"].startswith("/account/login/")


def test_every_page_is_served_under_a_policy_without_unsafe_parts(client: Client) -> None:
    response = client.get("/account/login/")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert " style=" not in page
    assert not re.search(r"<script(?![^>]*src=)", page)
    assert not re.search(r"\son[a-z]+=", page)


def test_a_wrong_sign_in_leaves_no_address_in_the_log(
    client: Client, ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        _sign_in(client, "wrong", address="203.0.113.77")
    assert ada.email not in caplog.text
    assert "203.0.113.77" not in caplog.text


def test_a_missing_page_says_so_in_the_sheets_look(client: Client) -> None:
    response = client.get("/nothing-here")
    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()


def test_an_old_form_is_refused_in_words(ada: User) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/account/login/", {"login": ada.email, "password": PASSWORD})
    assert response.status_code == 403
    assert "too old" in response.content.decode()
