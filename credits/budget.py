"""Warnings before the credits run out: at shares of the month's credits, and under a floor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from core.errors import NotFound
from core.money import CREDIT, Microcredits, brief, worded
from credits.models import Budget, BudgetWarning
from credits.queries import account_of

SHARES = (50, 80, 95)  # per cent of the month's credits
FLOOR = "floor"


@dataclass(frozen=True)
class Warned:
    """A threshold that was crossed: ``"50"``, ``"80"``, ``"95"`` or ``"floor"``, and words."""

    threshold: str
    words: str


Listener = Callable[[Any, Sequence[Warned]], None]

_listeners: list[Listener] = []


class Standing(NamedTuple):
    """How an account stands in its month, whose credits are ``granted``; amounts in µcr."""

    account_id: UUID
    period_started_at: datetime | None
    granted: Microcredits | None
    used: Microcredits | None
    free: Microcredits
    floor: Microcredits | None
    warned: list[str]


# The month's credits burn before all others but grace: what is used of the month is what is
# consumed of their lot.
_STANDING = """
    SELECT account.id, month.effective_at, month.granted, month.consumed,
        greatest(0, (
            SELECT coalesce(sum(lot.available), 0) FROM credits_lot lot
            WHERE lot.account_id = account.id AND lot.available > 0
              AND (lot.expires_at IS NULL OR lot.expires_at > now())
        ) - account.debt)::bigint,
        budget.floor,
        ARRAY(SELECT warning.threshold FROM credits_budgetwarning warning
              WHERE warning.account_id = account.id
                AND warning.period_started_at = month.effective_at
              ORDER BY warning.id)
    FROM credits_account account
    LEFT JOIN credits_budget budget ON budget.account_id = account.id
    LEFT JOIN credits_lot month
        ON month.source_key = 'monthly:' || account.id || ':' || (account.next_month - 1)
    WHERE account.user_id = %s
"""


def on_warning(listener: Listener) -> None:
    """Call ``listener(user, warned)`` in the transaction that records the warnings."""
    if listener not in _listeners:
        _listeners.append(listener)


def due(*, user: Any) -> list[Warned]:
    """The thresholds crossed now that this month was not warned of yet; each is returned once.

    Of several shares only the highest is told, and all are recorded. One query where nothing is
    due. What a listener raises is raised, and the warnings are then given another time.
    """
    standing = standing_of(user)
    crossed = _crossed(standing)
    if standing.period_started_at is None or set(crossed) <= set(standing.warned):
        return []
    with transaction.atomic():
        new = _record(standing.account_id, standing.period_started_at, crossed)
        shares = [share for share in crossed if share != FLOOR]
        told = [name for name in (*shares[-1:], FLOOR) if name in new]
        warned = [Warned(name, _words(name, standing)) for name in told]
        if warned:
            for listener in _listeners:
                listener(user, warned)
    return warned


def standing_of(user: Any) -> Standing:
    """How the user stands in the month that runs; raises NotFound where there is no account."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [user.pk])
        row = cursor.fetchone()
    if row is None:
        raise NotFound("There is no credit account.")
    return Standing(*row)


def set_floor(*, user: Any, floor: Microcredits | None) -> None:
    """Warn when less than ``floor`` µcr is free; None takes the floor away.

    Another floor than before may be warned of in the same month again.
    """
    account = account_of(user)
    with transaction.atomic():
        budget, _ = Budget.objects.select_for_update().get_or_create(account=account)
        if budget.floor != floor:
            Budget.objects.filter(pk=budget.pk).update(floor=floor)
            BudgetWarning.objects.filter(account=account, threshold=FLOOR).delete()


def _crossed(standing: Standing) -> list[str]:
    """Every threshold that is crossed, shares ascending, then the floor."""
    granted, used = standing.granted or 0, standing.used or 0
    crossed = [str(share) for share in SHARES if granted and used * 100 >= granted * share]
    if standing.floor is not None and standing.free < standing.floor:
        crossed.append(FLOOR)
    return crossed


def _record(account_id: UUID, period: datetime, thresholds: Iterable[str]) -> set[str]:
    """Record the warnings; those that were new, however many record them at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO credits_budgetwarning
                (account_id, period_started_at, threshold, created_at)
            SELECT %s, %s, unnest(%s::text[]), clock_timestamp()
            ON CONFLICT DO NOTHING RETURNING threshold
            """,
            [account_id, period, list(thresholds)],
        )
        return {name for (name,) in cursor.fetchall()}


def _words(threshold: str, standing: Standing) -> str:
    if threshold == FLOOR:
        floor = worded(standing.floor or 0)
        return (
            f"{worded(standing.free)} {_are(standing.free)} free, less than your floor of {floor}."
        )
    granted, used = standing.granted or 0, standing.used or 0
    left = max(granted - used, 0)
    others = standing.free - left  # bought or granted: the month's end is not the end
    more = f" {worded(others)} besides {_are(others)} free." if others > 0 else ""
    if not left:
        return f"You have used all of this month's {worded(granted)}.{more}"
    return (
        f"You have used {used * 100 // granted} % of this month's {worded(granted)}; "
        f"{brief(left)} {_are(left)} left.{more}"
    )


def _are(amount: Microcredits) -> str:
    return "is" if amount == CREDIT else "are"
