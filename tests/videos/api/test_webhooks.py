"""What providers call back: signed messages have one effect, and nothing else has any."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError
from django.http import UnreadablePostError
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as thorough
from hypothesis import strategies as st
from standardwebhooks import Webhook

from core.money import CREDIT
from tests.api.contract import Contract
from tests.fakes.film_callbacks import SECRET, Message, sealed, signed
from tests.fakes.openai_films import Fate, FilmServer
from tests.videos.api.asking import FULL, ask, free, held
from videos.models import ProviderCallback, Video

pytestmark = pytest.mark.slow

PATH = "/webhooks/openai"
DAY_S = 24 * 3600


@pytest.fixture
def film(api: Contract, openai_films: FilmServer) -> Video:
    """A film that its provider works on, and ends on command."""
    openai_films.becomes(Fate(looks=None))
    ask(api)
    return Video.objects.get()


def deliver(message: Message, path: str = PATH, **changed: str) -> Any:
    """Send a message as its provider does: without a session, from nowhere we know."""
    headers = {**message.headers, **changed}
    kind = headers.pop("Content-Type")
    return Client(enforce_csrf_checks=True).generic(
        "POST", path, message.body, content_type=kind, headers=headers
    )


def fresh(video: Video) -> Video:
    return Video.objects.get(pk=video.pk)


# --- What is taken -----------------------------------------------------------------------
def test_a_message_that_a_film_is_done_has_it_fetched_and_charged(
    film: Video, user: Any, openai_films: FilmServer
) -> None:
    openai_films.finish(film.provider_ref)
    answer = deliver(signed("video.completed", film.provider_ref))
    assert (answer.status_code, answer.content) == (200, b"")
    assert fresh(film).status == "completed"
    assert (free(user), held(user)) == (FULL - 8 * CREDIT, 0)
    kept = ProviderCallback.objects.get()
    assert (kept.provider, kept.type, kept.provider_ref) == (
        "openai",
        "video.completed",
        film.provider_ref,
    )


def test_a_message_that_a_film_failed_gives_the_credits_back(
    film: Video, user: Any, openai_films: FilmServer
) -> None:
    openai_films.fail(film.provider_ref, "moderation_blocked")
    assert deliver(signed("video.failed", film.provider_ref)).status_code == 200
    assert (fresh(film).status, fresh(film).error_code) == ("failed", "moderation_blocked")
    assert (free(user), held(user)) == (FULL, 0)


def test_a_message_is_answered_before_anybody_looks(
    film: Video, openai_films: FilmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("videos.tasks.look.delay", lambda video_id, *more: rung.append(video_id))
    openai_films.finish(film.provider_ref)
    asked = len(openai_films.requests)
    assert deliver(signed("video.completed", film.provider_ref)).status_code == 200
    assert rung == [film.video_id]
    assert len(openai_films.requests) == asked


def test_what_is_said_ten_times_is_stored_once_and_charged_once(
    film: Video, user: Any, openai_films: FilmServer
) -> None:
    openai_films.finish(film.provider_ref)
    message = signed("video.completed", film.provider_ref)
    looks = []
    for _ in range(10):
        assert deliver(message).status_code == 200
        looks.append(openai_films.films[film.provider_ref].looks)
    assert set(looks) == {looks[0]}, "only the first has the film looked at"
    assert ProviderCallback.objects.count() == 1
    assert openai_films.films[film.provider_ref].fetches == 1
    assert (free(user), held(user)) == (FULL - 8 * CREDIT, 0)


def test_messages_in_the_wrong_order_end_in_what_the_provider_says(
    film: Video, user: Any, openai_films: FilmServer
) -> None:
    late = signed("video.completed", film.provider_ref)
    assert deliver(signed("video.failed", film.provider_ref)).status_code == 200
    assert fresh(film).status in Video.OPEN, "the provider itself does not say so"
    openai_films.finish(film.provider_ref)
    assert deliver(late).status_code == 200
    assert deliver(signed("video.failed", film.provider_ref)).status_code == 200
    assert fresh(film).status == "completed"
    assert (free(user), held(user)) == (FULL - 8 * CREDIT, 0)


def test_a_message_about_a_film_of_nobody_here_is_taken_and_changes_nothing(
    film: Video, openai_films: FilmServer
) -> None:
    assert deliver(signed("video.completed", "video_of_somebody_else")).status_code == 200
    assert fresh(film).status in Video.OPEN
    assert ProviderCallback.objects.count() == 1


@pytest.mark.parametrize("kind", ["response.completed", "video.hummed", "batch.failed"])
def test_a_type_that_is_not_known_is_taken_and_changes_nothing(
    film: Video, openai_films: FilmServer, kind: str
) -> None:
    openai_films.finish(film.provider_ref)
    assert deliver(signed(kind, film.provider_ref)).status_code == 200
    assert fresh(film).status in Video.OPEN
    assert ProviderCallback.objects.get().type == kind


# --- What is not -------------------------------------------------------------------------
def refused(answer: Any) -> bool:
    """400 in the envelope, and nothing stored."""
    assert answer.status_code == 400, (answer.status_code, answer.content)
    assert answer.json()["error"]["type"] == "invalid_request"
    assert not ProviderCallback.objects.exists()
    return True


def test_what_is_not_signed_so_is_refused_and_changes_nothing(
    film: Video, openai_films: FilmServer
) -> None:
    openai_films.finish(film.provider_ref)
    right = signed("video.completed", film.provider_ref)
    other = signed("video.completed", film.provider_ref, secret="whsec_" + "b3RoZXI=" * 4)
    signature = right.headers["webhook-signature"]
    for answer in (
        deliver(other),
        deliver(right, **{"webhook-id": "wh_another"}),
        deliver(right, **{"webhook-timestamp": str(int(time.time()) + 1)}),
        deliver(right, **{"webhook-signature": signature[:-2]}),
        deliver(right, **{"webhook-signature": signature.replace("v1,", "v2,")}),
        deliver(right, **{"webhook-signature": ""}),
        deliver(Message(right.body + b" ", right.headers)),
        deliver(Message(right.body.replace(b"completed", b"failed"), right.headers)),
        deliver(Message(right.body, {"Content-Type": "application/json"})),
    ):
        assert refused(answer)
    assert fresh(film).status in Video.OPEN


@pytest.mark.parametrize("age_s", [600, DAY_S, -600, -DAY_S, 10**9])
def test_a_message_from_another_time_is_refused(
    film: Video, openai_films: FilmServer, age_s: int
) -> None:
    openai_films.finish(film.provider_ref)
    assert refused(deliver(signed("video.completed", film.provider_ref, at=time.time() - age_s)))
    assert fresh(film).status in Video.OPEN


def test_five_megabytes_are_refused_unread(film: Video, openai_films: FilmServer) -> None:
    body = json.dumps({"type": "video.completed", "data": {"id": "x" * 5_000_000}})
    assert refused(deliver(sealed(body, at=time.time())))


GARBAGE = [
    "",
    "{",
    "null",
    "[]",
    "7",
    '"x"',
    "{}",
    '{"type": 7}',
    '{"type": "a b"}',
    '{"type": "\\u0000"}',
    '{"type": "video.completed\\u0000"}',
    "[" * 100_000,
    '{"a":' * 50_000,
    '{"type": "' + "x" * 81 + '"}',
]


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_refused_though_it_is_signed(
    openai_films: FilmServer, db: None, body: str
) -> None:
    assert refused(deliver(sealed(body, at=time.time())))


@pytest.mark.parametrize(
    "data", [None, 7, [], {}, {"id": None}, {"id": 7}, {"id": []}, {"id": ""}, {"id": "\x00"}]
)
def test_a_message_that_names_no_film_is_taken_and_changes_nothing(
    film: Video, openai_films: FilmServer, data: Any
) -> None:
    body = json.dumps({"type": "video.completed", "data": data})
    assert deliver(sealed(body, at=time.time())).status_code == 200
    assert fresh(film).status in Video.OPEN
    assert ProviderCallback.objects.get().provider_ref == ""


@pytest.mark.parametrize("message_id", ["", " ", "wh_" + "x" * 300, "wh_\u00e9", "wh\tx"])
def test_an_id_that_is_none_is_refused(openai_films: FilmServer, db: None, message_id: str) -> None:
    at = int(time.time())
    signature = Webhook(SECRET).sign(message_id, datetime.fromtimestamp(at, UTC), "{}")
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature,
    }
    assert refused(deliver(Message(b"{}", headers)))


def test_a_form_is_no_message(openai_films: FilmServer, db: None) -> None:
    message = signed("video.completed", "video_x")
    for kind in (
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=no-such",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "",
        "\x00",
    ):
        answer = deliver(Message(message.body, {**message.headers, "Content-Type": kind}))
        assert answer.status_code in (200, 400), kind
    assert ProviderCallback.objects.count() <= 1


HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)


@given(body=st.binary(max_size=300), ident=HEADER, at=HEADER | st.integers().map(str), by=HEADER)
@thorough(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_at_all_are_a_fault_of_ours(
    openai_films: FilmServer, transactional_db: None, body: bytes, ident: str, at: str, by: str
) -> None:
    headers = {
        "Content-Type": "application/json",
        "webhook-id": ident,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{by}",
    }
    assert refused(deliver(Message(body, headers)))


@pytest.mark.parametrize(
    "stamp",
    ["", "x", "nan", "inf", "-1", "1e400", "9" * 400, "9" * 5000, "0x10", "\u0661\u0662", "1.5"],
)
def test_a_time_that_is_none_is_refused(openai_films: FilmServer, db: None, stamp: str) -> None:
    message = signed("video.completed", "video_x")
    assert refused(deliver(message, **{"webhook-timestamp": stamp}))


# --- Where and when ----------------------------------------------------------------------
def test_a_broker_that_is_away_is_no_reason_to_say_no(
    film: Video, openai_films: FilmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*given: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr("videos.tasks.look.delay", breaks)
    assert deliver(signed("video.completed", film.provider_ref)).status_code == 200
    assert ProviderCallback.objects.count() == 1


def test_only_messages_are_taken_here(openai_films: FilmServer, db: None) -> None:
    for path in (PATH, "/webhooks/gemini"):
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            answer = Client().generic(method, path)
            assert (answer.status_code, answer.headers["Allow"]) == (405, "POST"), (method, path)
            assert answer.json()["error"]["type"] == "method_not_allowed"


def test_who_is_not_set_up_is_not_heard(settings: Any, db: None, openai_films: FilmServer) -> None:
    settings.OPENAI_WEBHOOK_SECRET = settings.GEMINI_WEBHOOK_SECRET = ""
    message = signed("video.completed", "video_x")
    for path in (PATH, "/webhooks/gemini", "/webhooks/nobody", "/webhooks/"):
        assert deliver(message, path).status_code == 404, path
    assert not ProviderCallback.objects.exists()


def test_one_provider_s_secret_opens_no_other_s_door(
    settings: Any, film: Video, openai_films: FilmServer
) -> None:
    settings.GEMINI_WEBHOOK_SECRET = "whsec_" + "Z2VtaW5p" * 4
    openai_films.finish(film.provider_ref)
    assert refused(deliver(signed("video.completed", film.provider_ref), "/webhooks/gemini"))
    both = signed("video.generated", film.provider_ref, secret=settings.GEMINI_WEBHOOK_SECRET)
    assert deliver(both, "/webhooks/gemini").status_code == 200
    assert fresh(film).status in Video.OPEN, "gemini makes no film of openai's"


def test_a_message_that_breaks_off_is_refused(
    openai_films: FilmServer, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*given: Any) -> bytes:
        raise UnreadablePostError("reset")

    monkeypatch.setattr("django.core.handlers.wsgi.WSGIRequest.read", breaks)
    assert refused(deliver(signed("video.completed", "video_x")))


def test_a_message_that_cannot_be_stored_now_is_asked_for_again(
    film: Video, openai_films: FilmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**given: Any) -> None:
        raise OperationalError("the database is away")

    openai_films.finish(film.provider_ref)
    message = signed("video.completed", film.provider_ref)
    with monkeypatch.context() as patch:
        patch.setattr(ProviderCallback.objects, "get_or_create", away)
        answer = deliver(message)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert deliver(message).status_code == 200
    assert fresh(film).status == "completed"
