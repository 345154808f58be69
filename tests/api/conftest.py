"""The same users, photos and workers as for the packs, and an API that checks its answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from accounts.operations import create_key
from tests.api.contract import Contract
from tests.techpack.conftest import (  # noqa: F401
    _at_once,
    _nothing_drifts,
    _own_media,
    make_product,
    stranger,
    user,
)


@pytest.fixture(autouse=True)
def _nothing_counted_yet() -> None:
    cache.clear()


@pytest.fixture
def api(user: Any) -> Contract:  # noqa: F811
    """A key with every usual scope, whose answers are held against the description."""
    return Contract(create_key(user=user, name="tests")[1])
