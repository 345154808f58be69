"""Drawing by a model: what it is shown and told, and what becomes of its picture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from generation.errors import Failure, ProviderError
from generation.prompts import Prompt, prompt_of, shot_told, views_told
from generation.providers.asked import Commission, Made, Shown, bought, perhaps_bought, prompted
from generation.providers.costs import possible
from generation.providers.likeness import require_same_detail
from generation.providers.pictures import cropped, sendable, taken
from generation.providers.protocols import Answer, Ask, Brief, Usage, View

MARGIN: Final = 0.5  # of a shot's sides: shown around it, so that the model sees where it is
SOURCES_MOST: Final = 6
USUAL_SIZE: Final = (1024, 1536)  # of a picture that nothing is there to resemble
MADE_NOTE: Final = "Made by an image model, not photographed: check shape and details."
CHANGED_NOTE: Final = "Changed by an image model: check what should have stayed."
SOURCES: Final = {"sample": "base-views/generate:sample", "final": "base-views/generate:final"}


class Drawing(ABC):
    """The methods of ``ImageMaker``; a vendor says how a picture is commissioned from it."""

    @abstractmethod
    def _made(self, commission: Commission, ask: Ask) -> Made:
        """The picture that the model made; raises ProviderError."""

    def close_up(self, *, view: View, shot: Mapping[str, Any], ask: Ask) -> Answer:
        """A shot enlarged by the model; it has no scale bar, for nothing on it can be measured."""
        around, inside = _around(view, shot["box"])
        width, height = shot["box"][2:]
        part = replace(view, width=around[2], height=around[3])
        facts = {"shot": shot_told({**shot, "box": inside}, part)}
        prompt = prompt_of("close-ups/cut", view_type=view.view_type, facts=facts)
        picture = Shown(sendable(cropped(view.data, around)), view.view_type)
        commission = Commission(
            "close-ups/cut", prompt, [picture], width, height, complaint=ask.complaint
        )
        wide, high = around[2:]
        place = [inside[0] / wide, inside[1] / high, inside[2] / wide, inside[3] / high]
        return self._photo(
            commission, ask, {}, check=lambda made: require_same_detail(made, picture.jpeg, place)
        )

    def draw_flat(
        self, *, view: View | None, view_type: str, front: View | None, brief: Brief, ask: Ask
    ) -> Answer:
        """The model draws lines, we trace them."""
        from generation.providers.tracing import flat_of

        source = view or front
        if source is None:
            raise ProviderError(Failure.USER_INPUT, "no photo to draw from")
        facts = {"views": views_told([source])}
        prompt = prompt_of("sketches/generate", view_type=view_type, facts=facts, brief=brief)
        commission = Commission(
            "sketches/generate",
            prompt,
            [_shown(source)],
            source.width,
            source.height,
            is_line_art=True,
            complaint=ask.complaint,
        )
        with prompted(prompt):
            made = self._asked(commission, ask)
            with bought(made.usage, made.ref):
                data = flat_of(
                    made.picture, view=view, view_type=view_type, front=front, brief=brief
                )
        return _answer(prompt, made, data)

    def edit_view(self, *, view: View, words: str, brief: Brief, seed: int, ask: Ask) -> Answer:
        """The photo with a change, or presented otherwise."""
        wanted = {"wish": words} if words else {"seed": seed}
        facts = {"views": views_told([view]), **wanted}
        prompt = prompt_of("regenerate", view_type=view.view_type, facts=facts, brief=brief)
        commission = Commission(
            "regenerate",
            prompt,
            [_shown(view)],
            view.width,
            view.height,
            complaint=ask.complaint,
        )
        return self._photo(commission, ask, {"note": CHANGED_NOTE, "warnings": []})

    def make_view(
        self,
        *,
        view_type: str,
        stage: Literal["sample", "final"],
        sources: Sequence[View],
        words: str,
        brief: Brief,
        seed: int,
        ask: Ask,
    ) -> Answer:
        """A side of the product that nobody photographed."""
        facts = {"wish": words, "seed": seed, "views": views_told(sources)}
        prompt = prompt_of(SOURCES[stage], view_type=view_type, facts=facts, brief=brief)
        shape = (sources[0].width, sources[0].height) if sources else USUAL_SIZE
        commission = Commission(
            SOURCES[stage],
            prompt,
            [_shown(view) for view in sources[:SOURCES_MOST]],
            *shape,
            is_final=stage == "final",
            complaint=ask.complaint,
        )
        return self._photo(commission, ask, {"note": MADE_NOTE})

    def _asked(self, commission: Commission, ask: Ask) -> Made:
        with perhaps_bought(lambda: _possible(commission, ask.model)):
            return self._made(commission, ask)

    def _photo(
        self,
        commission: Commission,
        ask: Ask,
        data: dict[str, Any],
        check: Callable[[bytes], None] | None = None,
    ) -> Answer:
        with prompted(commission.prompt):
            made = self._asked(commission, ask)
            with bought(made.usage, made.ref):
                image, width, height = taken(made.picture)
                if check is not None:
                    check(image)
        data = {"width": width, "height": height, **data}
        return _answer(commission.prompt, made, data, {"image.jpg": image})


def _possible(commission: Commission, model: str) -> Usage:
    pictures = len(commission.pictures)
    return possible(model, letters=len(commission.text), pictures=pictures, is_drawing=True)


def _answer(
    prompt: Prompt, made: Made, data: dict[str, Any], images: Mapping[str, bytes] | None = None
) -> Answer:
    return Answer(
        data, images=images or {}, usage=made.usage, ref=made.ref, prompt_version=prompt.version
    )


def _shown(view: View) -> Shown:
    return Shown(sendable(view.data), view.view_type)


def _around(view: View, box: Sequence[float]) -> tuple[list[int], list[int]]:
    """A shot's box with a margin, in pixels of the picture, and the box in pixels of that."""
    x, y, width, height = (round(side) for side in box)
    across, down = round(MARGIN * width), round(MARGIN * height)
    left, top = max(0, x - across), max(0, y - down)
    right, bottom = min(view.width, x + width + across), min(view.height, y + height + down)
    return [left, top, right - left, bottom - top], [x - left, y - top, width, height]
