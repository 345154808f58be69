"""What it means how a film ends at Gemini: the state, one of our codes, what the log is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.errors import ProviderError
from generation.providers.gemini_video import GeminiVideos
from generation.providers.gemini_video_failures import code_in
from generation.providers.gemini_video_states import state_of
from generation.providers.protocols import Ask, VideoAsked
from tests.fakes import gemini_films as films
from tests.fakes import gemini_script as gemini
from tests.fakes import trouble
from tests.fakes.gemini_films import MODEL, Fate, GeminiFilms
from tests.fakes.vendor import KEY

BLOCKED = "Your request was blocked by our moderation system."


@pytest.fixture
def videos(gemini_films: GeminiFilms) -> GeminiVideos:
    """Gemini's films with the vendor on loopback."""
    return GeminiVideos(gemini_films.root, KEY)


def create(videos: GeminiVideos) -> str:
    """The reference of a new film."""
    asked = VideoAsked("It turns once around", 4, 1280, 720)
    return videos.create(asked, ask=Ask(MODEL, 10), told=lambda percent, words: None).ref


ENDS = [
    (films.blocked("SAFETY"), "moderation_blocked"),
    (films.blocked("PROHIBITED_CONTENT"), "moderation_blocked"),
    (films.blocked("IMAGE_SAFETY"), "moderation_blocked"),
    (films.blocked("IMAGE_PROHIBITED_CONTENT", status="incomplete"), "moderation_blocked"),
    (films.blocked("JAILBREAK", status="completed"), "moderation_blocked"),
    (films.blocked("RECITATION", status="completed"), "moderation_blocked"),
    (films.filtered(), "moderation_blocked"),
    ({"status": "failed", "response": {"raiMediaFilteredReasons": ["r"]}}, "moderation_blocked"),
    (films.errs("https://ai.google.dev/errors/content-policy-violation"), "moderation_blocked"),
    (films.errs("internal", "It was blocked by a safety filter."), "moderation_blocked"),
    (films.steps_err(3, gemini.reason("SAFETY")), "moderation_blocked"),
    ({"status": "failed", "error": {"code": 400, "status": "SAFETY"}}, "moderation_blocked"),
    (films.steps_err(3), "invalid_request"),
    (films.errs("invalid_request"), "invalid_request"),
    (films.steps_err(8), "rate_limit_exceeded"),
    (films.errs("resource_exhausted"), "rate_limit_exceeded"),
    (films.errs("", status="budget_exceeded"), "insufficient_quota"),
    (films.errs("insufficient_quota"), "insufficient_quota"),
    (films.steps_err(4), "timeout"),
    (films.errs("https://ai.google.dev/errors/deadline_exceeded"), "timeout"),
    (films.steps_err(13), "server_error"),
    (films.errs("internal"), "server_error"),
    (films.errs("", status="incomplete"), "server_error"),
    (films.errs("", status="requires_action"), "server_error"),
    (films.says_only("I cannot do that."), "server_error"),
    ({"status": "completed", "steps": []}, "server_error"),
    ({"status": "completed", "steps": "none"}, "server_error"),
    ({"status": "failed", "errors": 7}, "server_error"),
    (films.blocked("FINISH_OF_NEXT_YEAR"), "server_error"),
]


@pytest.mark.parametrize(("ends", "code"), ENDS)
def test_a_film_that_fails_while_it_is_made_fails_with_one_of_our_codes(
    gemini_films: GeminiFilms, videos: GeminiVideos, ends: Mapping[str, Any], code: str
) -> None:
    gemini_films.becomes(Fate(ends=ends))
    ref = create(videos)

    state = videos.look(ref, timeout_s=10)

    assert (state.status, state.code, state.ref) == ("failed", code, ref)
    assert state.words
    assert (state.words == BLOCKED) == (code == "moderation_blocked")
    assert "secret" not in f"{state.words} {state.message}"
    assert state.usage.prompt_tokens == 1_290


told_by_gemini = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["status", "steps", "content", "type", "uri", "data", "usage", "errors", "code",
             "message", "model", "outputs", "output_video", "total_input_tokens", "id"]
        ),
        inner | st.sampled_from(["completed", "failed", "model_output", "video", "files/a"]),
        max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@given(st.fixed_dictionaries({"status": st.sampled_from(["completed", "failed", "x"])}), st.data())
def test_whatever_an_interaction_says_is_a_state(head: dict[str, Any], data: st.DataObject) -> None:
    told = data.draw(told_by_gemini)
    state = state_of({**head, **(told if isinstance(told, dict) else {"steps": told})}, ref="v1_a")

    assert (state.code != "") == (state.status == "failed")
    assert json.dumps(dict(state.usage.details), allow_nan=False)


def test_the_log_is_told_by_what_name_a_film_failed(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    gemini_films.will_become(
        Fate(ends=films.blocked("IMAGE_SAFETY")), Fate(ends=films.steps_err(13))
    )
    refuses = gemini.fails_with(400, "INVALID_ARGUMENT", gemini.reason("SAFETY"))
    gemini_films.will(refuses, to="films/create")
    with pytest.raises(ProviderError) as refused:
        create(videos)
    states = [videos.look(create(videos), timeout_s=10) for _ in range(2)]

    assert str(refused.value) == "gemini: 400 400 invalid_argument safety"
    assert [state.message for state in states] == [
        "gemini: failed image_safety moderation_blocked",
        "gemini: failed 13 server_error",
    ]


def test_what_the_user_sent_is_not_taken_for_gemini_s_own_word() -> None:
    echo = {"type": "user_input", "content": [{"message": "violates the content policy"}]}
    told = {
        "steps": [echo],
        "input": [{"message": "safety filters", "code": "SAFETY"}],
        "labels": {"reason": "SAFETY"},
    }

    assert code_in(told) == "server_error"


def test_a_film_whose_file_broke_has_failed(
    gemini_films: GeminiFilms, videos: GeminiVideos
) -> None:
    ref = create(videos)
    broke = {"state": "FAILED", "error": {"code": 13, "message": trouble.SECRET}}
    gemini_films.will(lambda exchange: exchange.answer(200, broke), to="films/file")

    state = videos.look(ref, timeout_s=10)

    assert (state.status, state.code) == ("failed", "server_error")
