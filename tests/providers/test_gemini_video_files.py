"""Where a film is fetched from, and what happens when that breaks."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable

import httpx2
import pytest

from generation.errors import Failure, ProviderError
from generation.providers.gemini_video import GeminiVideos
from generation.providers.protocols import Ask, VideoAsked
from tests.fakes import film_contents, trouble
from tests.fakes import gemini_script as gemini
from tests.fakes.film_contents import Content
from tests.fakes.films import broken_film, small_film
from tests.fakes.gemini_films import MODEL, Fate, GeminiFilms
from tests.fakes.vendor import KEY, Behaviour, Exchange, Gate

GOOGLE = "https://generativelanguage.googleapis.com"
STORED = "https://storage.googleapis.com/made/film.mp4?signature=1"


@pytest.fixture
def videos(gemini_films: GeminiFilms) -> GeminiVideos:
    """Gemini's films with the vendor on loopback."""
    return GeminiVideos(gemini_films.root, KEY)


def made(videos: GeminiVideos) -> str:
    """The reference of a film that is completed."""
    asked = VideoAsked("It turns", 4, 1280, 720)
    state = videos.create(asked, ask=Ask(MODEL, 10), told=lambda percent, words: None)
    assert videos.look(state.ref, timeout_s=10).status == "completed"
    return state.ref


def fetched(videos: GeminiVideos, ref: str, timeout_s: float = 10.0) -> bytes:
    """A whole film."""
    with videos.fetch(ref, timeout_s=timeout_s) as pieces:
        return b"".join(pieces)


def failure_of(videos: GeminiVideos, ref: str, timeout_s: float = 10.0) -> ProviderError:
    """The error that fetching ends with."""
    with pytest.raises(ProviderError) as raised:
        fetched(videos, ref, timeout_s)
    assert raised.value.__cause__ is None
    return raised.value


@pytest.mark.parametrize("content", [film_contents.cut_off, lambda exchange, _: exchange.reset()])
def test_a_download_that_breaks_off_is_tried_again(
    gemini_films: GeminiFilms, videos: GeminiVideos, content: Content
) -> None:
    gemini_films.becomes(Fate(content=content))
    ref = made(videos)

    error = failure_of(videos, ref)

    assert (error.failure, error.can_ask_again) == (Failure.TRANSIENT, True)


@pytest.mark.parametrize(
    "behaviour", [gemini.is_busy, gemini.is_overloaded, gemini.fails_with(500, "INTERNAL")]
)
def test_a_download_that_is_turned_away_is_tried_again(
    gemini_films: GeminiFilms, videos: GeminiVideos, behaviour: Callable[[Exchange], None]
) -> None:
    ref = made(videos)
    gemini_films.will(behaviour, to="films/download")

    assert failure_of(videos, ref).can_ask_again
    assert fetched(videos, ref) == small_film(4)


