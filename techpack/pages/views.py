"""Photos: adding, correcting the view, scaling, correcting the outline."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core import storage
from core.api import uuid_or_404
from core.errors import DomainError, InvalidRequest
from core.shape import checked
from core.units import format_length, parse_length
from credits.short import Short
from techpack import inputs, operations, outlines, queries
from techpack.bench.photos import change_of
from techpack.measuring import lengths_of, line_of, template_of, unit_of
from techpack.models import VIEW_TYPES, Product, Revision
from techpack.notes import note_of


def said(error: DomainError) -> str:
    """An error in one line for a message."""
    words = [word for group in error.fields.values() for word in group]
    return " ".join([error.message, *(words or error.suggestions[:1])])


@login_required
@require_POST
def add_view(request: HttpRequest, product_id: str) -> HttpResponse:
    """One or several photos at once; each is taken or refused on its own."""
    pk = uuid_or_404(product_id)
    queries.product_of(request.user, pk)
    for file in request.FILES.getlist("image")[:10]:
        try:
            revision = operations.add_revision(
                user=request.user,
                product_id=pk,
                file=file,
                filename=file.name or "",
                declared_type=file.content_type or "",
                view_type=request.POST.get("view_type", ""),
            )
        except DomainError as error:
            messages.error(request, f"{file.name}: {said(error)}")
        else:
            for note in revision.notes:
                messages.info(request, note)
    return redirect("techpack:workspace", pk)


@login_required
@require_POST
def change_view(request: HttpRequest, revision_id: str) -> HttpResponse:
    """Say which side the photo shows, make a version current, or take the photo away."""
    pk = uuid_or_404(revision_id)
    product_id = queries.revision_of(request.user, pk).product_id
    try:
        if request.POST.get("delete"):
            operations.delete_revision(user=request.user, revision_id=pk)
        else:
            changes: dict[str, Any] = {"view_type": request.POST.get("view_type", "")}
            if request.POST.get("is_current"):
                changes = {"is_current": True}
            operations.change_revision(user=request.user, revision_id=pk, changes=changes)
    except DomainError as error:
        messages.error(request, said(error))
    return redirect("techpack:workspace", product_id)


@login_required
@require_POST
def known_length(request: HttpRequest, product_id: str) -> HttpResponse:
    """One known length, typed for a point of measure that is visible in a photo."""
    pk = uuid_or_404(product_id)
    product = queries.product_of(request.user, pk)
    code = request.POST.get("code", "")
    try:
        revision = _photo_with(product, request.POST.get("revision", ""))
        line = line_of(revision, code)
        length = parse_length(request.POST.get("length", ""), unit_of(product), field="length")
        operations.set_scale(
            user=request.user,
            revision_id=revision.pk,
            start=line["from"],
            end=line["to"],
            length_um=round(length * _straight(line)),
            code=code,
        )
        messages.success(request, f"Lengths are measured from {code} now.")
    except DomainError as error:
        messages.error(request, said(error))
    return redirect("techpack:workspace", pk)


def _straight(line: dict[str, Any]) -> float:
    """The straight part of a length that is measured along a bend."""
    (x0, y0), (x1, y1) = line["from"], line["to"]
    return float(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5) / float(line["px"] or 1)


def _photo_with(product: Product, revision_id: str) -> Revision:
    found = [row for row in queries.revisions_of(product) if str(row.pk) == revision_id]
    if not found:
        raise InvalidRequest("Add a photo first.", fields={"revision": ["There is no such photo."]})
    found[0].product = product
    return found[0]


@login_required
@require_safe
def view(request: HttpRequest, revision_id: str) -> HttpResponse:
    """The photo with its outline, landmarks and measuring lines; ``?words=`` begins a change."""
    revision = queries.revision_of(request.user, uuid_or_404(revision_id))
    return view_page(request, revision, words=request.GET.get("words", "")[:500])


def view_page(
    request: HttpRequest, revision: Revision, *, short: Short | None = None, words: str = ""
) -> HttpResponse:
    """The same with what a change of the photo lacks, and its words where they were."""
    outlines.ensure_geometry(revision)
    product = revision.product
    versions = Revision.objects.filter(
        product=product, view_type=revision.view_type, deleted_at__isnull=True
    ).order_by("-version")
    return render(
        request,
        "techpack/view.html",
        {
            "nav_active": "products",
            "product": product,
            "revision": revision,
            "outline": revision.outline,
            "geometry": revision.geometry,
            "picture": storage.signed_url(revision.image_key),
            "rings": " ".join(_path(ring) for ring in (revision.outline or {}).get("rings", [])),
            "lines": _lines(revision),
            "versions": versions,
            "thumbnails": {row.pk: storage.signed_url(row.thumbnail_key) for row in versions},
            "view_types": VIEW_TYPES,
            "unit": unit_of(product),
            "note": note_of(revision),
            "change": change_of(revision, words=words),
            "short": short,
            "state": {
                "width": revision.width,
                "height": revision.height,
                "strokes": revision.strokes,
                "landmarks": (revision.geometry or {}).get("landmarks", {}),
                "scale": revision.scale,
            },
        },
        status=402 if short else 200,
    )


def _path(ring: list[list[float]]) -> str:
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in ring) + "Z"


def _lines(revision: Revision) -> list[dict[str, Any]]:
    """Measuring lines with their names and lengths in the pack's unit."""
    names = template_of(revision.product).by_code
    unit = unit_of(revision.product)
    lengths = {length.code: length for length in lengths_of(revision)}
    return [
        {
            **line,
            "name": names[line["code"]].name if line["code"] in names else line["code"],
            "x1": line["from"][0],
            "y1": line["from"][1],
            "x2": line["to"][0],
            "y2": line["to"][1],
            "text": format_length(lengths[line["code"]].um, unit)
            if line["code"] in lengths
            else "",
            "uncertainty": format_length(lengths[line["code"]].uncertainty_um, unit)
            if line["code"] in lengths
            else "",
            "status": lengths[line["code"]].status if line["code"] in lengths else "unknown",
        }
        for line in (revision.geometry or {}).get("measures", [])
    ]


