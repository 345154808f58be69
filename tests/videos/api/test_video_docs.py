"""The page about failed videos says what is so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generation.providers.film_failures import WORDS
from tests.api.contract import Contract
from tests.core.docs import samples, table_of, text_of
from tests.fakes.openai_films import Fate, FilmServer
from tests.videos.api.asking import ask, check
from videos import api as addresses
from videos import operations
from videos.present import STATUS_OF

PAGE = "errors/video-errors"
JSON = [json.loads(one.code) for one in samples("json") if one.address == PAGE]


def test_the_codes_are_the_six_with_their_statuses() -> None:
    told = {row[0].strip("`"): int(row[1]) for row in table_of(PAGE, below="The six codes")}
    assert told == STATUS_OF
    assert set(told) == set(WORDS)


@pytest.mark.slow
def test_a_refusal_is_what_is_answered_to_the_letter(
    api: Contract, openai_films: FilmServer
) -> None:
    answered = ask(api, "A gory scene around the coat.").json()
    assert answered | {"video_id": ""} == JSON[0] | {"video_id": ""}
    assert list(answered) == [
        row[0].strip("`") for row in table_of(PAGE, below="When it is asked for")
    ]


@pytest.mark.slow
def test_a_failed_film_is_looked_at_as_told(api: Contract, openai_films: FilmServer) -> None:
    openai_films.becomes(Fate(code="moderation_blocked"))
    answered = check(api, ask(api, seconds="12").json()["video_id"])
    of_its_own = ("video_id", "created_at")
    assert without(answered, of_its_own) == without(JSON[1], of_its_own)


def without(body: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def test_times_and_numbers_are_those_that_are_kept(settings: Any) -> None:
    text = text_of(PAGE)
    assert f"not done within {settings.VIDEO_DEADLINE_S // 60} minutes" in text
    assert settings.VIDEO_LATE_S == 24 * 3600
    assert "looked for during a day" in text
    assert settings.VIDEO_CANCELS_PER_DAY == 5
    assert "five times in 24 hours" in text
    assert f"waits up to {addresses.ACCEPTED_WITHIN_S:.0f} seconds" in text
    assert f"up to {addresses.DONE_WITHIN_S:.0f} seconds for its end" in text
    assert operations.CHECK_PATIENCE_S == addresses.FETCHED_WITHIN_S
