"""From an event that Stripe delivered to its effect: stored once, processed until it worked.

dj-stripe mirrors what the event is about, which it asks Stripe for; then follows what it means
here (``billing/receivers.py``), with no transaction open. Events of one customer are processed
one after the other, so that two readers of the same objects neither meet nor overtake.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from traceback import format_exc
from typing import Any, Final, NamedTuple

import stripe
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.http import HttpRequest
from djstripe.models import APIKey, Event, WebhookEndpoint, WebhookEventTrigger

from accounts.addresses import client_address
from billing import receivers
from billing.messages import Message
from billing.models import StripeEvent
from billing.receivers import Effect
from core.alone import alone
from core.commits import after_commit

log = logging.getLogger("techpack.billing")

MOST_ATTEMPTS: Final = 32  # through a day
SOONEST_S: Final = 10
SELDOM_S: Final = 3600
AT_ONCE: Final = 50
FORGOTTEN_AT_ONCE: Final = 5000
LOCK: Final = 7_262_020  # any fixed number, of locks by customer
LONGEST_ERROR: Final = 300
CUT_OFF: Final = "Its worker was lost, or is still at it."
SET_ASIDE: Final = "Set aside by hand."
# The signature and cookies are nobody's business once the event was taken.
_KEPT_HEADERS: Final = ("Content-Type", "Content-Length", "User-Agent")
_LONGEST_HEADER: Final = 300

_STORE: Final = """
    INSERT INTO billing_stripeevent (event_id, type, attempts, due_at, error)
    VALUES (%s, %s, 0, statement_timestamp(), '') ON CONFLICT DO NOTHING
"""


# --- Storing -----------------------------------------------------------------------------
def store(request: HttpRequest, message: Message, *, endpoint: WebhookEndpoint) -> bool:
    """Keep an event, and have it processed after the commit; False where it is here already."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_STORE, [message.id, message.type])
            if not cursor.rowcount:
                return False
        trigger = WebhookEventTrigger.objects.create(
            remote_ip=client_address(request).partition("%")[0],  # without an IPv6 zone
            headers=_headers_of(request),
            body=message.text,
            valid=True,
            stripe_trigger_account=endpoint.djstripe_owner_account,
            webhook_endpoint=endpoint,
        )
        StripeEvent.objects.filter(pk=message.id).update(trigger_id=trigger.pk)
        after_commit(_ring, message.id)
    return True


def _headers_of(request: HttpRequest) -> dict[str, str]:
    given = {name: request.headers.get(name, "") for name in _KEPT_HEADERS}
    return {
        name: value.replace("\0", "")[:_LONGEST_HEADER] for name, value in given.items() if value
    }


def _ring(event_id: str) -> None:
    from billing.tasks import take_soon

    take_soon(event_id)


# --- Processing --------------------------------------------------------------------------
def due() -> QuerySet[StripeEvent]:
    """Events that are to be processed now, those of old first."""
    return StripeEvent.objects.filter(due_at__lte=Now()).order_by("received_at")


def take_due() -> int:
    """Process what is due; how many were."""
    found = list(due().values_list("pk", flat=True)[:AT_ONCE])
    return sum(take(event_id=event_id) for event_id in found)


def take(*, event_id: str) -> bool:
    """Process one event; False where it is not due, or another of its customer's is in hand.

    It is tried again later where that fails, its effect included, whatever the failure was.
    """
    stored = StripeEvent.objects.filter(pk=event_id, due_at__isnull=False)
    if (trigger_id := stored.values_list("trigger_id", flat=True).first()) is None:
        return False
    trigger = WebhookEventTrigger.objects.get(pk=trigger_id)
    with alone(LOCK, _customer_of(trigger.json_body) or event_id) as is_mine:
        if not is_mine or (event := _claim(event_id)) is None:
            return False
        try:
            _process(event, trigger)
        except Exception as error:
            _put_off(event, trigger, error)
        return True


def _customer_of(told: Mapping[str, Any]) -> str:
    """The id of the customer that an event is about; "" where it is about none."""
    about = told["data"]["object"]
    customer = about.get("id") if about["object"] == "customer" else about.get("customer")
    if isinstance(customer, Mapping):
        customer = customer.get("id")
    return customer if isinstance(customer, str) else ""


def _claim(event_id: str) -> StripeEvent | None:
    """The event with this attempt counted, and the next one decided should its worker be lost."""
    attempt = F("attempts") + 1
    rows = due().filter(pk=event_id)
    if (event := rows.first()) is None:
        return None
    mine = rows.filter(attempts=event.attempts).order_by()
    if not mine.update(attempts=attempt, due_at=_next_after(event.attempts + 1), error=CUT_OFF):
        return None
    event.attempts += 1
    return event


def pause_s(attempts: int) -> int:
    """How long to wait after so many attempts, in seconds: the longer, the more there were."""
    return min(SOONEST_S * 2 ** (attempts - 1), SELDOM_S)


