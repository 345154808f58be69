"""Stored files behind views of ours: whole or in part, whoever asks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponseBase
from django.test import AsyncClient, Client
from django.urls import path
from hypothesis import HealthCheck, given
from hypothesis import settings as thorough
from hypothesis import strategies as st
from rest_framework.request import Request
from rest_framework.views import APIView

from core import media, storage
from tests.core.coroutines import finished

BODY = bytes(range(256)) * 12_000
SMALL = bytes(range(200))
KEYS: dict[str, str] = {}


class Film(APIView):
    """As an endpoint of the API does it."""

    authentication_classes = []

    def get(self, request: Request, name: str) -> HttpResponseBase:
        return media.stored(request, KEYS[name])


def plain(request: HttpRequest, name: str) -> HttpResponseBase:
    return media.stored(request, KEYS[name], name="film.mp4")


urlpatterns = [path("api/<str:name>", Film.as_view()), path("<str:name>", plain)]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    for name, data in {"film": BODY, "small": SMALL, "empty": b""}.items():
        KEYS[name] = storage.put("videos", data, "mp4")


async def blocks_of(url: str) -> list[bytes]:
    response: Any = await AsyncClient().get(url)
    assert response.is_async
    return [block async for block in response.streaming_content]


def test_an_endpoint_of_the_api_sends_blocks_as_they_are_read() -> None:
    blocks = finished(blocks_of, "/api/film")
    assert b"".join(blocks) == BODY
    assert len(blocks) == 3


def test_a_name_makes_it_a_download_and_none_shows_it(client: Client) -> None:
    assert client.get("/film")["Content-Disposition"] == 'attachment; filename="film.mp4"'
    assert "Content-Disposition" not in client.get("/api/film")


def test_a_file_that_is_gone_is_told_as_the_api_tells_it(client: Client) -> None:
    storage.delete(KEYS["film"])
    answer = client.get("/api/film")
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "not_found"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": '"other"'}, 412),
        ({"If-Match": "*"}, 200),
        ({"If-Match": '"other"', "Range": "bytes=0-1"}, 412),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"', "Range": "bytes=0-1"}, 206),
        ({"If-Range": '"other"', "Range": "bytes=9999-"}, 200),
        ({"If-Range": "Wed, 21 Oct 2026 07:28:00 GMT", "Range": "bytes=0-1"}, 200),
        ({"Range": "bytes=200-"}, 416),
    ],
)
def test_conditions_are_answered_as_they_should_be(headers: dict[str, str], status: int) -> None:
    assert Client().get("/small", headers=headers).status_code == status


def test_an_empty_file_has_no_part(client: Client) -> None:
    assert client.get("/empty").getvalue() == b""
    for wanted in ("bytes=0-", "bytes=0-0", "bytes=-1"):
        answer = client.get("/empty", headers={"Range": wanted})
        assert (answer.status_code, answer["Content-Range"]) == (416, "bytes */0")


# Numbers around the length, of any length themselves, and things that are none.
NUMBERS = st.one_of(
    st.integers(0, 2 * len(SMALL)).map(str),
    st.integers(0, 10**30).map(str),
    st.sampled_from(["", "-1", "0x1", "٣", "1e1", " 1", "00199"]),
)
RANGES = st.one_of(
    st.tuples(NUMBERS, NUMBERS).map(lambda pair: f"bytes={pair[0]}-{pair[1]}"),
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=3).map(
        lambda pairs: "bytes=" + ",".join(f"{first}-{last}" for first, last in pairs)
    ),
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20),
)


@thorough(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=RANGES, is_head=st.booleans())
def test_whatever_range_is_asked_for_the_answer_says_truly_what_it_holds(
    wanted: str, is_head: bool
) -> None:
    client = Client()
    ask = client.head if is_head else client.get
    answer: Any = ask("/small", headers={"Range": wanted})
    body = b"" if is_head or answer.status_code == 416 else answer.getvalue()
    if answer.status_code == 200:
        assert int(answer["Content-Length"]) == len(SMALL)
        assert is_head or body == SMALL
        return
    assert not is_head, "a range is for GET alone"
    if answer.status_code == 416:
        assert answer["Content-Range"] == f"bytes */{len(SMALL)}"
        return
    assert answer.status_code == 206
    found = re.fullmatch(rf"bytes (\d+)-(\d+)/{len(SMALL)}", answer["Content-Range"])
    assert found
    first, last = int(found[1]), int(found[2])
    assert 0 <= first <= last < len(SMALL)
    assert body == SMALL[first : last + 1]
    assert int(answer["Content-Length"]) == len(body)
    assert wanted.startswith("bytes=")
    asked = wanted.removeprefix("bytes=").split("-")
    if asked[0] == "":
        assert last == len(SMALL) - 1
    else:
        assert first == int(asked[0])
