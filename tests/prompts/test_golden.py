"""What a model is sent, word for word: a change of a released prompt is seen, and gets a number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generation.prompts import Prompt, prompt_of
from generation.providers.protocols import Brief
from generation.providers.steps import DRAWING, SEEING

GOLDEN = Path(__file__).parent / "golden"
HOODIE = Brief(
    words="Harbour hoodie\nHeavy fleece, kangaroo pocket\nhoodie-pink-flatlay.jpg",
    category="tops",
    subcategory="hoodie",
    vocabulary=("Hood", "Kangaroo pocket", "A01 Chest width ½"),
)
SHOT = {"name": "Pocket", "kind": "landmark", "reason": "Shows how it is set", "box": [0.4, 0.5]}
FIELD = {"label": "Chest width ½", "kind": "length", "unit": "cm", "words": "2 cm wider"}
FACTS: dict[str, dict[str, Any]] = {
    "category/detect": {"views": [{"picture": 1, "viewType": "front"}]},
    "close-ups/plan": {"views": [{"picture": 1, "viewType": "front"}]},
    "close-ups/describe": {"shot": SHOT},
    "close-ups/cut": {"shot": SHOT},
    "edit": {"field": FIELD},
    "regenerate": {"wish": "make it navy"},
    "base-views/generate:sample": {"wish": "a zip instead of the pullover", "seed": 7},
    "base-views/generate:final": {"wish": "", "seed": 7},
}


def shown(prompt: Prompt) -> str:
    return f"{prompt.version}\n\n{prompt.instructions}\n\n--- data ---\n{prompt.data_text}\n"


@pytest.mark.parametrize("operation", sorted(SEEING | DRAWING))
def test_a_prompt_is_sent_word_for_word_as_it_was_released(operation: str) -> None:
    prompt = prompt_of(operation, view_type="front", facts=FACTS.get(operation), brief=HOODIE)
    file = GOLDEN / f"{prompt.version}.txt"
    if not file.exists():
        file.write_text(shown(prompt), encoding="utf-8")
        pytest.fail(f"{file.name} was written: read it, and run the test again.")
    assert shown(prompt) == file.read_text(encoding="utf-8"), (
        f"The words of {prompt.version} changed. Once it is released, give the new words the next "
        f"number; before, delete tests/prompts/golden/{file.name} and run this again."
    )
