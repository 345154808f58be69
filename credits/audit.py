"""The ledger checked against itself: every balance recomputed from the entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from core.money import Microcredits
from credits.models import LedgerCheck

# One statement, so one snapshot: what other sessions do meanwhile cannot look like drift.
_CHECK = """
WITH entry AS MATERIALIZED (
    SELECT * FROM credits_entry
    WHERE %(account)s::uuid IS NULL OR account_id = %(account)s::uuid
), leg AS MATERIALIZED (
    SELECT account_id, lot_id, hold_id, destination AS place, amount FROM entry
    UNION ALL
    SELECT account_id, lot_id, hold_id, source, -amount FROM entry
), account AS MATERIALIZED (
    SELECT * FROM credits_account WHERE %(account)s::uuid IS NULL OR id = %(account)s::uuid
), lot AS MATERIALIZED (
    SELECT lot.* FROM credits_lot lot JOIN account ON account.id = lot.account_id
), hold AS MATERIALIZED (
    SELECT hold.* FROM credits_hold hold JOIN account ON account.id = hold.account_id
), by_account AS (
    SELECT account_id, place, sum(amount) AS total FROM leg GROUP BY account_id, place
), by_lot AS (
    SELECT lot_id, CASE WHEN left(place, 7) = 'issuer:' THEN 'granted' ELSE place END AS place,
           sum(CASE WHEN left(place, 7) = 'issuer:' THEN -amount ELSE amount END) AS total
    FROM leg GROUP BY 1, 2
), taken_of_lot AS (
    SELECT lot_id, sum(CASE operation WHEN 'revoke' THEN amount ELSE -amount END) AS total
    FROM entry WHERE operation IN ('revoke', 'restore') GROUP BY lot_id
), by_hold AS (
    SELECT hold_id,
        sum(amount) FILTER (WHERE source = 'available' AND destination = 'held') AS amount,
        sum(amount) FILTER (WHERE source = 'held' AND destination = 'consumed') AS captured,
        sum(amount) FILTER (WHERE source = 'held' AND destination <> 'consumed') AS released,
        sum(amount) FILTER (WHERE source = 'consumed') AS refunded
    FROM entry WHERE hold_id IS NOT NULL GROUP BY hold_id
), by_parts AS (
    SELECT part.hold_id, sum(part.amount) AS amount, sum(part.captured) AS captured,
           sum(part.released) AS released, sum(part.refunded) AS refunded
    FROM credits_holdpart part JOIN hold ON hold.id = part.hold_id GROUP BY part.hold_id
), held_by_lot AS (
    SELECT part.lot_id, sum(part.amount - part.captured - part.released) AS total
    FROM credits_holdpart part JOIN hold ON hold.id = part.hold_id GROUP BY part.lot_id
), held_by_account AS (
    SELECT account_id, sum(open) AS total FROM hold WHERE NOT unlimited GROUP BY account_id
), lots_of_account AS (
    SELECT account_id, sum(available) AS available, sum(held) AS held FROM lot GROUP BY account_id
), compared AS (
    SELECT 'account' AS what, account.id, stored.place, stored.total AS stored,
           coalesce(by_account.total, 0) AS computed
    FROM account
    CROSS JOIN LATERAL (VALUES ('available', account.available), ('held', account.held),
                               ('debt', account.debt)) AS stored (place, total)
    LEFT JOIN by_account ON by_account.account_id = account.id AND by_account.place = stored.place
    UNION ALL
    SELECT 'lots of account', account.id, stored.place, stored.total, coalesce(stored.lots, 0)
    FROM account LEFT JOIN lots_of_account lots ON lots.account_id = account.id
    CROSS JOIN LATERAL (VALUES ('available', account.available, lots.available),
                               ('held', account.held, lots.held)) AS stored (place, total, lots)
    UNION ALL
    SELECT 'open holds of account', account.id, 'held', account.held, coalesce(open.total, 0)
    FROM account LEFT JOIN held_by_account open ON open.account_id = account.id
    UNION ALL
    SELECT 'lot', lot.id, stored.place, stored.total, coalesce(by_lot.total, 0)
    FROM lot
    CROSS JOIN LATERAL (VALUES ('granted', lot.granted), ('available', lot.available),
        ('held', lot.held), ('consumed', lot.consumed), ('expired', lot.expired),
        ('revoked', lot.revoked)) AS stored (place, total)
    LEFT JOIN by_lot ON by_lot.lot_id = lot.id AND by_lot.place = stored.place
    UNION ALL
    SELECT 'lot', lot.id, 'taken', lot.taken, coalesce(taken.total, 0)
    FROM lot LEFT JOIN taken_of_lot taken ON taken.lot_id = lot.id
    UNION ALL
    SELECT 'parts of lot', lot.id, 'held', lot.held, coalesce(parts.total, 0)
    FROM lot LEFT JOIN held_by_lot parts ON parts.lot_id = lot.id
    UNION ALL
    SELECT 'hold', hold.id, stored.place, stored.total, coalesce(stored.entries, 0)
    FROM hold LEFT JOIN by_hold ON by_hold.hold_id = hold.id
    CROSS JOIN LATERAL (VALUES ('amount', hold.amount, by_hold.amount),
        ('captured', hold.captured, by_hold.captured),
        ('released', hold.released, by_hold.released),
        ('refunded', hold.refunded, by_hold.refunded)) AS stored (place, total, entries)
    WHERE NOT hold.unlimited
    UNION ALL
    SELECT 'parts of hold', hold.id, stored.place, stored.total, coalesce(stored.parts, 0)
    FROM hold LEFT JOIN by_parts parts ON parts.hold_id = hold.id
    CROSS JOIN LATERAL (VALUES ('amount', hold.amount, parts.amount),
        ('captured', hold.captured, parts.captured), ('released', hold.released, parts.released),
        ('refunded', hold.refunded, parts.refunded)) AS stored (place, total, parts)
    WHERE NOT hold.unlimited
    UNION ALL
    SELECT 'hold paid by the plan', hold.id, 'entries', 0, coalesce(by_hold.amount, 0)
    FROM hold JOIN by_hold ON by_hold.hold_id = hold.id WHERE hold.unlimited
)
SELECT what, id, place, stored::bigint, computed::bigint FROM compared
WHERE stored <> computed ORDER BY what, id, place
"""


@dataclass(frozen=True)
class Difference:
    """A stored figure that is not what the entries say, in µcr."""

    what: str
    id: UUID
    place: str
    stored: Microcredits
    computed: Microcredits

    @property
    def drift(self) -> Microcredits:
        """How far apart they are."""
        return abs(self.stored - self.computed)


def differences(*, account_id: UUID | None = None) -> list[Difference]:
    """Where the ledger, or one account of it, does not add up; empty when it does."""
    with connection.cursor() as cursor:
        cursor.execute(_CHECK, {"account": account_id})
        return [Difference(*row) for row in cursor.fetchall()]


def drift(found: list[Difference]) -> Microcredits:
    """The sum of all differences, whichever way they go."""
    return sum(difference.drift for difference in found)


def check() -> list[Difference]:
    """Check the whole ledger and keep the outcome for the metrics."""
    found = differences()
    LedgerCheck.objects.create(drift=drift(found), differences=[_row(each) for each in found[:100]])
    return found


def _row(each: Difference) -> dict[str, Any]:
    return {
        "what": each.what,
        "id": str(each.id),
        "place": each.place,
        "stored": each.stored,
        "computed": each.computed,
    }
