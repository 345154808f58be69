"""Jobs and the AI operation log, to be searched, never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from core import read_only
from core.money import shown
from core.spreadsheets import csv_of, download
from generation import log_admin as log
from generation.audit import charged_of, step_of
from generation.models import AICall, Job


class ReadOnly(read_only.ReadOnly, ModelAdmin):
    """Rows that tell what happened, the newest first."""

    ordering = ("-pk",)
    show_full_result_count = False
    list_filter_sheet = False

    @admin.display(description="product")
    def product(self, row: Any) -> SafeString | str:
        """The product that it is about."""
        if row.product_id is None:
            return "none"
        return log.link("techpack_product_change", row.product_id, str(row.product_id))


@admin.register(Job)
class JobAdmin(ReadOnly):
    """Jobs."""

    list_display = ("created_at", "kind", "status", "user", "price_credits", "charged", "attempts")
    list_filter = ("status", "kind", ("created_at", admin.DateFieldListFilter))
    search_fields = ("id",)  # there is a box to search in; what it finds says ``jobs_found``
    search_help_text = "Id of a job, hold, call, user, product or request; a key; an address"
    list_select_related = ("user", "hold")
    fieldsets = (
        ("What was asked", {"fields": ("id", "kind", "user", "product", "told", "who")}),
        ("How it went", {"fields": ("status", "step", "progress", "attempts", "fence", "times")}),
        ("What it cost", {"fields": ("price_credits", "charged", "story")}),
        ("Calls", {"fields": ("calls_made",)}),
        ("Retries", {"fields": ("retried", "retries_made")}),
        ("Result", {"fields": ("error_read", "result_read")}),
        ("Where from", {"fields": ("request_id", "key")}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By what is exact: the table is long."""
        return (log.jobs_found(queryset, search_term) if search_term else queryset), False

    @admin.display(description="price")
    def price_credits(self, job: Job) -> str:
        """The price in credits."""
        return shown(job.price)

    @admin.display(description="charged")
    def charged(self, job: Job) -> str:
        """What was drawn, in credits; "plan" where the plan paid."""
        if job.hold is not None and job.hold.unlimited:
            return "plan"
        return shown(charged_of(job))

    @admin.display(description="input")
    def told(self, job: Job) -> SafeString | str:
        """The checked input."""
        return log.readable(job.input)

    @admin.display(description="routes")
    def who(self, job: Job) -> SafeString | str:
        """Which provider answers each operation."""
        return log.readable(job.routes)

    @admin.display(description="times")
    def times(self, job: Job) -> SafeString | str:
        """When it was made, begun and ended, and until when it may take."""
        names = ("created_at", "started_at", "finished_at", "deadline_at", "cancel_requested_at")
        return log.readable({name: getattr(job, name) for name in names if getattr(job, name)})

    @admin.display(description="charge explained")
    def story(self, job: Job) -> SafeString | str:
        """Every movement of its hold."""
        if job.hold_id is None:
            return "free: nothing was held"
        return log.link("credits_hold_explain", job.hold_id, "Every movement of its hold")

    @admin.display(description="calls, oldest first")
    def calls_made(self, job: Job) -> SafeString | str:
        """Links to its lines of the log."""
        rows = job.calls.order_by("pk").defer("input_data", "output_data", "context")
        return log.links(
            log.link("generation_aicall_change", call.pk, log.call_in_words(call))
            for call in rows[: log.LINKED_MOST]
        )

    @admin.display(description="retry of")
    def retried(self, job: Job) -> SafeString | str:
        """The job whose failed part it runs again."""
        if job.retry_of_id is None:
            return "none"
        return log.link("generation_job_change", job.retry_of_id, str(job.retry_of_id))

    @admin.display(description="retried by")
    def retries_made(self, job: Job) -> SafeString | str:
        """The jobs that ran its failed part again."""
        rows = job.retries.order_by("pk")[: log.LINKED_MOST]
        return log.links(
            log.link("generation_job_change", row.pk, f"{row.pk} {row.status}") for row in rows
        )

    @admin.display(description="error")
    def error_read(self, job: Job) -> SafeString | str:
        """What the user was told."""
        return log.readable(job.error)

    @admin.display(description="result")
    def result_read(self, job: Job) -> SafeString | str:
        """What it stored."""
        return log.readable(job.result)


