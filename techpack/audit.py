"""Every AI call behind a pack, one record each: for its page, the API and files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.utils.encoders import JSONEncoder

from core.money import format_credits
from core.spreadsheets import BATCH, cell
from core.wire import to_camel
from generation import audit
from generation.models import AICall
from techpack.models import Product, Revision

HEADINGS: Final = {
    "created_at": "Asked at",
    "step": "Step",
    "part_name": "Part",
    "provider": "Provider",
    "model": "Model",
    "prompt_version": "Prompt",
    "outcome": "Outcome",
    "error_class": "Class of failure",
    "error_code": "Code",
    "prompt_tokens": "Tokens in",
    "completion_tokens": "Tokens out",
    "total_tokens": "Tokens",
    "processing_time_ms": "Time, ms",
    "cost_usd": "Cost, USD",
    "job_id": "Job",
    "credits_charged": "Charged for the job, credits",
    "included": "Included in the plan",
    "request_id": "Request id",
    "id": "Id",
}


def records_of(calls: Sequence[AICall]) -> list[dict[str, Any]]:
    """The calls in words, with the photos that they looked at by name; one query."""
    photos = _photos(call.part for call in calls)
    return [_record(call, photos) for call in calls]


def _photos(parts: Iterable[str]) -> dict[str, str]:
    ids = [part for part in set(parts) if _is_id(part)]
    rows = Revision.objects.filter(pk__in=ids).values_list("pk", "view_type", "version")
    return {str(pk): f"{view.capitalize()} photo, version {n}" for pk, view, n in rows}


def _is_id(part: str) -> bool:
    try:
        UUID(part)
    except ValueError:
        return False
    return True


def _in_words(part: str) -> str:
    """Which piece of a step, counted from one: "Shot 4"; nothing for the id of a lost photo."""
    if _is_id(part):
        return ""
    name, _, number = part.partition("-")
    if name == "shot" and number.isdecimal():
        return f"Shot {int(number) + 1}"
    return part.replace("-", " ").capitalize()


def _record(call: AICall, photos: dict[str, str]) -> dict[str, Any]:
    hold = call.job.hold
    return {
        "id": call.pk,
        "job_id": call.job_id,
        "operation": call.operation_name,
        "step": audit.step_of(call.operation_name),
        "type": call.operation_type,
        "part": call.part,
        "part_name": photos.get(call.part) or _in_words(call.part),
        "provider": call.provider,
        "model": call.model_name,
        "prompt_version": call.prompt_version or None,
        "status": call.status,
        "outcome": audit.outcome_of(call),
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": call.completion_tokens,
        "total_tokens": call.total_tokens,
        "cost_usd": call.cost_usd_micros / 1_000_000,
        "processing_time_ms": call.processing_time_ms,
        "error_class": call.error_class or None,
        "error_code": audit.code_of(call) or None,
        "request_id": call.request_id,
        "credits_charged": format_credits(audit.charged_of(call.job)),
        "included": hold is not None and hold.unlimited,
        "created_at": call.created_at,
        "completed_at": call.completed_at,
    }


def totals_of(product: Product) -> dict[str, Any]:
    """The sums of all calls, as the API says them."""
    found = audit.totals_of(product.user, product.pk)
    return {
        "calls": found.calls,
        "failed": found.failed,
        "tokens": found.tokens,
        "cost_usd": found.cost_usd_micros / 1_000_000,
        "credits_charged": format_credits(found.charged),
    }


def calls_of(product: Product) -> QuerySet[AICall]:
    """Every call behind the product, newest first."""
    return audit.calls_behind(product.user, product.pk)


def every_record(product: Product) -> Iterator[dict[str, Any]]:
    """All records, newest first, read some hundred at a time."""
    rows = calls_of(product)
    batch = list(rows[:BATCH])
    while batch:
        yield from records_of(batch)
        batch = list(rows.filter(pk__lt=batch[-1].pk)[:BATCH])


def table_of(records: Iterable[dict[str, Any]]) -> Iterator[list[Any]]:
    """The records as rows of a spreadsheet below their headings."""
    yield list(HEADINGS.values())
    for record in records:
        yield [_in_cell(record[name]) for name in HEADINGS]


def _in_cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return value
        case _ if hasattr(value, "isoformat"):
            return value.isoformat(timespec="milliseconds")
    return cell(str(value))


def json_of(product: Product) -> Iterator[str]:
    """The whole trail as one JSON object, written piece by piece."""
    head = to_camel({"product_id": product.pk, "totals": totals_of(product)})
    yield _json(head)[:-1] + ', "results": ['
    before = "\n"
    for record in every_record(product):
        yield before + _json(to_camel(record))
        before = ",\n"
    yield "\n]}\n"


def _json(value: Any) -> str:
    return json.dumps(value, cls=JSONEncoder, ensure_ascii=False)
