"""A part that fails is left out; what is not its failure ends the attempt."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from django.db import InterfaceError, OperationalError

from generation.errors import LeaseLost
from generation.run import Run
from techpack.work.parts import Parts


@pytest.fixture
def parts() -> Parts:
    return Parts(Mock(spec=Run), planned=2, step="{done} of {planned} views")


@pytest.mark.parametrize("error", [LeaseLost(), OperationalError("gone"), InterfaceError("closed")])
def test_a_lost_lease_or_database_is_no_failure_of_the_part(parts: Parts, error: Any) -> None:
    with pytest.raises(type(error)):
        parts.lost(part_id="a", view_type="front", error=error)
    assert parts.failed == []


def test_a_bug_in_one_part_is_told_and_the_others_go_on(parts: Parts) -> None:
    parts.lost(part_id="a", view_type="front", error=ZeroDivisionError())
    assert [row["error"]["code"] for row in parts.failed] == ["BUG"]
