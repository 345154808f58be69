"""Refused holds: counted, logged, and remembered for as long as the metrics ask for them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now
from structlog.contextvars import get_contextvars

from core import money
from core.errors import InsufficientCredits
from credits import metrics
from credits.models import Refusal
from credits.shortage import Shortage

log = logging.getLogger("techpack.credits")
KEPT_FOR = timedelta(days=30)

_NOTE = """
    INSERT INTO credits_refusal (account_id, model, shortfall, created_at)
    SELECT id, %s, %s, clock_timestamp() FROM credits_account WHERE user_id = %s
"""


def refused(
    short: Shortage, *, user_id: UUID, refuse: Callable[[Shortage], InsufficientCredits]
) -> InsufficientCredits:
    """The error to raise, as ``refuse`` words it; it is counted and logged by now."""
    error = refuse(short)
    error.shortage = short
    metrics.count_refusal(short.model, short.missing)
    _log(error, short, user_id=user_id)
    return error


def note(*, user_id: UUID, error: InsufficientCredits) -> None:
    """Remember a refusal, after the transaction in which it happened was rolled back.

    In a transaction of its own. A database that does not answer changes nothing about the
    refusal, so that is only logged.
    """
    short = error.shortage
    if not isinstance(short, Shortage):
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_NOTE, [short.model[:80], short.missing, user_id])
    except DatabaseError as failure:
        log.warning("a refusal was not noted: %s", type(failure).__name__)


def forget_old() -> int:
    """Delete refusals that no metric asks for any more; returns how many."""
    return Refusal.objects.filter(created_at__lt=Now() - KEPT_FOR).delete()[0]


def _log(error: InsufficientCredits, short: Shortage, *, user_id: UUID) -> None:
    """The line that support reads, and the same as fields of the log record."""
    is_chat = error.context.get("unit") == "USD"
    if is_chat:
        need = money.usd_owed(money.in_usd(short.required))
        have = money.usd_owned(money.in_usd(short.available))
    else:
        need, have = money.worded(short.required), money.worded(short.available)
    request_id = error.context.get("request_id") or get_contextvars().get("request_id")
    known = {
        "request_id": request_id,
        "model": short.model,
        "max_tokens": error.context.get("requested_max_tokens"),
    }
    fields = {name: value for name, value in known.items() if value is not None}
    lines = [
        f"[{'ChatHandler' if is_chat else 'Operations'}] Insufficient credits for user {user_id}:",
        f"  need {need}, have {have}",
        *(f"  {name}={value}" for name, value in fields.items()),
    ]
    log.warning(
        "%s",
        "\n".join(lines),
        extra={"user_id": str(user_id), "need": need, "have": have, **fields},
    )
