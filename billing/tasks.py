"""Celery's entries: an id in, the rest is read from the database."""

from __future__ import annotations

import logging

from celery import shared_task

from billing import deliveries, leaving, reconciling, tiers, unheard

log = logging.getLogger("techpack.billing")


@shared_task
def take_event(event_id: str) -> None:
    """Process one event of Stripe's, and what waited for it."""
    if deliveries.take(event_id=event_id):
        deliveries.take_due()


def take_soon(event_id: str) -> None:
    """Have a worker process an event. A lost ring is repeated by the clock."""
    try:
        take_event.delay(event_id)
    except take_event.OperationalError as error:
        log.warning("the broker did not take Stripe's event %s: %s", event_id, error)


@shared_task
def take_due_events() -> None:
    """Process the events that are due again, or that nobody rang for."""
    deliveries.take_due()


@shared_task
def forget_events() -> None:
    """Stripe's events are kept as long as one may be sent again."""
    deliveries.forget_old()


@shared_task
def look_due() -> int:
    """Ask Stripe about purchases and subscriptions that are due to be asked after."""
    return reconciling.look_due()


@shared_task
def end_grace() -> int:
    """End the tier of those whose payment failed for too long."""
    return tiers.end_grace()


@shared_task
def end_former_customers() -> int:
    """End and delete at Stripe whoever is deleted here."""
    return leaving.end_due()


@shared_task
def look_for_money_back() -> int:
    """Find refunds and disputes of which no webhook told."""
    return unheard.look()
