"""Changes asked for in a sentence: of fields and photos; drafts, final views, and retries."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from core.api import uuid_or_404
from core.errors import DomainError, InsufficientCredits, NotFound
from credits.short import short_of, way_back
from credits.shortage import Option
from generation import operations as jobs
from generation import queries as job_queries
from techpack import operations, queries
from techpack.models import Product
from techpack.pages.products import products_page
from techpack.pages.views import said, view_page
from techpack.pages.workspace import back, workspace_page

LONGEST_PATH = 200


def _asked(request: HttpRequest, name: str = "words", most: int = 1000) -> str:
    return request.POST.get(name, "").strip()[:most]


def _once(request: HttpRequest) -> str:
    return request.POST.get("once", "")[:64]


def _workspace(product: Product) -> str:
    return reverse("techpack:workspace", args=[product.pk])


def _request_id(request: HttpRequest) -> str:
    return str(request.request_id)  # type: ignore[attr-defined]


@login_required
@require_POST
def ask(request: HttpRequest, product_id: str) -> HttpResponse:
    """A field of the pack changed by a sentence; two clicks on one form are one edit."""
    product = queries.product_of(request.user, uuid_or_404(product_id))
    path, once = _asked(request, "field", LONGEST_PATH), _once(request)
    words = _asked(request)
    try:
        operations.edit_field(
            user=request.user,
            data={"product_id": product.pk, "field_path": path, "edit_prompt": words},
            key=f"page:{product.pk}:edit:{path}:{once}"[:255] if once else None,
            request_id=_request_id(request),
        )
    except InsufficientCredits as error:
        back_to = way_back(_workspace(product), "ask", ask=path, words=words)
        short = short_of(error, what=f"{product.name}, a change of one field", back_to=back_to)
        return workspace_page(
            request, product, short=short, short_at="ask", open_at=path, words=words
        )
    except DomainError as error:
        messages.error(request, said(error))
    return back(request, product, at=request.POST.get("at", ""))


@login_required
@require_POST
def undo_edit(request: HttpRequest, product_id: str, edit_id: str) -> HttpResponse:
    """The value that was there before comes back."""
    product = queries.product_of(request.user, uuid_or_404(product_id))
    edit = queries.edit_of(request.user, uuid_or_404(edit_id))
    if edit.product_id != product.pk:
        raise NotFound("There is no such edit of this product.")
    try:
        operations.undo_edit(user=request.user, edit_id=edit.pk)
    except DomainError as error:
        messages.error(request, said(error))
    return back(request, product, at=request.POST.get("at", ""))


@login_required
@require_POST
def change_photo(request: HttpRequest, revision_id: str) -> HttpResponse:
    """A photo changed by a sentence, or shown another way."""
    revision = queries.revision_of(request.user, uuid_or_404(revision_id))
    once, words = _once(request), _asked(request, most=500)
    vary = bool(request.POST.get("vary"))
    if not words and not vary:
        messages.error(request, "Say what should change, or ask for another presentation.")
        return redirect(reverse("techpack:view", args=[revision.pk]) + "#change")
    mode = "replace" if request.POST.get("mode") == "replace" else "new"
    try:
        operations.regenerate_view(
            user=request.user,
            data={
                "revision_id": revision.pk,
                "regenerate_prompt": "" if vary else words,
                "mode": mode,
            },
            key=f"page:{revision.pk}:change:{once}" if once else None,
            request_id=_request_id(request),
        )
    except InsufficientCredits as error:
        back_to = way_back(reverse("techpack:view", args=[revision.pk]), "change", words=words)
        what = f"{revision.product.name}, a change of the photo"
        short = short_of(error, what=what, back_to=back_to)
        return view_page(request, revision, short=short, words=words)
    except DomainError as error:
        messages.error(request, said(error))
    return redirect(reverse("techpack:workspace", args=[revision.product_id]) + "#views")


@login_required
@require_POST
def undo_change(request: HttpRequest, revision_id: str) -> HttpResponse:
    """The picture that was there before comes back."""
    revision = queries.revision_of(request.user, uuid_or_404(revision_id))
    try:
        operations.undo_regenerate(user=request.user, job_id=revision.job_id or UUID(int=0))
        messages.success(request, "The earlier picture is back.")
    except DomainError as error:
        messages.error(request, said(error))
    return redirect(reverse("techpack:workspace", args=[revision.product_id]) + "#views")


@login_required
@require_POST
def idea(request: HttpRequest) -> HttpResponse:
    """A product from words, with its first drafts."""
    once, words, name = _once(request), _asked(request), _asked(request, "name", 200)
    count = _count(request)
    try:
        job = operations.start_from_idea(
            user=request.user,
            data={"words": words, "name": name, "count": count},
            key=f"idea:{once}" if once else None,
            request_id=_request_id(request),
        )
    except InsufficientCredits as error:
        kept = {"words": words, "name": name, "once": once}
        back_to = way_back(reverse("techpack:products"), "idea", words=words, name=name)
        start = partial(_fewer_ideas, kept)
        short = short_of(error, what="Drafts of your idea", start=start, back_to=back_to)
        return products_page(request, short=short, idea=kept)
    except DomainError as error:
        messages.error(request, said(error))
        return redirect(reverse("techpack:products") + "#idea")
    return redirect(reverse("techpack:workspace", args=[job.product_id]) + "#drafts")


def _count(request: HttpRequest, name: str = "count") -> int:
    given = request.POST.get(name, "")
    return int(given) if given in ("1", "2", "3", "4") else 4


def _fewer_ideas(kept: Mapping[str, str], option: Option) -> tuple[str, Mapping[str, Any]] | None:
    if "count" not in option:
        return None
    return reverse("techpack:idea"), {**kept, "count": option["count"]}


@login_required
@require_POST
def drafts(request: HttpRequest, product_id: str) -> HttpResponse:
    """More drafts, or the final views of the one that was chosen."""
    product = queries.product_of(request.user, uuid_or_404(product_id))
    data = _wanted(request, product)
    once = _once(request)
    what = f"{product.name}, {'final views' if data['stage'] == 'final' else 'drafts'}"
    try:
        operations.generate_views(
            user=request.user,
            data=data,
            key=f"page:{product.pk}:views:{once}" if once else None,
            request_id=_request_id(request),
        )
    except InsufficientCredits as error:
        start = partial(_fewer_views, product, request.POST.dict())
        back_to = way_back(_workspace(product), "drafts")
        short = short_of(error, what=what, start=start, back_to=back_to)
        return workspace_page(request, product, short=short, short_at="drafts")
    except DomainError as error:
        messages.error(request, said(error))
    return back(request, product, at="drafts")


def _wanted(request: HttpRequest, product: Product) -> dict[str, Any]:
    """What the form asks for: ``views`` makes final ones, ``count`` drafts."""
    wanted: dict[str, Any] = {"product_id": product.pk}
    if words := _asked(request):
        wanted["prompt"] = words
    if views := request.POST.get("views", ""):
        wanted |= {"stage": "final", "views": views.split()[:7]}
        if source := request.POST.get("source", ""):
            wanted["source_revision_id"] = source
        return wanted
    return {**wanted, "stage": "sample", "count": _count(request)}


def _fewer_views(
    product: Product, asked: Mapping[str, str], option: Option
) -> tuple[str, Mapping[str, Any]] | None:
    kept = {name: asked[name] for name in ("words", "source", "once") if name in asked}
    address = reverse("techpack:drafts", args=[product.pk])
    match option:
        case {"kind": "drafts", "count": count}:
            return address, {**kept, "count": count}
        case {"kind": "final_views", "views": views}:
            return address, {**kept, "views": " ".join(views)}
    return None


@login_required
@require_POST
def retry(request: HttpRequest, product_id: str, job_id: str) -> HttpResponse:
    """What failed of a job runs again, at the price of that part."""
    product = queries.product_of(request.user, uuid_or_404(product_id))
    job = job_queries.job_of(request.user, uuid_or_404(job_id))
    if job.product_id != product.pk:
        raise NotFound("There is no such job of this product.")
    at = request.POST.get("at", "")
    try:
        jobs.retry(user=request.user, job_id=job.pk, request_id=_request_id(request))
    except InsufficientCredits as error:
        back_to = way_back(_workspace(product), "steps")
        short = short_of(error, what=f"{product.name}, what failed of it", back_to=back_to)
        return workspace_page(request, product, short=short, short_at=at)
    except DomainError as error:
        messages.error(request, said(error))
    return back(request, product, at=at)
