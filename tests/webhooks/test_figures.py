"""What operators are told of sending: what is ours to mend, and not what is the receivers'."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts.models import User
from generation.alerts.evaluating import evaluate
from generation.models import Alert
from notifications.models import WebhookDelivery
from tests.webhooks.conftest import Put, Send, Tell
from tests.webhooks.receiver import Receiver, status

pytestmark = pytest.mark.django_db


def scraped(series: str) -> float:
    text = Client().get("/metrics").content.decode()
    (line,) = [one for one in text.splitlines() if one.startswith(series)]
    return float(line.split()[-1])


def of_outgoing() -> list[float]:
    names = ("due", "failing", "given_up")
    return [scraped(f'webhooks_{name}{{operation="outgoing"}}') for name in names]


def firing() -> list[Alert]:
    evaluate()
    return list(Alert.objects.filter(ends_at=None, name="WebhookFailing"))


def wait(minutes: int) -> None:
    """As if what is due had been due for so long."""
    WebhookDelivery.objects.update(due_at=Now() - timedelta(minutes=minutes))


def test_deliveries_that_nobody_sends_wake_somebody(put: Put, tell: Tell, send: Send) -> None:
    put()
    tell()
    wait(4)
    assert (of_outgoing(), firing()) == ([1, 0, 0], [])
    wait(6)
    assert of_outgoing() == [1, 1, 0]
    (alert,) = firing()
    assert alert.labels["operation"] == "outgoing"
    assert alert.annotations["page_url"].endswith("/webhooktarget/?state=failing")
    send()
    assert of_outgoing() == [0, 0, 0]


def test_an_address_that_takes_nothing_is_its_owners_to_mend(
    put: Put, tell: Tell, send: Send, receiver: Receiver
) -> None:
    put(failing_since=Now() - timedelta(days=2))
    tell()
    wait(60)
    receiver.will(status(500))
    send()
    wait(60)
    assert (of_outgoing(), firing()) == ([1, 0, 0], [])


def test_addresses_that_are_off_are_nobodys_concern(put: Put, tell: Tell) -> None:
    target = put()
    tell()
    wait(60)
    type(target).objects.update(disabled_at=Now())
    assert firing() == []


def test_that_nothing_arrives_anywhere_wakes_somebody(
    put: Put, tell: Tell, send: Send, receiver: Receiver
) -> None:
    for path in ("/a", "/b"):
        put(path, failing_since=Now() - timedelta(hours=2))
    assert of_outgoing()[1] == 0
    put("/c", failing_since=Now() - timedelta(minutes=5))
    assert of_outgoing()[1] == 3
    assert [alert.labels["operation"] for alert in firing()] == ["outgoing"]
    for path in ("/a", "/b", "/c"):
        receiver.will(status(500), path=path)
    put("/works")
    tell()
    assert send() == 4
    assert scraped('webhook_targets{state="failing"}') == 3
    assert of_outgoing()[1] == 0


def test_addresses_are_counted_by_how_they_stand(put: Put) -> None:
    put("/a")
    put("/b", failing_since=Now())
    put("/c", failing_since=Now(), disabled_at=Now())
    for state in ("working", "failing", "off"):
        assert scraped(f'webhook_targets{{state="{state}"}}') == 1


def test_support_sees_addresses_and_deliveries_and_no_secret(
    put: Put, tell: Tell, send: Send, ada: User, receiver: Receiver
) -> None:
    target = put(failing_since=Now(), old_secret="whsec_b2xkIHNlY3JldA==")
    tell(words="in the body")
    receiver.will(status(500))
    send()
    root = User.objects.create_superuser("root@studio.example", "harbour-crane-7")
    admin = Client()
    admin.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    at, row = "/admin/notifications", WebhookDelivery.objects.get()
    shown = {
        f"{at}/webhooktarget/?state=failing": target.url,
        f"{at}/webhooktarget/?q={ada.email}": target.url,
        f"{at}/webhooktarget/{target.pk}/change/": target.url,
        f"{at}/webhookdelivery/?q={target.pk}": "500 Internal Server Error",
        f"{at}/webhookdelivery/{row.pk}/change/": "in the body",
    }
    for path, words in shown.items():
        answer = admin.get(path)
        assert answer.status_code == 200, path
        page = answer.content.decode()
        assert words in page, path
        assert target.secret not in page, path
        assert target.old_secret not in page, path
    for path in (f"{at}/webhooktarget/?state=working", f"{at}/webhooktarget/?q=nobody"):
        assert target.url not in admin.get(path).content.decode()
    assert admin.get(f"{at}/webhooktarget/add/").status_code == 403
    assert admin.post(f"{at}/webhookdelivery/{row.pk}/delete/").status_code == 403
