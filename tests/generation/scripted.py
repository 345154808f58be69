"""What a provider does when it is asked, one after another, and with which terms it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from generation.errors import Failure, ProviderError
from generation.models import AICall, Job
from generation.providers.protocols import Answer, Ask, Usage
from generation.run import Run

OPERATION = "base-views/analyze"
End = Answer | Exception | Callable[[], Answer]
SEEN = Answer({"seen": "hood"}, usage=Usage(10, 5, 70), ref="resp_1", prompt_version="look@1")


class Script:
    """The ends of the asks that are to come; the last one repeats itself."""

    def __init__(self, *ends: End) -> None:
        self.ends = list(ends) or [SEEN]
        self.asks: list[Ask] = []
        self._one_by_one = threading.Lock()

    def __call__(self, provider: Any, ask: Ask) -> Answer:
        with self._one_by_one:
            end = self.ends[min(len(self.asks), len(self.ends) - 1)]
            self.asks.append(ask)
        if isinstance(end, Exception):
            raise end
        return end if isinstance(end, Answer) else end()


def busy(retry_after_s: float | None = None) -> ProviderError:
    """Refused before anything was begun."""
    return ProviderError(Failure.TRANSIENT, "429", retry_after_s=retry_after_s, can_ask_again=True)


def lost() -> ProviderError:
    """Sent, and no answer."""
    return ProviderError(Failure.AMBIGUOUS, "the connection broke off")


def garbled(what: str = "shots: at least 6") -> ProviderError:
    """An answer that cannot be used, and was paid for."""
    error = ProviderError(Failure.MALFORMED_OUTPUT, what, usage=Usage(30, 7, 41), ref="resp_9")
    error.prompt_version = "look@1"
    return error


def refused(code: str = "SAFETY") -> ProviderError:
    """Content that is not taken."""
    return ProviderError(
        Failure.USER_INPUT,
        f"refused {code}",
        code=code,
        words="The photo shows something that the AI service does not draw.",
        suggestions=["Take another photo"],
    )


def breaks() -> Answer:
    """A mistake of ours in the middle of an ask."""
    raise ZeroDivisionError("secret")


def ask(run: Run, script: Script, **more: Any) -> Answer:
    """What a job gets for asking about its front view; raises what its last ask ended with."""
    given: dict[str, Any] = {"part": "front", "told": {"view": "front"}} | more
    return run.ask(OPERATION, put=script, **given)


def logged() -> list[tuple[str, str]]:
    """Status and class of failure of each call, in their order."""
    return list(AICall.objects.order_by("pk").values_list("status", "error_class"))


def end_of(job: Job) -> tuple[str, str]:
    """Its status, and the code of its error."""
    job.refresh_from_db()
    return job.status, str((job.error or {}).get("code"))
