"""The button of a notification leads to the film, or to its words; who looks is not told."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from generation import notices
from generation.models import Job
from generation.notices import FAILED, REFUSED, SUCCEEDED
from notifications import watches
from notifications.models import Notification
from techpack import operations
from techpack.models import Product
from tests.videos.rows import put_video
from videos.leads import lead_of
from videos.models import Video

CHINESE = "海港连帽卫衣在浅色工作室地板上缓慢旋转，柔和的窗光从左侧照进来。" * 8


@pytest.fixture
def product(user: Any) -> Product:
    return operations.create_product(user=user, name="Pier Polo")


def told(video: Video) -> Notification | None:
    """What its user is told as the film's job ends."""
    notices.ended(Job.objects.get(pk=video.job_id))
    return Notification.objects.filter(context__jobId=str(video.job_id)).first()


def test_a_finished_film_is_watched(user: Any, product: Product) -> None:
    video = put_video(user, "completed", product=product)
    row = told(video)
    assert row is not None
    assert row.title == "Video “Turntable” done: Pier Polo"
    assert row.body == "2 credits were charged."
    assert (row.link, row.link_label) == (f"/videos/{video.video_id}", "Watch the video")
    client = Client()
    client.force_login(user)
    assert client.get(row.link).status_code == 200


@pytest.mark.parametrize(
    ("code", "outcome", "label"),
    [
        ("moderation_blocked", REFUSED, "Edit the words"),
        ("invalid_request", REFUSED, "Edit the words"),
        ("invalid_request", FAILED, "Edit the words"),
        ("server_error", FAILED, "Try it again"),
        ("timeout", FAILED, "Try it again"),
    ],
)
def test_a_failed_film_leads_to_what_helps(
    user: Any, product: Product, code: str, outcome: str, label: str
) -> None:
    video = put_video(user, "failed", product=product, code=code, message="It broke.")
    lead = lead_of(video.job, outcome)
    assert lead is not None
    edited = f"/videos?again={video.video_id}#new"
    assert lead.label == label
    assert lead.link == (edited if label == "Edit the words" else f"/videos/{video.video_id}")


def test_a_film_of_many_words_has_a_title_that_fits(user: Any, product: Product) -> None:
    row = told(put_video(user, "completed", product=product, prompt=CHINESE))
    assert row is not None
    assert len(row.title) <= 200
    assert row.title.startswith("Video “海港连帽卫衣")


def test_one_that_was_canceled_or_deleted_is_not_told_of(user: Any, product: Product) -> None:
    assert told(put_video(user, "canceled", product=product)) is None
    gone = put_video(user, "completed", product=product)
    Video.objects.filter(pk=gone.pk).update(deleted_at=gone.created_at)
    assert lead_of(gone.job, SUCCEEDED) is None


def test_an_open_list_shows_it_and_an_open_workspace_does_not(user: Any, product: Product) -> None:
    watches.watch(user.pk, product.pk, 40)
    assert told(put_video(user, "completed", product=product)) is not None
    watches.watch(user.pk, user.pk, 40)
    assert told(put_video(user, "completed", product=product)) is None


def test_looking_at_the_list_watches_it(user: Any) -> None:
    client = Client()
    client.force_login(user)
    html = client.get("/videos").content.decode()
    assert watches.is_watched(user.pk, [user.pk])
    assert f'data-watching="{user.pk}"' in html
