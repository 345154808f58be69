"""The workspace: views, steps, sheets and readiness of one product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.api import uuid_or_404
from core.errors import DomainError, InsufficientCredits, NotFound
from generation import operations as jobs
from generation import queries as job_queries
from generation.models import Job
from techpack import bench, operations, queries
from techpack.models import Product
from techpack.pages.document import drawn_by
from techpack.pages.views import said

STEPS: dict[str, Callable[..., Job]] = {
    "category": operations.detect_category,
    "analysis": operations.analyze_base_views,
    "close-ups": operations.generate_close_ups,
    "sketches": operations.generate_sketches,
}


def _render(
    request: HttpRequest, product: Product, *, short: Any = None, status: int = 200
) -> HttpResponse:
    """The whole page, or the part of it that htmx asked for."""
    shown = bench.bench_of(product, user=request.user, drawn_by=drawn_by(request.user))
    context = {"nav_active": "products", "bench": shown, "product": product, "short": short}
    name = "techpack/_update.html" if getattr(request, "htmx", False) else "techpack/workspace.html"
    return render(request, name, context, status=status)


@login_required
@require_safe
def workspace(request: HttpRequest, product_id: str) -> HttpResponse:
    """Where a pack is made."""
    return _render(request, queries.product_of(request.user, uuid_or_404(product_id)))


@login_required
@require_POST
def run(request: HttpRequest, product_id: str, step: str) -> HttpResponse:
    """Start a step on the product's current photos."""
    product = queries.product_of(request.user, uuid_or_404(product_id))
    if step not in STEPS:
        raise NotFound("There is no such step.")
    try:
        STEPS[step](
            user=request.user,
            data=bench.input_of(step, product),
            key=f"page:{request.POST.get('once', '')[:64]}" if request.POST.get("once") else None,
            request_id=request.request_id,  # type: ignore[attr-defined]
        )
    except InsufficientCredits as error:
        return _render(request, product, short=error, status=200 if request.htmx else 402)  # type: ignore[attr-defined]
    except DomainError as error:
        messages.error(request, said(error))
    return _back(request, product)


@login_required
@require_POST
def stop(request: HttpRequest, product_id: str, job_id: str) -> HttpResponse:
    """Stop a running step; what it had finished is kept."""
    product = queries.product_of(request.user, uuid_or_404(product_id))
    job = job_queries.job_of(request.user, uuid_or_404(job_id))
    try:
        jobs.cancel(user=request.user, job_id=job.pk)
    except DomainError as error:
        messages.error(request, said(error))
    return _back(request, product)


@login_required
@require_POST
def fields(request: HttpRequest, product_id: str) -> HttpResponse:
    """Values typed over: those that differ from what is shown are set."""
    product = queries.product_of(request.user, uuid_or_404(product_id))
    typed = {
        name: str(value)
        for name, value in request.POST.items()
        if name.count(".") >= 2 or name.startswith("cover.")
    }
    try:
        changed = bench.changed(product, typed)
        if changed:
            operations.type_values(user=request.user, product_id=product.pk, values=changed)
    except DomainError as error:
        messages.error(request, said(error))
    return _back(request, product)


def _back(request: HttpRequest, product: Product) -> HttpResponse:
    if getattr(request, "htmx", False):
        return _render(request, queries.product_of(request.user, product.pk))
    return redirect("techpack:workspace", product.pk)
