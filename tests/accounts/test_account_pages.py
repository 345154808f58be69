import re
from datetime import UTC, datetime

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _codes_outlast_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    # A code is good until the half minute is over, which may be right after it was made.
    counters = list(totp.yield_hotp_counters_from_time())
    monkeypatch.setattr(totp, "yield_hotp_counters_from_time", lambda: iter(counters))


def _code(secret: str) -> str:
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def _signed_in(ada: User) -> Client:
    client = Client()
    client.post("/account/login/", {"login": ada.email, "password": PASSWORD})
    return client


def _turn_on_second_factor(client: Client) -> str:
    assert client.get("/account/2fa/totp/activate/").status_code == 302
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    page = client.get("/account/2fa/totp/activate/").content.decode()
    secret = re.search(r"<dt>Secret</dt><dd>(\w+)</dd>", page)
    assert secret
    client.post("/account/2fa/totp/activate/", {"code": _code(secret[1])})
    return secret[1]


def test_preferences_are_kept(browser_of_ada: Client, ada: User) -> None:
    form = {"name": "Ada L.", "units": "in", "locale": "en-us", "theme": "dark"}
    assert browser_of_ada.post("/account", form).status_code == 302
    ada.refresh_from_db()
    assert (ada.name, ada.units, ada.locale, ada.theme) == ("Ada L.", "in", "en-us", "dark")
    assert 'data-theme="dark"' in browser_of_ada.get("/account").content.decode()


def test_a_unit_that_does_not_exist_is_refused(browser_of_ada: Client, ada: User) -> None:
    form = {"name": "Ada", "units": "ell", "locale": "en-gb", "theme": "system"}
    assert browser_of_ada.post("/account", form).status_code == 200
    ada.refresh_from_db()
    assert ada.units == "cm"


def test_the_password_can_be_changed(ada: User) -> None:
    client = _signed_in(ada)
    form = {"oldpassword": PASSWORD, "password1": "quay-lantern-42", "password2": "quay-lantern-42"}
    assert client.post("/account/password/change/", form).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password("quay-lantern-42")


def test_a_second_address_is_added_confirmed_and_put_in_use(ada: User) -> None:
    client = _signed_in(ada)
    client.post("/account/email/", {"email": "ada@quay.example", "action_add": ""})
    ada.refresh_from_db()
    assert ada.email == "ada@studio.example"
    to_new = next(m for m in mail.outbox if m.to == ["ada@quay.example"])
    link = re.search(r"/account/confirm-email/\S+", str(to_new.body))
    assert link
    assert "Yes, confirm it" in client.get(link[0]).content.decode()
    client.post(link[0])
    client.post("/account/email/", {"email": "ada@quay.example", "action_primary": ""})
    ada.refresh_from_db()
    assert ada.email == "ada@quay.example"


def test_the_address_in_use_cannot_be_removed(ada: User) -> None:
    client = _signed_in(ada)
    client.post("/account/email/", {"email": ada.email, "action_remove": ""})
    ada.refresh_from_db()
    assert ada.email == "ada@studio.example"


def test_with_a_second_factor_the_password_alone_opens_nothing(ada: User) -> None:
    secret = _turn_on_second_factor(_signed_in(ada))
    client = _signed_in(ada)
    assert client.get("/account").status_code == 302
    response = client.post("/account/2fa/authenticate/", {"code": "000000"})
    assert 'aria-invalid="true"' in response.content.decode()
    assert client.post("/account/2fa/authenticate/", {"code": _code(secret)}).status_code == 302
    assert client.get("/account").status_code == 200


def test_a_recovery_code_opens_the_account_once(ada: User) -> None:
    client = _signed_in(ada)
    _turn_on_second_factor(client)
    page = client.get("/account/2fa/recovery-codes/").content.decode()
    code = re.search(r"<li>([0-9a-z-]+)</li>", page.partition('class="codes')[2])
    assert code
    for opens in (True, False):
        other = _signed_in(ada)
        other.post("/account/2fa/authenticate/", {"code": code[1]})
        assert (other.get("/account").status_code == 200) is opens


def test_sessions_are_listed_and_the_others_can_be_ended(ada: User) -> None:
    here, there = _signed_in(ada), _signed_in(ada)
    assert "This one" in here.get("/account/sessions/").content.decode()
    assert here.post("/account/sessions/").status_code == 302
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("(X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36", "Chrome on Linux"),
        ("(Windows NT 10.0) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge on Windows"),
        ("(iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("curl/8.14.1", "curl/8.14.1"),
    ],
)
def test_a_session_is_known_by_its_browser(ada: User, user_agent: str, words: str) -> None:
    client = Client(HTTP_USER_AGENT=user_agent)
    client.post("/account/login/", {"login": ada.email, "password": PASSWORD})
    page = client.get("/account/sessions/").content.decode()
    assert f'<th scope="row">{words}</th>' in page


def test_the_admin_is_entered_by_the_sites_own_sign_in(client: Client, ada: User) -> None:
    response = client.get("/admin/login/?next=/admin/")
    assert response.headers["Location"].startswith("/account/login/")
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/admin/login/").status_code == 403


def test_the_admin_shows_people_and_their_keys(client: Client, ada: User) -> None:
    from accounts.operations import create_key

    key, secret = create_key(user=ada, name="exporter")
    root = User.objects.create_superuser("root@studio.example", PASSWORD)
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    ledger = f'<a href="/admin/credits/account/?q={ada.email}">Ledger account</a>'
    for address in ("/admin/accounts/user/", f"/admin/accounts/user/{ada.pk}/change/"):
        assert ledger in client.get(address).content.decode()
    page = client.get(f"/admin/accounts/apikey/{key.pk}/change/").content.decode()
    assert key.prefix in page
    assert key.key_hash not in page
    assert secret not in page
    assert client.get("/admin/accounts/apikey/add/").status_code == 403


def test_dates_are_written_as_the_person_wants_them(browser_of_ada: Client, ada: User) -> None:
    ada.date_joined = datetime(2026, 3, 4, tzinfo=UTC)
    ada.save()
    german = {"Accept-Language": "de"}
    assert "4 Mar 2026" in browser_of_ada.get("/account", headers=german).content.decode()
    ada.locale = User.Locale.EN_US
    ada.save()
    assert "March 4, 2026" in browser_of_ada.get("/account", headers=german).content.decode()


def test_pages_of_ones_own_are_never_shown_from_memory(client: Client, ada: User) -> None:
    assert "Cache-Control" not in client.get("/prices").headers
    client.force_login(ada)
    assert "no-store" in client.get("/prices").headers["Cache-Control"]


def test_a_part_of_a_page_whose_person_signed_out_loads_the_page_again(client: Client) -> None:
    whole = client.get("/credits")
    assert (whole.status_code, whole.headers["Location"]) == (302, "/account/login/?next=/credits")
    part = client.get("/credits", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Refresh"], part.content) == (401, "true", b"")
