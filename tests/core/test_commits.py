"""What follows a commit and fails is logged, and fails nothing else."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import transaction

from core.commits import after_commit

pytestmark = pytest.mark.django_db(transaction=True)


def _fail(words: str, *, code: int) -> None:
    raise LookupError(f"{words} {code}")


def test_it_runs_after_the_commit_and_not_after_a_rollback() -> None:
    done: list[str] = []
    with transaction.atomic():
        after_commit(done.append, "kept")
        assert not done
    with transaction.atomic():
        after_commit(done.append, "never")
        transaction.set_rollback(True)
    assert done == ["kept"]


@pytest.mark.parametrize("do", [_fail, partial(_fail)])
def test_what_it_raises_is_logged_and_goes_no_further(
    do: object, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []
    with transaction.atomic():
        after_commit(do, "no room", code=7)  # type: ignore[arg-type]
        after_commit(done.append, "the next")
    assert done == ["the next"]
    assert "no room 7" in caplog.text
