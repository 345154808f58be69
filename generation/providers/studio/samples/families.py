"""Which template draws which kind, from which sides."""

from __future__ import annotations

from generation.errors import RequestRefused
from generation.providers.studio.samples import tops
from generation.providers.studio.samples.design import Design
from generation.providers.studio.samples.reading import TOP_KINDS
from generation.providers.studio.samples.scene import Scene


def scene_of(design: Design, view_type: str) -> Scene:
    """The scene of a design from a side; raises RequestRefused where none is true."""
    if design.kind not in TOP_KINDS:
        raise RequestRefused("no template", words=f"There is no template of a {design.kind} yet.")
    return tops.scene_of(design, back=view_type == "back")
