"""The verbs of films: what is asked once is made once, and what was refused leaves its pair."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model

from core.errors import (
    Conflict,
    InsufficientCredits,
    InvalidRequest,
    NotFound,
    ProviderUnavailable,
)
from core.money import CREDIT
from credits.models import Hold
from generation import breaker, work
from generation import operations as jobs
from generation.errors import Failure
from generation.models import Job
from techpack.models import Product, Revision
from tests.videos.cinema import Cinema, refuses
from tests.videos.conftest import AskFor
from tests.videos.works import FULL, free_of, run
from videos import looking, operations, queries
from videos.models import Video


@pytest.fixture
def bag(user: Any) -> Product:
    """A product without photos."""
    return Product.objects.create(user=user, name="Bag")


def photo_of(product: Product) -> Revision:
    """A photo of which nobody looks at the picture."""
    return Revision.objects.create(
        product=product,
        view_type="front",
        version=1,
        is_current=True,
        image_key="photos/00/00/" + "0" * 32 + ".jpg",
        width=64,
        height=36,
    )


def test_the_same_key_is_the_same_film(ask_for: AskFor, user: Any) -> None:
    first, second = ask_for(key="one"), ask_for(key="one")
    assert first.video_id == second.video_id
    assert Job.objects.count() == Video.objects.count() == 1
    assert free_of(user) == FULL - 8 * CREDIT


@pytest.mark.parametrize(
    "data", [{"seconds": "5"}, {"size": "1x1"}, {"model": "dall-e"}, {"prompt": ""}]
)
def test_what_has_no_price_holds_nothing(ask_for: AskFor, data: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        ask_for(data=data)
    assert not Hold.objects.exists()


def test_too_few_credits_name_what_would_fit(ask_for: AskFor) -> None:
    poor = get_user_model().objects.create_user(f"{uuid4().hex}@example.com", "long enough 42")
    with pytest.raises(InsufficientCredits) as refused:
        ask_for(user=poor, data={"seconds": "12"})
    assert any("8 seconds" in words for words in refused.value.suggestions)
    assert not Video.objects.exists()


@pytest.mark.parametrize("field", ["product_id", "revision_id"])
def test_what_belongs_to_others_leaves_a_held_and_released_pair(
    ask_for: AskFor, user: Any, field: str
) -> None:
    other = get_user_model().objects.create_user(f"{uuid4().hex}@example.com", "long enough 42")
    theirs = Product.objects.create(user=other, name="Theirs")
    given = {"product_id": theirs.pk, "revision_id": photo_of(theirs).pk}[field]
    with pytest.raises(NotFound):
        ask_for(data={field: str(given)})
    hold = Hold.objects.get()
    assert (hold.state, hold.released, hold.operation) == ("released", 8 * CREDIT, "generate-video")
    assert not Job.objects.exists()
    assert free_of(user) == FULL


def test_a_photo_of_another_product_is_refused(ask_for: AskFor, user: Any, bag: Product) -> None:
    hat = Product.objects.create(user=user, name="Hat")
    with pytest.raises(InvalidRequest) as refused:
        ask_for(data={"product_id": str(hat.pk), "revision_id": str(photo_of(bag).pk)})
    assert "revision_id" in refused.value.fields
    assert free_of(user) == FULL


def test_a_film_knows_whose_product_it_shows(ask_for: AskFor, bag: Product) -> None:
    photo = photo_of(bag)
    video = ask_for(data={"revision_id": str(photo.pk)})
    assert (video.product, video.revision, video.job.product_id) == (bag, photo, bag.pk)
    hold = video.job.hold
    assert hold is not None
    assert (hold.product_id, hold.reason) == (bag.pk, "4 s by sora-2")


def test_a_provider_that_fails_at_present_is_not_asked(ask_for: AskFor, user: Any) -> None:
    breaker.failed("openai", "sora-2", Failure.QUOTA)
    with pytest.raises(ProviderUnavailable):
        ask_for()
    assert not Hold.objects.exists()


def test_a_failed_film_is_asked_for_again_as_it_was(
    ask_for: AskFor, cinema: Cinema, user: Any, bag: Product
) -> None:
    cinema.creating = [refuses]
    given = {"prompt": "Once more", "seconds": "8", "size": "720x1280", "product_id": str(bag.pk)}
    first = run(ask_for(data=given))
    assert jobs.price_of_retry(first.job) == 16 * CREDIT
    second = operations.retry_video(user=user, video_id=first.video_id)
    assert second.video_id != first.video_id
    for name in ("prompt", "seconds", "width", "height", "product_id", "model", "provider"):
        assert getattr(second, name) == getattr(first, name)
    assert second.job.retry_of_id == first.job_id
    assert operations.retry_video(user=user, video_id=first.video_id).pk == second.pk
    assert run(second).provider_ref
    assert free_of(user) == FULL - 16 * CREDIT


def test_what_came_late_is_not_made_again(begun: AskFor, cinema: Cinema, user: Any) -> None:
    video = begun()
    with pytest.raises(Conflict) as refused:
        operations.retry_video(user=user, video_id=video.video_id)
    assert refused.value.code == "JOB_UNFINISHED"
    work.fail(run=work.Run(Job.objects.get(pk=video.job_id)), error=NotFound("gone"))
    cinema.complete(video.provider_ref)
    looking.look(video.video_id, patience_s=60)
    video.refresh_from_db()
    assert (video.status, video.is_late) == ("completed", True)
    with pytest.raises(Conflict) as refused:
        operations.retry_video(user=user, video_id=video.video_id)
    assert refused.value.code == "NOT_RETRYABLE"
    assert free_of(user) == FULL


def test_films_of_others_are_nobody_elses(ask_for: AskFor, user: Any) -> None:
    video = ask_for()
    other = get_user_model().objects.create_user(f"{uuid4().hex}@example.com", "long enough 42")
    for verb in (
        operations.check_video,
        operations.cancel_video,
        operations.delete_video,
        operations.retry_video,
    ):
        with pytest.raises(NotFound):
            verb(user=other, video_id=video.video_id)
    assert [row.pk for row in queries.videos_of(user)] == [video.pk]
    assert not queries.videos_of(other).exists()
