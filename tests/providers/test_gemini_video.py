"""Films by Gemini: what goes over the wire, how they are followed and fetched."""

from __future__ import annotations

import base64
import io
import json
import multiprocessing
import tracemalloc
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from generation.providers.filming import video_maker
from generation.providers.gemini_video import GeminiVideos
from generation.providers.protocols import Ask, Brief, Usage, VideoAsked, VideoState
from tests.fakes import film_contents
from tests.fakes.films import small_film
from tests.fakes.gemini_films import MODEL, USED, Fate, GeminiFilms
from tests.fakes.trouble import held
from tests.fakes.vendor import KEY, Behaviour, Exchange, Gate
from tests.providers.views import polo, view_of

ASK = Ask(MODEL, timeout_s=10)
WIDE = VideoAsked("It turns once around", 4, 1280, 720)
MANY = 24 * 1024 * 1024


@pytest.fixture
def videos(gemini_films: GeminiFilms) -> GeminiVideos:
    """Gemini's films with the vendor on loopback."""
    return GeminiVideos(gemini_films.root, KEY)


def silent(percent: int, words: str) -> None:
    """Nobody is told anything: Gemini works on its own."""
    raise AssertionError("a film that is made elsewhere tells no progress")


def created(videos: GeminiVideos, asked: VideoAsked = WIDE) -> VideoState:
    """A film that was accepted."""
    return videos.create(asked, ask=ASK, told=silent)


def fetched(videos: GeminiVideos, ref: str) -> bytes:
    """A whole film."""
    with videos.fetch(ref, timeout_s=10) as pieces:
        return b"".join(pieces)


def body_of(vendor: GeminiFilms) -> Mapping[str, Any]:
    """The last film that was asked for, as it came."""
    return vendor.asked_for("films/create")[-1].body


