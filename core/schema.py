"""The API described: OpenAPI 3.1 at ``/api/schema``, a page to read it at ``/api/docs``."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import yaml
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request
from rest_framework.settings import api_settings

from core.http import in_envelope, refused_unless_safe, to_domain
from core.openapi import described
from core.reference import groups_of, refusals_of, shapes_of

MEDIA_TYPE = "application/vnd.oai.openapi"
JSON, YAML = f"{MEDIA_TYPE}+json", MEDIA_TYPE


@cache
def description() -> dict[str, Any]:
    """The whole description; made once per process, since it follows from the code."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


@cache
def _as_json() -> str:
    return json.dumps(description(), ensure_ascii=False, default=str)


@cache
def _as_yaml() -> str:
    return yaml.safe_dump(json.loads(_as_json()), allow_unicode=True, sort_keys=False)


def _refused(request: HttpRequest) -> HttpResponse | None:
    """405 for more than a look; 401 for a wrong credential, though none is needed."""
    if (refusal := refused_unless_safe(request)) is not None:
        return refusal
    credentials: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    try:
        _ = Request(request, authenticators=[one() for one in credentials]).user
    except Exception as error:
        if (told := to_domain(error)) is None:
            raise
        return in_envelope(told, request)
    return None


@described(
    operationId="schema",
    description="OpenAPI 3.1 as JSON; as YAML by `?format=yaml` or `Accept`.",
    tags=["schema"],
    parameters=[
        {"name": "format", "in": "query", "schema": {"type": "string", "enum": ["json", "yaml"]}}
    ],
    security=[],
    responses={
        "200": {
            "description": "The description.",
            "content": {JSON: {"schema": {"type": "object"}}, YAML: {"schema": {"type": "string"}}},
        }
    },
    refusals=[401, 429],
)
@csrf_exempt
def schema(request: HttpRequest) -> HttpResponse:
    """The description as JSON; as YAML by ``?format=yaml`` or ``Accept``."""
    if (refusal := _refused(request)) is not None:
        return refusal
    wanted = request.get_preferred_type([JSON, "application/json", YAML, "application/yaml"])
    is_yaml = request.GET.get("format", "yaml" if (wanted or JSON).endswith(("i", "l")) else "")
    body, kind = (_as_yaml(), YAML) if is_yaml == "yaml" else (_as_json(), JSON)
    return HttpResponse(body, content_type=f"{kind}; charset=utf-8", headers={"Vary": "Accept"})


@csrf_exempt
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation with its parameters, fields and answers, without a script from elsewhere."""
    if (refusal := _refused(request)) is not None:
        return refusal
    found = description()
    groups = groups_of(found)
    context = {
        "groups": groups,
        "refusals": refusals_of(found),
        "shapes": shapes_of(found),
        "count": sum(len(group.operations) for group in groups),
        "info": found["info"],
    }
    return render(request, "pages/api.html", context)