def _body(request: HttpRequest) -> Any:
    """A drawn correction, as the page's script or its form sends it: JSON in a field."""
    try:
        return json.loads(request.POST.get("drawn", ""))
    except (ValueError, RecursionError):
        raise InvalidRequest(
            "Nothing was drawn.", fields={"drawn": ["Draw on the photo first."]}
        ) from None


def _answer(request: HttpRequest, revision: Revision, words: str) -> HttpResponse:
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"message": words})
    messages.success(request, words)
    return redirect(reverse("techpack:view", args=[revision.pk]))


@login_required
@require_POST
def scale(request: HttpRequest, revision_id: str) -> HttpResponse:
    """A known length drawn on the photo, or typed by its end points."""
    pk = uuid_or_404(revision_id)
    revision = queries.revision_of(request.user, pk)
    try:
        points = [float(request.POST.get(name, "")) for name in ("x1", "y1", "x2", "y2")]
    except ValueError:
        raise InvalidRequest("Draw the line first.", fields={"line": ["Draw a line."]}) from None
    length = parse_length(request.POST.get("length", ""), unit_of(revision.product), field="length")
    given = checked(
        inputs.ScaleInput,
        {"from": points[:2], "to": points[2:], "length": {"value": 1, "unit": "mm"}},
    )
    operations.set_scale(
        user=request.user, revision_id=pk, start=given.from_, end=given.to, length_um=length
    )
    words = f"Lengths are measured from {format_length(length, unit_of(revision.product))} now."
    return _answer(request, revision, words)


@login_required
@require_POST
def outline(request: HttpRequest, revision_id: str) -> HttpResponse:
    """Strokes that keep or remove."""
    pk = uuid_or_404(revision_id)
    revision = queries.revision_of(request.user, pk)
    given = checked(inputs.OutlineInput, _body(request))
    operations.correct_outline(
        user=request.user,
        revision_id=pk,
        keep=given.keep,
        remove=given.remove,
        worn_by_person=given.worn_by_person,
    )
    return _answer(request, revision, "The outline follows your strokes now.")


@login_required
@require_POST
def landmarks(request: HttpRequest, revision_id: str) -> HttpResponse:
    """Landmarks that were dragged."""
    pk = uuid_or_404(revision_id)
    revision = queries.revision_of(request.user, pk)
    operations.place_landmarks(
        user=request.user, revision_id=pk, points=inputs.checked_points(_body(request))
    )
    return _answer(request, revision, "Saved. The lengths follow the points you placed.")
