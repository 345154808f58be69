"""Every failure of a vendor in every step, and what really comes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.money import CREDIT
from credits import queries as credit
from generation.alerts.evaluating import evaluate
from generation.models import AICall, Alert, Breaker, ContentRefusal, Job
from notifications.models import Notification
from techpack import queries
from techpack.models import Product
from tests.fakes import trouble
from tests.fakes.openai_script import (
    draws,
    draws_elsewhere,
    draws_nothing,
    fails_inside,
    is_incomplete,
    refuses_in_words,
    says,
)
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.step_answers import no_product
from tests.fakes.trouble import refuses
from tests.fakes.vendor import Behaviour, Exchange
from tests.techpack.conftest import Api

V2 = "/api/tech-pack-v2"
PICTURES = ("images/edits", "images/generations")
PICTURE = b"no picture at all"


def sees_nothing(exchange: Exchange) -> None:
    """The model looked, and there is no product."""
    says(no_product(exchange.asked.operation))(exchange)


# What can happen → how the vendor does it, to a question and to a commission for a picture.
FAILURES: Mapping[str, tuple[Behaviour | None, Behaviour | None]] = {
    "busy (429)": (trouble.is_busy(), trouble.is_busy()),
    "busy, come back in 90 s": (trouble.is_busy("90"), trouble.is_busy("90")),
    "overloaded (503)": (trouble.is_overloaded(), trouble.is_overloaded()),
    "its own error (500)": (trouble.fails, trouble.fails),
    "failed after it began": (fails_inside("server_error"), None),
    "nobody listens": (None, None),
    "no answer in time": (trouble.hangs, trouble.hangs),
    "connection lost": (trouble.resets, trouble.resets),
    "answer cut off": (trouble.answers_cut_off, trouble.answers_cut_off),
    "answer is not JSON": (trouble.answers_raw(b"<html>"), trouble.answers_raw(b"<html>")),
    "answer does not fit": (says({"x": 1}), draws(PICTURE)),
    "answer is empty": (says(""), draws_nothing),
    "picture is elsewhere": (None, draws_elsewhere),
    "answer too long": (is_incomplete("max_output_tokens"), None),
    "account used up": (trouble.has_no_quota, trouble.has_no_quota),
    "key refused": (trouble.knows_no_such_key, trouble.knows_no_such_key),
    "model unknown": (trouble.knows_no_such_model, trouble.knows_no_such_model),
    "content refused": (trouble.refuses_content, trouble.blocks_picture),
    "answer filtered": (is_incomplete("content_filter"), None),
    "no product seen": (sees_nothing, None),
    "model declines in words": (refuses_in_words, None),
    "photo unreadable": (refuses(400, code="invalid_image"), refuses(400, code="invalid_image")),
    "our request wrong": (
        refuses(400, code="invalid_value", param="input"),
        refuses(400, code="invalid_value", param="prompt"),
    ),
}
UNHEARD = "nobody listens"
AT_ONCE = ("AIProviderQuota", "AIProviderMisconfigured", "AmbiguousPurchase")


@dataclass(frozen=True)
class Step:
    """How a step is asked for, and what of it goes to the vendor: a question or pictures."""

    path: str
    body: Callable[[Product], dict[str, Any]]
    asks: str = ""

    @property
    def draws(self) -> bool:
        """Whether it asks for pictures."""
        return not self.asks


def _front(product: Product) -> str:
    return str(queries.revisions_of(product).get(view_type="front").pk)


def _analyses(product: Product) -> list[str]:
    return [str(row.pk) for row in queries.latest_analyses(product)]


STEPS: Mapping[str, Step] = {
    "category": Step(
        "category/detect", lambda product: {"revisionId": _front(product)}, "category/detect"
    ),
    "analysis": Step(
        "base-views/analyze",
        # In another category nothing is known yet, so that it has to be asked for again.
        lambda product: {
            "productId": str(product.pk),
            "revisionIds": [_front(product)],
            "category": "outerwear",
        },
        "base-views/analyze",
    ),
    "close-ups": Step(
        "close-ups/generate",
        lambda product: {"productId": str(product.pk), "baseViewAnalyses": _analyses(product)},
        "close-ups/plan",
    ),
    "sketches": Step(
        "sketches/generate",
        lambda product: {"productId": str(product.pk), "productAnalysis": _analyses(product)},
    ),
    "edit": Step(
        "edit",
        lambda product: {
            "revisionId": _front(product),
            "fieldPath": "materials.0.value",
            "editPrompt": "change it to linen",
        },
        "edit",
    ),
    "regenerate": Step(
        "regenerate",
        lambda product: {"revisionId": _front(product), "regeneratePrompt": "make it green"},
    ),
    "draft": Step(
        "base-views/generate",
        lambda product: {
            "productId": str(product.pk),
            "prompt": "a polo shirt",
            "stage": "sample",
            "count": 1,
        },
    ),
    "final view": Step(
        "base-views/generate",
        lambda product: {"productId": str(product.pk), "stage": "final", "views": ["back"]},
    ),
}


QUESTIONS = {name for name, step in STEPS.items() if not step.draws}
WHERE = {
    "all": set(STEPS),
    "questions": QUESTIONS,
    "photos": QUESTIONS - {"edit"},
    "pictures": set(STEPS) - QUESTIONS,
}


@dataclass(frozen=True)
class Came:
    """What came of a failure: the cells of its row, in their order."""

    error_class: str
    asked: int
    sold: int
    charged: str
    answer: str
    told: str
    alert: str

    def cells(self) -> list[str]:
        """As they are written."""
        values = (self.error_class, self.asked, self.sold, self.charged)
        return [*map(str, values), self.answer, self.told, self.alert]


def behaviour_of(failure: str, step: Step) -> Behaviour | None:
    """What the vendor does to the step; None where it cannot happen there."""
    return FAILURES[failure][1 if step.draws else 0]


def happens(failure: str, step: Step) -> bool:
    """Whether the failure can happen to the step."""
    declines = failure in ("no product seen", "model declines in words") and step.asks == "edit"
    return not declines and (failure == UNHEARD or behaviour_of(failure, step) is not None)


def where(failure: str) -> str:
    """In which steps it can happen, in a word."""
    found = {name for name, step in STEPS.items() if happens(failure, step)}
    return next(word for word, steps in WHERE.items() if steps == found)


def run(api: Api, user: Any, vendor: OpenAIServer, product: Product, step: Step) -> Came:
    """Run the step, and look everywhere at what came of it."""
    for table in (Notification, Alert, Breaker, ContentRefusal, AICall):
        table.objects.all().delete()
    before, sold = credit.balance(user).available, vendor.bought
    answer = api.send("POST", f"{V2}/{step.path}", step.body(product))
    job = Job.objects.filter(user=user).latest("pk")
    rows = list(AICall.objects.filter(job=job))
    parts = Counter((row.operation_name, row.part) for row in rows)
    bought = vendor.bought - sold
    check_bought(rows, bought)
    evaluate()
    context = (job.error or {}).get("context", {})
    spent = before - credit.balance(user).available
    assert str(context["charged"]) == f"{spent / CREDIT:g}"
    is_warning = ", a warning" if "refusals" in context else ""
    return Came(
        error_class=classes_of(rows),
        asked=max(parts.values(), default=0),
        sold=-(-bought // max(len(parts), 1)),
        charged=("nothing" if spent == 0 else f"{spent / CREDIT:g}") + is_warning,
        answer=f"{answer.status_code} {answer.json()['error']['code']}",
        told=", ".join(sorted(Notification.objects.values_list("kind", flat=True))) or "nobody",
        alert=alert_of(rows),
    )


def classes_of(rows: list[AICall]) -> str:
    """The one class that all failed calls have."""
    (found,) = {row.error_class for row in rows if row.status != AICall.Status.COMPLETED}
    return str(found)


def alert_of(rows: list[AICall]) -> str:
    """What operators are told at once; else whether it counts for the rate of errors."""
    names = Alert.objects.filter(name__in=AT_ONCE).values_list("name", flat=True)
    if found := sorted(set(names)):
        return ", ".join(found)
    return "none" if classes_of(rows) == "user_input" else "by rate"


def check_bought(rows: list[AICall], sold: int) -> None:
    """What the vendor sold is what our log says: bought, perhaps bought, or bought and useless."""
    status = AICall.Status
    ours = [
        row
        for row in rows
        if row.status in (status.COMPLETED, status.AMBIGUOUS)
        or row.error_class == "malformed_output"
        or row.total_tokens
    ]
    assert len(ours) == sold, [(row.part, row.status, row.error_class) for row in rows]
