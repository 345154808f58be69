"""The prompt of an operation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from generation.prompts.block import block_of
from generation.prompts.domain import domain_of
from generation.prompts.facts import NAME_MOST, product_told
from generation.prompts.files import newest
from generation.providers.protocols import Brief

# The task is in the data too: a server that is no language model goes by it.
NAMES: Final[Mapping[str, str]] = {
    "category/detect": "detect-category",
    "base-views/analyze": "analyze-view",
    "close-ups/plan": "plan-close-ups",
    "close-ups/describe": "describe-close-up",
    "edit": "edit-field",
    "close-ups/cut": "enlarge-close-up",
    "sketches/generate": "draw-flat",
    "regenerate": "edit-view",
    "base-views/generate:sample": "make-sample",
    "base-views/generate:final": "make-final",
}
# A view type as people say it. Words that are not listed stay in the data.
VIEWS: Final[Mapping[str, str]] = {
    "front": "the front, square on",
    "back": "the back, square on",
    "side": "the side, square on",
    "left": "the left side, square on",
    "right": "the right side, square on",
    "top": "the top, straight from above",
    "bottom": "the bottom, straight from below",
    "interior": "the inside, opened so that lining and inner construction show",
    "detail": "one detail, filling the picture",
}
_ANY_VIEW: Final = "the side that viewType in the data names"


@dataclass(frozen=True)
class Prompt:
    """What is sent: ``instructions`` as the system's words, ``data_text`` as the user's.

    ``version`` is ``NAME@NUMBER`` of the file; ``fingerprint`` changes with every word of the
    instructions.
    """

    name: str
    version: str
    instructions: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def data_text(self) -> str:
        """The data as one line of JSON between markers that no text in it can close."""
        return block_of(self.data)

    @property
    def fingerprint(self) -> str:
        """Version and a short hash of the instructions."""
        digest = hashlib.sha256(self.instructions.encode()).hexdigest()
        return f"{self.version}:{digest[:16]}"


def prompt_of(
    operation: str,
    *,
    view_type: str = "",
    facts: Mapping[str, Any] | None = None,
    brief: Brief | None = None,
) -> Prompt:
    """The prompt of an operation of ``steps.SEEING`` or ``steps.DRAWING``.

    Only our own texts are in the instructions; ``view_type``, ``facts`` and ``brief`` are in the
    data. The texts speak of these facts: ``views`` (``views_told``, in the order of the pictures),
    ``shot`` (``shot_told``), ``field`` (``field_told``), ``wish`` (a person's sentence about a
    picture) and ``seed``. Raises KeyError for an unknown operation.
    """
    text = newest(NAMES[operation])
    told = brief or Brief()
    domain = domain_of(told)
    words = {
        "view": VIEWS.get(view_type, _ANY_VIEW),
        "domain": domain.name,
        "looks_for": domain.text,
        "presentation": domain.presentation,
        "flat": domain.flat,
    }
    data = {"task": text.name, **_data(view_type, told, facts or {})}
    return Prompt(text.name, text.version, text.filled(words), data)


def _data(view_type: str, brief: Brief, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that is not ours, bounded; what is empty is left out."""
    found = {
        "viewType": view_type[:NAME_MOST],
        "product": product_told(brief),
        **facts,
    }
    return {name: value for name, value in found.items() if value not in ("", {}, None)}
