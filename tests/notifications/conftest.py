"""Two people, a browser of the one, and things to tell them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from accounts.operations import create_key
from notifications.models import Notification
from notifications.operations import notify
from tests.api.contract import Contract

Tell = Callable[..., Notification]


@pytest.fixture(autouse=True)
def _nothing_counted_yet() -> None:
    cache.clear()


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
    """A key of Ada's with the usual scopes."""
    return Contract(create_key(user=ada, name="tests")[1])


@pytest.fixture
def tell() -> Tell:
    """``tell(user, title="…")`` puts a notification in an inbox."""

    def one(user: User, **given: Any) -> Notification:
        told = {"kind": "test.told", "title": "A thing happened", "body": "It did."} | given
        return notify(user_id=user.pk, **told)

    return one
