"""Films over the API: asked for, accepted or refused, looked at, charged when they are done."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from core.money import CREDIT
from generation import work
from generation.models import AICall, Job
from tests.api.contract import Contract
from tests.fakes import trouble
from tests.fakes.films import small_film
from tests.fakes.openai_films import MODEL, Fate, FilmServer, tells
from tests.techpack.conftest import MakeProduct
from tests.videos.api.asking import (
    CHECK,
    FULL,
    VIDEOS,
    ask,
    assert_failed,
    check,
    free,
    held,
)
from videos.models import Video

pytestmark = pytest.mark.slow

BLOCKED = "Your request was blocked by our moderation system."
PRICE = 8 * CREDIT  # 4 seconds at OpenAI
MOST_S = 120.0
# How each of the six ends a request for a film, by what the vendor does to it.
REFUSALS = {
    "moderation_blocked": (trouble.refuses(400, code="moderation_blocked"), 400),
    "invalid_request": (trouble.refuses(400, param="prompt"), 400),
    "rate_limit_exceeded": (trouble.refuses(429, code="rate_limit_exceeded"), 429),
    "insufficient_quota": (trouble.refuses(429, code="insufficient_quota"), 503),
    "server_error": (trouble.refuses(500, code="server_error", kind="server_error"), 500),
    "timeout": (trouble.resets, 504),
}


def bytes_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


# --- The way of a film -------------------------------------------------------------------
def test_a_film_that_is_begun_holds_its_price_and_says_how_to_look(
    api: Contract, user: Any, openai_films: FilmServer
) -> None:
    openai_films.becomes(Fate(looks=None))
    answer = ask(api)
    body = answer.json()
    assert answer.status_code == 200
    assert body == {
        "success": True,
        "video_id": body["video_id"],
        "status": "queued",
        "model": MODEL,
        "progress": 0,
        "message": "Video generation started. Use the video_id to check progress.",
    }
    assert body["video_id"].startswith("video_")
    assert (free(user), held(user)) == (FULL - PRICE, PRICE)


def test_inappropriate_words_are_blocked_and_free(
    api: Contract, user: Any, openai_films: FilmServer
) -> None:
    answer = ask(api, "A naked woman wears the polo")
    details = assert_failed(answer, 400, "moderation_blocked")
    assert details["message"] == BLOCKED
    assert "naked woman" in details["suggestions"][0]
    assert openai_films.purchases.total() == 0
    assert (free(user), held(user)) == (FULL, 0)
    told = check(api, answer.json()["video_id"])
    assert (told["status"], told["progress"]) == ("failed", 0)
    assert told["error"]["message"] == BLOCKED
    assert told["credits"] == {"held": "0", "captured": "0"}


def test_appropriate_words_become_a_film_that_is_charged(
    api: Contract, user: Any, openai_films: FilmServer
) -> None:
    openai_films.becomes(Fate(looks=2))
    began = int(time.time())
    video_id = ask(api).json()["video_id"]
    first = check(api, video_id)
    assert (first["status"], first["credits"]) == ("in_progress", {"held": "8", "captured": "0"})
    assert "url" not in first
    done = check(api, video_id)
    assert (done["status"], done["progress"]) == ("completed", 100)
    assert (done["seconds"], done["size"], done["model"]) == ("4", "1280x720", MODEL)
    assert began <= done["created_at"] <= time.time()
    assert done["credits"] == {"held": "0", "captured": "8"}
    assert (free(user), held(user)) == (FULL - PRICE, 0)
    film = api.get(done["url"])
    assert film.headers["Content-Type"] == "video/mp4"
    assert bytes_of(film) == small_film(4)
    assert check(api, video_id)["credits"] == {"held": "0", "captured": "8"}
    assert openai_films.purchases.total() == 1


def test_a_film_that_fails_while_it_is_made_says_why_and_is_free(
    api: Contract, user: Any, openai_films: FilmServer
) -> None:
    openai_films.becomes(Fate(code="moderation_blocked"))
    video_id = ask(api).json()["video_id"]
    told = check(api, video_id)
    assert told["success"] is True
    assert told["status"] == "failed"
    assert told["error"]["code"] == "moderation_blocked"
    assert told["error"]["message"] == BLOCKED
    assert told["credits"] == {"held": "0", "captured": "0"}
    assert (free(user), held(user)) == (FULL, 0)


# --- The six codes -----------------------------------------------------------------------
@pytest.mark.parametrize("code", REFUSALS)
def test_each_refusal_is_answered_by_its_code_and_is_free(
    api: Contract, user: Any, openai_films: FilmServer, code: str
) -> None:
    behaviour, status = REFUSALS[code]
    openai_films.always(behaviour, to="videos/create")
    answer = ask(api)
    details = assert_failed(answer, status, code)
    assert details["suggestions"]
    assert ("Retry-After" in answer.headers) == (status == 429)
    assert trouble.SECRET[:20] not in answer.content.decode()
    assert (free(user), held(user)) == (FULL, 0)
    told = check(api, answer.json()["video_id"])
    assert (told["status"], told["error"]["code"]) == ("failed", code)
    assert told["error"]["message"] == details["message"]


@pytest.mark.parametrize("code", REFUSALS)
def test_each_failure_while_a_film_is_made_is_told_by_its_code_and_is_free(
    api: Contract, user: Any, openai_films: FilmServer, code: str
) -> None:
    openai_films.becomes(Fate(code=code))
    told = check(api, ask(api).json()["video_id"])
    assert (told["status"], told["error"]["code"]) == ("failed", code)
    assert (free(user), held(user)) == (FULL, 0)
    assert not AICall.objects.filter(status=AICall.Status.PENDING).exists()


def test_a_code_of_the_provider_s_own_leaves_as_one_of_the_six(
    api: Contract, openai_films: FilmServer
) -> None:
    openai_films.becomes(Fate(code="video_gremlins"))
    told = check(api, ask(api).json()["video_id"])
    assert told["error"]["code"] == "server_error"
    assert "gremlins" not in str(told)


# --- Waiting for the end -----------------------------------------------------------------
def test_who_waits_for_the_end_gets_the_film(
    api: Contract, user: Any, openai_films: FilmServer
) -> None:
    body = ask(api, pollForCompletion=True).json()
    assert (body["success"], body["status"], body["progress"]) == (True, "completed", 100)
    assert body["message"] == "Video generation completed."
    assert body["credits"] == {"held": "0", "captured": "8"}
    assert bytes_of(api.get(body["url"])) == small_film(4)
    assert free(user) == FULL - PRICE


def test_who_waits_for_the_end_is_told_of_a_failure_by_its_status(
    api: Contract, user: Any, openai_films: FilmServer
) -> None:
    openai_films.becomes(Fate(code="rate_limit_exceeded"))
    assert_failed(ask(api, pollForCompletion=True), 429, "rate_limit_exceeded")
    assert free(user) == FULL


def test_who_waits_too_long_is_told_how_to_look(
    api: Contract, openai_films: FilmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("videos.api.DONE_WITHIN_S", 0.2)
    openai_films.becomes(Fate(looks=None))
    body = ask(api, pollForCompletion=True).json()
    assert (body["status"], body["success"]) == ("queued", True)
    assert body["message"].endswith("Use the video_id to check progress.")


def test_nobody_waits_where_too_many_do(
    api: Contract, openai_films: FilmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits(*_: Any, **__: Any) -> None:
        raise AssertionError("somebody waits")

    monkeypatch.setattr("generation.waiting._seats.acquire", lambda blocking: False)
    monkeypatch.setattr("generation.waiting.wait_until", waits)
    openai_films.becomes(Fate(looks=None))
    assert ask(api, pollForCompletion=True).status_code == 200


def test_a_provider_that_takes_its_time_is_not_waited_for(
    api: Contract, openai_films: FilmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.operations.ring_worker", lambda job_id: None)
    monkeypatch.setattr("videos.api.ACCEPTED_WITHIN_S", 0.2)
    body = ask(api).json()
    assert (body["status"], body["progress"]) == ("queued", 0)
    assert Job.objects.get().status == Job.Status.QUEUED
    assert check(api, body["video_id"])["status"] == "queued"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers are threads of their own, while the request waits."""
    working: list[threading.Thread] = []

    def begin(job_id: Any) -> None:
        def run() -> None:
            work.run_job(job_id=job_id)
            connection.close()

        working.append(threading.Thread(target=run))
        working[-1].start()

    monkeypatch.setattr("generation.operations.ring_worker", begin)
    monkeypatch.setattr("generation.work.ring_worker", begin)
    yield
    for thread in working:
        thread.join()


