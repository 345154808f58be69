"""The credits page and the statement as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.request import Request

from core.api import page_of
from core.money import Microcredits, format_credits, shown, worded
from core.spreadsheets import cell, csv_of, download
from credits import audit, budget, grants, queries
from credits.context import in_bar
from credits.forms import FloorForm
from credits.models import Hold, Lot
from credits.outcomes import rows_of

CSV_BATCH = 500


@dataclass(frozen=True)
class Bar:
    """Free, held and used as parts of a whole, in per cent for an SVG's attributes."""

    free: str
    held: str
    used: str
    used_from: str
    label: str


def bar_of(*, free: Microcredits, held: Microcredits, used: Microcredits) -> Bar:
    """The balance bar; of nothing at all, an empty one."""
    whole = free + held + used

    def percent(part: Microcredits) -> str:
        return f"{100 * part / whole if whole else 0:.2f}%"

    return Bar(
        free=percent(free),
        held=percent(held),
        used=percent(used),
        used_from=percent(free + held),
        label=f"Of {shown(whole)} credits: "
        f"{shown(free)} free, {shown(held)} held, {shown(used)} used",
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def statement(request: HttpRequest) -> HttpResponse:
    """Balance, lots, one line per operation; and under which balance to warn, which is set here."""
    form = FloorForm(request.POST) if request.method == "POST" else None
    if form is None or not form.is_valid():
        return _page(request, form=form)
    floor = form.cleaned_data["floor"]
    budget.set_floor(user=request.user, floor=floor)
    told = "You have no floor now." if floor is None else f"You are warned below {worded(floor)}."
    messages.success(request, told)
    return redirect(f"{reverse('credits:statement')}#warnings")


def _page(request: HttpRequest, *, form: FloorForm | None) -> HttpResponse:
    user: Any = request.user
    standing = budget.standing_of(user)
    floor = None if standing.floor is None else format_credits(standing.floor)
    balance = queries.balance(user)
    used = queries.used_since(balance.account_id, balance.period_started_at)
    lots = list(queries.lots(user))
    page = page_of(Request(request), queries.statement(user), lambda line: line)
    plan = settings.PLANS[balance.plan]
    return render(
        request,
        "credits/credits.html",
        {
            "nav_active": "credits",
            "own": balance,
            "balance": in_bar(balance),  # the top bar need not ask again
            "used": used,
            "whole": balance.free + balance.held + used,
            "bar": bar_of(free=balance.free, held=balance.held, used=used),
            "running": Hold.objects.filter(
                account_id=balance.account_id, state=Hold.State.OPEN, unlimited=False
            ).count(),
            "drift": audit.drift(audit.differences(account_id=balance.account_id)),
            "lots": lots,
            "monthly": _left(lots, Lot.Kind.MONTHLY),
            "bought": _left(lots, Lot.Kind.TOPUP),
            "plan": plan,
            "next_monthly": grants.next_monthly(
                user_id=user.pk, plan=balance.plan, at=balance.period_ends_at
            ),
            "rows": rows_of(user, queries.with_balances(page["results"])),
            "newer": page["previous"],
            "older": page["next"],
            "shares": budget.SHARES,
            "warned": standing.warned,
            "form": form or FloorForm(initial={"floor": floor}),
        },
    )


@login_required
@never_cache
@require_safe
def free(request: HttpRequest) -> HttpResponse:
    """The balance of the top bar by itself, for a page whose balance has changed."""
    return render(request, "_balance.html")


def _left(lots: list[Lot], kind: str) -> Microcredits:
    return sum(lot.available for lot in lots if lot.kind == kind)


@login_required
@require_safe
def statement_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The whole statement, newest first."""
    return download(request, csv_of(_csv_rows(request.user)), name="credits.csv")


def _csv_rows(user: Any) -> Iterator[list[str]]:
    yield ["Date", "Operation", "For", "Held", "Outcome", "Change", "Free after", "Id"]
    lines = queries.statement(user)
    batch = list(lines[:CSV_BATCH])
    while batch:
        rows = queries.with_balances(batch)
        for row, words in zip(rows, rows_of(user, rows), strict=True):
            yield [
                words.at.isoformat(timespec="seconds"),
                *(cell(text) for text in (words.title, words.subtitle)),
                format_credits(row.line.held),
                cell(words.outcome),
                format_credits(row.change),
                format_credits(row.balance_after),
                words.id,
            ]
        batch = list(lines.filter(id__lt=batch[-1].id)[:CSV_BATCH])
