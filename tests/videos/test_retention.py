"""How long files of films are kept, and that none is left behind, whatever dies in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from core import storage
from techpack.models import Product
from tests.fakes.films import small_film
from tests.videos.rows import put_video
from tests.videos.works import stored
from videos import files, operations, retention, tasks
from videos.models import LooseFile, Video

DONE = Video.Status.COMPLETED


@pytest.fixture
def video(user: Any) -> Video:
    """A completed film."""
    return put_video(user, DONE)


def age(rows: Any, **by: float) -> None:
    """Let the films have ended so long before they did."""
    rows.update(finished_at=F("finished_at") - timedelta(**by))


def time_passes(**by: float) -> None:
    """Make everything due sooner that waits to be removed."""
    LooseFile.objects.update(due_at=F("due_at") - timedelta(**by))


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A storage that removes nothing, until it is undone."""

    def fails(name: str) -> None:
        raise OSError("away")

    with monkeypatch.context() as patch:
        patch.setattr(default_storage._wrapped, "delete", fails, raising=False)  # type: ignore[attr-defined]
        yield patch


# --- By age --------------------------------------------------------------------------------
def test_films_are_kept_for_ever_where_nothing_else_is_set(
    video: Video, tmp_path: Path, settings: Any
) -> None:
    assert settings.VIDEO_RETENTION_DAYS == 0
    age(Video.objects, days=4000)
    assert retention.remove_old() == 0
    assert {video.file_key, video.poster_key} <= stored(tmp_path)
    assert retention.kept_until(video) is None


def test_a_film_older_than_it_is_kept_loses_its_files_and_stays(
    user: Any, tmp_path: Path, settings: Any
) -> None:
    settings.VIDEO_RETENTION_DAYS = 30
    old, young = put_video(user, DONE), put_video(user, DONE)
    age(Video.objects.filter(pk=old.pk), days=30, seconds=1)
    age(Video.objects.filter(pk=young.pk), days=29)
    young.refresh_from_db()
    until = retention.kept_until(young)
    assert until is not None
    assert young.finished_at is not None
    assert until - young.finished_at == timedelta(days=30)
    assert retention.remove_old() == 1
    assert retention.remove_old() == 0, "once"
    assert stored(tmp_path) == {young.file_key, young.poster_key}
    old.refresh_from_db()
    assert (old.status, old.file_key, old.poster_key, old.byte_count) == (DONE, "", "", 0)
    assert old.files_removed_at is not None
    assert retention.kept_until(old) is None
    assert not LooseFile.objects.exists()


def test_a_film_that_is_not_over_is_never_too_old(user: Any, settings: Any) -> None:
    settings.VIDEO_RETENTION_DAYS = 1
    for status in (Video.Status.QUEUED, Video.Status.IN_PROGRESS, Video.Status.FAILED):
        put_video(user, status, code="timeout" if status == Video.Status.FAILED else "")
    age(Video.objects.filter(finished_at__isnull=False), days=10)
    assert retention.remove_old() == 0
    assert not Video.objects.filter(files_removed_at__isnull=False).exists()


# --- With what they belong to --------------------------------------------------------------
def test_deleting_a_film_removes_its_files(user: Any, video: Video, tmp_path: Path) -> None:
    operations.delete_video(user=user, video_id=video.video_id)
    assert stored(tmp_path) == set()
    video.refresh_from_db()
    assert (video.file_key, video.deleted_at is None) == ("", False)
    assert not LooseFile.objects.exists()


def test_a_deletion_that_is_undone_removes_nothing(video: Video, tmp_path: Path) -> None:
    with transaction.atomic():
        retention.remove_files(video)
        transaction.set_rollback(True)
    video.refresh_from_db()
    assert {video.file_key, video.poster_key} == stored(tmp_path)
    assert not LooseFile.objects.exists()


def test_films_go_with_their_users_account(user: Any, video: Video, tmp_path: Path) -> None:
    put_video(user, Video.Status.IN_PROGRESS)
    user.delete()
    assert not Video.objects.exists()
    assert stored(tmp_path) == set()
    assert not LooseFile.objects.exists()


