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
from assistant.answers import Answered, Face, credit_headers
from assistant.questions import question_of
from assistant.reserving import KIND, Reserved, reserve
from assistant.seats import seats
from generation import direct


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
    with seats:
        direct.check_room(user, kind=KIND, at_once=settings.CHATS_OF_USER_AT_ONCE)
        question = question_of(user=user, asked=asked, api_key=api_key, request_id=request_id)
        reserved = reserve(question, streams=False)
        with bound_contextvars(request_id=request_id):
            return _answer(reserved)


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