def _next_after(attempts: int) -> Any:
    return None if attempts >= MOST_ATTEMPTS else Now() + timedelta(seconds=pause_s(attempts))


def _process(event: StripeEvent, trigger: WebhookEventTrigger) -> None:
    trouble, effects = _gather(trigger)
    for effect in effects:
        effect()
    if trouble is not None:
        raise trouble
    mine = StripeEvent.objects.filter(pk=event.pk, attempts=event.attempts)
    mine.update(processed_at=Coalesce("processed_at", Now()), due_at=None, error="")


def _gather(trigger: WebhookEventTrigger) -> tuple[Exception | None, list[Effect]]:
    """What follows from an event once it was mirrored, and what was in the way of that.

    A copy that cannot be made is no reason to keep from anybody what they paid for.
    """
    with receivers.gathering() as effects:
        try:
            _mirror(trigger)
        except stripe.APIConnectionError:
            raise
        except Exception as error:
            told = trigger.json_body
            with receivers.gathering() as effects:
                receivers.follow(Event(id=told["id"], type=told["type"], data=told["data"]))
            return error, effects
    return None, effects


def _mirror(trigger: WebhookEventTrigger) -> None:
    """Have dj-stripe update its copy and call the receivers, again where it did before."""
    key = settings.PAYMENTS.secret_key
    # It asks with the first key that it knows of an account, which may be one that was replaced.
    APIKey.objects.exclude(secret=key).delete()
    known = Event.objects.filter(id=trigger.json_body["id"]).first()
    if known is None:
        trigger.process(api_key=key)
    else:
        with transaction.atomic():
            known.invoke_webhook_handlers()


def _put_off(event: StripeEvent, trigger: WebhookEventTrigger, error: Exception) -> None:
    words = f"{type(error).__name__}: {error}".replace("\0", "")
    log.warning(
        "Stripe's event %s (%s) was not processed, attempt %s: %s",
        event.pk,
        event.type,
        event.attempts,
        type(error).__name__,
        exc_info=error,
    )
    # Who set it aside meanwhile does not want it tried again.
    mine = StripeEvent.objects.filter(pk=event.pk, attempts=event.attempts, error=CUT_OFF)
    mine.update(due_at=_next_after(event.attempts), error=words[:LONGEST_ERROR])
    WebhookEventTrigger.objects.filter(pk=trigger.pk).update(
        exception=words[:128], traceback=format_exc().replace("\0", "")
    )


# --- By hand -----------------------------------------------------------------------------
def replay(events: QuerySet[StripeEvent]) -> int:
    """Have events processed anew, from the first attempt on; how many."""
    chosen = list(events.filter(trigger_id__isnull=False).values_list("pk", flat=True))
    count = StripeEvent.objects.filter(pk__in=chosen).update(attempts=0, due_at=Now())
    for event_id in chosen:
        after_commit(_ring, event_id)
    return count


def set_aside(events: QuerySet[StripeEvent]) -> int:
    """Try events no more that were not processed; how many."""
    chosen = list(events.values_list("pk", flat=True))
    unprocessed = StripeEvent.objects.filter(pk__in=chosen, processed_at__isnull=True)
    return unprocessed.update(processed_at=Now(), due_at=None, error=SET_ASIDE)


# --- Old ones ----------------------------------------------------------------------------
KEPT: Final = timedelta(days=90)  # longer than Stripe sends one again, by itself or by hand


def forget_old() -> int:
    """Remove events that were processed so long ago, with what was received; how many."""
    old = StripeEvent.objects.filter(
        processed_at__isnull=False, due_at__isnull=True, received_at__lt=Now() - KEPT
    )
    found = list(old.order_by("received_at").values_list("pk", "trigger_id")[:FORGOTTEN_AT_ONCE])
    with transaction.atomic():
        ids = [event_id for event_id, _ in found]
        Event.objects.filter(id__in=ids).delete()
        WebhookEventTrigger.objects.filter(pk__in=[trigger for _, trigger in found]).delete()
        count, _ = StripeEvent.objects.filter(pk__in=ids).delete()
    return count


# --- How it goes -------------------------------------------------------------------------
FAILING_AFTER: Final = timedelta(minutes=15)  # what is tried again works by then, as a rule
GIVEN_UP: Final = Q(due_at__isnull=True, processed_at__isnull=True)
FAILING: Final = Q(due_at__isnull=False, attempts__gt=0)


class Standing(NamedTuple):
    """How many events are due or tried again, have not worked for too long, and never will."""

    due: int = 0
    failing: int = 0
    given_up: int = 0


def standing() -> Standing:
    """How processing goes; ``failing`` counts those that were given up too."""
    late = Q(processed_at__isnull=True, received_at__lt=Now() - FAILING_AFTER)
    found = StripeEvent.objects.filter(Q(due_at__isnull=False) | GIVEN_UP).aggregate(
        due=Count("pk", filter=Q(due_at__isnull=False)),
        failing=Count("pk", filter=late | GIVEN_UP),
        given_up=Count("pk", filter=GIVEN_UP),
    )
    return Standing(**found)
