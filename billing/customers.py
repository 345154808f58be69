"""Which of Stripe's customers a user is, and whose a customer is."""

from __future__ import annotations

import hashlib
import logging
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from billing.gateway import asking, client
from billing.models import Customer

log = logging.getLogger("techpack.billing")


def customer_of(user: Any, *, instead_of: str = "") -> Customer:
    """The user's customer at Stripe, made where there is none.

    ``instead_of`` is one that Stripe does not know any more. Raises ProviderUnavailable.
    """
    known = Customer.objects.filter(user=user).exclude(stripe_id=instead_of).first()
    if known is not None:
        return known
    params: Any = {"email": user.email, "metadata": {"djstripe_subscriber": str(user.pk)}}
    if user.name:
        params["name"] = user.name
    # Two at once make one: Stripe answers the second by what the first made. It refuses other
    # content under the same key, so that a changed address is part of it.
    content = hashlib.sha256(f"{user.email} {user.name}".encode()).hexdigest()[:16]
    key = f"customer:{user.pk}:{content}:{instead_of}"
    with asking("make a customer"):
        made = client().v1.customers.create(params=params, options={"idempotency_key": key})
    return _remember(user.pk, made.id, instead_of=instead_of)


def _remember(user_id: UUID, stripe_id: str, *, instead_of: str) -> Customer:
    with transaction.atomic():
        if instead_of:
            Customer.objects.filter(user_id=user_id, stripe_id=instead_of).delete()
        customer, _ = Customer.objects.get_or_create(
            user_id=user_id, defaults={"stripe_id": stripe_id}
        )
    return customer


def owner_of(customer: str, *, named: str = "") -> UUID | None:
    """Whose customer it is: by our own row, else whom the metadata name, who has it from then on.

    None, and a line in the log, for a customer that is nobody's here.
    """
    user_id = Customer.objects.filter(stripe_id=customer).values_list("user_id", flat=True).first()
    if user_id is None and (user_id := _person(named)) is not None:
        _adopt(user_id, customer)
    if user_id is None:
        log.info("Stripe's customer %s is nobody's here", customer)
    return user_id


def _person(named: str) -> UUID | None:
    try:
        wanted = UUID(named)
    except ValueError:
        return None
    return get_user_model().objects.filter(pk=wanted).values_list("pk", flat=True).first()


def _adopt(user_id: UUID, customer: str) -> None:
    if not customer:
        return
    try:
        with transaction.atomic():
            Customer.objects.get_or_create(user_id=user_id, defaults={"stripe_id": customer})
    except IntegrityError:
        log.info("Stripe's customer %s was taken, or its user is gone", customer)
