"""What the assistant's panel shows, worked out before the template sees it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString

from assistant import history
from assistant.conversation import QUESTION_MOST, Asked, messages_of, request_of, turns_of
from assistant.markdown import html_of
from assistant.models import Message
from assistant.pricing import tariff_of
from assistant.questions import Question, question_of
from core.errors import DomainError, ProviderUnavailable
from core.money import CREDIT, Microcredits, shown, worded
from credits.short import Short
from generation.providers import routes
from generation.providers.protocols import ChatModel
from techpack.models import Product

SHOWN_MOST = 50
SUGGESTED = (
    "What blocks this pack?",
    "List the measurements",
    "What is in the bill of materials?",
)
LOST_AFTER = timedelta(seconds=60)  # beyond the time that an answer may take
A_HUNDREDTH = CREDIT // 100
USUAL_QUESTION = " " * 120


@dataclass(frozen=True)
class Turn:
    """A question and its answer, if there is one: ``waiting`` for it, or ``lost``."""

    id: UUID
    question: str
    asked_at: datetime
    state: str = "answered"
    answer: SafeString | None = None
    source: str = "ai"  # a mark of provenance: the studio only reads what is there
    model: str = ""
    cost: str = ""
    is_cut: bool = False


@dataclass(frozen=True)
class Choice:
    """A model that can be asked, and the price of the next question in words."""

    model: str
    price: str
    is_chosen: bool
    is_studio: bool


@dataclass(frozen=True)
class Panel:
    """Everything on it; ``text`` is what stands in the field, ``older`` where earlier begins."""

    product: Product
    turns: list[Turn]
    choices: list[Choice]
    older: UUID | None = None
    text: str = ""
    short: Short | None = None
    error: DomainError | None = None
    warnings: tuple[str, ...] = ()
    question_most: int = QUESTION_MOST
    suggested: tuple[str, ...] = SUGGESTED

    @property
    def after(self) -> str:
        """The last question shown: what is asked next comes after it."""
        return str(self.turns[-1].id) if self.turns else ""

    @property
    def is_waiting(self) -> bool:
        """An answer is on its way that this page did not ask for itself."""
        return bool(self.turns) and self.turns[-1].state == "waiting"

    @property
    def chosen(self) -> Choice | None:
        """The model that is asked unless another is chosen."""
        return next((choice for choice in self.choices if choice.is_chosen), None)


def panel_of(
    *,
    user: Any,
    product: Product,
    asked: Asked | None = None,
    before: UUID | None = None,
    short: Short | None = None,
    error: DomainError | None = None,
    warnings: Sequence[str] = (),
) -> Panel:
    """The panel of a product; ``asked`` is what was refused and stays in the field."""
    rows = turns_of(user, product.pk, most=SHOWN_MOST + 1, before=before)
    found = rows[-SHOWN_MOST:]
    try:
        choices = _choices(user, product, found, asked.model if asked else "")
    except ProviderUnavailable as refused:
        choices, error = [], error or refused
    return Panel(
        product=product,
        turns=[_turn(row, number) for number, row in enumerate(found, start=1)],
        choices=choices,
        older=found[0].pk if len(rows) > SHOWN_MOST else None,
        text=asked.text if asked else "",
        short=short,
        error=error,
        warnings=tuple(warnings),
    )


def in_words(amount: Microcredits) -> str:
    """A small price, rounded up to the hundredth: "0.01 credits"."""
    return worded(math.ceil(amount / A_HUNDREDTH) * A_HUNDREDTH)


def _turn(question: Message, number: int) -> Turn:
    answer = getattr(question, "answer", None)
    if answer is None:
        patience = timedelta(seconds=settings.CHAT_DEADLINE_S) + LOST_AFTER
        is_lost = timezone.now() - question.created_at > patience
        state = "lost" if is_lost else "waiting"
        return Turn(question.pk, question.content, question.created_at, state)
    job = answer.job
    result = (job.result if job else None) or {}
    model = str(result.get("model", ""))
    return Turn(
        id=question.pk,
        question=question.content,
        asked_at=question.created_at,
        answer=html_of(answer.content, answer=number),
        source="computed" if _is_studio(settings.CHAT_MODELS.get(model)) else "ai",
        model=model,
        cost=shown(job.hold.captured) if job and job.hold else "",
        is_cut="length" in result.get("finish_reasons", ()),
    )


def _is_studio(model: ChatModel | None) -> bool:
    return model is not None and model["provider"] == "studio"


def _choices(user: Any, product: Product, turns: Sequence[Message], wanted: str) -> list[Choice]:
    asked = request_of(product.pk, Asked(USUAL_QUESTION), messages_of(turns))
    question = question_of(user=user, asked=asked)
    models = routes.chat_models()
    chosen = next((name for name in (wanted, _last(turns)) if name in models), question.model)
    return [
        Choice(
            model=name,
            price=_price(replace(question, model=name, tariff=tariff_of(model))),
            is_chosen=name == chosen,
            is_studio=_is_studio(model),
        )
        for name, model in models.items()
    ]


def _last(turns: Sequence[Message]) -> str:
    """The model that answered last."""
    answered = [row.answer for row in turns if hasattr(row, "answer")]
    job = answered[-1].job if answered else None
    return str(job.result.get("model", "")) if job and job.result else ""


def _price(question: Question) -> str:
    usual = history.usual_output_tokens(question)
    if usual is None:
        return f"up to {in_words(question.most(question.max_tokens))}"
    return f"about {in_words(question.most(min(usual, question.max_tokens)))}"
