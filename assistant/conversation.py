"""The conversation in the workspace: what is kept of it, and a question asked in it.

Questions are answered by the same verb as ``/v1/chat/completions``. A question is written
before it is asked, so that two clicks and two tabs ask it once; it goes where it is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from assistant import operations
from assistant.answers import Answered
from assistant.models import Message
from assistant.streams import Stream
from core.errors import Conflict, DomainError, InvalidRequest
from generation.models import Job
from techpack import queries

QUESTION_MOST = 4000  # characters
# What goes along with a question: the latest turns, as long as they are not too dear.
TURNS_SENT = 20
BYTES_SENT = 12_000


@dataclass(frozen=True)
class Asked:
    """A question as a page sends it; ``after`` is the last one that the page showed."""

    text: str
    after: str = ""
    model: str = ""
    max_tokens: int | None = None

    @property
    def once(self) -> str:
        """The same for the same words at the same place in the conversation."""
        return hashlib.sha256(f"{self.after}\n{self.text}".encode()).hexdigest()


def turns_of(
    user: Any, product_id: UUID, *, most: int, before: UUID | None = None
) -> list[Message]:
    """The latest questions about a product with their answers, the oldest first."""
    rows = Message.objects.filter(user=user, product_id=product_id, role=Message.Role.USER)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = rows.select_related("answer__job__hold").order_by("-pk")[:most]
    return list(reversed(found))


def messages_of(turns: Sequence[Message]) -> list[dict[str, str]]:
    """What of a conversation is sent along with a question, the oldest first."""
    sent: list[dict[str, str]] = []
    room = BYTES_SENT
    for question in reversed(turns[-TURNS_SENT:]):
        answer = getattr(question, "answer", None)
        if answer is None:
            continue
        room -= len(question.content.encode()) + len(answer.content.encode())
        if room < 0:
            break
        sent[:0] = [
            {"role": "user", "content": question.content},
            {"role": "assistant", "content": answer.content},
        ]
    return sent


def ask(*, user: Any, product_id: UUID, asked: Asked, request_id: str = "") -> Answered:
    """Ask about a product and keep question and answer.

    Raises what ``operations.complete`` raises, upon which nothing is kept and nothing charged;
    InvalidRequest for no words or too many, NotFound, and Conflict (``ASKED_BEFORE``) where the
    same question is being answered or was.
    """
    with _written(user, product_id, asked) as (question, request):
        answered = operations.complete(user=user, asked=request, request_id=request_id)
    keep(question, text_in(answered), answered.job)
    return answered


def begin(
    *, user: Any, product_id: UUID, asked: Asked, request_id: str = ""
) -> tuple[Message, Stream]:
    """The same as ``ask``, answered as a stream whose first piece is there.

    Who reads the stream keeps the answer, or forgets the question. Raises as ``ask``.
    """
    with _written(user, product_id, asked) as (question, request):
        stream = operations.stream(
            user=user,
            asked={**request, "stream": True, "stream_options": {"include_usage": True}},
            request_id=request_id,
        )
        stream.wait_for_first()
    return question, stream


def keep(question: Message, text: str, job: Job) -> None:
    """Write the answer, unless the conversation was cleared meanwhile."""
    with transaction.atomic():
        if Message.objects.select_for_update().filter(pk=question.pk).exists():
            Message.objects.create(
                user_id=question.user_id,
                product_id=question.product_id,
                role=Message.Role.ASSISTANT,
                content=text,
                question=question,
                job=job,
            )


def forget(question: Message) -> None:
    """A question that came to nothing: it may be asked again."""
    Message.objects.filter(pk=question.pk).delete()


@contextmanager
def _written(user: Any, product_id: UUID, asked: Asked) -> Iterator[tuple[Message, dict[str, Any]]]:
    """The question as it is kept and as it is asked; it goes where it is refused."""
    _check(asked.text)
    queries.product_of(user, product_id)
    earlier = messages_of(turns_of(user, product_id, most=TURNS_SENT))
    question = _write(user, product_id, asked)
    try:
        yield question, request_of(product_id, asked, earlier)
    except DomainError:
        forget(question)
        raise


def request_of(product_id: UUID, asked: Asked, earlier: list[dict[str, str]]) -> dict[str, Any]:
    """The request in OpenAI's words. The limit is named, so that a refusal can name a lower."""
    return {
        "messages": [*earlier, {"role": "user", "content": asked.text}],
        "max_tokens": asked.max_tokens or settings.CHAT_USUAL_MAX_TOKENS,
        "product_id": str(product_id),
        **({"model": asked.model} if asked.model else {}),
    }


def clear(*, user: Any, product_id: UUID) -> None:
    """Forget what was said about a product. Raises NotFound."""
    queries.product_of(user, product_id)
    Message.objects.filter(user=user, product_id=product_id).delete()


def text_in(answered: Answered) -> str:
    """What the model said."""
    choices = answered.body.get("choices") or [{}]
    return str((choices[0].get("message") or {}).get("content") or "")


def _check(text: str) -> None:
    if not text:
        words = "Type a question first."
    elif len(text) > QUESTION_MOST:
        words = f"A question may have {QUESTION_MOST} characters; this has {len(text)}."
    else:
        return
    raise InvalidRequest(words, fields={"question": [words]})


def _write(user: Any, product_id: UUID, asked: Asked) -> Message:
    try:
        with transaction.atomic():
            return Message.objects.create(
                user=user,
                product_id=product_id,
                role=Message.Role.USER,
                content=asked.text,
                once=asked.once,
            )
    except IntegrityError:
        raise Conflict("This was asked already.", code="ASKED_BEFORE") from None
