"""Steps asked of a provider directly, and what they end with."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest

from generation.errors import ProviderError
from generation.providers.custom_steps import CustomSteps
from generation.providers.openai_steps import OpenAISteps
from generation.providers.protocols import Answer, Ask, Brief, FieldAsked
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.trouble import SECRET
from tests.fakes.vendor import KEY
from tests.providers.views import polo

VISION, IMAGE = "gpt-6.1-terra", "gpt-image-2"
BRIEF = Brief(words="Pier Polo", category="tops", subcategory="polo shirt")
SHOT = {"name": "Placket", "kind": "landmark", "reason": "buttons", "box": [200, 120, 200, 200]}
Steps = OpenAISteps | CustomSteps


def steps_of(provider: str, vendor: OpenAIServer, *, key: str = KEY) -> Steps:
    """A provider's steps with the vendor on loopback."""
    url = f"{vendor.root}/v1"
    return OpenAISteps(url, key) if provider == "openai" else CustomSteps(url, key)


def analysed(steps: Steps, *, timeout_s: float = 10.0, complaint: str = "") -> Answer:
    """An analysis of a polo."""
    ask = Ask(VISION, timeout_s, complaint)
    return steps.analyze_view(view=polo(), brief=BRIEF, ask=ask)


def recoloured(steps: Steps, *, timeout_s: float = 10.0) -> Answer:
    """The polo's photo with a change."""
    ask = Ask(IMAGE, timeout_s)
    return steps.edit_view(view=polo(), words="make it red", brief=BRIEF, seed=0, ask=ask)


def field(words: str, **more: Any) -> FieldAsked:
    """A field that is to be changed by ``words``."""
    told: dict[str, Any] = {"kind": "length", "value": 52.0, "unit": "cm"} | more
    return FieldAsked("pointsOfMeasure.A01.value", "Chest width", words=words, **told)


def failure_of(ask: Callable[..., Answer], steps: Steps, **more: Any) -> ProviderError:
    """The error that a step ends with; it quotes neither the vendor nor a key."""
    with pytest.raises(ProviderError) as caught:
        ask(steps, **more)
    error = caught.value
    said = "".join([repr(error), error.words, *traceback.format_exception(error)])
    for word in (SECRET, KEY, "org-secret", "proj-secret"):
        assert word not in said
    return error
