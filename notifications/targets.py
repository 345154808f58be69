"""What people do with the addresses of their own that are told of events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final, TypedDict
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from core.commits import after_commit
from core.errors import Conflict, InvalidRequest
from core.ids import uuid7
from notifications.delivering import LEASE
from notifications.event_types import TEST, TYPES
from notifications.models import WebhookDelivery, WebhookTarget
from notifications.queries import delivery_of, target_of
from notifications.signing import new_secret
from notifications.target_states import turn_off, turn_on
from notifications.target_urls import url_fault
from notifications.tasks import send_webhooks_soon

MOST_TARGETS: Final = 10
LONGEST_DESCRIPTION: Final = 100
OLD_SECRET_SIGNS_FOR: Final = timedelta(hours=24)


class TargetChanges(TypedDict, total=False):
    """What can be changed of an address."""

    url: str
    types: Sequence[str]
    description: str
    enabled: bool


def add_target(
    *, user: Any, url: str, types: Iterable[str] = (), description: str = ""
) -> tuple[WebhookTarget, str]:
    """Tell an address of the user's own of events from now on; returns it and its secret.

    The secret begins with ``whsec_`` and is shown this once. No ``types`` means all there are.
    Raises InvalidRequest, and Conflict where there are ten already, or this one.
    """
    given = _checked(url=url, types=types, description=description)
    secret = new_secret()
    with transaction.atomic():
        others = _others_held(user)
        if others.count() >= MOST_TARGETS:
            raise Conflict(
                f"You have {MOST_TARGETS} addresses, the most there can be.",
                code="TOO_MANY_WEBHOOKS",
                suggestions=["Remove an address that is no longer used"],
            )
        _refuse_twice(others, given["url"])
        target = WebhookTarget.objects.create(user_id=user.pk, secret=secret, **given)
    target.refresh_from_db()
    return target, secret


def change_target(*, user: Any, target_id: UUID, changes: TargetChanges) -> WebhookTarget:
    """Change an address, its types or description, or turn it off and on; the rest stays.

    What waits for an address that is turned off is not sent. One that is turned on again, or is
    another now, begins as if it had never failed. Raises NotFound, InvalidRequest, and Conflict
    where the user has this address already.
    """
    target = target_of(user, target_id)
    given = _checked(**{key: value for key, value in changes.items() if key != "enabled"})
    with transaction.atomic():
        if "url" in given:
            _refuse_twice(_others_held(user).exclude(pk=target.pk), given["url"])
        if given:
            WebhookTarget.objects.filter(pk=target.pk).update(**given)
        if given.get("url", target.url) != target.url:
            WebhookTarget.objects.filter(pk=target.pk).update(failing_since=None)
            _end_rest(target)
        if "enabled" in changes:
            turn_on(target) if changes["enabled"] else turn_off(target)
    target.refresh_from_db()
    return target


def _others_held(user: Any) -> QuerySet[WebhookTarget]:
    """The user's addresses, to which nobody adds another until the transaction ends."""
    get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
    return WebhookTarget.objects.filter(user_id=user.pk)


def _refuse_twice(others: QuerySet[WebhookTarget], url: str) -> None:
    if (same := others.filter(url=url).first()) is not None:
        raise Conflict(
            "You have this address already.",
            code="WEBHOOK_EXISTS",
            context={"id": str(same.pk)},
            suggestions=["Change the one there is"],
        )


def rotate_secret(*, user: Any, target_id: UUID) -> tuple[WebhookTarget, str]:
    """Give an address another secret, shown this once; the one before signs too for a day.

    Raises NotFound.
    """
    target = target_of(user, target_id)
    secret = new_secret()
    WebhookTarget.objects.filter(pk=target.pk).update(
        secret=secret, old_secret=F("secret"), old_secret_until=Now() + OLD_SECRET_SIGNS_FOR
    )
    target.refresh_from_db()
    return target, secret


def remove_target(*, user: Any, target_id: UUID) -> None:
    """Forget an address and what was sent to it. Raises NotFound."""
    target_of(user, target_id).delete()


def send_test(*, user: Any, target_id: UUID) -> WebhookDelivery:
    """Send an event that says nothing to an address. Raises NotFound, Conflict where it is off."""
    target = _live(target_of(user, target_id))
    message = {
        "id": str(uuid7()),
        "type": TEST,
        "version": 1,
        "occurredAt": timezone.now().isoformat(),
        "userId": str(user.pk),
        "data": {"webhook": str(target.pk), "message": "This is a test."},
    }
    made = WebhookDelivery.objects.create(
        target=target,
        event_id=UUID(str(message["id"])),
        type=TEST,
        body=json.dumps(message, ensure_ascii=False),
        due_at=Now(),
    )
    _end_rest(target)
    after_commit(send_webhooks_soon)
    made.refresh_from_db()
    return made


def retry_delivery(*, user: Any, target_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Send an event again from the first try on, also one that was taken.

    Raises NotFound, and Conflict where the address is off.
    """
    target = _live(target_of(user, target_id))
    delivery = delivery_of(target, delivery_id)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        state=WebhookDelivery.State.PENDING, attempts=0, due_at=Now(), ended_at=None
    )
    _end_rest(target)
    after_commit(send_webhooks_soon)
    delivery.refresh_from_db()
    return delivery


def _end_rest(target: WebhookTarget) -> None:
    """It need not rest any longer; what ends sooner may be the lease of one who sends to it now."""
    WebhookTarget.objects.filter(pk=target.pk, busy_until__gt=Now() + LEASE).update(busy_until=None)


def _live(target: WebhookTarget) -> WebhookTarget:
    if target.disabled_at is not None:
        raise Conflict(
            "This address is turned off.",
            code="WEBHOOK_OFF",
            suggestions=["Turn it on first"],
        )
    return target


def _checked(**given: Any) -> dict[str, Any]:
    """What was given, cleaned; raises InvalidRequest with each fault by its field."""
    wrong: dict[str, list[str]] = {}
    if "url" in given:
        given["url"] = given["url"].strip()
        if fault := url_fault(given["url"]):
            wrong["url"] = [fault]
    if "types" in given:
        given["types"] = list(dict.fromkeys(given["types"]))
        if unknown := [name for name in given["types"] if name not in TYPES]:
            known = ", ".join(TYPES)
            wrong["types"] = [f"Unknown: {', '.join(unknown)[:200]}. There are: {known}."]
    if "description" in given:
        given["description"] = given["description"].strip()
        if (
            len(given["description"]) > LONGEST_DESCRIPTION
            or not given["description"].isprintable()
        ):
            wrong["description"] = [f"Use at most {LONGEST_DESCRIPTION} characters on one line."]
    if wrong:
        raise InvalidRequest("The address cannot be told of events.", fields=wrong)
    return given
