"""``/api/products/{id}/audit``: every AI call behind a pack, as JSON or CSV."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    FloatField,
    IntegerField,
    Serializer,
    URLField,
    UUIDField,
)

from core.api import Endpoint, page_of, uuid_or_404
from core.errors import InvalidRequest
from core.spreadsheets import csv_of, download
from generation.models import AICall
from techpack import audit, queries
from techpack.models import Product

FORMATS = ("json", "csv")


class AuditedCall(Serializer):
    """A call in the AI operation log, in plain words, and what its job was charged."""

    id = UUIDField()
    job_id = UUIDField()
    operation = CharField()
    step = CharField(help_text="the step that it belongs to, in words")
    type = CharField()
    part = CharField(help_text="a photo's id, or which piece of the step")
    part_name = CharField(help_text="the same in words; empty where the photo is gone")
    provider = CharField()
    model = CharField()
    prompt_version = CharField(allow_null=True)
    status = ChoiceField(choices=AICall.Status.values)
    outcome = CharField(help_text="how it ended, in words")
    prompt_tokens = IntegerField()
    completion_tokens = IntegerField()
    total_tokens = IntegerField()
    cost_usd = FloatField(help_text="what it cost the studio, in US dollars")
    processing_time_ms = IntegerField()
    error_class = CharField(allow_null=True)
    error_code = CharField(allow_null=True, help_text="the provider's own")
    request_id = CharField()
    credits_charged = CharField(help_text="for the whole job, a decimal string of credits")
    included = BooleanField(help_text="the plan paid for the job")
    created_at = DateTimeField()
    completed_at = DateTimeField(allow_null=True)


class AuditTotals(Serializer):
    """The sums of all calls behind the pack; a job's charge counts once."""

    calls = IntegerField()
    failed = IntegerField()
    tokens = IntegerField()
    cost_usd = FloatField()
    credits_charged = CharField()


class AuditPage(Serializer):
    """One page of the trail, with the sums of all of it."""

    next = URLField(allow_null=True)
    previous = URLField(allow_null=True)
    totals = AuditTotals()
    results = AuditedCall(many=True)


class Audit(Endpoint):
    """Every AI call behind a pack."""

    scopes = {"GET": "products:read"}

    @extend_schema(
        operation_id="audit_list",
        parameters=[
            OpenApiParameter("format", str, enum=FORMATS, description="or by `Accept: text/csv`")
        ],
        responses={200: AuditPage, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, product_id: str) -> HttpResponseBase:
        """Every AI call behind the pack, newest first, with totals; as CSV all at once."""
        product = queries.product_of(request.user, uuid_or_404(product_id))
        if _wanted(request) == "csv":
            return csv_response(request, product)
        page = page_of(request, audit.calls_of(product), lambda call: call)
        records = audit.records_of(page["results"])
        return Response({**page, "totals": audit.totals_of(product), "results": records})


def csv_response(request: Any, product: Product) -> HttpResponseBase:
    """The whole trail as a spreadsheet."""
    rows = audit.table_of(audit.every_record(product))
    asked = getattr(request, "_request", request)
    return download(asked, csv_of(rows), name=f"audit-{product.pk}.csv")


def json_response(request: Any, product: Product) -> HttpResponseBase:
    """The whole trail as one file of JSON."""
    chunks = audit.json_of(product)
    return download(request, chunks, name=f"audit-{product.pk}.json", kind="application/json")


def _wanted(request: Request) -> str:
    """``?format=`` where it is given, else CSV where ``Accept`` prefers it."""
    given = request.query_params.get("format")
    if given is None:
        preferred = request._request.get_preferred_type(["application/json", "text/csv"])
        return "csv" if preferred == "text/csv" else "json"
    if given not in FORMATS:
        raise InvalidRequest("There is no such format.", fields={"format": ["Use json or csv."]})
    return given