def test_a_film_is_asked_for_in_the_background_with_its_length_and_shape(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    state = created(videos)

    (asked,) = gemini_films.requests
    assert (asked.method, asked.path) == ("POST", "/v1beta/interactions")
    assert asked.headers["x-goog-api-key"] == KEY
    assert body_of(gemini_films) == {
        "model": MODEL,
        "background": True,
        "store": True,
        "input": [
            {
                "type": "user_input",
                "content": [{"type": "text", "text": "It turns once around"}],
            }
        ],
        "response_format": {
            "type": "video",
            "aspect_ratio": "16:9",
            "resolution": "720p",
            "duration": "4s",
            "delivery": "uri",
        },
        "generation_config": {"video_config": {"task": "text_to_video"}},
    }
    assert state == VideoState(next(iter(gemini_films.films)), "queued")


@pytest.mark.parametrize(
    ("width", "height", "seconds", "shape"),
    [
        (720, 1280, 12, ("9:16", "720p", "12s")),
        (1920, 1080, 8, ("16:9", "1080p", "8s")),
        (640, 360, 4, ("16:9", "360p", "4s")),
        (1000, 600, 4, ("16:9", "720p", "4s")),
    ],
)
def test_shape_and_length_are_said_as_gemini_says_them(
    gemini_films: GeminiFilms,
    videos: GeminiVideos,
    width: int,
    height: int,
    seconds: int,
    shape: tuple[str, str, str],
) -> None:
    created(videos, replace(WIDE, width=width, height=height, seconds=seconds))

    told = body_of(gemini_films)["response_format"]
    assert (told["aspect_ratio"], told["resolution"], told["duration"]) == shape


def test_photos_go_before_the_words_as_references_the_first_one_first(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    views = [polo(), view_of("polo-navy-back", view_type="back")]
    brief = Brief(words="navy polo")
    created(videos, replace(WIDE, views=views, title="Polo", brief=brief))

    film = gemini_films.film_of("It turns once around")
    assert [part["type"] for part in film.parts] == ["image", "image", "text"]
    assert body_of(gemini_films)["generation_config"]["video_config"] == {
        "task": "reference_to_video"
    }
    pictures = [base64.b64decode(part["data"]) for part in film.parts[:2]]
    assert {part["mime_type"] for part in film.parts[:2]} == {"image/jpeg"}
    assert pictures[0] != pictures[1]
    for picture in pictures:
        with Image.open(io.BytesIO(picture)) as opened:
            assert opened.format == "JPEG"
            assert max(opened.size) <= 1536


def test_no_more_photos_are_sent_than_gemini_takes(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    created(videos, replace(WIDE, views=[polo()] * 9))

    kinds = [part["type"] for part in gemini_films.film_of("It turns").parts]
    assert kinds == ["image"] * 6 + ["text"]


def test_a_film_is_followed_until_its_file_is_ready_and_then_fetched(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    gemini_films.becomes(Fate(looks=2, file_looks=1))
    ref = created(videos).ref

    states = [videos.look(ref, timeout_s=10) for _ in range(4)]

    told = [(state.status, state.progress) for state in states]
    assert told == [("in_progress", 0), ("in_progress", 99), ("completed", 100), ("completed", 100)]
    assert {state.ref for state in states} == {ref}
    assert fetched(videos, ref) == small_film(4)
    assert gemini_films.sold == {"films/create": 1}


@pytest.mark.parametrize("lies", ["file", "bare file", "inline"])
def test_a_film_is_fetched_wherever_it_lies(
    gemini_films: GeminiFilms, videos: GeminiVideos, lies: Any
) -> None:
    gemini_films.becomes(Fate(lies=lies))
    ref = created(videos).ref

    assert videos.look(ref, timeout_s=10).status == "completed"
    assert fetched(videos, ref) == small_film(4)


def test_a_file_without_a_length_told_before_is_fetched_whole(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    gemini_films.becomes(Fate(content=film_contents.in_chunks))
    ref = created(videos).ref
    videos.look(ref, timeout_s=10)

    assert fetched(videos, ref) == small_film(4)


@pytest.mark.parametrize("byte_count", [20_000, 100_001])
def test_a_film_inside_the_answer_is_unpacked_to_the_last_byte(
    gemini_films: GeminiFilms, videos: GeminiVideos, byte_count: int
) -> None:
    film = bytes(range(256)) * (byte_count // 256 + 1)
    gemini_films.becomes(Fate(lies="inline", inline=film[:byte_count]))
    ref = created(videos).ref
    videos.look(ref, timeout_s=10)

    assert fetched(videos, ref) == film[:byte_count]


def test_what_was_used_is_told_and_left_to_be_priced_by_the_second(
    gemini_films: GeminiFilms, videos: GeminiVideos, settings: Any
) -> None:
    ref = created(videos).ref
    used = videos.look(ref, timeout_s=10).usage

    assert (used.prompt_tokens, used.completion_tokens) == (1_290, 23_580)
    assert used.details["output_tokens_by_modality"] == USED["output_tokens_by_modality"]
    assert used.cost_usd_micros == 0

    settings.AI_PRICES = {MODEL: {"input": Decimal(1), "output": Decimal(10)}}
    assert videos.look(ref, timeout_s=10).usage.cost_usd_micros == 1_290 + 235_800


def test_a_film_that_is_not_over_has_used_nothing(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    gemini_films.becomes(Fate(looks=None))
    state = videos.look(created(videos).ref, timeout_s=10)

    assert (state.status, state.usage) == ("in_progress", Usage())


def test_a_film_is_canceled_and_one_that_is_over_may_be_asked_to_stop(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    gemini_films.becomes(Fate(looks=None))
    ref = created(videos).ref

    videos.cancel(ref, timeout_s=10)
    videos.cancel(ref, timeout_s=10)
    videos.cancel("v1_never", timeout_s=10)

    assert gemini_films.films[ref].cancels == 2
    assert videos.look(ref, timeout_s=10).status == "canceled"


@pytest.mark.parametrize("status", ["requires_continuation", "idle", "a_status_of_next_year", None])
def test_a_status_that_is_not_known_is_work_that_goes_on(
    gemini_films: GeminiFilms, videos: GeminiVideos, status: str | None
) -> None:
    ref = created(videos).ref
    gemini_films.will(tells(id=ref, status=status), to="films/look")

    assert videos.look(ref, timeout_s=10).status == "in_progress"


def tells(**body: Any) -> Behaviour:
    """An answer with that JSON."""
    return lambda exchange: exchange.answer(200, body)


def test_a_film_that_is_done_at_once_is_told_so(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    film = {"type": "video", "uri": "files/made-1"}
    steps = [{"type": "model_output", "content": [film]}]
    gemini_films.will(
        tells(id="interactions/v1_done", status="completed", steps=steps), to="films/create"
    )

    state = created(videos)

    assert (state.ref, state.status, state.progress) == ("v1_done", "completed", 100)


def test_the_last_film_of_the_answer_is_the_film_and_what_was_sent_is_none(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    ref = created(videos).ref
    draft, film = small_film(1), small_film(4)
    sent = {"type": "user_input", "content": [_video(b"sent")]}
    made = {"type": "model_output", "content": [_video(draft), _video(film)]}
    gemini_films.always(
        tells(id=ref, status="completed", steps=[made, sent, made]), to="films/look"
    )
    assert fetched(videos, ref) == film

    gemini_films.always(tells(id=ref, status="completed", steps=[made, sent]), to="films/look")
    assert videos.look(ref, timeout_s=10).status == "failed"


def _video(data: bytes) -> dict[str, str]:
    return {"type": "video", "data": base64.b64encode(data).decode()}


def peak_of(pieces: Iterator[bytes]) -> tuple[int, int]:
    """How many bytes came, and how many were held at once while they did."""
    tracemalloc.start()
    try:
        count = sum(map(len, pieces))
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_large_file_is_fetched_in_little_memory(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    gemini_films.becomes(Fate(content=film_contents.padded(MANY)))
    ref = created(videos).ref
    videos.look(ref, timeout_s=10)

    with videos.fetch(ref, timeout_s=60) as pieces:
        count, peak = peak_of(pieces)

    assert count == MANY
    assert peak < 4 * 1024 * 1024


def test_a_large_film_inside_the_answer_is_read_in_little_memory(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    ref = created(videos).ref
    gemini_films.always(_pours_a_film_inside(ref), to="films/look")

    tracemalloc.start()
    state = videos.look(ref, timeout_s=60)
    peak_of_look = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    with videos.fetch(ref, timeout_s=60) as pieces:
        count, peak = peak_of(pieces)

    assert (state.status, count) == ("completed", MANY)
    assert max(peak, peak_of_look) < 8 * 1024 * 1024


def _pours_a_film_inside(ref: str) -> Behaviour:
    head = {"id": ref, "status": "completed", "steps": []}
    before = json.dumps(head)[:-2] + '{"type":"model_output","content":[{"data":"'
    piece = base64.b64encode(bytes(3 * 65_536))

    def pieces() -> Iterator[bytes]:
        yield before.encode()
        for _ in range(MANY // (3 * 65_536)):
            yield piece
        yield b'","type":"video"}]}]}'

    def behave(exchange: Exchange) -> None:
        exchange.pour(pieces(), {"Content-Type": "application/json"})

    return behave


def test_one_client_serves_threads_at_once(gemini_films: GeminiFilms, videos: GeminiVideos) -> None:
    gate = Gate()
    ref = created(videos).ref
    gemini_films.always(held(gate, tells(id=ref, status="queued")), to="films/look")
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(videos.look, ref, timeout_s=10) for _ in range(8)]
        gemini_films.wait_until(lambda: gemini_films.at_once == 8)
        gate.open()
        statuses = {future.result().status for future in waiting}

    assert statuses == {"queued"}


def _looks_in_a_child(ref: str, found: Any) -> None:
    found.put(video_maker("gemini").look(ref, timeout_s=10).status)


def test_a_forked_process_has_a_connection_of_its_own(gemini_films: GeminiFilms) -> None:
    gemini_films.becomes(Fate(looks=None))
    maker = video_maker("gemini")
    assert video_maker("gemini") is maker
    assert (maker.name, maker.is_resubmittable) == ("gemini", False)
    ref = maker.create(WIDE, ask=ASK, told=silent).ref
    processes = multiprocessing.get_context("fork")
    found: Any = processes.Queue()
    child = processes.Process(target=_looks_in_a_child, args=(ref, found))
    child.start()
    child.join(30)

    assert child.exitcode == 0
    assert found.get(timeout=5) == "in_progress"
    assert gemini_films.connections == 2
    assert maker.look(ref, timeout_s=10).status == "in_progress"


def test_what_the_environment_says_of_other_accounts_does_not_matter(
    gemini_films: GeminiFilms, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, "somebody-elses")
    for name in ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"):
        monkeypatch.setenv(name, "true")
    videos = GeminiVideos(gemini_films.root + "/", KEY)
    ref = created(videos).ref
    videos.look(ref, timeout_s=10)
    fetched(videos, ref)

    assert {asked.headers["x-goog-api-key"] for asked in gemini_films.requests} == {KEY}
    assert len(gemini_films.requests) == 5
