"""A process that is killed leaves everything done or nothing, never a half."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections, transaction

from core.money import CREDIT
from credits import operations as ledger
from credits.models import Account, Hold, Lot
from credits.posting import lock_account
from tests.runtime.processes import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
Work = Callable[[Connection], None]


@pytest.fixture
def user(transactional_db: None, django_user_model: Any) -> Any:
    return django_user_model.objects.create_user(f"{uuid4().hex}@example.com")


class Doomed:
    """A process that works, and tells of it through ``pipe``, until it is killed."""

    def __init__(self, work: Work) -> None:
        connections.close_all()  # a connection does not survive the fork
        fork = get_context("fork")
        self.pipe, theirs = fork.Pipe()
        self._process = fork.Process(target=self._live, args=(theirs, work), daemon=True)
        self._process.start()
        theirs.close()
        self.backend: int = self.pipe.recv()

    @staticmethod
    def _live(pipe: Connection, work: Work) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pipe.send(cursor.fetchone()[0])
        work(pipe)

    def kill(self) -> None:
        """``kill -9``, and wait until PostgreSQL is done with its connection."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join(30)
        assert self._process.exitcode == -signal.SIGKILL, "it was to be killed, not to end"

    def wait_until_forgotten(self) -> None:
        """PostgreSQL has noticed, and undone or done what was under way."""
        wait_for(lambda: not self._activity(), within_s=30, what="the end of its connection")

    def wait_until_blocked(self) -> None:
        """It waits for somebody's lock."""
        wait_for(lambda: self._activity() == "Lock", within_s=30, what="a lock to wait for")

    def _activity(self) -> str | None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT coalesce(wait_event_type, 'none') FROM pg_stat_activity WHERE pid = %s",
                [self.backend],
            )
            row = cursor.fetchone()
        return row and row[0]


def asked(user: Any, credits: int, *, key: str) -> dict[str, Any]:
    words = {"operation": "edit", "reason": "", "ttl": timedelta(hours=1)}
    return {"user_id": user.pk, "amount": credits * CREDIT, "key": key} | words


def standing(user: Any) -> tuple[int, int, int]:
    account = Account.objects.get(user=user)
    return account.available // CREDIT, account.held // CREDIT, account.debt // CREDIT


def test_a_process_killed_before_its_commit_has_done_nothing(user: Any) -> None:
    held = ledger.hold(**asked(user, 5, key="k")).pk

    def work(pipe: Connection) -> None:
        with transaction.atomic():
            ledger.capture(hold_id=held, amount=2 * CREDIT)
            ledger.refund(hold_id=held, amount=CREDIT, key="r", reason="")
            ledger.grant(user_id=user.pk, kind="topup", amount=9 * CREDIT, source_key="payment")
            ledger.hold(**asked(user, 1, key="other"))
            pipe.send("in the middle")
            pipe.recv()

    doomed = Doomed(work)
    assert doomed.pipe.recv() == "in the middle"
    doomed.kill()
    doomed.wait_until_forgotten()
    assert standing(user) == (13, 5, 0)
    assert Lot.objects.count() == Hold.objects.count() == 1
    assert ledger.capture(hold_id=held, amount=2 * CREDIT).state == "captured"
    assert standing(user) == (16, 0, 0)


def hold_again(user: Any, held: UUID) -> None:
    ledger.hold(**asked(user, 3, key="the same"))


def capture_again(user: Any, held: UUID) -> None:
    if Hold.objects.get(pk=held).state == "open":
        ledger.capture(hold_id=held, amount=2 * CREDIT)


def refund_again(user: Any, held: UUID) -> None:
    if Hold.objects.get(pk=held).state == "open":
        ledger.capture(hold_id=held)
    ledger.refund(hold_id=held, amount=CREDIT, key="r", reason="")


def grant_again(user: Any, held: UUID) -> None:
    ledger.grant(user_id=user.pk, kind="topup", amount=9 * CREDIT, source_key="payment")


@contextmanager
def locked(user: Any) -> Iterator[None]:
    with transaction.atomic():
        lock_account(user_id=user.pk)
        yield


@pytest.mark.parametrize(
    ("again", "after"),
    [
        (hold_again, (10, 8, 0)),
        (capture_again, (16, 0, 0)),
        (refund_again, (14, 0, 0)),
        (grant_again, (22, 5, 0)),
    ],
)
def test_a_process_killed_while_it_waits_has_done_all_or_nothing(
    user: Any, again: Callable[[Any, UUID], None], after: tuple[int, int, int]
) -> None:
    """Which of both, only the database knows: so whoever comes next asks with the same key."""
    held = ledger.hold(**asked(user, 5, key="k")).pk

    def work(pipe: Connection) -> None:
        pipe.recv()
        again(user, held)

    doomed = Doomed(work)
    with locked(user):
        doomed.pipe.send("go")
        doomed.wait_until_blocked()
        doomed.kill()
    doomed.wait_until_forgotten()
    again(user, held)
    assert standing(user) == after


def test_processes_killed_in_the_middle_of_their_work_leave_what_they_told(user: Any) -> None:
    ledger.grant(user_id=user.pk, kind="topup", amount=900 * CREDIT, source_key="payment")

    def work(pipe: Connection) -> None:
        for _ in count():
            hold = ledger.hold(**asked(user, 1, key=uuid4().hex))
            pipe.send((hold.pk, "open"))
            ledger.capture(hold_id=hold.pk, amount=CREDIT // 3)
            pipe.send((hold.pk, "captured"))

    crowd = [Doomed(work) for _ in range(4)]
    told: dict[UUID, str] = {}
    for number, doomed in enumerate(crowd):
        for _ in range(20 + 7 * number):
            told.update([doomed.pipe.recv()])
        doomed.kill()
        while doomed.pipe.poll():
            try:
                told.update([doomed.pipe.recv()])
            except (EOFError, OSError):  # killed in the middle of telling
                break
    for doomed in crowd:
        doomed.wait_until_forgotten()
    known = dict(Hold.objects.values_list("pk", "state"))
    assert set(told) <= set(known)
    assert all(known[pk] == "captured" for pk, state in told.items() if state == "captured")
    untold = len(known) - len(told)
    assert untold <= len(crowd), "at most one that each had done and could not tell"
    account = Account.objects.get(user=user)
    assert account.held == CREDIT * sum(state == "open" for state in known.values())
