"""``/api/products/{id}/tech-pack``: the pack, its readiness and its document."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import Endpoint, uuid_or_404
from core.errors import InvalidRequest
from techpack import operations, queries
from techpack.api import shapes
from techpack.document.export import pdf_of
from techpack.pack import merge
from techpack.present import present_pack
from techpack.readiness import readiness_of

READ, WRITE = "products:read", "products:write"
UNITS = OpenApiParameter("units", str, enum=["cm", "mm", "in"])


def units_of(request: Any) -> str:
    """``?units=``; raises InvalidRequest for anything but cm, mm and in."""
    units = request.GET.get("units", "")
    if units not in ("", "cm", "mm", "in"):
        raise InvalidRequest("There is no such unit.", fields={"units": ["Use cm, mm or in."]})
    return str(units)


class TechPack(Endpoint):
    """The pack as data."""

    scopes = {"GET": READ, "PATCH": WRITE}

    @extend_schema(operation_id="tech_pack_read", parameters=[UNITS], responses=shapes.TechPack)
    def get(self, request: Request, product_id: str) -> Response:
        """The whole pack, every value with where it came from."""
        product = queries.product_of(request.user, uuid_or_404(product_id))
        return _pack(product, units_of(request))

    @extend_schema(
        operation_id="tech_pack_change",
        request={
            "application/json": {
                "type": "object",
                "description": "`{fieldPath: value}`; `null` takes a typed value back. "
                "`revisionId` turns the paths to that photo's analysis.",
                "additionalProperties": True,
                "minProperties": 1,
                "example": {"materials.m_7f3.value": "100 % cotton, 180 g/m²"},
            }
        },
        responses=shapes.TechPack,
    )
    def patch(self, request: Request, product_id: str) -> Response:
        """``{fieldPath: value, …}``: type over values, free; ``null`` takes one back."""
        pk = uuid_or_404(product_id)
        queries.product_of(request.user, pk)
        values = dict(request.data) if isinstance(request.data, dict) else {}
        revision = _view(values)
        product = operations.type_values(
            user=request.user, product_id=pk, values=values, revision_id=revision
        )
        return _pack(product, "")


class TechPackJson(Endpoint):
    """The pack as a file of data."""

    scopes = {"GET": READ}

    @extend_schema(operation_id="tech_pack_json", parameters=[UNITS], responses=shapes.TechPack)
    def get(self, request: Request, product_id: str) -> Response:
        """The same as ``tech-pack``, at the address of the other exports."""
        product = queries.product_of(request.user, uuid_or_404(product_id))
        return _pack(product, units_of(request))


def _view(values: dict[str, Any]) -> UUID | None:
    given = values.pop("revision_id", None)
    if given is None:
        return None
    try:
        return UUID(str(given))
    except ValueError:
        raise InvalidRequest(
            "The input is not valid.", fields={"revisionId": ["Send a photo's id."]}
        ) from None


def _pack(product: Any, units: str) -> Response:
    pack = merge.load(product)
    return Response(present_pack(pack, readiness_of(pack), unit=units))


class ReadinessOf(Endpoint):
    """What still blocks a factory."""

    scopes = {"GET": READ}

    @extend_schema(operation_id="readiness_read", responses=shapes.Readiness)
    def get(self, request: Request, product_id: str) -> Response:
        """What still blocks a factory: ``{score, status, blockers, warnings, stale}``."""
        product = queries.product_of(request.user, uuid_or_404(product_id))
        return Response(readiness_of(merge.load(product)).to_json())


class TechPackPdf(Endpoint):
    """The pack as a document."""

    scopes = {"GET": READ}

    @extend_schema(
        operation_id="tech_pack_pdf",
        parameters=[UNITS],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, product_id: str) -> HttpResponse:
        """A4 landscape PDF."""
        product = queries.product_of(request.user, uuid_or_404(product_id))
        return pdf_response(product, user=request.user, units=units_of(request))


def pdf_response(product: Any, *, user: Any, units: str) -> HttpResponse:
    """The PDF as a download with a plain name."""
    name, data = pdf_of(product, drawn_by=user.name or user.email.partition("@")[0], unit=units)
    return HttpResponse(
        data,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
