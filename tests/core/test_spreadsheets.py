"""Tables for spreadsheets: whole, streamed, and nothing in them is calculated."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from django.http import StreamingHttpResponse
from django.test import AsyncRequestFactory, RequestFactory

from core.spreadsheets import BATCH, cell, csv_of, download
from tests.core.coroutines import finished


@pytest.mark.parametrize(
    "text", ["=1+1", "+49 30", "-2", "@cmd", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"]
)
def test_what_would_be_calculated_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=b", "3", "Größe", "连帽衫", "'=1"])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_rows_are_written_in_turn_and_read_back_as_they_were() -> None:
    rows = [[n, 'quo"ted, and\nbroken', "连帽衫"] for n in range(BATCH * 2 + 1)]
    chunks = list(csv_of(rows))
    assert len(chunks) == 3
    found = list(csv.reader(io.StringIO("".join(chunks), newline="")))
    assert found == [[str(n), *rest] for n, *rest in rows]
    assert list(csv_of([])) == []


def counted(made: list[int]) -> Iterator[str]:
    for number in range(3):
        made.append(number)
        yield str(number)


def test_a_file_is_made_while_it_is_sent() -> None:
    made: list[int] = []
    answer = download(RequestFactory().get("/"), counted(made), name="x.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="x.csv"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    parts = iter(answer)
    assert (next(parts), made) == (b"0", [0])
    assert list(parts) == [b"1", b"2"]


def test_a_server_that_does_many_things_at_once_sends_it_piece_by_piece_too() -> None:
    made: list[int] = []
    answer = download(AsyncRequestFactory().get("/"), counted(made), name="x.csv")
    assert finished(_sent, answer, made) == [(b"0", 1), (b"1", 2), (b"2", 3)]


async def _sent(answer: StreamingHttpResponse, made: list[int]) -> list[tuple[bytes, int]]:
    return [(part, len(made)) async for part in answer]
