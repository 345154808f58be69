"""A key to the API whose answers are held against the description; workers that work at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from accounts.operations import create_key
from config.celery import app
from generation.run import Run
from tests.api.contract import Contract
from tests.techpack.conftest import _own_media, make_product, new_user  # noqa: F401
from videos import looking


@pytest.fixture
def api(user: Any) -> Contract:
    """The user's key with every usual scope."""
    return Contract(create_key(user=user, name="tests")[1])


@pytest.fixture
def stranger(user: Any) -> Contract:
    """Somebody else's key."""
    return Contract(create_key(user=new_user(), name="tests")[1])


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tasks run where they are published, after the commit; nobody waits before asking again."""
    cache.clear()
    monkeypatch.setattr(Run, "pause", lambda run, seconds: run.check())
    monkeypatch.setattr(looking, "CHECKED_EVERY_S", 0.0)
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False
