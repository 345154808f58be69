"""Static files as a server that does many things at once sends them: as they are read."""

from __future__ import annotations

import warnings
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.test import AsyncClient, Client

from core import static_files
from tests.asgi import serving
from tests.core.coroutines import finished

FONT = "fonts/archivo.woff2"
ADDRESS = f"/static/{FONT}"
WHOLE = (settings.BASE_DIR / "static" / FONT).read_bytes()


async def blocks() -> list[bytes]:
    answer: Any = await AsyncClient().get(ADDRESS)
    assert answer.is_async
    return [block async for block in answer]


def test_a_file_is_sent_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static_files, "BLOCK", 1000)
    sent = finished(blocks)
    assert b"".join(sent) == WHOLE
    assert max(map(len, sent)) == 1000


def test_the_server_sends_the_whole_or_a_part_or_nothing_and_has_nothing_to_warn_of(
    transactional_db: None,
) -> None:
    with warnings.catch_warnings(record=True) as warned, serving() as site:
        warnings.simplefilter("always")
        with httpx.Client(base_url=site, timeout=60) as client:
            whole = client.get(ADDRESS)
            part = client.get(ADDRESS, headers={"Range": "bytes=4-99"})
            head = client.head(ADDRESS)
            since = {"If-Modified-Since": whole.headers["Last-Modified"]}
            same = client.get(ADDRESS, headers=since)
    assert (whole.status_code, whole.content) == (200, WHOLE)
    assert (part.status_code, part.content) == (206, WHOLE[4:100])
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(WHOLE)))
    assert (same.status_code, same.content) == (304, b"")
    assert [str(one.message) for one in warned if "iterators" in str(one.message)] == []


def test_a_server_that_does_one_thing_at_a_time_sends_the_same() -> None:
    answer: Any = Client().get(ADDRESS)
    assert (answer.status_code, answer.getvalue()) == (200, WHOLE)
