"""Seeing by a model: which pictures and facts go with a question, and what its answer becomes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Final

from generation.prompts import field_told, prompt_of, shot_told, views_told
from generation.providers.answers import Context, answer_data
from generation.providers.asked import Question, Shown, Told, bought, perhaps_bought, prompted
from generation.providers.costs import possible
from generation.providers.pictures import cropped, sendable
from generation.providers.protocols import Answer, Ask, Brief, FieldAsked, Usage, View

OVERVIEW_PX: Final = 1024  # enough to tell what a thing is, and where its parts are


class Seeing(ABC):
    """The methods of ``Vision``; a vendor says how a question is put to it."""

    @abstractmethod
    def _told(self, question: Question, ask: Ask) -> Told:
        """The text that the model answers; raises ProviderError."""

    def detect_category(self, *, views: Sequence[View], brief: Brief, ask: Ask) -> Answer:
        """What kind of product the pictures show."""
        return self._answer(
            "category/detect",
            [_shown(view, OVERVIEW_PX) for view in views],
            Context(views=views),
            ask,
            brief=brief,
            facts={"views": views_told(views)},
        )

    def analyze_view(self, *, view: View, brief: Brief, ask: Ask) -> Answer:
        """What one picture shows."""
        return self._answer(
            "base-views/analyze",
            [_shown(view)],
            Context(views=[view]),
            ask,
            brief=brief,
            facts={"views": views_told([view])},
            view_type=view.view_type,
        )

    def plan_close_ups(self, *, views: Sequence[View], brief: Brief, ask: Ask) -> Answer:
        """Which details are worth a shot, and where they are."""
        return self._answer(
            "close-ups/plan",
            [_shown(view) for view in views],
            Context(views=views),
            ask,
            brief=brief,
            facts={"views": views_told(views)},
        )

    def describe_close_up(self, *, view: View, shot: Mapping[str, Any], ask: Ask) -> Answer:
        """What the cut-out shows."""
        crop = Shown(sendable(cropped(view.data, shot["box"])), shot["name"])
        answer = self._answer(
            "close-ups/describe",
            [crop],
            Context(views=[view], shot=shot),
            ask,
            facts={"shot": shot_told(shot, view)},
            view_type=view.view_type,
        )
        planned = {"kind": shot["kind"], "reason": shot["reason"]}
        answer.data["other"] = {**answer.data["other"], **planned}
        return answer

    def edit_field(
        self, *, wanted: FieldAsked, view: View | None, brief: Brief, ask: Ask
    ) -> Answer:
        """What a sentence makes of a field."""
        return self._answer(
            "edit",
            [_shown(view, OVERVIEW_PX)] if view else [],
            Context(wanted=wanted),
            ask,
            brief=brief,
            facts={"field": field_told(wanted)},
            view_type=view.view_type if view else "",
        )

    def _answer(
        self,
        operation: str,
        pictures: Sequence[Shown],
        context: Context,
        ask: Ask,
        *,
        brief: Brief | None = None,
        facts: Mapping[str, Any] | None = None,
        view_type: str = "",
    ) -> Answer:
        prompt = prompt_of(operation, view_type=view_type, facts=facts, brief=brief)
        question = Question(operation, prompt, pictures, ask.complaint)
        with prompted(prompt):
            with perhaps_bought(lambda: _possible(question, ask.model)):
                told = self._told(question, ask)
            with bought(told.usage, told.ref):
                data = answer_data(operation, told.text, context=context)
        return Answer(data, usage=told.usage, ref=told.ref, prompt_version=prompt.version)


def _possible(question: Question, model: str) -> Usage:
    return possible(
        model, letters=question.letters, pictures=len(question.pictures), is_drawing=False
    )


def _shown(view: View, longest_px: int | None = None) -> Shown:
    jpeg = sendable(view.data, longest_px=longest_px) if longest_px else sendable(view.data)
    return Shown(jpeg, view.view_type)
