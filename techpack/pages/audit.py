"""The audit trail of a pack: every AI call behind it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from core.api import page_of, uuid_or_404
from techpack import audit as trail
from techpack import queries
from techpack.api.audit import csv_response, json_response


@login_required
@require_safe
def audit(request: HttpRequest, product_id: str) -> HttpResponse:
    """Who was asked what, when, with which outcome, and what it cost."""
    product = queries.product_of(request.user, uuid_or_404(product_id))
    page = page_of(Request(request), trail.calls_of(product), lambda call: call)
    context = {
        "nav_active": "products",
        "product": product,
        "rows": [
            {**record, "seconds": f"{record['processing_time_ms'] / 1000:.1f}"}
            for record in trail.records_of(page["results"])
        ],
        "totals": trail.totals_of(product),
        "newer": page["previous"],
        "older": page["next"],
    }
    return render(request, "techpack/audit.html", context)


@login_required
@require_safe
def audit_csv(request: HttpRequest, product_id: str) -> HttpResponseBase:
    """The whole trail as a spreadsheet."""
    return csv_response(request, queries.product_of(request.user, uuid_or_404(product_id)))


@login_required
@require_safe
def audit_json(request: HttpRequest, product_id: str) -> HttpResponseBase:
    """The whole trail as JSON."""
    return json_response(request, queries.product_of(request.user, uuid_or_404(product_id)))
