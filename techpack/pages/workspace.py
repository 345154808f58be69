"""The workspace: views, steps, sheets and readiness of one product."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core.api import uuid_or_404
from core.errors import DomainError, InsufficientCredits, NotFound
from core.http import is_part
from credits.short import Short, short_of, way_back
from credits.shortage import Option
from generation import operations as jobs
from generation import queries as job_queries
from generation.models import Job
from notifications import watches
from techpack import bench, operations, queries
from techpack.models import Product
from techpack.pages.document import drawn_by
from techpack.pages.views import said

_PLACE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,150}")
STEPS: dict[str, Callable[..., Job]] = {
    "category": operations.detect_category,
    "analysis": operations.analyze_base_views,
    "close-ups": operations.generate_close_ups,
    "sketches": operations.generate_sketches,
}


def workspace_page(
    request: HttpRequest,
    product: Product,
    *,
    short: Short | None = None,
    short_at: str = "",
    open_at: str = "",
    words: str = "",
) -> HttpResponse:
    """The whole page, or the part of it that htmx asked for.

    ``short`` stands where it was asked, at a step or a sentence; ``open_at`` is the field whose
    sentence is being written, ``words`` what it says.
    """
    shown = bench.bench_of(product, drawn_by=drawn_by(request.user), open_at=open_at, words=words)
    context = {
        "nav_active": "products",
        "bench": shown,
        "product": product,
        "short": short,
        "short_at": short_at,
        "short_target": "#bench",
    }
    if is_part(request):
        return render(request, "techpack/_update.html", context)
    return render(request, "techpack/workspace.html", context, status=402 if short else 200)


@login_required
@require_safe
def workspace(request: HttpRequest, product_id: str) -> HttpResponse:
    """Where a pack is made. Who sees it here is not told by the inbox how its jobs ended."""
    product = queries.product_of(request.user, uuid_or_404(product_id))
    watches.watch(product.user_id, product.pk, watches.PAGE_S)
    open_at = request.GET.get("ask", "")[:200]
    return workspace_page(
        request, product, open_at=open_at, words=request.GET.get("words", "")[:500]
    )


@login_required
@require_POST
def run(request: HttpRequest, product_id: str, step: str) -> HttpResponse:
    """Start a step on the product's current photos, or on those that the form names.

    ``once`` names the run that the page showed last: however often and from however many tabs
    a step is started after it, one job comes of it.
    """
    product = queries.product_of(request.user, uuid_or_404(product_id))
    if step not in STEPS:
        raise NotFound("There is no such step.")
    once = request.POST.get("once", "")[:64]
    data = bench.input_of(step, product, photos=_photos(request))
    try:
        STEPS[step](
            user=request.user,
            data=data,
            key=f"page:{product.pk}:{step}:{once}" if once else None,
            request_id=request.request_id,  # type: ignore[attr-defined]
        )
    except InsufficientCredits as error:
        what = bench.asked_in_words(step, product, data)
        back_to = way_back(reverse("techpack:workspace", args=[product.pk]), "steps")
        start = partial(_start, product, step, once)
        short = short_of(error, what=what, start=start, back_to=back_to)
        return workspace_page(request, product, short=short, short_at=step)
    except DomainError as error:
        messages.error(request, said(error))
    return back(request, product)


def _photos(request: HttpRequest) -> list[str] | int | None:
    """The photos that a form names, or how many it wants."""
    if named := request.POST.getlist("photo"):
        return named
    count = request.POST.get("views", "")
    return int(count) if count.isdecimal() and len(count) == 1 else None


def _start(
    product: Product, step: str, once: str, option: Option
) -> tuple[str, Mapping[str, Any]] | None:
    """Where a cheaper way of the same step is started."""
    address = reverse("techpack:run", args=[product.pk, step])
    match option:
        case {"views": count}:
            return address, {"once": once, "views": count}
        case {"revision_ids": ids}:
            return address, {"once": once, "photo": list(ids)}
    return None


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
    return back(request, product)


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
    return back(request, product)


def back(request: HttpRequest, product: Product, *, at: str = "") -> HttpResponse:
    """The page after a change; ``at`` is the place on it that was changed."""
    if is_part(request):
        return workspace_page(request, queries.product_of(request.user, product.pk))
    anchor = f"#{at}" if _PLACE.fullmatch(at) else ""
    return redirect(reverse("techpack:workspace", args=[product.pk]) + anchor)
