"""How the admin finds, shows and exports the AI operation log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.spreadsheets import cell
from generation.audit import step_of
from generation.errors import Failure
from generation.kept import kept
from generation.models import AICall, CallTally

LINKED_MOST = 50
COLUMNS = (
    "created_at",
    "id",
    "job_id",
    "user_id",
    "product_id",
    "operation_name",
    "part",
    "provider",
    "model_name",
    "prompt_version",
    "status",
    "error_class",
    "error_code",
    "prompt_tokens",
    "completion_tokens",
    "cost_usd_micros",
    "processing_time_ms",
    "request_id",
    "provider_ref",
)


class Tallied(admin.SimpleListFilter):
    """Values of a column, as the tallies know them: asking the whole log would take long."""

    column: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those that were ever counted."""
        rows = CallTally.objects.order_by(self.column).values_list(self.column, flat=True)
        return [(value, value) for value in rows.distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The calls with the chosen value."""
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class ProviderFilter(Tallied):
    title, parameter_name, column = "provider", "provider", "provider"


class ModelFilter(Tallied):
    title, parameter_name, column = "model", "model", "model_name"


class OperationFilter(Tallied):
    title, parameter_name, column = "operation", "operation", "operation_name"


class ClassFilter(admin.SimpleListFilter):
    """The class of a failure."""

    title, parameter_name = "class of failure", "class"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All there are."""
        return [(failure.value, failure.value) for failure in Failure]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The calls that failed so."""
        return queryset.filter(error_class=self.value()) if self.value() else queryset


def calls_found(rows: QuerySet[AICall], term: str) -> QuerySet[AICall]:
    """The calls of an id (their own, of a job, hold, user, product or request), of a vendor's
    reference, an error code, or a person's address."""
    term = term.strip()
    if (pk := _id_in(term)) is not None:
        ids = Q(pk=pk) | Q(job=pk) | Q(job__hold=pk) | Q(user=pk) | Q(product_id=pk)
        return rows.filter(ids | Q(request_id=term) | Q(provider_ref=term))
    if "@" in term:
        return rows.filter(user__email__istartswith=term)
    return rows.filter(
        Q(request_id=term)
        | Q(provider_ref=term)
        | Q(error_code__in=[term, term.lower(), term.upper()])
    )


def jobs_found(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """The jobs of an id (their own, of a hold, user, product or request) or a person's address."""
    term = term.strip()
    if (pk := _id_in(term)) is not None:
        ids = Q(pk=pk) | Q(hold=pk) | Q(user=pk) | Q(product_id=pk) | Q(calls=pk)
        return rows.filter(ids | Q(request_id=term)).distinct()
    if "@" in term:
        return rows.filter(user__email__istartswith=term)
    return rows.filter(Q(request_id=term) | Q(key=term))


def _id_in(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None


def link(view: str, pk: Any, words: str) -> SafeString:
    """A link to a page of the admin."""
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{view}", args=[pk]), words)


def links(found: Iterable[SafeString]) -> SafeString | str:
    """One below the other; "none" where there are none."""
    return format_html_join("", "<div>{}</div>", ((one,) for one in found)) or "none"


def readable(value: Any) -> SafeString | str:
    """Stored JSON, indented, without secrets, pictures and what is too long to read."""
    if value in (None, {}, []):
        return "none"
    text = json.dumps(kept({"it": value})["it"], indent=2, ensure_ascii=False, default=str)
    return format_html("<pre>{}</pre>", text)


def call_in_words(call: AICall) -> str:
    """One line: when, what, and how it ended."""
    ended = f"{call.status} {call.error_class}".strip()
    return f"{call.created_at:%H:%M:%S} {step_of(call.operation_name)}, {call.part}: {ended}"


def siblings_of(call: AICall) -> SafeString | str:
    """The other asks of the same part, oldest first."""
    same = AICall.objects.filter(
        job=call.job_id, part=call.part, operation_name=call.operation_name
    ).exclude(pk=call.pk)
    found = same.order_by("pk").defer("input_data", "output_data", "context")[:LINKED_MOST]
    return links(link("generation_aicall_change", row.pk, call_in_words(row)) for row in found)


def table_of(calls: QuerySet[AICall]) -> Iterator[list[Any]]:
    """The calls as rows of a spreadsheet below their headings."""
    yield list(COLUMNS)
    for row in calls.order_by("-pk").values_list(*COLUMNS).iterator(chunk_size=500):
        yield [value if isinstance(value, int) else cell(str(value or "")) for value in row]
