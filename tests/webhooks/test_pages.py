"""The pages of webhooks, without JavaScript."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import User
from core.ids import uuid7
from notifications.models import WebhookDelivery, WebhookTarget
from tests.webhooks.conftest import Put, Send, Tell, time_passes
from tests.webhooks.receiver import Receiver, status

pytestmark = pytest.mark.django_db
AT = "/account/webhooks"
URL = "https://hooks.example.com/in"


def text_of(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_address_is_added_and_its_secret_shown_once(browser: Client, ada: User) -> None:
    assert AT in text_of(browser, "/account")
    form = {"url": URL, "description": "our ERP", "types": ["job.updated", "credits.changed"]}
    page = browser.post(AT, form).content.decode()
    target = WebhookTarget.objects.get(user=ada)
    assert target.types == ["job.updated", "credits.changed"]
    assert target.secret in page
    assert "no-store" in browser.get(AT).headers["Cache-Control"]
    for path in (AT, f"{AT}/{target.pk}"):
        assert target.secret not in text_of(browser, path)
    assert "our ERP" in text_of(browser, AT)
    assert "job.updated, credits.changed" in text_of(browser, AT)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"url": ""}, "This field is required."),
        ({"url": "http://example.com/"}, "Only https:// addresses are asked."),
        ({"url": "https://10.0.0.1/"}, "This address is not on the public internet."),
        ({"url": URL, "types": "nothing"}, "Select a valid choice."),
        ({"url": URL, "description": "x" * 101}, "at most 100 characters"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    browser: Client, form: dict[str, str], words: str
) -> None:
    page = browser.post(AT, form).content.decode()
    assert words in page
    assert not WebhookTarget.objects.exists()


def test_the_same_address_twice_is_refused_in_words(browser: Client) -> None:
    browser.post(AT, {"url": URL})
    assert "You have this address already." in browser.post(AT, {"url": URL}).content.decode()
    other = WebhookTarget.objects.create(
        user=WebhookTarget.objects.get().user, url=URL + "/2", secret="whsec_AAAA"
    )
    page = browser.post(f"{AT}/{other.pk}", {"url": URL}).content.decode()
    assert "You have this address already." in page


def test_it_is_tested_and_sent_again_and_the_log_says_how_it_went(
    browser: Client, put: Put, send: Send, receiver: Receiver
) -> None:
    target = put()
    at = f"{AT}/{target.pk}"
    assert "Nothing yet." in text_of(browser, at)
    assert browser.post(f"{at}/test").headers["Location"] == at
    assert "Waiting" in text_of(browser, at)
    receiver.will(status(500, b"<script>alert(1)</script>"))
    send()
    page = text_of(browser, at)
    assert "500 Internal Server Error: &lt;script&gt;" in page
    assert "Failing since" in page
    assert "Tries again at" in page
    row = WebhookDelivery.objects.get()
    assert browser.post(f"{at}/deliveries/{row.pk}/retry").status_code == 302
    time_passes(seconds=6)
    send()
    page = text_of(browser, at)
    assert "Delivered" in page
    assert "webhook.test" in page
    assert "Failing" not in page


def test_it_is_turned_off_and_on_changed_and_removed(browser: Client, put: Put) -> None:
    target = put()
    at = f"{AT}/{target.pk}"
    browser.post(f"{at}/switch", {"to": "off"})
    page = text_of(browser, at)
    assert "Off since" in page
    assert "Send a test" not in page
    for path in (f"{at}/test", f"{at}/deliveries/{uuid7()}/retry"):
        assert "is turned off" in browser.post(path, follow=True).content.decode()
    browser.post(f"{at}/switch", {"to": "on"})
    assert "Send a test" in text_of(browser, at)
    browser.post(at, {"url": URL, "types": ["product.updated"]})
    target.refresh_from_db()
    assert (target.url, target.types) == (URL, ["product.updated"])
    page = browser.post(f"{at}/remove", follow=True).content.decode()
    assert "hooks.example.com is removed." in page
    assert not WebhookTarget.objects.exists()


def test_a_new_secret_is_shown_once(browser: Client, put: Put) -> None:
    target = put()
    at = f"{AT}/{target.pk}"
    page = browser.post(f"{at}/rotate").content.decode()
    new = WebhookTarget.objects.get().secret
    assert new != target.secret
    assert new in page
    assert target.secret not in page
    assert new not in text_of(browser, at)
    assert browser.get(f"{at}/rotate").status_code == 405


def test_the_log_has_pages(browser: Client, put: Put, tell: Tell) -> None:
    target = put()
    for n in range(52):
        tell(n=n)
    page = text_of(browser, f"{AT}/{target.pk}")
    older = re.search(r'href="([^"]*cursor=[^"]*)">Older', page)
    assert older
    assert page.count("job.updated<details>") == 50
    behind = text_of(browser, older[1].replace("&amp;", "&"))
    assert behind.count("job.updated<details>") == 2
    assert "Newer" in behind


def test_what_is_not_yours_is_not_there(browser: Client, put: Put, berta: User, tell: Tell) -> None:
    target = put(user=berta)
    tell(user=berta)
    row = WebhookDelivery.objects.get()
    for webhook in (target.pk, uuid7(), "no-id"):
        at = f"{AT}/{webhook}"
        assert browser.get(at).status_code == 404
        for path in ("", "/test", "/rotate", "/switch", "/remove", f"/deliveries/{row.pk}/retry"):
            assert browser.post(at + path, {"url": URL}).status_code == 404, path
    assert target.url not in text_of(browser, AT)
    assert WebhookTarget.objects.get().secret == target.secret


def test_strangers_sign_in_first(client: Client) -> None:
    for path in (AT, f"{AT}/{uuid7()}"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/account/login/?next=")
