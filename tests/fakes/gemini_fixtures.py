"""Gemini for tests: of the steps, and of films."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes import gemini_script
from tests.fakes.gemini_films import GeminiFilms
from tests.fakes.gemini_vendor import GeminiVendor


@pytest.fixture
def gemini_images_vendor(settings: Any) -> Iterator[GeminiVendor]:
    """Gemini, set up for the steps, and nobody else is; it answers well unless told otherwise."""
    with GeminiVendor(gemini_script.answers) as server:
        for name in ("OPENAI_API_KEY", "CUSTOM_MODEL_URL", "CUSTOM_MODEL_KEY"):
            setattr(settings, name, "")
        for name, value in server.settings_for().items():
            setattr(settings, name, value)
        yield server


@pytest.fixture
def gemini_films(settings: Any) -> Iterator[GeminiFilms]:
    """Gemini with films, set up, and nobody else is; all go well unless it is told otherwise."""
    with GeminiFilms() as server:
        for name in ("OPENAI_API_KEY", "CUSTOM_MODEL_URL", "CUSTOM_MODEL_KEY"):
            setattr(settings, name, "")
        for name, value in server.settings_for().items():
            setattr(settings, name, value)
        yield server
