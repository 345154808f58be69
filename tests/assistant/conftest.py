"""A user with a pack, asking the assistant by verb and by key."""

from __future__ import annotations

from tests.techpack.conftest import (  # noqa: F401
    _at_once,
    _nothing_drifts,
    _own_media,
    api,
    make_product,
    stranger,
    user,
)
