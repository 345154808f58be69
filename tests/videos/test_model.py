"""In whatever order things happen to films, they end as an independent oracle says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from hypothesis.stateful import run_state_machine_as_test

from tests.fakes.film_callbacks import SECRET
from tests.videos.cinema import Cinema
from tests.videos.machine import FilmsMachine

# Without most of these a long run would say little.
SITUATIONS = {
    "a callback came again",
    "a worker died letting go",
    "a worker died with a request",
    "accepts",
    "given up",
    "late",
    "loses",
    "not canceled",
    "not enough credits",
    "overdue",
    "refuses",
}


@pytest.mark.parametrize(
    ("runs", "steps"),
    [(5, 25), pytest.param(40, 40, marks=[pytest.mark.slow, pytest.mark.thorough])],
)
def test_films_agree_with_an_independent_oracle(
    runs: int,
    steps: int,
    cinema: Cinema,
    rung: list[str],
    settings: Any,
    transactional_db: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.OPENAI_WEBHOOK_SECRET = SECRET
    monkeypatch.setattr(FilmsMachine, "cinema", cinema, raising=False)
    monkeypatch.setattr(FilmsMachine, "rung", rung, raising=False)
    met = FilmsMachine.met
    met.clear()
    run_state_machine_as_test(
        FilmsMachine,
        settings=hypothesis(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert met["ended"] >= runs
    missed = {situation for situation in SITUATIONS if not met[situation]}
    assert runs < 40 or len(missed) <= 3, missed
