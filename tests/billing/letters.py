"""Events as Stripe delivers them: whole, signed, and spoilt in one way at a time."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from typing import Any
from uuid import uuid4

import stripe
from django.conf import settings
from django.test import Client

from billing import webhooks

SECRET = "whsec_of_the_tests"


def event(kind: str = "product.tested", /, **about: Any) -> dict[str, Any]:
    """An event of a type, about an object with these fields."""
    return {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "api_version": stripe.api_version,
        "created": int(time.time()),
        "data": {"object": {"id": "prod_1", "object": "product", **about}},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": "req_1", "idempotency_key": None},
        "type": kind,
    }


def changed(path: str, value: Any, kind: str = "product.tested") -> dict[str, Any]:
    """An event with another value at a dotted path."""
    found = deepcopy(event(kind))
    *way, last = path.split(".")
    part: Any = found
    for step in way:
        part = part[step]
    part[last] = value
    return found


def without(path: str) -> dict[str, Any]:
    """An event that lacks what is at a dotted path."""
    found = deepcopy(event())
    *way, last = path.split(".")
    part: Any = found
    for step in way:
        part = part[step]
    del part[last]
    return found


def signature(body: bytes, *, secret: str = "", age_s: float = 0) -> str:
    """Stripe's signature of a body, made so long ago."""
    at = int(time.time() - age_s)
    text = body.decode("utf-8", "surrogateescape")
    secret = secret or settings.PAYMENTS.webhook_secret
    return stripe.WebhookSignature.generate_signature_header(text, secret, at)


def path() -> str:
    """Where Stripe delivers."""
    return f"/webhooks/stripe/{webhooks.endpoint_uuid()}"


def post(body: bytes, sign: str | None = None, *, to: str = "", **more: Any) -> Any:
    """Deliver bytes, signed unless another signature is given."""
    headers = {"Stripe-Signature": signature(body) if sign is None else sign}
    headers |= more.pop("headers", {})
    return Client(enforce_csrf_checks=True).post(
        to or path(), body, content_type="application/json", headers=headers, **more
    )


def deliver(told: dict[str, Any]) -> Any:
    """Deliver an event."""
    return post(json.dumps(told).encode())
