"""The assistant as the rooms below know it: its kind of job and its quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant import history, terms
from assistant.questions import question_of
from assistant.reserving import KIND
from credits import quotes
from generation import kinds
from generation.kinds import Outcome
from generation.models import Job
from generation.providers.studio.answerer import book
from generation.run import Run

LABEL = "Assistant"
USUAL_SECONDS = 5


def register_all() -> None:
    """Register the kind, its pricer, and the words of the trade with the embedded answerer."""
    kinds.register(kinds.Kind(KIND, LABEL, _never_queued, _present, is_direct=True))
    quotes.register(KIND, _price, label=LABEL)
    book.register(terms.trade_words)


def _never_queued(run: Run) -> Outcome:
    raise RuntimeError(f"job {run.job.pk} belongs to the process that took its request")


def _present(job: Job) -> dict[str, Any]:
    return dict(job.result or {})


def _price(user: Any, given: Mapping[str, Any]) -> quotes.Price:
    """The most that the answer may cost is held; it usually costs what similar ones did."""
    question = question_of(user=user, asked=given)
    most = question.most(question.max_tokens)
    usual = history.usual_output_tokens(question, of_any_key=True)
    expected = most if usual is None else min(most, question.most(usual))
    return quotes.Price(credits=expected, seconds=USUAL_SECONDS, hold=most, by_plan=False)