@pytest.mark.usefixtures("elsewhere")
def test_the_answer_comes_as_soon_as_the_provider_has_said_yes_or_no(
    api: Contract, user: Any, openai_films: FilmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for time_for_it in ("videos.api.ACCEPTED_WITHIN_S", "core.bell.RECHECK_S"):
        monkeypatch.setattr(time_for_it, MOST_S)
    openai_films.becomes(Fate(looks=None))
    openai_films.will(trouble.takes(0.2, tells()), to="videos/create")
    began = time.monotonic()
    taken = ask(api).json()
    assert Video.objects.get(video_id=taken["video_id"]).provider_ref
    no = trouble.refuses(400, code="moderation_blocked")
    openai_films.will(trouble.takes(0.2, no), to="videos/create")
    assert_failed(ask(api), 400, "moderation_blocked")
    assert time.monotonic() - began < MOST_S, "the bell rang, so nobody waited out the time"
    assert held(user) == PRICE


# --- The studio, lists and files ---------------------------------------------------------
def test_films_are_listed_newest_first_page_by_page(
    api: Contract, openai_films: FilmServer, make_product: MakeProduct
) -> None:
    product = make_product()
    openai_films.becomes(Fate(looks=None))
    made = [ask(api, product_id=str(product.pk)).json()["video_id"] for _ in range(2)]
    first = api.get(f"{VIDEOS}?limit=1").json()
    second = api.get(first["next"].removeprefix("http://testserver")).json()
    assert [row["video_id"] for row in first["results"] + second["results"]] == made[::-1]
    assert (first["previous"], second["next"]) == (None, None)
    back = api.get(second["previous"].removeprefix("http://testserver")).json()
    assert back["results"] == first["results"]
    row = api.get(f"{VIDEOS}/{made[0]}").json()
    assert (row["product_id"], row["credits"]["held"]) == (str(product.pk), "8")
    assert row["prompt"].startswith("A slow turn")
    assert all(film.reference for film in openai_films.films.values()), "the photo goes along"


def test_a_film_s_file_is_served_whole_and_in_parts_once_it_is_done(
    api: Contract, user: Any, openai_films: FilmServer
) -> None:
    openai_films.becomes(Fate(looks=2))
    video_id = ask(api).json()["video_id"]
    content = f"{VIDEOS}/{video_id}/content"
    assert api.get(content).status_code == 404
    check(api, video_id)
    check(api, video_id)
    film = small_film(4)
    whole = api.get(content)
    assert (whole.status_code, bytes_of(whole)) == (200, film)
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = api.get(content, headers={"Range": "bytes=4-99"})
    assert (part.status_code, bytes_of(part)) == (206, film[4:100])
    assert part.headers["Content-Range"] == f"bytes 4-99/{len(film)}"
    assert api.get(content, headers={"Range": "bytes=999999-"}).status_code == 416
    same = api.get(content, headers={"If-None-Match": whole.headers["ETag"]})
    assert same.status_code == 304
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    head = browser.head(content)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(film)))


