"""The assistant's verbs: answer whole, answer as a stream, list the models.

Both answers first hold the most that they may cost, then ask the provider with no transaction
open, then charge what was used; the rest of the hold goes back in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from structlog.contextvars import bound_contextvars

from accounts.models import ApiKey
from assistant import settling
from assistant.answers import Answered, Face, credit_headers, shown_model
from assistant.questions import question_of
from assistant.reserving import KIND, Reserved, reserve
from assistant.seats import seats
from assistant.streams import Stream
from core.errors import NotFound
from generation import direct
from generation.providers import routes


def complete(
    *,
    user: Any,
    asked: Mapping[str, Any],
    api_key: ApiKey | None = None,
    request_id: str = "",
) -> Answered:
    """Answer a request in OpenAI's words, whole.

    ``asked`` is the body of ``/v1/chat/completions``, checked here. Raises, in this order:
    RateLimited, ProviderUnavailable, InvalidRequest, NotFound (model, pack),
    InsufficientCredits, and GenerationFailed where no answer could be made: nothing is charged
    then.
    """
    with seats, bound_contextvars(request_id=request_id):
        return _answer(_reserved(user, asked, api_key, request_id, streams=False))


def stream(
    *,
    user: Any,
    asked: Mapping[str, Any],
    api_key: ApiKey | None = None,
    request_id: str = "",
) -> Stream:
    """Begin to answer as a stream of server-sent events; somebody must read or close it.

    Raises as ``complete``, up to InsufficientCredits; what goes wrong later is raised by
    ``Stream.until_first`` or told in the stream.
    """
    seats.take()
    try:
        reserved = _reserved(user, asked, api_key, request_id, streams=True)
        headers = credit_headers(
            user=user, used=None, warnings=reserved.warnings, adjusted=reserved.adjusted
        )
        return Stream(reserved, headers=headers)
    except BaseException:
        seats.leave()
        raise


def models() -> list[dict[str, Any]]:
    """The models that can be asked, the usual one first, as OpenAI lists them."""
    return [shown_model(name, model) for name, model in routes.chat_models().items()]


def model_of(model_id: str) -> dict[str, Any]:
    """One of them; raises NotFound."""
    found = routes.chat_models().get(model_id)
    if found is None:
        raise NotFound("There is no such model.", code="MODEL_NOT_FOUND")
    return shown_model(model_id, found)


def _reserved(
    user: Any,
    asked: Mapping[str, Any],
    api_key: ApiKey | None,
    request_id: str,
    *,
    streams: bool,
) -> Reserved:
    direct.check_room(user, kind=KIND, at_once=settings.CHATS_OF_USER_AT_ONCE)
    question = question_of(user=user, asked=asked, api_key=api_key, request_id=request_id)
    return reserve(question, streams=streams)


def _answer(reserved: Reserved) -> Answered:
    question, run = reserved.question, reserved.run
    try:
        with run.kept_alive():
            found = question.chat.complete(
                question.request(reserved.max_tokens), timeout_s=settings.CHAT_DEADLINE_S
            )
        settled = settling.settle_whole(reserved, found)
    except Exception as error:
        raise settling.give_back(reserved, error) from error
    body = Face(run.job, question.model).completion(found, settled.usage)
    warnings = (*reserved.warnings, *settled.warnings)
    if warnings:
        body["warnings"] = list(warnings)
    headers = credit_headers(
        user=question.user, used=settled.charged, warnings=warnings, adjusted=reserved.adjusted
    )
    return Answered(body, headers, run.job)
