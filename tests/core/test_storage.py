"""Files by key, and the signed URLs that open them for a while."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import AsyncClient, Client

from core import storage
from core.errors import NotFound
from tests.core.coroutines import finished

BODY = bytes(range(256)) * 12_000  # 3 MB, so that it streams in blocks

pytestmark = pytest.mark.urls("core.urls")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


class Clock:
    """The time that signatures see."""

    now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(storage, "time", clock)
    return clock


def test_what_is_put_is_read_and_deleted(folder: Path) -> None:
    key = storage.put("photos", b"bytes", "JPG")
    assert storage.read(key) == b"bytes"
    assert storage.size(key) == 5
    assert (folder / key).is_file()
    assert storage.media_type(key) == "image/jpeg"
    storage.delete(key)
    storage.delete(key)
    for gone in (storage.read, storage.open, storage.size):
        with pytest.raises(NotFound):
            gone(key)


def test_keys_are_new_each_time_and_spread_over_folders() -> None:
    keys = {storage.put("photos", b"x", "png") for _ in range(60)}
    assert len(keys) == 60
    assert len({key.split("/")[1] for key in keys}) > 20


@pytest.mark.parametrize(
    "key",
    [
        "",
        "../secret.jpg",
        "/etc/passwd",
        "photos/ab/cd/" + "0" * 32 + ".exe",
        "photos/../cd/" + "0" * 32 + ".jpg",
        "photos/ab/cd/" + "0" * 32 + ".jpg\n",
    ],
)
def test_what_is_no_key_of_ours_is_never_touched(key: str) -> None:
    for verb in (storage.read, storage.open, storage.delete, storage.size, storage.signed_url):
        with pytest.raises(ValueError, match="not a storage key"):
            verb(key)


@pytest.mark.parametrize(("kind", "extension"), [("../up", "jpg"), ("photos", "exe"), ("", "jpg")])
def test_kinds_and_extensions_are_the_programs_own(kind: str, extension: str, folder: Path) -> None:
    with pytest.raises(ValueError, match="not a storage key"):
        storage.put(kind, b"x", extension)
    assert list(folder.iterdir()) == []


def test_a_full_disk_leaves_no_half_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(name: str, content: Any) -> str:
        path = folder / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(default_storage._wrapped, "save", full, raising=False)  # type: ignore[attr-defined]
    with pytest.raises(OSError, match="No space"):
        storage.put("photos", b"x", "jpg")
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_a_signed_url_opens_its_file_and_lets_nothing_run(client: Client) -> None:
    key = storage.put("sketches", b"<svg/>", "svg")
    response = client.get(storage.signed_url(key))
    assert response.status_code == 200
    assert response.getvalue() == b"<svg/>"
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Content-Length"] == "6"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "private, max-age=600"
    assert response["ETag"]
    assert "Content-Disposition" not in response


def test_a_url_is_the_same_for_some_minutes_and_over_within_ten(
    client: Client, clock: Clock
) -> None:
    key = storage.put("photos", b"x", "jpg")
    for offset in range(0, 300, 37):
        clock.now = 1_800_000_000 + offset
        url = storage.signed_url(key)
        clock.now += 299
        assert client.get(url).status_code == 200
        clock.now += 301
        assert client.get(url).status_code == 404
    clock.now = 1_800_000_000
    first = storage.signed_url(key)
    clock.now += 299
    assert storage.signed_url(key) == first
    clock.now += 1
    assert storage.signed_url(key) != first


def test_a_shorter_life_is_kept_and_a_longer_one_is_not_given(client: Client, clock: Clock) -> None:
    key = storage.put("photos", b"x", "jpg")
    short, long = storage.signed_url(key, minutes=1), storage.signed_url(key, minutes=600)
    clock.now += 60
    assert client.get(short).status_code == 404
    clock.now += 540
    assert client.get(long).status_code == 404


def test_a_changed_or_foreign_token_is_404(client: Client) -> None:
    one, other = (storage.signed_url(storage.put("photos", b"x", "jpg")) for _ in range(2))
    body, _, signature = one.rpartition(":")
    false = [
        body + ":" + other.rpartition(":")[2],
        one[:-1] + ("A" if one[-1] != "A" else "B"),
        body,
        "/media/x",
        "/media/" + storage.signing.dumps(["photos", 9e9, None]),
        other.rpartition(":")[0] + ":" + signature,
    ]
    for url in false:
        response = client.get(url)
        assert response.status_code == 404
        assert response["Content-Type"].startswith("text/plain")


def test_a_deleted_file_is_404(client: Client) -> None:
    key = storage.put("photos", b"x", "jpg")
    url = storage.signed_url(key)
    storage.delete(key)
    assert client.get(url).status_code == 404


def test_a_name_makes_it_a_download_and_documents_always_are(client: Client) -> None:
    photo, document = storage.put("photos", b"x", "jpg"), storage.put("exports", b"%PDF", "pdf")
    named = client.get(storage.signed_url(photo, name='Front "前".jpg'))
    assert named["Content-Disposition"].startswith("attachment; filename*=utf-8''Front%20")
    assert client.get(storage.signed_url(document))["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    ("header", "status", "start", "end"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=0-", 206, 0, len(BODY)),
        ("bytes=100-1999999", 206, 100, 2_000_000),
        ("bytes=3071999-", 206, 3_071_999, len(BODY)),
        ("bytes=3071000-99999999999", 206, 3_071_000, len(BODY)),
        ("bytes=-500", 206, len(BODY) - 500, len(BODY)),
        ("bytes=-99999999999", 206, 0, len(BODY)),
        ("bytes=3072000-", 416, 0, 0),
        ("bytes=99999999-999999999", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=5-2", 200, 0, len(BODY)),
        ("bytes=0-1,5-6", 200, 0, len(BODY)),
        ("bytes=-", 200, 0, len(BODY)),
        ("bytes=a-b", 200, 0, len(BODY)),
        ("lines=1-2", 200, 0, len(BODY)),
        ("bytes=" + "9" * 5000 + "-", 200, 0, len(BODY)),
    ],
)
def test_a_range_is_answered_as_it_should(
    client: Client, header: str, status: int, start: int, end: int
) -> None:
    url = storage.signed_url(storage.put("videos", BODY, "mp4"))
    response = client.get(url, headers={"Range": header})
    assert response.status_code == status
    if status == 416:
        assert response["Content-Range"] == f"bytes */{len(BODY)}"
        return
    assert response.getvalue() == BODY[start:end]
    assert response["Content-Length"] == str(end - start)
    if status == 206:
        assert response["Content-Range"] == f"bytes {start}-{end - 1}/{len(BODY)}"


def test_entity_tags_spare_the_second_download(client: Client) -> None:
    url = storage.signed_url(storage.put("photos", BODY, "png"))
    etag = client.get(url)["ETag"]
    again = client.get(url, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == "private, max-age=600"
    stale = client.get(url, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert stale.status_code == 200
    fresh = client.get(url, headers={"Range": "bytes=0-1", "If-Range": etag})
    assert fresh.status_code == 206


def test_head_has_the_length_and_no_body_and_post_is_refused(client: Client) -> None:
    url = storage.signed_url(storage.put("photos", BODY, "png"))
    head = client.head(url)
    assert (head.status_code, head["Content-Length"], head.content) == (200, str(len(BODY)), b"")
    assert client.post(url).status_code == 405


async def read_by_async(url: str) -> bytes:
    response = await AsyncClient().get(url)
    assert response.is_async  # type: ignore[attr-defined]
    return b"".join([block async for block in response.streaming_content])  # type: ignore[attr-defined]


def test_under_asgi_the_file_streams_block_by_block() -> None:
    assert len(BODY) > 2 * storage.BLOCK
    url = storage.signed_url(storage.put("photos", BODY, "png"))
    assert finished(read_by_async, url) == BODY
