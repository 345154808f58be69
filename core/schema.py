"""The API described: OpenAPI 3.1 at ``/api/schema``, a page to read it at ``/api/docs``."""

from __future__ import annotations

from django.shortcuts import render
from django.http import HttpRequest, HttpResponse
from drf_spectacular.views import SpectacularAPIView
from drf_spectacular.generators import SchemaGenerator

schema = SpectacularAPIView.as_view()
METHODS = ("get", "post", "put", "patch", "delete")


def docs(request: HttpRequest) -> HttpResponse:
    """Every operation with its parameters and answers, without a script from elsewhere."""
    described = SchemaGenerator().get_schema(request=None, public=True)
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    return render(request, "pages/api.html", {"operations": operations, "info": described["info"]})
