"""The pack as sheets on screen, and as a PDF."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.api import uuid_or_404
from techpack import queries
from techpack.api.pack import pdf_response, units_of
from techpack.pack import merge
from techpack.pack.build import build
from techpack.readiness import readiness_of


def drawn_by(user: Any) -> str:
    """Who stands in the title block."""
    return str(user.name or user.email.partition("@")[0])


@login_required
@require_safe
def document(request: HttpRequest, product_id: str) -> HttpResponse:
    """Every sheet of the pack, printable."""
    product = queries.product_of(request.user, uuid_or_404(product_id))
    merged = merge.load(product)
    readiness = readiness_of(merged)
    pack = build(
        merged, readiness, drawn_by=drawn_by(request.user), unit=units_of(request), on_page=True
    )
    return render(
        request,
        "techpack/document.html",
        {
            "nav_active": "products",
            "product": product,
            "pack": pack,
            "readiness": readiness,
        },
    )


@login_required
@require_safe
def pdf(request: HttpRequest, product_id: str) -> HttpResponse:
    """The pack as a PDF."""
    product = queries.product_of(request.user, uuid_or_404(product_id))
    return pdf_response(product, user=request.user, units=units_of(request))