def test_an_account_whose_deletion_is_undone_keeps_its_films(
    user: Any, video: Video, tmp_path: Path
) -> None:
    with transaction.atomic():
        user.delete()
        transaction.set_rollback(True)
    assert {video.file_key, video.poster_key} == stored(tmp_path)


def test_a_film_outlives_its_product(user: Any, tmp_path: Path) -> None:
    product = Product.objects.create(user=user)
    video = put_video(user, DONE, product=product)
    product.delete()
    video.refresh_from_db()
    assert video.product is None
    assert {video.file_key, video.poster_key} == stored(tmp_path)


# --- A storage that is away -----------------------------------------------------------------
def test_what_a_storage_does_not_remove_is_removed_when_it_is_back(
    user: Any, video: Video, tmp_path: Path, away: pytest.MonkeyPatch
) -> None:
    operations.delete_video(user=user, video_id=video.video_id)
    assert len(stored(tmp_path)) == 2, "it is away"
    assert LooseFile.objects.count() == 2
    tasks.remove_files()
    assert len(stored(tmp_path)) == 2
    away.undo()
    tasks.remove_files()
    assert len(stored(tmp_path)) == 2, "it is asked again an hour later"
    time_passes(hours=1, seconds=1)
    tasks.remove_files()
    assert stored(tmp_path) == set()
    assert not LooseFile.objects.exists()


def test_a_file_that_was_never_written_is_forgotten(user: Any) -> None:
    files.remove([storage.new_key("films", "mp4")])
    assert not LooseFile.objects.exists()


# --- Fetches that broke off -------------------------------------------------------------------
class Killed(BaseException):
    """The process is gone at once: nothing tidies up."""


def killed_while_storing(monkeypatch: pytest.MonkeyPatch) -> str:
    """Let a fetch die in the middle, as by SIGKILL; the key of what it left."""

    def pieces() -> Iterator[bytes]:
        yield small_film()[:900]
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(default_storage._wrapped, "delete", lambda name: None, raising=False)  # type: ignore[attr-defined]
        with pytest.raises(Killed):
            files.take_in(pieces(), most=10**6)
    return LooseFile.objects.get().key


def test_what_a_killed_fetch_left_is_removed_after_hours(
    user: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = killed_while_storing(monkeypatch)
    assert stored(tmp_path) == {key}, "this is what it leaves"
    time_passes(hours=5)
    assert files.tidy_up() == 0
    assert stored(tmp_path) == {key}, "it might still be running"
    time_passes(hours=1, seconds=1)
    assert files.tidy_up() == 1
    assert stored(tmp_path) == set()
    assert not LooseFile.objects.exists()


def test_what_a_film_owns_is_never_removed(user: Any, tmp_path: Path) -> None:
    film, count = files.take_in([small_film()], most=10**6)
    poster = files.take_in_poster(b"a picture")
    video = put_video(user, DONE)
    retention.remove_files(video)
    Video.objects.filter(pk=video.pk).update(file_key=film, poster_key=poster, byte_count=count)
    time_passes(hours=7)
    assert files.tidy_up() == 0
    files.remove([film, poster])
    assert stored(tmp_path) == {film, poster}
    assert not LooseFile.objects.filter(due_at__lt=Now() - timedelta(hours=1)).exists()


def test_a_refused_film_leaves_nothing_at_all(user: Any, tmp_path: Path) -> None:
    with pytest.raises(storage.TooManyBytes):
        files.take_in([b"x" * 100], most=10)
    assert stored(tmp_path) == set()
    time_passes(hours=7)
    files.tidy_up()
    assert not LooseFile.objects.exists()


def test_many_files_are_removed_a_part_at_a_time(
    user: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "AT_ONCE", 3)
    for _ in range(5):
        files.take_in_poster(b"a picture")
    time_passes(hours=7)
    assert (files.tidy_up(), files.tidy_up(), files.tidy_up()) == (3, 2, 0)
    assert stored(tmp_path) == set()
