"""Whether pages may offer anything for money."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def selling(request: HttpRequest) -> dict[str, bool]:
    """``selling`` for templates: something can be bought here."""
    return {"selling": settings.PAYMENTS.sells}
