"""A task that ends its process costs that task alone."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from generation.model_server.refusals import Refused
from generation.model_server.seats import Seat, SeatLost, Seats
from tests.core.coroutines import finished
from tests.model_server.inline import POLO
from tests.runtime.processes import command_lines, wait_for

LOOK = {"kind": "see", "operation": "category/detect", "texts": [], "pictures": [POLO]}
HELLO = {
    "kind": "chat",
    "messages": [{"role": "user", "content": "Hello"}],
    "max_tokens": 50,
    "options": {},
    "knowledge": None,
    "is_stream": False,
}


@pytest.fixture
def seat() -> Iterator[Seat]:
    made = Seat()
    made.start()
    yield made
    made.end()


def pid_of(seat: Seat) -> int:
    assert seat._process is not None
    assert seat._process.pid is not None
    return seat._process.pid


def test_a_seat_that_was_killed_is_told_and_works_again(seat: Seat) -> None:
    first = pid_of(seat)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(SeatLost):
        seat.do(HELLO, 60)
    assert seat.do(HELLO, 60)["choices"]
    assert pid_of(seat) != first


def test_a_task_that_takes_too_long_is_ended_with_its_process(seat: Seat) -> None:
    busy = pid_of(seat)
    with pytest.raises(SeatLost):
        seat.do(LOOK, 0.001)
    wait_for(lambda: busy not in command_lines(), what="the end of the process")
    assert "text" in seat.do(LOOK, 60)


def test_a_task_that_cannot_be_done_leaves_its_process_at_work(seat: Seat) -> None:
    before = pid_of(seat)
    assert seat.do({"kind": "dance"}, 60)["status"] == 500
    assert seat.do({**LOOK, "pictures": [b"\xff\xd8\xff" + b"x" * 99]}, 60)["status"] == 400
    assert pid_of(seat) == before


def test_who_finds_all_seats_and_places_taken_is_refused_and_the_others_are_served() -> None:
    async def crowd() -> list[Any]:
        seats = Seats(size=1, waiting_most=2, timeout_s=60)
        await seats.start()
        try:
            assert seats.is_ready
            asked = [asyncio.create_task(seats.do(LOOK)) for _ in range(6)]
            results = await asyncio.gather(*asked, return_exceptions=True)
            assert (seats.busy, seats.waiting, seats.lost) == (0, 0, 0)
            return results
        finally:
            await seats.stop()

    results = finished(crowd)
    refused = [result for result in results if isinstance(result, Refused)]
    assert len(refused) in (3, 4)  # the first may or may not have its seat when others come
    assert {error.status for error in refused} == {429}
    assert all("text" in result for result in results if result not in refused)


@pytest.mark.thorough
def test_a_lost_seat_is_a_failure_of_one_request() -> None:
    async def lose() -> tuple[int, Any, int]:
        seats = Seats(size=1, waiting_most=2, timeout_s=60)
        await seats.start()
        try:
            os.kill(pid_of(seats._seats[0]), signal.SIGKILL)
            with pytest.raises(Refused) as refused:
                await seats.do(HELLO)
            return refused.value.status, await seats.do(HELLO), seats.lost
        finally:
            await seats.stop()

    status, result, lost = finished(lose)
    assert (status, lost) == (500, 1)
    assert result["choices"]
