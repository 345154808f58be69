"""A film's file at its addresses: whole or in part, to its owner alone, under any name."""

from __future__ import annotations

import re
import resource
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db.models import F
from django.test import AsyncClient, Client
from hypothesis import HealthCheck, given
from hypothesis import settings as thorough
from hypothesis import strategies as st

from accounts.operations import create_key
from core import storage
from techpack.models import Product
from tests.asgi import serving
from tests.core.coroutines import finished
from tests.fakes.films import small_film
from tests.videos.rows import put_video
from videos import operations, retention
from videos.models import Video

FILM = small_film()
DONE = Video.Status.COMPLETED


@pytest.fixture(autouse=True)
def _unlimited(settings: Any) -> None:
    """As many requests as a test asks."""
    cache.clear()
    settings.REQUESTS_PER_MINUTE = 10**6


@pytest.fixture
def video(user: Any) -> Video:
    return put_video(user, DONE)


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def by_key(person: Any, *scopes: str) -> dict[str, str]:
    secret = create_key(user=person, name="tests", scopes=scopes or None)[1]
    return {"Authorization": f"Bearer {secret}"}


def address(video: Video) -> str:
    return f"/api/videos/{video.video_id}/content"


def test_its_owner_gets_it_by_session_and_by_key(user: Any, video: Video) -> None:
    for answer in (
        signed_in(user).get(address(video)),
        Client().get(address(video), headers=by_key(user)),
        Client().get(address(video), headers=by_key(user, "videos")),
    ):
        assert (answer.status_code, answer.getvalue()) == (200, FILM)
        assert answer["Content-Type"] == "video/mp4"
        assert answer["Cache-Control"].startswith("private")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_nobody_else_does(user: Any, video: Video) -> None:
    other = get_user_model().objects.create_user("other@example.com", "long enough 42")
    assert Client().get(address(video)).status_code == 401
    assert signed_in(other).get(address(video)).status_code == 404
    assert Client().get(address(video), headers=by_key(other)).status_code == 404
    assert Client().get(address(video), headers=by_key(user, "chat")).status_code == 403
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(signed_in(user), method)(address(video), content_type="application/json")
        assert answer.status_code == 405, method


@pytest.mark.parametrize(
    "trick",
    [
        "video_" + "0" * 32,
        "..%2F..%2Fetc%2Fpasswd",
        "video_%00",
        "films%2Fab%2Fcd",
        "%252e%252e",
        "video_" + "a" * 5000,
        "%D9%A3",
    ],
)
def test_an_id_that_is_none_leads_nowhere(user: Any, trick: str) -> None:
    answer = signed_in(user).get(f"/api/videos/{trick}/content")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith(("application/json", "text/html"))


def test_a_film_that_is_not_there_says_why(user: Any, settings: Any) -> None:
    client = signed_in(user)
    for status, code in (("queued", ""), ("in_progress", ""), ("failed", "timeout")):
        answer = client.get(address(put_video(user, status, code=code)))
        assert answer.status_code == 404
        assert "(yet)" in answer.json()["error"]["message"]
    old = put_video(user, DONE)
    settings.VIDEO_RETENTION_DAYS = 1
    Video.objects.filter(pk=old.pk).update(finished_at=F("finished_at") - timedelta(days=2))
    retention.remove_old()
    answer = client.get(address(old))
    assert answer.status_code == 404
    assert "removed" in answer.json()["error"]["message"]
    told = client.get(f"/api/check-video?video_id={old.video_id}").json()
    assert (told["status"], "url" in told) == ("completed", False)
    assert client.get(f"/videos/{old.video_id}/film").status_code == 404
    assert client.get(f"/videos/{old.video_id}/download").status_code == 404
    page = client.get(f"/videos/{old.video_id}").content.decode()
    assert "kept for its time and is removed" in page
    assert "<video" not in page


def test_a_page_says_until_when_a_film_is_kept(user: Any, video: Video, settings: Any) -> None:
    page = f"/videos/{video.video_id}"
    assert "Kept until" not in signed_in(user).get(page).content.decode()
    settings.VIDEO_RETENTION_DAYS = 30
    video.refresh_from_db()
    assert video.finished_at is not None
    until = (video.finished_at + timedelta(days=30)).strftime("%Y-%m-%d")
    shown = signed_in(user).get(page).content.decode()
    assert "Kept until" in shown
    assert f'datetime="{until}' in shown


def test_a_file_that_went_from_under_its_film_is_404_and_no_fault(user: Any, video: Video) -> None:
    storage.delete(video.file_key)
    answer = signed_in(user).get(address(video))
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "not_found"


