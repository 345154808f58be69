"""Stripe's events in the admin: to be found, read, and processed again; nothing is edited."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import JSONField, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from djstripe.models import WebhookEventTrigger
from unfold.admin import ModelAdmin

from billing import deliveries
from billing.models import Customer, StripeEvent
from core.read_only import ReadOnly

STATES: Final = {
    "failing": ("Failing: tried again", deliveries.FAILING),
    "unprocessed": ("Not processed", Q(processed_at__isnull=True)),
    "given_up": ("Given up", deliveries.GIVEN_UP),
    "waiting": ("Not tried yet", Q(due_at__isnull=False, attempts=0)),
    "processed": ("Processed", Q(due_at__isnull=True, processed_at__isnull=False)),
}


class State(admin.SimpleListFilter):
    """How processing goes."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The states that an event may be in."""
        return [(name, words) for name, (words, _) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The events in the chosen state."""
        _, chosen = STATES.get(self.value() or "", ("", Q()))
        return queryset.filter(chosen)


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly, ModelAdmin):
    """Events that Stripe delivered, whose they are, and how their processing goes."""

    list_display = ("received_at", "type", "state", "attempts", "error", "due_at", "whose")
    list_filter = (State, "type", ("received_at", admin.DateFieldListFilter))
    search_fields = ("event_id",)  # there is a box to search in; what it finds says ``_found``
    search_help_text = "Id of an event or customer at Stripe; an address"
    ordering = ("-received_at",)
    show_full_result_count = False
    actions = ("replay", "set_aside")
    fieldsets = (
        ("What it is", {"fields": ("event_id", "type", "whose", "customer")}),
        ("How it went", {"fields": ("state", "attempts", "error", "traceback")}),
        ("When", {"fields": ("received_at", "due_at", "processed_at")}),
        ("What Stripe said", {"fields": ("body",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StripeEvent]:
        """With the customer that each is about."""
        told = WebhookEventTrigger.objects.filter(pk=OuterRef("trigger_id"))
        about = told.annotate(told=Cast("body", JSONField())).values(
            found=Coalesce(KT("told__data__object__customer"), KT("told__data__object__id"))
        )
        customers = Customer.objects.filter(stripe_id=OuterRef("customer_id"))
        return (
            super()
            .get_queryset(request)
            .annotate(customer_id=Subquery(about))
            .annotate(
                user_id=Subquery(customers.values("user_id")),
                user_email=Subquery(customers.values("user__email")),
            )
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By what is exact."""
        word = search_term.strip()
        if not word:
            return queryset, False
        found = Q(event_id=word) | Q(customer_id=word) | Q(user_email__iexact=word)
        return queryset.filter(found), False

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Whoever may change events may have them processed; the row itself nobody may."""
        return request.user.has_perm("billing.change_stripeevent")

    @admin.action(description="Replay: process now", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        """Have the chosen events processed anew; what they brought about is not done twice."""
        self._note(request, queryset, "Replayed")
        count = deliveries.replay(queryset)
        messages.success(request, f"{count} events are processed now.")

    @admin.action(description="Set aside: try no more", permissions=["replay"])
    def set_aside(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        """Leave the chosen events without effect, where they have had none."""
        self._note(request, queryset.filter(processed_at__isnull=True), "Set aside")
        count = deliveries.set_aside(queryset)
        messages.success(request, f"{count} events are tried no more.")

    def _note(self, request: HttpRequest, chosen: QuerySet[StripeEvent], what: str) -> None:
        LogEntry.objects.log_actions(request.user.pk or 0, chosen, CHANGE, change_message=what)

    @admin.display(description="state")
    def state(self, event: StripeEvent) -> str:
        """In a word."""
        if event.due_at is not None:
            return "failing" if event.attempts else "waiting"
        return "given up" if event.processed_at is None else "processed"

    @admin.display(description="user")
    def whose(self, event: Any) -> SafeString | str:
        """A link to the user, where the customer is one of ours."""
        if event.user_id is None:
            return "nobody's here"
        address = reverse("admin:accounts_user_change", args=[event.user_id])
        return format_html('<a href="{}">{}</a>', address, event.user_email)

    @admin.display(description="customer")
    def customer(self, event: Any) -> str:
        """Stripe's id of the customer, or of what else it is about."""
        return event.customer_id or "none"

    @admin.display(description="body")
    def body(self, event: StripeEvent) -> SafeString:
        """What came, word for word."""
        return format_html("<pre>{}</pre>", self._trigger_of(event).body)

    @admin.display(description="traceback")
    def traceback(self, event: StripeEvent) -> SafeString | str:
        """Where the last failure was."""
        words = self._trigger_of(event).traceback
        return format_html("<pre>{}</pre>", words) if words and event.error else "none"

    def _trigger_of(self, event: StripeEvent) -> Any:
        found = WebhookEventTrigger.objects.filter(pk=event.trigger_id).first()
        return found or WebhookEventTrigger()
