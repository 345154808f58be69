"""Watching: as long as somebody looks, and for nobody else."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from accounts.operations import create_key
from core.ids import uuid7
from notifications import watches
from notifications.models import Watch
from tests.asgi import serving
from tests.notifications.conftest import Tell
from tests.runtime.processes import wait_for

pytestmark = pytest.mark.django_db


def test_what_is_watched_is_watched_by_that_user_for_that_long(ada: User, berta: User) -> None:
    page, job = uuid7(), uuid7()
    watches.watch(ada.pk, page, 60)
    assert watches.is_watched(ada.pk, [job, page])
    assert not watches.is_watched(ada.pk, [job])
    assert not watches.is_watched(ada.pk, [])
    assert not watches.is_watched(berta.pk, [page])
    Watch.objects.update(until=Now() - timedelta(milliseconds=1))
    assert not watches.is_watched(ada.pk, [page])


def test_looking_again_prolongs_and_never_shortens(ada: User) -> None:
    page = uuid7()
    watches.watch(ada.pk, page, 60)
    before = Watch.objects.get().until
    watches.watch(ada.pk, page, 1)
    assert Watch.objects.get().until == before
    watches.watch(ada.pk, page, 120)
    assert Watch.objects.get().until > before


def test_a_page_looked_since_a_moment_if_it_said_so_after_it(ada: User) -> None:
    page = uuid7()
    watches.watch(ada.pk, page, watches.PAGE_S)
    now = timezone.now()
    assert watches.looked_since(ada.pk, page, now - timedelta(seconds=5))
    assert not watches.looked_since(ada.pk, page, now + timedelta(seconds=5))
    assert not watches.looked_since(ada.pk, uuid7(), now - timedelta(seconds=5))


def test_what_lapsed_is_taken_away_once_and_what_lasts_stays(ada: User, berta: User) -> None:
    page = uuid7()
    watches.watch(ada.pk, page, 0)
    watches.watch(berta.pk, page, 60)
    assert watches.take_lapsed(page) == {ada.pk}
    assert watches.take_lapsed(page) == set()
    assert Watch.objects.get().user_id == berta.pk


def test_what_lapsed_an_hour_ago_is_forgotten(ada: User) -> None:
    old, new = uuid7(), uuid7()
    for one in (old, new):
        watches.watch(ada.pk, one, 0)
    Watch.objects.filter(subject=old).update(until=Now() - timedelta(minutes=61))
    assert watches.forget_old() == 1
    assert Watch.objects.get().subject == new


@pytest.mark.django_db(transaction=True)
def test_an_open_page_watches_its_product_as_long_as_its_stream_is_open(
    ada: User, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.events.PING_S", 0.2)
    monkeypatch.setattr(watches, "RENEWED_EVERY_S", 0.2)
    page = uuid7()
    headers = {"Authorization": f"Bearer {create_key(user=ada, name='page')[1]}"}
    with serving() as url, httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        with client.stream("GET", f"/api/events?watching={page}"):
            wait_for(lambda: watches.is_watched(ada.pk, [page]), what="the watch")
            first = Watch.objects.get().until
            wait_for(lambda: Watch.objects.get().until > first, what="its renewal")
        with client.stream("GET", "/api/events"):
            tell(ada)
        refused = client.get("/api/events?watching=nonsense")
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, ["watching"])
    assert Watch.objects.count() == 1
