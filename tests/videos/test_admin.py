"""Operators find films in the admin, have them asked after, and change none of them."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db.models.functions import Now
from django.test import Client

from tests.videos.conftest import AskFor
from tests.videos.rows import put_video
from videos.models import LooseFile, ProviderCallback, Video

FILMS = "/admin/videos/video/"


@pytest.fixture
def operator(transactional_db: None) -> Client:
    client = Client()
    person = get_user_model().objects.create_superuser("op@example.com", "long enough 42")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(answer.content.decode())


def found(client: Client, query: str = "") -> set[str]:
    """The films that the list shows."""
    answer = client.get(f"{FILMS}?{query}")
    assert answer.status_code == 200
    return {row.video_id for row in answer.context["cl"].result_list}


def look_again(client: Client, *videos: Video) -> str:
    answer = client.post(
        FILMS,
        {"action": "look_again", "_selected_action": [video.pk for video in videos]},
        follow=True,
    )
    return unescape(answer.content.decode())


def test_a_film_is_found_by_whatever_is_known_of_it(
    operator: Client, begun: AskFor, user: Any
) -> None:
    mine, other = (
        begun(),
        put_video(get_user_model().objects.create_user("x@example.com", "x" * 12)),
    )
    both = {mine.video_id}
    for term in (
        mine.video_id,
        f" {mine.provider_ref} ",
        str(mine.job_id),
        str(mine.job.hold_id),
        str(user.pk),
        user.email,
    ):
        assert found(operator, f"q={term}") == both, term
    assert found(operator, "q=no such thing") == set()
    assert found(operator) == {mine.video_id, other.video_id}


def test_its_page_says_what_it_cost_and_leads_to_its_charge(operator: Client, user: Any) -> None:
    video = put_video(user, Video.Status.COMPLETED, seconds=8, provider="openai")
    page = text_of(operator, f"{FILMS}{video.pk}/change/")
    assert video.prompt in page
    assert "16" in page
    assert f"/admin/generation/job/{video.job_id}/change/" in page
    assert str(video.job.hold_id) in page
    failed = put_video(user, Video.Status.FAILED, code="moderation_blocked", message="No.")
    assert "moderation_blocked: No." in text_of(operator, f"{FILMS}{failed.pk}/change/")


def test_nothing_of_a_film_is_edited_and_no_film_is_made_or_deleted(
    operator: Client, user: Any
) -> None:
    video = put_video(user, Video.Status.COMPLETED)
    address = f"{FILMS}{video.pk}/change/"
    assert operator.post(address, {"status": "failed", "byte_count": 1}).status_code == 403
    assert operator.post(f"{FILMS}{video.pk}/delete/").status_code == 403
    assert operator.get(f"{FILMS}add/").status_code == 403
    assert 'name="byte_count"' not in text_of(operator, address)
    video.refresh_from_db()
    assert video.status == Video.Status.COMPLETED


def test_silent_late_and_removed_films_are_found(
    operator: Client, begun: AskFor, user: Any
) -> None:
    silent, asked_after = begun(), begun()
    Video.objects.filter(pk=silent.pk).update(
        submitted_at=Now() - timedelta(minutes=6), looked_at=None
    )
    Video.objects.filter(pk=asked_after.pk).update(fetching_until=Now() + timedelta(seconds=30))
    late = put_video(user, Video.Status.COMPLETED, is_late=True)
    Video.objects.filter(pk=late.pk).update(files_removed_at=Now(), deleted_at=Now())
    for state, video in {
        "silent": silent,
        "fetching": asked_after,
        "late": late,
        "removed": late,
        "deleted": late,
    }.items():
        assert found(operator, f"state={state}") == {video.video_id}, state


def test_look_again_now_asks_after_those_that_may_still_come(
    operator: Client, begun: AskFor, user: Any, rung: list[str]
) -> None:
    waiting = begun()
    timed_out = put_video(user, Video.Status.FAILED, code="timeout")
    Video.objects.filter(pk=timed_out.pk).update(provider_ref="film_late")
    never_begun = put_video(user)
    done = put_video(user, Video.Status.COMPLETED)
    Video.objects.update(look_at=None)
    rung.clear()
    page = look_again(operator, waiting, timed_out, never_begun, done)
    assert "2 videos are asked after now. 2 are over, or were never begun." in page
    assert set(rung) == {waiting.video_id, timed_out.video_id}
    due = Video.objects.filter(look_at__isnull=False).values_list("video_id", flat=True)
    assert set(due) == {waiting.video_id, timed_out.video_id}


def test_who_may_only_read_may_not_have_them_asked_after(begun: AskFor, rung: list[str]) -> None:
    video = begun()
    reader = get_user_model().objects.create_user(
        "reader@example.com", "long enough 42", is_staff=True
    )
    reader.user_permissions.add(Permission.objects.get(codename="view_video"))
    client = Client()
    client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    assert found(client) == {video.video_id}
    rung.clear()
    look_again(client, video)
    assert rung == []


def test_callbacks_and_loose_files_are_listed(operator: Client) -> None:
    ProviderCallback.objects.create(
        provider="openai", webhook_id="wh_1", type="video.completed", provider_ref="film_1"
    )
    LooseFile.objects.create(key="films/ab/cd/x.mp4", due_at=Now())
    assert "wh_1" in text_of(operator, "/admin/videos/providercallback/?q=film_1")
    assert "wh_1" not in text_of(operator, "/admin/videos/providercallback/?q=film_2")
    assert "films/ab/cd/x.mp4" in text_of(operator, "/admin/videos/loosefile/")
