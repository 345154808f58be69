"""The queue between a provider's thread and a client's coroutine."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from assistant.channel import Channel, Closed, Late
from tests.runtime.processes import wait_for


def soon() -> float:
    return time.monotonic() + 0.01


def test_items_come_in_order_and_no_more_than_there_is_room_for() -> None:
    channel: Channel[int] = Channel(2)
    channel.put(1)
    channel.put(2)
    with pytest.raises(Late):
        channel.put(3, until=soon())
    assert channel.get() == 1
    channel.put(3)
    assert [channel.get(), channel.get()] == [2, 3]
    with pytest.raises(Late):
        channel.get(until=soon())


def test_the_last_item_needs_no_room() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    channel.put_last(2)
    assert [channel.get(), channel.get()] == [1, 2]


def test_closing_wakes_whoever_waits_and_drops_what_is_in_it() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    ended: list[str] = []

    def write() -> None:
        try:
            channel.put(2)
        except Closed:
            ended.append("writer")

    writer = threading.Thread(target=write)
    writer.start()
    channel.close()
    writer.join()
    channel.put_last(3)
    assert (ended, channel.is_closed) == (["writer"], True)
    with pytest.raises(Closed):
        channel.get()


def test_a_coroutine_reads_while_a_thread_writes_and_holds_it_back() -> None:
    channel: Channel[int] = Channel(4)

    def write() -> None:
        for number in range(1000):
            channel.put(number)
        channel.put_last(-1)

    async def read() -> list[int]:
        found = []
        while (item := await channel.anext()) >= 0:
            found.append(item)
            assert len(channel._items) <= 5
        return found

    threading.Thread(target=write).start()
    assert asyncio.run(read()) == list(range(1000))


def test_a_coroutine_is_woken_when_the_other_side_goes_away() -> None:
    channel: Channel[int] = Channel(1)

    async def read() -> str:
        asking = asyncio.ensure_future(channel.anext())
        await asyncio.sleep(0)
        threading.Thread(target=channel.close).start()
        try:
            await asking
        except Closed:
            return "closed"
        return "an item"

    assert asyncio.run(read()) == "closed"


def test_one_loop_may_look_and_another_take() -> None:
    channel: Channel[int] = Channel(1)
    threading.Thread(target=channel.put, args=(7,)).start()
    assert asyncio.run(channel.anext(keep=True)) == 7
    assert asyncio.run(channel.anext()) == 7
    channel.put(8)
    assert not channel.is_closed
    assert asyncio.run(channel.anext()) == 8


def test_a_coroutine_that_is_cancelled_leaves_the_item_to_the_next() -> None:
    channel: Channel[int] = Channel(1)

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(channel.anext(), 0.01)

    asyncio.run(give_up())
    channel.put(1)
    wait_for(lambda: channel._items, what="the item")
    assert asyncio.run(channel.anext()) == 1
