"""Photos of a film: the chosen one goes along first; what was taken away is shown to nobody."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from generation import work
from tests.api.contract import Contract
from tests.fakes.openai_films import FilmServer
from tests.techpack.conftest import MakeProduct
from tests.videos.api.asking import FULL, WORDS, ask, assert_failed, check, free
from videos.models import Video

pytestmark = pytest.mark.slow


@pytest.fixture
def product(make_product: MakeProduct) -> Any:
    return make_product(front="polo-navy-front.jpg", back="polo-navy-back.jpg")


@pytest.fixture
def resting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker takes a job by itself."""
    monkeypatch.setattr("generation.operations.ring_worker", lambda job_id: None)
    monkeypatch.setattr("videos.api.ACCEPTED_WITHIN_S", 0.0)


def test_the_chosen_photo_goes_along(api: Contract, openai_films: FilmServer, product: Any) -> None:
    back = product.revisions.get(view_type="back")
    ask(api, revision_id=str(back.pk))
    video = Video.objects.get()
    assert (video.product_id, video.revision_id) == (product.pk, back.pk)
    sent = Image.open(io.BytesIO(openai_films.film_of("polo").reference))
    assert sent.size == (1280, 720)


@pytest.mark.parametrize(
    ("taken_away", "words"), [("photo", "The photo of this video"), ("product", "The product of")]
)
@pytest.mark.usefixtures("resting")
def test_what_was_deleted_before_the_film_began_is_not_sent_anywhere(
    api: Contract, user: Any, openai_films: FilmServer, product: Any, taken_away: str, words: str
) -> None:
    back = product.revisions.get(view_type="back")
    video_id = ask(api, revision_id=str(back.pk)).json()["video_id"]
    where = f"revisions/{back.pk}" if taken_away == "photo" else f"products/{product.pk}"
    assert api.send("DELETE", f"/api/{where}").status_code == 204
    work.run_job(job_id=Video.objects.get().job_id)
    told = check(api, video_id)
    assert (told["status"], told["error"]["code"]) == ("failed", "invalid_request")
    assert told["error"]["message"].startswith(words)
    assert not openai_films.requests
    assert free(user) == FULL


@pytest.mark.usefixtures("resting")
def test_a_photo_that_was_not_chosen_is_missed_by_nobody(
    api: Contract, openai_films: FilmServer, product: Any
) -> None:
    ask(api, product_id=str(product.pk))
    api.send("DELETE", f"/api/revisions/{product.revisions.get(view_type='back').pk}")
    work.run_job(job_id=Video.objects.get().job_id)
    assert openai_films.film_of("polo").reference


def test_words_alone_are_enough_for_who_makes_films_of_words(
    api: Contract, openai_films: FilmServer
) -> None:
    assert ask(api, WORDS).status_code == 200
    assert not openai_films.film_of("polo").reference


def test_the_studio_needs_a_photo_and_says_so(api: Contract, user: Any) -> None:
    details = assert_failed(ask(api, WORDS), 400, "invalid_request")
    assert "photo" in details["message"]
    assert free(user) == FULL


def test_the_studio_s_film_is_there_with_the_answer_and_charged(
    api: Contract, user: Any, product: Any
) -> None:
    body = ask(api, "A slow turn through all views.", product_id=str(product.pk)).json()
    assert (body["status"], body["model"]) == ("completed", "studio-1")
    assert body["credits"] == {"held": "0", "captured": "2"}
    row = api.get(f"/api/videos/{body['video_id']}").json()
    assert row["captions"].startswith("WEBVTT")
    assert api.get(row["poster_url"]).headers["Content-Type"] == "image/jpeg"
    assert row["bytes"] > 10_000
