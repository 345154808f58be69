"""What an answer is about: needed to turn it into our own data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from generation.providers.protocols import FieldAsked, View


@dataclass(frozen=True)
class Context:
    """The pictures in the order in which the model saw them, the shot, the field.

    ``shot`` is the close-up's, ``wanted`` the field that was to be edited.
    """

    views: Sequence[View] = ()
    shot: Mapping[str, Any] = field(default_factory=dict)
    wanted: FieldAsked | None = None
