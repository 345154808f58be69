"""Who pays for what, in the admin: to be read, and to be asked of Stripe again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from billing import money, purchases, subscriptions
from billing.models import Checkout, Customer, Payment, Subscription, TierChange
from core.errors import DomainError
from core.read_only import ReadOnly

DASHBOARD: Final = "https://dashboard.stripe.com"


def stripe_link(kind: str, stripe_id: str) -> SafeString | str:
    """Stripe's own page of one of its objects; the bare id where there is no such page."""
    if not stripe_id or settings.PAYMENTS.mode != "stripe":
        return stripe_id or "none"
    mode = "" if settings.STRIPE_LIVE_MODE else "/test"
    return format_html('<a href="{}{}/{}/{}">{}</a>', DASHBOARD, mode, kind, stripe_id, stripe_id)


def _at_stripe(kind: str, column: str) -> Any:
    def show(self: Any, row: Any) -> SafeString | str:
        return stripe_link(kind, getattr(row, column) or "")

    return admin.display(description="at Stripe")(show)


class Asking(ReadOnly):
    """An action that asks Stripe about the chosen rows, and notes who did."""

    actions = ("ask_again",)
    ask: Callable[[Any], object]

    def has_ask_permission(self, request: HttpRequest) -> bool:
        """Whoever may change them may have them asked after; the row itself nobody may."""
        options: Any = getattr(self, "opts")  # noqa: B009 - of the admin that this is mixed into
        return request.user.has_perm(f"{options.app_label}.change_{options.model_name}")

    @admin.action(description="Ask Stripe again", permissions=["ask"])
    def ask_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """What Stripe says now is applied, as if it had just told."""
        asked = 0
        for row in queryset:
            try:
                self.ask(row)
            except DomainError as error:
                messages.error(request, f"{row}: {error.message}")
                continue
            LogEntry.objects.log_actions(
                request.user.pk or 0,
                [row],
                CHANGE,
                change_message="Asked Stripe",
                single_object=True,
            )
            asked += 1
        messages.success(request, f"Stripe was asked about {asked}.")


@admin.register(Customer)
class CustomerAdmin(ReadOnly, ModelAdmin):
    """Which of Stripe's customers somebody is."""

    list_display = ("user", "at_stripe", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "stripe_id")
    at_stripe = _at_stripe("customers", "stripe_id")


@admin.register(Subscription)
class SubscriptionAdmin(Asking, ModelAdmin):
    """What somebody subscribes to, and the tier that follows from it."""

    list_display = ("user", "tier", "status", "interval", "period_ends_at", "ends_at", "at_stripe")
    list_select_related = ("user",)
    list_filter = ("tier", "status", "interval")
    search_fields = ("user__email", "stripe_id")
    at_stripe = _at_stripe("subscriptions", "stripe_id")

    def ask(self, row: Subscription) -> object:
        """Read anew all that the user has."""
        return subscriptions.refresh_of(user_id=row.user_id)


@admin.register(Checkout)
class CheckoutAdmin(Asking, ModelAdmin):
    """Purchases that somebody began, and how they ended."""

    list_display = ("created_at", "user", "sold", "state", "ended_at", "at_stripe")
    list_select_related = ("user",)
    list_filter = ("state", "kind", "sold")
    search_fields = ("user__email", "id", "session_id")
    ordering = ("-id",)
    exclude = ("url",)  # whoever has it may pay
    show_full_result_count = False
    at_stripe = _at_stripe("checkout/sessions", "session_id")

    def ask(self, row: Checkout) -> object:
        """Settle it, where Stripe knows it."""
        return purchases.settle(session_id=row.session_id) if row.session_id else None


@admin.register(Payment)
class PaymentAdmin(ReadOnly, ModelAdmin):
    """Money that came, and what of it went back."""

    list_display = ("paid_at", "user", "description", "paid", "went_back", "dispute_status")
    list_select_related = ("user",)
    list_filter = ("kind", "dispute_status", "currency")
    search_fields = ("user__email", "id", "payment_intent", "invoice", "source_key")
    ordering = ("-paid_at",)
    show_full_result_count = False
    readonly_fields = ("at_stripe",)
    at_stripe = _at_stripe("payments", "payment_intent")

    @admin.display(description="paid", ordering="amount")
    def paid(self, payment: Payment) -> str:
        """With its currency."""
        return money.worded(payment.amount, payment.currency)

    @admin.display(description="went back", ordering="refunded")
    def went_back(self, payment: Payment) -> str:
        """The same; nothing where nothing did."""
        return money.worded(payment.refunded, payment.currency) if payment.refunded else ""


@admin.register(TierChange)
class TierChangeAdmin(ReadOnly, ModelAdmin):
    """Each change of a tier, and why."""

    list_display = ("changed_at", "user", "number", "from_tier", "to_tier", "interval", "reason")
    list_select_related = ("user",)
    list_filter = ("reason", "to_tier")
    search_fields = ("user__email",)
    ordering = ("-changed_at",)
    show_full_result_count = False