def test_a_deleted_film_is_gone_with_its_files(
    api: Contract, user: Any, openai_films: FilmServer, tmp_path: Path
) -> None:
    video_id = ask(api, pollForCompletion=True).json()["video_id"]
    assert list(tmp_path.rglob("*.mp4"))
    assert api.send("DELETE", f"{VIDEOS}/{video_id}").status_code == 204
    assert not list(tmp_path.rglob("*.mp4"))
    for method, path in (
        ("GET", f"{VIDEOS}/{video_id}"),
        ("GET", f"{CHECK}?video_id={video_id}"),
        ("GET", f"{VIDEOS}/{video_id}/content"),
        ("DELETE", f"{VIDEOS}/{video_id}"),
        ("POST", f"{VIDEOS}/{video_id}/cancel"),
    ):
        assert api.send(method, path).status_code == 404, (method, path)
    assert api.get(VIDEOS).json()["results"] == []
    assert free(user) == FULL - PRICE


def test_a_canceled_film_is_free_and_can_be_asked_for_again(
    api: Contract, user: Any, openai_films: FilmServer
) -> None:
    openai_films.becomes(Fate(looks=None))
    video_id = ask(api).json()["video_id"]
    canceled = api.send("POST", f"{VIDEOS}/{video_id}/cancel").json()
    assert (canceled["status"], canceled["credits"]["held"]) == ("canceled", "0")
    assert free(user) == FULL
    over = api.send("POST", f"{VIDEOS}/{video_id}/cancel")
    assert (over.status_code, over.json()["error"]["type"]) == (409, "conflict")
    again = api.send("POST", f"{VIDEOS}/{video_id}/retry").json()
    assert (again["status"], again["success"]) == ("queued", True)
    assert again["video_id"] != video_id
    films = Video.objects.order_by("pk").values_list("prompt", "seconds", "model")
    assert films[0] == films[1]
    assert held(user) == PRICE


def test_a_film_that_is_retried_can_fail_in_the_same_way(
    api: Contract, user: Any, openai_films: FilmServer
) -> None:
    openai_films.always(trouble.refuses(400, code="moderation_blocked"), to="videos/create")
    video_id = ask(api).json()["video_id"]
    again = api.send("POST", f"{VIDEOS}/{video_id}/retry")
    assert_failed(again, 400, "moderation_blocked")
    assert free(user) == FULL


def test_five_films_that_had_begun_can_be_canceled_in_a_day(
    api: Contract, openai_films: FilmServer, settings: Any
) -> None:
    settings.VIDEO_CANCELS_PER_DAY = 2
    openai_films.becomes(Fate(looks=None))
    answers = []
    for _ in range(3):
        video_id = ask(api).json()["video_id"]
        answers.append(api.send("POST", f"{VIDEOS}/{video_id}/cancel"))
    assert [answer.status_code for answer in answers] == [200, 200, 409]
    assert answers[2].json()["error"]["code"] == "TOO_MANY_CANCELS"