@admin.register(AICall)
class AICallAdmin(ReadOnly):
    """The AI operation log."""

    list_display = (
        "created_at",
        "step",
        "part",
        "provider",
        "model_name",
        "status",
        "error_class",
        "total_tokens",
        "cost_usd",
        "processing_time_ms",
        "user",
    )
    list_filter = (
        "status",
        log.ClassFilter,
        log.ProviderFilter,
        log.ModelFilter,
        log.OperationFilter,
        ("created_at", admin.DateFieldListFilter),
    )
    search_fields = ("id",)  # there is a box to search in; what it finds says ``calls_found``
    search_help_text = (
        "Id of a call, job, hold, user, product or request; a vendor's reference; an error code; "
        "an address"
    )
    list_select_related = ("user",)
    actions = ("as_csv",)
    fieldsets = (
        (
            "What was asked",
            {
                "fields": (
                    "step",
                    "operation_name",
                    "part",
                    "provider",
                    "model_name",
                    "prompt_version",
                    "input_read",
                    "context_read",
                )
            },
        ),
        (
            "How it ended",
            {
                "fields": (
                    "status",
                    "error_class",
                    "error_code",
                    "error_message",
                    "output_read",
                    "siblings",
                )
            },
        ),
        (
            "What it took",
            {
                "fields": (
                    "created_at",
                    "submitted_at",
                    "completed_at",
                    "processing_time_ms",
                    "prompt_tokens",
                    "completion_tokens",
                    "total_tokens",
                    "cost_usd",
                )
            },
        ),
        (
            "What it belongs to",
            {
                "fields": (
                    "id",
                    "job_link",
                    "hold_link",
                    "user",
                    "product",
                    "request_id",
                    "provider_ref",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AICall]:
        """With their jobs, without what only a page of one shows."""
        rows = super().get_queryset(request).select_related("job", "user")
        is_list = request.resolver_match is not None and "object_id" not in (
            request.resolver_match.kwargs
        )
        return rows.defer("input_data", "output_data", "context") if is_list else rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By what is exact: the log is long."""
        return (log.calls_found(queryset, search_term) if search_term else queryset), False

    @admin.display(description="step")
    def step(self, call: AICall) -> str:
        """The operation in words."""
        return step_of(call.operation_name)

    @admin.display(description="cost, USD", ordering="cost_usd_micros")
    def cost_usd(self, call: AICall) -> str:
        """What it cost us."""
        return f"{call.cost_usd_micros / 1_000_000:.6f}"

    @admin.display(description="job")
    def job_link(self, call: AICall) -> SafeString:
        """The job that it is a part of."""
        return log.link("generation_job_change", call.job_id, f"{call.job.kind}, {call.job.status}")

    @admin.display(description="hold")
    def hold_link(self, call: AICall) -> SafeString | str:
        """What was put aside for that job."""
        if call.job.hold_id is None:
            return "free: nothing was held"
        return log.link("credits_hold_explain", call.job.hold_id, str(call.job.hold_id))

    @admin.display(description="input")
    def input_read(self, call: AICall) -> SafeString | str:
        """What was asked about."""
        return log.readable(call.input_data)

    @admin.display(description="context")
    def context_read(self, call: AICall) -> SafeString | str:
        """What else was noted."""
        return log.readable(call.context)

    @admin.display(description="output")
    def output_read(self, call: AICall) -> SafeString | str:
        """What was answered."""
        return log.readable(call.output_data)

    @admin.display(description="other asks of this part")
    def siblings(self, call: AICall) -> SafeString | str:
        """Retries, as links to each other."""
        return log.siblings_of(call)

    @admin.action(description="Save as CSV")
    def as_csv(self, request: HttpRequest, queryset: QuerySet[AICall]) -> HttpResponseBase:
        """The chosen calls as a spreadsheet."""
        return download(request, csv_of(log.table_of(queryset)), name="ai-operations.csv")
