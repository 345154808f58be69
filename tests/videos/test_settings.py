"""Settings of films that cannot be meant end the start, and the words say which and why."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from config.limits import whole
from config.prices import VIDEO_PRICES, video_prices


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A setting of that value in the environment, read within 1 to 9."""

    def read(value: str) -> int:
        monkeypatch.setenv("VIDEO_TESTED", value)
        return whole(Env(), "VIDEO_TESTED", usual=5, least=1, most=9)

    return read


def test_a_number_within_its_bounds_is_taken_and_a_usual_one_without(given: Any) -> None:
    assert [given(value) for value in ("1", " 9 ", "+3")] == [1, 9, 3]
    assert whole(Env(), "VIDEO_NOT_GIVEN", usual=5, most=9) == 5


@pytest.mark.parametrize("value", ["0", "10", "-1", "1.5", "1e1", "twenty", "", "9" * 30])
def test_what_cannot_be_meant_is_refused_by_name(given: Any, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"VIDEO_TESTED .* from 1 to 9, not"):
        given(value)


def test_prices_are_laid_over_the_usual_ones() -> None:
    assert video_prices({"openai": "3"}) == {**VIDEO_PRICES, "openai": 3_000_000}
    assert video_prices({"studio": "0"})["studio"] == 0


@pytest.mark.parametrize(
    "given_prices", [[], {"vendor": "1"}, {"openai": "-0.5"}, {"openai": "much"}, {"openai": None}]
)
def test_prices_that_cannot_be_meant_are_refused(given_prices: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="VIDEO_PRICES"):
        video_prices(given_prices)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VIDEO_DEADLINE_S", "5"),
        ("VIDEO_LATE_S", "-1"),
        ("VIDEO_MOST_BYTES", "512"),
        ("VIDEO_RETENTION_DAYS", "-30"),
        ("VIDEO_CANCELS_PER_DAY", "five"),
    ],
)
@pytest.mark.thorough
def test_the_product_does_not_start_with_them(name: str, value: str, settings: Any) -> None:
    started = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=settings.BASE_DIR,
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode != 0
    assert f"{name} has to be a whole number" in started.stderr
