"""A request made ready: checked, its model and its pack found, its price counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.models import ApiKey
from assistant.inputs import ChatInput, chat_input, options_of
from assistant.knowledge import knowledge_of
from assistant.pricing import Tariff, cost_of, estimated_tokens, size_of, tariff_of
from core.errors import ProviderUnavailable
from core.money import Microcredits
from generation.providers import routes
from generation.providers.protocols import Chat, ChatRequest

DEFAULT_MODEL = "default"
# Of the request, what a model reads before it answers.
READ = ("messages", "tools", "functions", "response_format")


@dataclass(frozen=True)
class Question:
    """What is asked, of whom, and what it may cost.

    ``max_tokens`` is of one choice: the client's, or the usual one where it named none.
    """

    asked: Mapping[str, Any]
    given: ChatInput
    user: Any
    api_key: ApiKey | None
    request_id: str
    model: str
    upstream: str
    chat: Chat
    tariff: Tariff
    knowledge: Mapping[str, Any] | None
    input_tokens: int
    max_tokens: int

    @property
    def choices(self) -> int:
        """How many answers are asked for."""
        return self.given.choices

    @property
    def api_key_id(self) -> UUID | None:
        """The key that asks; None for a session."""
        return self.api_key.pk if self.api_key else None

    @property
    def product_id(self) -> UUID | None:
        """The pack that is the context."""
        return self.given.product_id

    @property
    def adjusts(self) -> bool:
        """A limit that the balance does not cover is to be lowered, not refused."""
        by_key = self.api_key.credit_policy if self.api_key else ApiKey.CreditPolicy.STRICT
        return (self.given.credit_policy or by_key) == ApiKey.CreditPolicy.ADJUST

    @property
    def prompt_bucket(self) -> int:
        """The size of the prompt by powers of two."""
        return self.input_tokens.bit_length()

    def most(self, max_tokens: int) -> Microcredits:
        """The price where every choice uses up its limit."""
        return self.cost(self.input_tokens, max_tokens * self.choices)

    def cost(self, input_tokens: int, output_tokens: int) -> Microcredits:
        """The price of so many tokens."""
        return cost_of(self.tariff, input_tokens=input_tokens, output_tokens=output_tokens)

    def request(
        self, max_tokens: int, *, on_begun: Callable[[Callable[[], None]], None] | None = None
    ) -> ChatRequest:
        """What the provider gets."""
        return ChatRequest(
            model=self.upstream,
            messages=self.asked["messages"],
            max_tokens=max_tokens,
            options=options_of(self.asked),
            knowledge=self.knowledge,
            on_begun=on_begun,
        )


def question_of(
    *, user: Any, asked: Mapping[str, Any], api_key: ApiKey | None = None, request_id: str = ""
) -> Question:
    """The request, ready to be priced and asked.

    Raises ProviderUnavailable, InvalidRequest, and NotFound for the model or the pack, in this
    order.
    """
    _refuse_what_is_not_set_up(asked.get("model"))
    given = chat_input(asked)
    model = _default() if given.model in (None, DEFAULT_MODEL) else str(given.model)
    chat, upstream = routes.chat_of(model)
    # Where the answerer is our own, what is known is all that it can speak of.
    knows = given.product_id is not None or settings.CHAT_MODELS[model]["provider"] == "studio"
    known = knowledge_of(user=user, product_id=given.product_id) if knows else None
    return Question(
        asked=asked,
        given=given,
        user=user,
        api_key=api_key,
        request_id=request_id,
        model=model,
        upstream=upstream,
        chat=chat,
        tariff=tariff_of(settings.CHAT_MODELS[model]),
        knowledge=known,
        input_tokens=input_tokens_of(asked, known),
        max_tokens=given.limit or settings.CHAT_USUAL_MAX_TOKENS,
    )


def input_tokens_of(asked: Mapping[str, Any], known: Mapping[str, Any] | None) -> int:
    """The estimate of what is sent and read: messages, tools, what is known of the pack."""
    read = [asked.get(name) for name in READ]
    return estimated_tokens(size_of(*read, known))


def _default() -> str:
    return next(iter(routes.chat_models()))


def _refuse_what_is_not_set_up(model: Any) -> None:
    usable = routes.chat_models()
    if not usable:
        raise ProviderUnavailable("No AI service is set up for the assistant.")
    if isinstance(model, str) and model in settings.CHAT_MODELS and model not in usable:
        routes.chat_of(model)
