"""What is refused before a film is begun: wrong input, too few credits, the wrong caller."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.operations import create_key, revoke_key
from core.money import CREDIT
from credits.models import Hold
from generation import breaker
from generation.errors import Failure
from tests.api.contract import Contract
from tests.fakes import trouble
from tests.fakes.openai_films import MODEL, Fate, FilmServer
from tests.techpack.conftest import MakeProduct
from tests.videos.api.asking import (
    CHECK,
    FULL,
    GENERATE,
    VIDEOS,
    ask,
    assert_failed,
    check,
    free,
    held,
    last_line,
    leave,
)
from videos.models import Video

pytestmark = pytest.mark.slow

WRONG: dict[str, tuple[Any, ...]] = {
    "prompt": (None, "", "   ", 7, True, [], {}, "x" * 4001),
    "model": (7, True, [], {}, "", "gpt-nothing", "studio:sora-2", "x" * 201),
    "seconds": (None, 3, 4.0, True, "4.0", "04", " 4", "four", -4, [], {}, "", 5, "16"),
    "size": (None, 1280, "1280X720", "1920x1080", "", [], {}, "720x1280 "),
    "product_id": (7, "x", True, [], {}, "", "0" * 200),
    "revision_id": (7, "x", True, [], {}, ""),
    "pollForCompletion": (None, "true", 1, 0, [], {}, "yes"),
}
CASES = [(field, value) for field, values in WRONG.items() for value in values]


# --- Wrong input -------------------------------------------------------------------------
def test_every_wrong_value_is_named_by_its_field_and_holds_nothing(
    api: Contract, user: Any, openai_films: FilmServer
) -> None:
    for field, value in CASES:
        answer = ask(api, **{field: value})
        details = assert_failed(answer, 400, "invalid_request")
        assert list(details["fields"]) == [field], (field, value, details)
        assert answer.json()["video_id"] is None
    assert not Hold.objects.exists()
    assert not Video.objects.exists()
    assert not openai_films.requests
    assert free(user) == FULL


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "prompt"),
        (b"{}", "prompt"),
        (b"[]", "body"),
        (b"{", "body"),
        (b'{"prompt": NaN}', "prompt"),
        (b'{"prompt": "a\\u0000b"}', "prompt"),
        (b'{"prompt": "\\ud800"}', "prompt"),
        (b'{"prompt": "x", "prompt": "y"}', "prompt"),
        (b'{"prompt": "x", "fps": 24}', "fps"),
        (b'{"prompt": "x", "productId": null, "product_id": null}', "product_id"),
    ],
)
def test_a_body_that_cannot_be_read_has_the_body_of_a_failed_film(
    api: Contract, openai_films: FilmServer, body: bytes, field: str
) -> None:
    details = assert_failed(api.send("POST", GENERATE, body), 400, "invalid_request")
    assert list(details["fields"]) == [field]


def test_a_large_body_and_a_form_are_refused_in_the_same_shape(api: Contract) -> None:
    large = api.send("POST", GENERATE, b'{"prompt": "' + b"x" * 2_000_000 + b'"}')
    assert_failed(large, 413, "invalid_request")
    form = api.post(GENERATE, {"prompt": "x"})
    assert_failed(form, 415, "invalid_request")


@pytest.mark.parametrize("seconds", [8, "8"])
def test_seconds_are_a_number_or_its_digits(
    api: Contract, openai_films: FilmServer, seconds: Any
) -> None:
    openai_films.becomes(Fate(looks=None))
    video_id = ask(api, seconds=seconds, size="720x1280").json()["video_id"]
    told = check(api, video_id)
    assert (told["seconds"], told["size"]) == ("8", "720x1280")
    assert told["credits"]["held"] == "16"
    film = openai_films.film_of("polo")
    assert (film.seconds, film.size) == ("8", "720x1280")


@pytest.mark.parametrize("spelled", ["poll_for_completion", "pollForCompletion"])
def test_names_are_taken_in_either_spelling(
    api: Contract, openai_films: FilmServer, make_product: MakeProduct, spelled: str
) -> None:
    product = make_product()
    given: dict[str, Any] = {spelled: True, "productId": str(product.pk)}
    body = ask(api, **given).json()
    assert body["status"] == "completed"
    assert Video.objects.get().product_id == product.pk


@pytest.mark.parametrize("named", [MODEL, "openai", f"openai:{MODEL}"])
def test_a_model_is_named_by_its_id_its_provider_or_both(
    api: Contract, openai_films: FilmServer, named: str
) -> None:
    assert ask(api, model=named).json()["model"] == MODEL


# --- Whose product, which photo ----------------------------------------------------------
def test_what_is_not_there_or_not_ones_own_is_404_and_the_hold_goes_back(
    api: Contract,
    stranger: Contract,
    user: Any,
    openai_films: FilmServer,
    make_product: MakeProduct,
) -> None:
    product = make_product()
    revision = product.revisions.get()
    for given in ({"product_id": str(uuid4())}, {"revision_id": str(uuid4())}):
        answer = ask(api, **given)
        assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found")
        line = last_line(user)
        assert (line.status, line.held - line.released) == ("released", 0)
    for given in ({"product_id": str(product.pk)}, {"revision_id": str(revision.pk)}):
        assert ask(stranger, **given).status_code == 404
    theirs = stranger.send("POST", "/api/products", {}).json()["id"]
    for product_id in (theirs, str(uuid4())):
        given = {"product_id": product_id, "revision_id": str(revision.pk)}
        assert ask(api, **given).status_code == 404
    assert (free(user), held(user)) == (FULL, 0)
    assert not openai_films.requests


def test_a_photo_of_another_product_is_refused_and_the_hold_goes_back(
    api: Contract, user: Any, openai_films: FilmServer, make_product: MakeProduct
) -> None:
    one, other = make_product(), make_product()
    answer = ask(api, product_id=str(one.pk), revision_id=str(other.revisions.get().pk))
    details = assert_failed(answer, 400, "invalid_request")
    assert list(details["fields"]) == ["revision_id"]
    assert (free(user), held(user)) == (FULL, 0)


# --- Credits -----------------------------------------------------------------------------
def test_too_few_credits_are_402_in_the_envelope_with_ways_that_work(
    api: Contract, user: Any, openai_films: FilmServer, settings: Any
) -> None:
    settings.ROUTES = {"generate-video": [f"openai:{MODEL}", "studio:studio-1"]}
    leave(user, 9 * CREDIT)
    answer = ask(api, seconds="12")
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (402, "insufficient_credits")
    context = error["context"]
    assert context["requested_model"] == "generate-video"
    assert (context["unit"], context["required_credits"]) == ("credits", 24)
    assert (context["current_credits"], context["credit_deficit"]) == (9, 15)
    assert not {"requested_max_tokens", "input_tokens"} & set(context)
    costs = [option["credits"] for option in context["options"][:3]]
    assert costs == sorted(costs) == [2, 6, 8]
    assert error["suggestions"][:3] == [
        "Make 4 seconds with studio-1 instead (2 credits)",
        "Use studio-1 instead (6 credits)",
        "Make 4 seconds instead (8 credits)",
    ]
    assert not any(
        option["kind"] == "upgrade" and option["credits"] == 0 for option in context["options"]
    )
    assert not Video.objects.exists()


@pytest.mark.parametrize("number", [1, 2], ids=["another model", "shorter"])
def test_a_suggestion_that_is_followed_succeeds(
    api: Contract, user: Any, openai_films: FilmServer, settings: Any, number: int
) -> None:
    settings.ROUTES = {"generate-video": [f"openai:{MODEL}", "custom:reel-1"]}
    settings.CUSTOM_MODEL_URL = settings.OPENAI_BASE_URL
    leave(user, 13 * CREDIT)
    options = ask(api, seconds="12").json()["error"]["context"]["options"]
    option = options[number]
    followed = {name: option[name] for name in ("seconds", "model") if name in option}
    body = ask(api, **{"seconds": "12", **followed}, pollForCompletion=True).json()
    assert body["status"] == "completed"
    assert free(user) == 13 * CREDIT - int(option["credits"] * CREDIT)


def test_a_quote_says_what_is_held_then(api: Contract, user: Any, openai_films: FilmServer) -> None:
    asked = {"operation": "generate-video", "seconds": "12", "size": "720x1280", "model": "openai"}
    quote = api.send("POST", "/api/credits/quote", asked).json()
    assert (quote["credits"], quote["hold"], quote["included"]) == ("24", "24", False)
    openai_films.becomes(Fate(looks=None))
    ask(api, seconds="12")
    assert held(user) == 24 * CREDIT
    wrong = api.send("POST", "/api/credits/quote", {"operation": "generate-video", "seconds": 5})
    assert (wrong.status_code, list(wrong.json()["error"]["fields"])) == (400, ["seconds"])


def test_the_month_s_cap_of_a_key_is_its_own(user: Any, openai_films: FilmServer) -> None:
    capped = Contract(create_key(user=user, name="capped", monthly_cap=5 * CREDIT)[1])
    error = ask(capped).json()["error"]
    assert (error["status"], error["type"]) == (402, "insufficient_credits")


# --- Who may -----------------------------------------------------------------------------
ADDRESSES = [
    ("POST", GENERATE),
    ("GET", f"{CHECK}?video_id={{}}"),
    ("POST", f"{CHECK}?video_id={{}}"),
    ("GET", VIDEOS),
    ("GET", f"{VIDEOS}/{{}}"),
    ("DELETE", f"{VIDEOS}/{{}}"),
    ("GET", f"{VIDEOS}/{{}}/content"),
    ("POST", f"{VIDEOS}/{{}}/cancel"),
    ("POST", f"{VIDEOS}/{{}}/retry"),
]


@pytest.fixture
def video_id(api: Contract, openai_films: FilmServer) -> str:
    """A film that its provider works on."""
    openai_films.becomes(Fate(looks=None))
    return str(ask(api).json()["video_id"])


def test_who_is_not_known_is_401_and_who_may_not_is_403(user: Any, video_id: str) -> None:
    key, revoked = create_key(user=user, name="gone")
    revoke_key(user=user, key_id=key.pk)
    narrow = create_key(user=user, name="narrow", scopes=["generate", "products:read"])[1]
    for who, status, kind in (
        (Contract("tps_live_nothing"), 401, "unauthenticated"),
        (Contract(revoked), 401, "unauthenticated"),
        (Contract(narrow), 403, "permission_denied"),
    ):
        for method, path in ADDRESSES:
            answer = who.send(method, path.format(video_id), {})
            assert answer.status_code == status, (method, path)
            assert answer.json()["error"]["type"] == kind
    assert Client().post(GENERATE, {}, "application/json").status_code == 401


def test_a_key_for_films_alone_is_enough(user: Any, video_id: str) -> None:
    narrow = Contract(create_key(user=user, name="films", scopes=["videos"])[1])
    assert narrow.get(CHECK, {"video_id": video_id}).status_code == 200
    assert ask(narrow).status_code == 200


def test_somebody_else_s_films_are_not_there(
    api: Contract, stranger: Contract, video_id: str
) -> None:
    for other in (video_id, "video_" + "0" * 32, "x", "..", "%00", "%ff", "9" * 300):
        for method, path in ADDRESSES[4:]:
            answer = stranger.send(method, path.format(other))
            assert answer.status_code == 404, (method, path, other)
    assert stranger.get(CHECK, {"video_id": video_id}).status_code == 404
    assert stranger.send("POST", CHECK, {"video_id": video_id}).status_code == 404
    assert stranger.get(VIDEOS).json()["results"] == []
    assert check(api, video_id)["status"] in ("queued", "in_progress")


@pytest.mark.parametrize("body", [{}, {"video_id": 7}, {"video_id": ""}, b"["])
def test_a_check_that_names_no_film_is_400(api: Contract, body: Any) -> None:
    assert api.send("POST", CHECK, body).status_code == 400
    assert api.get(CHECK).status_code == 400


def test_a_check_is_asked_for_by_query_or_by_body(api: Contract, video_id: str) -> None:
    got = api.get(CHECK, {"video_id": video_id}).json()
    for answer in (
        api.send("POST", CHECK, {"video_id": video_id}),
        api.send("POST", f"{CHECK}?video_id={video_id}"),
    ):
        assert answer.json() == got


# --- Repeating, and too much -------------------------------------------------------------
def test_the_same_key_begins_one_film(api: Contract, user: Any, openai_films: FilmServer) -> None:
    openai_films.becomes(Fate(looks=None))
    first, again = ask(api, key="once"), ask(api, key="once")
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = ask(api, "something else", key="once")
    assert (other.status_code, other.json()["error"]["type"]) == (422, "idempotency_key_reused")
    assert openai_films.purchases.total() == 1
    assert held(user) == 8 * CREDIT


def test_a_refused_film_is_refused_again_with_the_same_key(
    api: Contract, openai_films: FilmServer
) -> None:
    words = "sexual intercourse"
    first, again = ask(api, words, key="once"), ask(api, words, key="once")
    assert first.json() == again.json()
    assert (first.status_code, again.status_code) == (400, 400)
    assert Video.objects.count() == 1


def test_a_film_that_its_provider_had_no_time_for_stays_failed_under_its_key(
    api: Contract, openai_films: FilmServer
) -> None:
    openai_films.always(trouble.refuses(429, code="rate_limit_exceeded"), to="videos/create")
    first = ask(api, key="once")
    assert_failed(first, 429, "rate_limit_exceeded")
    asked = len(openai_films.requests)
    assert ask(api, key="once").json() == first.json()
    assert len(openai_films.requests) == asked


def test_a_key_that_was_refused_for_credits_works_after_a_top_up(
    api: Contract, user: Any, openai_films: FilmServer
) -> None:
    leave(user, 7 * CREDIT)
    assert ask(api, key="once").status_code == 402
    leave(user, 8 * CREDIT)
    assert ask(api, key="once").status_code == 200


def test_a_provider_that_fails_too_often_is_503_before_anything_is_held(
    api: Contract, user: Any, openai_films: FilmServer
) -> None:
    for _ in range(5):
        breaker.failed("openai", MODEL, Failure.TRANSIENT)
    answer = ask(api)
    assert_failed(answer, 503, "server_error")
    assert int(answer.headers["Retry-After"]) >= 1
    assert not Hold.objects.exists()


def test_too_many_requests_are_429_in_the_envelope(
    api: Contract, openai_films: FilmServer, settings: Any
) -> None:
    settings.REQUESTS_PER_MINUTE = 1
    openai_films.becomes(Fate(looks=None))
    assert ask(api).status_code == 200
    refused = ask(api)
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "rate_limited")


def test_a_bug_has_the_body_of_a_failed_film_and_tells_nothing(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(**given: Any) -> None:
        raise ZeroDivisionError("SELECT secret")

    monkeypatch.setattr("videos.operations.generate_video", breaks)
    client = Contract(create_key(user=user, name="tests")[1])
    client.raise_request_exception = False
    answer = ask(client)
    assert_failed(answer, 500, "server_error")
    assert "SELECT" not in answer.content.decode()
    assert answer.headers["X-Request-ID"]
