"""``/webhooks/stripe/{uuid}``: what Stripe delivers. Checked, stored once, answered at once.

An event only says that something changed, so its place in time does not matter: how things are,
Stripe is asked, by a worker, after the commit (``billing/deliveries.py``).
"""

from __future__ import annotations

import logging
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

import stripe
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from djstripe.models import WebhookEndpoint

from billing import deliveries, messages
from core.errors import DomainError, NotFound
from core.http import in_envelope, refused_unless_posted
from core.streams import MB, too_large

log = logging.getLogger("techpack.billing")

AGAIN: Final = "60"  # seconds; Stripe delivers again what was not taken
MOST_BYTES: Final = MB
TOLERANCE_S: Final = stripe.Webhook.DEFAULT_TOLERANCE


@csrf_exempt
def stripe_event(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """200 for what was stored, now or before; 400 for what Stripe did not just sign; 404 elsewhere.

    Neither the session nor the client's account plays a part.
    """
    if (refusal := refused_unless_posted(request)) is not None:
        return refusal
    try:
        if uuid != endpoint_uuid() or not settings.PAYMENTS.webhook_secret:
            raise NotFound("There is nothing here.")
        message = messages.read(_signed_body_of(request))
        deliveries.store(request, message, endpoint=endpoint())
    except DomainError as error:
        return in_envelope(error, request)
    except (OperationalError, InterfaceError) as error:
        log.warning("an event of Stripe was not stored: %s", type(error).__name__)
        return HttpResponse(status=503, headers={"Retry-After": AGAIN})
    return HttpResponse(status=200)


def endpoint_uuid() -> UUID:
    """The last part of this installation's address for Stripe; it follows from PUBLIC_URL."""
    return uuid5(NAMESPACE_URL, settings.PUBLIC_URL)


def endpoint_url() -> str:
    """Where Stripe delivers events of this installation."""
    return f"{settings.PUBLIC_URL}/webhooks/stripe/{endpoint_uuid()}"


def endpoint() -> WebhookEndpoint:
    """dj-stripe's row of that address, made or brought up to date with the settings."""
    uuid = endpoint_uuid()
    told = {
        "url": endpoint_url(),
        "secret": settings.PAYMENTS.webhook_secret,
        "livemode": settings.STRIPE_LIVE_MODE,
        "djstripe_tolerance": TOLERANCE_S,
    }
    first = {"id": f"we_{uuid.hex}", "enabled_events": ["*"], "status": "enabled"}
    row, is_new = WebhookEndpoint.objects.get_or_create(djstripe_uuid=uuid, defaults=first | told)
    if not is_new and any(getattr(row, name) != value for name, value in told.items()):
        WebhookEndpoint.objects.filter(pk=row.pk).update(**told)
        row.refresh_from_db()
    return row


def _signed_body_of(request: HttpRequest) -> bytes:
    """The body, where it is no longer than is taken and Stripe signed it within the tolerance."""
    try:
        body = request.read(MOST_BYTES + 1)
    except UnreadablePostError:
        raise messages.refused("The message was cut off.") from None
    if len(body) > MOST_BYTES:
        raise too_large(MOST_BYTES, what="The message")
    if not _is_signed(body, request.headers.get("Stripe-Signature", "")):
        raise messages.refused("The message is not signed as it should be.")
    return body


def _is_signed(body: bytes, signature: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(
            body, signature, settings.PAYMENTS.webhook_secret, TOLERANCE_S
        )
    except (stripe.SignatureVerificationError, ValueError, TypeError, OverflowError):
        # Bodies that are no text, and signatures that are no ASCII, it does not expect.
        return False
    return True