def test_a_deleted_film_is_gone_by_its_signed_link_too(user: Any, video: Video) -> None:
    link = storage.signed_url(video.file_key)
    assert Client().get(link).getvalue() == FILM
    operations.delete_video(user=user, video_id=video.video_id)
    assert Client().get(link).status_code == 404
    assert signed_in(user).get(address(video)).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\boot.ini",
        'a"; filename="evil.exe',
        "evil.exe\r\nSet-Cookie: a=b",
        "夏の コート",
        "." * 90,
        "con",
        "\u202egpj.exe",
        "",
    ],
)
def test_a_download_is_named_by_its_product_and_no_name_plays_tricks(user: Any, name: str) -> None:
    product = Product.objects.create(user=user, name=name[:200])
    video = put_video(user, DONE, product=product, prompt=name or "A slow turn.")
    answer = signed_in(user).get(f"/videos/{video.video_id}/download", follow=True)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer
    told = answer["Content-Disposition"]
    assert re.fullmatch(r"attachment; filename(\*=utf-8''[\w%.-]+|=\"[\w.-]+\")", told, re.ASCII), (
        told
    )
    assert told.rstrip('"').endswith(".mp4")
    assert ".exe" not in told
    for sign in ("/", "\\", "..", "\r", "\n", "%2F", "%5C", "%E2%80%AE"):
        assert sign not in told, sign


async def blocks_of(video: Video, headers: dict[str, str]) -> list[bytes]:
    answer: Any = await AsyncClient().get(address(video), headers=headers)
    assert answer.status_code == 200
    assert answer.is_async
    return [block async for block in answer.streaming_content]


def test_a_large_film_is_sent_as_it_is_read(user: Any) -> None:
    large = bytes(range(256)) * 10_000
    video = put_video(user, DONE, film=large)
    blocks = finished(blocks_of, video, by_key(user))
    assert b"".join(blocks) == large
    assert max(map(len, blocks)) <= storage.BLOCK


def resident_bytes() -> int:
    """The memory of this process as it is now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.thorough
def test_two_hundred_megabytes_are_served_in_little_memory(user: Any, video: Video) -> None:
    count = 200_000_000
    block = bytes(1_000_000)
    key = storage.new_key("films", "mp4")
    storage.write(key, (block for _ in range(200)), most=count)
    Video.objects.filter(pk=video.pk).update(file_key=key, byte_count=count)
    headers = by_key(user)
    most = got = 0
    with serving() as site:
        before = resident_bytes()
        with httpx.stream("GET", site + address(video), headers=headers, timeout=60) as answer:
            for piece in answer.iter_bytes(1_000_000):
                got += len(piece)
                most = max(most, resident_bytes() - before)
    assert got == count
    assert most < 40_000_000


NUMBERS = st.one_of(
    st.integers(0, 2 * len(FILM)).map(str),
    st.integers(0, 10**25).map(str),
    st.sampled_from(["", "-1", "٣", "+1", " 5", "5 ", "0x5", "1_0"]),
)
RANGES = st.one_of(
    st.tuples(NUMBERS, NUMBERS).map(lambda pair: f"bytes={pair[0]}-{pair[1]}"),
    st.lists(NUMBERS, min_size=3, max_size=6).map(lambda parts: "bytes=" + "-,".join(parts)),
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=12),
)


@pytest.fixture
def owner(user: Any) -> Client:
    return signed_in(user)


@thorough(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=RANGES, condition=st.sampled_from(["", "same", "other", "weak"]))
def test_whatever_part_is_asked_for_the_answer_says_truly_what_it_holds(
    owner: Client, video: Video, wanted: str, condition: str
) -> None:
    tag = f'"{video.file_key[-36:-4]}"'
    given_tag = {"same": tag, "other": '"other"', "weak": f"W/{tag}"}.get(condition)
    headers = {"Range": wanted, **({"If-Range": given_tag} if given_tag else {})}
    answer: Any = owner.get(address(video), headers=headers)
    assert answer["ETag"] == tag
    if answer.status_code == 416:
        assert condition in ("", "same")
        assert answer["Content-Range"] == f"bytes */{len(FILM)}"
        return
    body = answer.getvalue()
    assert int(answer["Content-Length"]) == len(body)
    if answer.status_code == 200:
        assert body == FILM
        return
    assert (answer.status_code, condition in ("", "same")) == (206, True)
    found = re.fullmatch(rf"bytes (\d+)-(\d+)/{len(FILM)}", answer["Content-Range"])
    assert found
    assert body == FILM[int(found[1]) : int(found[2]) + 1] != b""
