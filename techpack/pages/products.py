"""The list of products, and starting, changing and putting one away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core.api import uuid_or_404
from core.errors import DomainError
from core.ids import uuid7
from core.money import worded
from core.shape import checked
from credits.short import Short
from techpack import inputs, operations, queries
from techpack.cards import card_of
from techpack.prices import pictures_price

A_PAGE = 24
IDEA = {"words": 1000, "name": 200}  # its fields, and how long each may be


@login_required
@require_safe
def products(request: HttpRequest) -> HttpResponse:
    """Cards of the user's products, and the ways to start one; ``?words=`` begins an idea."""
    begun = {name: request.GET.get(name, "")[:most] for name, most in IDEA.items()}
    return products_page(request, idea=begun | {"once": uuid7().hex})


def products_page(
    request: HttpRequest, *, idea: Mapping[str, str], short: Short | None = None
) -> HttpResponse:
    """The same with what an idea lacks, and its words where they were."""
    q, order = request.GET.get("q", "").strip()[:100], request.GET.get("order", "recent")
    rows = queries.products_of(request.user, q=q, order=order)
    page = Paginator(queries.with_covers(rows), A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "techpack/products.html",
        {
            "nav_active": "products",
            "cards": [card_of(product) for product in page.object_list],
            "page": page,
            "q": q,
            "order": order,
            "orders": [("recent", "Last changed"), ("oldest", "Oldest first"), ("name", "Name")],
            "short": short,
            "idea": idea,
            "draft_prices": [
                (count, worded(pictures_price("sample", count))) for count in (4, 2, 1)
            ],
        },
        status=402 if short else 200,
    )


@login_required
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """A product from dropped photos: no form first."""
    photos = [(file, file.name or "") for file in request.FILES.getlist("image")[:10]]
    try:
        if photos:
            product, _ = operations.start_product(user=request.user, photos=photos)
        else:
            given = checked(inputs.ProductInput, {"name": request.POST.get("name", "")})
            product = operations.create_product(user=request.user, name=given.name)
    except DomainError as error:
        return _refused(request, error)
    return redirect("techpack:workspace", product.pk)


def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    messages.error(request, " ".join([error.message, *error.suggestions[:1]]))
    return redirect("techpack:products")


@login_required
@require_POST
def details(request: HttpRequest, product_id: str) -> HttpResponse:
    """Name, style number, season, sizes, unit, category."""
    pk = queries.product_of(request.user, uuid_or_404(product_id)).pk
    given: dict[str, Any] = {
        name: value
        for name, value in request.POST.items()
        if name in inputs.ProductChanges.model_fields
    }
    if "sizes" in given:
        given["sizes"] = given["sizes"].replace(",", " ").split()
    for name in ("unit", "category"):
        if not given.get(name, "-"):
            del given[name]
    try:
        changes = checked(inputs.ProductChanges, given).model_dump(exclude_unset=True)
        operations.change_product(user=request.user, product_id=pk, changes=changes)
    except DomainError as error:
        words = [word for group in error.fields.values() for word in group]
        messages.error(request, " ".join([error.message, *words]))
    return redirect(reverse("techpack:workspace", args=[pk]) + request.POST.get("at", "")[:40])


@login_required
@require_POST
def delete(request: HttpRequest, product_id: str) -> HttpResponse:
    """Put the product away; the message offers to bring it back."""
    pk = uuid_or_404(product_id)
    name = queries.product_of(request.user, pk).name
    operations.delete_product(user=request.user, product_id=pk)
    messages.success(
        request,
        f"{name} was deleted. You can restore it for 30 days.",
        extra_tags=f"restore:{pk}",
    )
    return redirect("techpack:products")


@login_required
@require_POST
def restore(request: HttpRequest, product_id: str) -> HttpResponse:
    """Bring a deleted product back."""
    product = operations.restore_product(user=request.user, product_id=uuid_or_404(product_id))
    return redirect("techpack:workspace", product.pk)