def test_a_download_that_stalls_or_never_ends_is_left_in_time(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    gemini_films.will_become(
        Fate(content=film_contents.stalled(Gate())), Fate(content=film_contents.endless)
    )
    for _ in range(2):
        ref = made(videos)
        began = time.monotonic()

        error = failure_of(videos, ref, timeout_s=1.0)

        assert (error.failure, error.code) == (Failure.TRANSIENT, "timeout")
        assert time.monotonic() - began < 30
    gemini_films.wait_until(lambda: gemini_films.hung_up == 2)


def test_a_download_that_is_left_in_the_middle_hangs_up(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    gemini_films.becomes(Fate(content=film_contents.endless))
    with videos.fetch(made(videos), timeout_s=30) as pieces:
        assert next(pieces)

    gemini_films.wait_until(lambda: gemini_films.hung_up == 1)


def test_what_goes_wrong_with_whoever_reads_stays_his_own(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    ref = made(videos)
    for error in (OSError("no space left"), ValueError("no")):
        with pytest.raises(type(error)) as raised, videos.fetch(ref, timeout_s=10):
            raise error
        assert raised.value is error


def test_bytes_that_do_not_play_come_as_they_are_for_others_to_judge(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    gemini_films.becomes(Fate(content=film_contents.broken))

    assert fetched(videos, made(videos)) == broken_film(4)


def test_a_film_inside_the_answer_that_is_none_is_malformed(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    ref = made(videos)
    for data in ("%%%%", "A" * 40_001, "*" * 40_000, "\\u0041" * 20_000):
        tell(gemini_films, ref, data=data)
        assert failure_of(videos, ref).failure is Failure.MALFORMED_OUTPUT

    gemini_films.always(
        lambda exchange: exchange.answer(200, {"id": ref, "status": "completed"}), to="films/look"
    )
    assert failure_of(videos, ref).failure is Failure.MALFORMED_OUTPUT


def test_a_film_that_is_squeezed_unasked_is_refused(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    gemini_films.becomes(Fate(content=film_contents.squeezed))

    assert failure_of(videos, made(videos)).failure is Failure.MALFORMED_OUTPUT
    assert gemini_films.asked_for("films/download")[0].headers["accept-encoding"] == "identity"


def test_a_file_that_has_gone_is_no_film_any_more(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    ref = made(videos)
    gemini_films.will(gemini.fails_with(404, "NOT_FOUND"), to="films/download")

    error = failure_of(videos, ref)

    assert (error.failure, error.can_ask_again) == (Failure.MALFORMED_OUTPUT, False)


def test_only_the_name_of_a_file_is_taken_from_an_answer(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    with GeminiFilms() as other:
        ref = made(videos)
        name = gemini_films.films[ref].file
        for uri in (f"{other.root}/v1beta/files/{name}", f"http://x@127.0.0.1:9/files/{name}?a=b"):
            tell(gemini_films, ref, uri=uri)
            assert fetched(videos, ref) == small_film(4)
        for uri in (
            "gs://bucket/film.mp4",
            "file:///etc/passwd",
            f"{other.root}/film.mp4",
            "files/",
        ):
            tell(gemini_films, ref, uri=uri)
            assert failure_of(videos, ref).failure is Failure.MALFORMED_OUTPUT
        assert not other.requests


def tell(vendor: GeminiFilms, ref: str, **video: str) -> None:
    """Let the interaction say this of its film."""
    steps = [{"type": "model_output", "content": [{"type": "video", **video}]}]
    told = {"id": ref, "status": "completed", "steps": steps}
    vendor.always(lambda exchange: exchange.answer(200, told), to="films/look")


def leads_to(place: str) -> Behaviour:
    """A redirect."""
    return lambda exchange: exchange.answer(302, b"", {"Location": place})


def test_a_file_that_lies_elsewhere_at_the_same_vendor_is_followed(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    ref = made(videos)
    there = f"/v1beta/files/{gemini_films.films[ref].file}:download?alt=media"
    gemini_films.will(leads_to(there), to="films/download")

    assert fetched(videos, ref) == small_film(4)
    assert {
        asked.headers["x-goog-api-key"] for asked in gemini_films.asked_for("films/download")
    } == {KEY}


def test_a_file_that_lies_with_a_stranger_is_not_fetched(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    with GeminiFilms() as other:
        ref = made(videos)
        places = (
            f"{other.root}/film.mp4",
            "http://169.254.169.254/latest/meta-data",
            STORED,  # nor with Google, where somebody else serves the interface
            "http://[",
            "//\x7f",
        )
        for place in places:
            gemini_films.will(leads_to(place), to="films/download")
            error = failure_of(videos, ref)
            assert error.failure is Failure.CONFIGURATION
            assert not error.can_ask_again
        assert not other.requests


def test_redirects_that_never_end_are_not_followed_for_ever(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    ref = made(videos)
    gemini_films.always(
        lambda exchange: exchange.answer(302, b"", {"Location": exchange.asked.path}),
        to="films/download",
    )

    assert failure_of(videos, ref).failure is Failure.CONFIGURATION
    assert len(gemini_films.asked_for("films/download")) == 4


@pytest.mark.parametrize("status", [204, 300, 304])
def test_an_answer_of_another_kind_is_no_film(
    gemini_films: GeminiFilms, videos: GeminiVideos, status: int
) -> None:
    ref = made(videos)
    gemini_films.will(lambda exchange: exchange.answer(status, b""), to="films/download")

    assert failure_of(videos, ref).failure is Failure.CONFIGURATION


class Google:
    """Google itself as far as its files go: what was asked, with which key."""

    def __init__(self, place: str) -> None:
        self.asked: list[tuple[str, str]] = []
        self.place = place

    def __call__(self, transport: object, request: httpx2.Request) -> httpx2.Response:
        """The answer to a request that would have gone out."""
        url = str(request.url)
        self.asked.append((url, request.headers.get("x-goog-api-key", "")))
        if "/interactions/" in url:
            content = [{"type": "video", "uri": f"{GOOGLE}/v1beta/files/f1:download?alt=media"}]
            steps = [{"type": "model_output", "content": content}]
            return httpx2.Response(200, json={"status": "completed", "steps": steps})
        if ":download" in url:
            return httpx2.Response(302, headers={"Location": self.place})
        return httpx2.Response(200, content=b"a film")


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Google]:
    """Puts Google in the place of the network, with a file that lies somewhere."""

    def put(place: str) -> Google:
        found = Google(place)

        def answer(transport: object, request: httpx2.Request) -> httpx2.Response:
            return found(transport, request)

        monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", answer)
        return found

    return put


def test_googles_storage_is_asked_without_the_key(google: Callable[[str], Google]) -> None:
    network = google(STORED)

    assert fetched(GeminiVideos(GOOGLE, KEY), "v1_x") == b"a film"
    assert network.asked == [
        (f"{GOOGLE}/v1beta/interactions/v1_x?stream=false", KEY),
        (f"{GOOGLE}/v1beta/files/f1:download?alt=media", KEY),
        (STORED, ""),
    ]


@pytest.mark.parametrize(
    "place",
    [
        "http://storage.googleapis.com/film.mp4",
        "https://storage.googleapis.com:8443/film.mp4",
        "https://googleapis.com.evil.example/film.mp4",
        "https://evilgoogleapis.com/film.mp4",
        "https://127.0.0.1/film.mp4",
        "ftp://storage.googleapis.com/film.mp4",
    ],
)
def test_not_everybody_who_looks_like_google_is(
    google: Callable[[str], Google], place: str
) -> None:
    network = google(place)

    assert failure_of(GeminiVideos(GOOGLE, KEY), "v1_x").failure is Failure.CONFIGURATION
    assert len(network.asked) == 2


def test_many_downloads_at_once_do_not_mix(gemini_films: GeminiFilms, videos: GeminiVideos) -> None:
    gemini_films.will_become(*(Fate(lies="inline", inline=bytes([n]) * 40_000) for n in range(6)))
    refs = [made(videos) for _ in range(6)]
    found: dict[int, bytes] = {}
    threads = [
        threading.Thread(target=lambda n=n, ref=ref: found.update({n: fetched(videos, ref)}))
        for n, ref in enumerate(refs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert found == {n: bytes([n]) * 40_000 for n in range(6)}


def test_a_compressed_answer_is_read(gemini_films: GeminiFilms, videos: GeminiVideos) -> None:
    ref = made(videos)
    packed = gzip.compress(json.dumps({"id": ref, "status": "queued"}).encode())
    gemini_films.will(
        lambda exchange: exchange.answer(200, packed, {"Content-Encoding": "gzip"}),
        trouble.answers_raw(b"x", 200),
        to="films/look",
    )

    assert videos.look(ref, timeout_s=10).status == "queued"
