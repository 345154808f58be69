"""The ledger for support: to read, and one action that goes through the verbs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action

from core.errors import DomainError
from core.ids import uuid7
from core.money import shown, signed
from core.read_only import ReadOnly
from credits import operations
from credits.forms import AdjustForm
from credits.models import Account, Entry, Hold, HoldPart, LedgerCheck, Lot
from credits.story import story_of


def _amount(column: str) -> Any:
    """A column of µcr shown as credits."""

    def show(self: Any, row: Any) -> str:
        return shown(getattr(row, column))

    return admin.display(description=column, ordering=column)(show)


class LotInline(ReadOnly, TabularInline):
    """The lots of an account."""

    model = Lot
    fields = (
        "kind",
        "credits_granted",
        "credits_available",
        "credits_held",
        "expires_at",
        "reason",
    )
    readonly_fields = fields
    extra = 0
    credits_granted, credits_available = _amount("granted"), _amount("available")
    credits_held = _amount("held")


class PartInline(ReadOnly, TabularInline):
    """What a hold drew from which lot."""

    model = HoldPart
    fields = ("position", "lot", "credits_amount", "credits_captured", "credits_released")
    readonly_fields = fields
    extra = 0
    credits_amount, credits_captured = _amount("amount"), _amount("captured")
    credits_released = _amount("released")


@admin.register(Account)
class AccountAdmin(ReadOnly, ModelAdmin):
    """Balances, by the user's address."""

    list_display = ("user", "plan", "credits_available", "credits_held", "credits_debt")
    list_select_related = ("user",)
    search_fields = ("user__email", "id")
    list_filter = ("plan",)
    inlines = (LotInline,)
    actions_detail = ("adjust",)
    credits_available, credits_held = _amount("available"), _amount("held")
    credits_debt = _amount("debt")

    def has_adjust_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change accounts may correct a balance; the row itself nobody may."""
        return request.user.has_perm("credits.change_account")

    @action(description="Adjust balance", url_path="adjust", permissions=["adjust"])
    def adjust(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Add or take credits with a reason, by the ledger's verbs, and leave an audit line."""
        account = get_object_or_404(Account.objects.select_related("user"), pk=object_id)
        form = AdjustForm(request.POST or None, initial={"key": uuid7()})
        if request.method == "POST" and form.is_valid() and self._adjust(request, account, form):
            return redirect("admin:credits_account_change", object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Adjust the balance of {account}",
            "account": account,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "credits/adjust.html", context)

    def _adjust(self, request: HttpRequest, account: Account, form: AdjustForm) -> bool:
        amount, reason = form.cleaned_data["amount"], form.cleaned_data["reason"]
        if account.user_id is None:
            form.add_error(None, "This user is deleted.")
            return False
        try:
            operations.adjust(
                user_id=account.user_id,
                amount=amount,
                key=str(form.cleaned_data["key"]),
                reason=reason,
            )
        except DomainError as error:
            form.add_error("amount", error.message)
            return False
        LogEntry.objects.log_actions(
            request.user.pk or 0,
            [account],
            CHANGE,
            change_message=f"{signed(amount)} credits: {reason}",
            single_object=True,
        )
        messages.success(request, f"{signed(amount)} credits for {account}.")
        return True


@admin.register(Lot)
class LotAdmin(ReadOnly, ModelAdmin):
    """Where credits came from and when they run out."""

    list_display = ("account", "kind", "credits_granted", "credits_available", "expires_at")
    list_select_related = ("account__user",)
    list_filter = ("kind",)
    search_fields = ("account__user__email", "source_key", "id")
    credits_granted, credits_available = _amount("granted"), _amount("available")


@admin.register(Hold)
class HoldAdmin(ReadOnly, ModelAdmin):
    """What each operation held, and how it ended."""

    list_display = (
        "created_at",
        "account",
        "operation",
        "state",
        "credits_amount",
        "credits_captured",
        "unlimited",
        "close_reason",
    )
    list_select_related = ("account__user",)
    list_filter = ("state", "operation", "unlimited")
    search_fields = ("account__user__email", "id", "job_id", "key")
    ordering = ("-id",)
    inlines = (PartInline,)
    actions_detail = ("explain",)
    credits_amount, credits_captured = _amount("amount"), _amount("captured")

    @action(description="Explain this charge", url_path="explain", permissions=["view"])
    def explain(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Every movement of the hold, in plain words."""
        hold = get_object_or_404(Hold, pk=object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": f"The charge of hold {hold.pk}",
            "hold": hold,
            "lines": story_of(hold.pk),
            "opts": self.opts,
        }
        return TemplateResponse(request, "credits/explain.html", context)


@admin.register(Entry)
class EntryAdmin(ReadOnly, ModelAdmin):
    """Every movement."""

    list_display = (
        "created_at",
        "account",
        "operation",
        "source",
        "destination",
        "credits_amount",
        "reason",
    )
    list_select_related = ("account__user",)
    list_filter = ("operation",)
    search_fields = ("account__user__email", "line")
    ordering = ("-id",)
    show_full_result_count = False
    credits_amount = _amount("amount")


@admin.register(LedgerCheck)
class LedgerCheckAdmin(ReadOnly, ModelAdmin):
    """The hourly checks."""

    list_display = ("checked_at", "drift")
