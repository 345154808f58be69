"""Two people, a receiver on loopback, and addresses of theirs that lead to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db.models.functions import Now
from django.test import Client

from accounts.models import User
from accounts.operations import create_key
from accounts.scopes import SCOPES
from core.ids import uuid7
from notifications import delivering, outgoing
from notifications.models import WebhookDelivery, WebhookTarget
from notifications.signing import new_secret
from tests.api.contract import Contract
from tests.webhooks.receiver import Receiver

Put = Callable[..., WebhookTarget]
Tell = Callable[..., str]
Send = Callable[[], int]


@pytest.fixture(autouse=True)
def _nothing_counted_yet() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def rings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Senders are not started by rings, but by tests; here is how often it rang."""
    rung: list[int] = []
    for module in ("notifications.targets", "notifications.outgoing"):
        monkeypatch.setattr(f"{module}.send_webhooks_soon", lambda: rung.append(1))
    return rung


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@studio.example", "harbour-crane-7", name="Ada")


@pytest.fixture
def berta(db: None) -> User:
    return User.objects.create_user("berta@studio.example", "harbour-crane-7")


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def api(ada: User) -> Contract:
    """A key of Ada's with every scope."""
    return Contract(create_key(user=ada, name="all", scopes=list(SCOPES))[1])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    found.serve()
    yield found
    found.close()


@pytest.fixture
def put(receiver: Receiver, ada: User) -> Put:
    """``put(path)`` makes an address of Ada's that leads to the receiver, which is not public."""

    def one(path: str = "/", user: Any = None, **rest: Any) -> WebhookTarget:
        given = {"url": receiver.url(path), "secret": new_secret()} | rest
        return WebhookTarget.objects.create(user=user or ada, **given)

    return one


@pytest.fixture
def tell(ada: User) -> Tell:
    """``tell()`` gives the consumer an event of Ada's; returns its id."""

    def one(user: Any = None, type: str = "job.updated", **data: Any) -> str:
        event_id = str(uuid7())
        outgoing.handle(
            {
                "id": event_id,
                "type": type,
                "version": 1,
                "occurredAt": "2026-05-04T10:00:00+00:00",
                "userId": str((user or ada).pk),
                "data": data,
            }
        )
        return event_id

    return one


@pytest.fixture
def send(receiver: Receiver) -> Send:
    """Send what is due, as a worker does."""
    return lambda: delivering.send_due(reach=receiver.reach())


def time_passes(**by: float) -> None:
    """As if it had been so long ago: what waits is due by so much sooner, rests end sooner."""
    ago = timedelta(**by)
    for row in WebhookDelivery.objects.exclude(due_at=None):
        WebhookDelivery.objects.filter(pk=row.pk).update(due_at=_before(row.due_at, ago))
    for target in WebhookTarget.objects.all():
        WebhookTarget.objects.filter(pk=target.pk).update(
            busy_until=_before(target.busy_until, ago),
            failing_since=_before(target.failing_since, ago),
            old_secret_until=_before(target.old_secret_until, ago),
        )


def _before(at: Any, ago: timedelta) -> Any:
    return None if at is None else at - ago


def due_in_s(delivery: WebhookDelivery) -> float:
    """Seconds until it is sent, by the database's clock."""
    rows = WebhookDelivery.objects.filter(pk=delivery.pk).values_list("due_at", Now())
    due_at, now = rows.get()
    assert due_at is not None
    return float((due_at - now).total_seconds())
