"""Only one is at it, whoever shares its connection."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from core.alone import alone, in_turn

pytestmark = pytest.mark.django_db(transaction=True)

LOCK = 7_262_990


def test_another_does_not_begin_meanwhile_and_may_afterwards() -> None:
    with alone(LOCK) as first, alone(LOCK) as second:
        assert (first, second) == (True, False)
    with alone(LOCK) as third:
        assert third


def test_who_has_another_name_or_number_is_not_hindered() -> None:
    with alone(LOCK, "a") as a, alone(LOCK, "b") as b, alone(LOCK + 1) as other:
        assert (a, b, other) == (True, True, True)
        with alone(LOCK, "a") as again:
            assert not again


def test_the_lock_is_free_after_a_failure() -> None:
    with pytest.raises(ZeroDivisionError), alone(LOCK):
        raise ZeroDivisionError
    with alone(LOCK) as later:
        assert later


def test_nothing_of_it_stays_in_the_connection_that_others_get_from_a_pooler() -> None:
    with alone(LOCK), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        )
        assert cursor.fetchone() == (0,)


def test_what_is_done_meanwhile_is_a_transaction_apart() -> None:
    with alone(LOCK), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kept AS SELECT 1 AS one")
    with connection.cursor() as cursor:
        cursor.execute("SELECT one FROM kept")
        assert cursor.fetchone() == (1,)


def test_in_turn_the_next_waits_for_the_one_before() -> None:
    done: list[str] = []
    begun = threading.Event()

    def second() -> None:
        begun.set()
        with in_turn(LOCK):
            done.append("second")
        connection.close()

    with in_turn(LOCK):
        thread = threading.Thread(target=second)
        thread.start()
        assert begun.wait(30)
        with alone(LOCK) as is_free:
            assert not is_free
        done.append("first")
    thread.join(30)
    assert done == ["first", "second"]
