"""Whether the ledger's rows are what its clients were told: nothing lost, nothing twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from bench.ledger_client import Told
from credits import audit
from credits.models import CONSUMED, Entry, Hold, Lot

# In the order of an account's entries, which its lock makes the order of events, no balance
# may ever have been below zero.
BELOW_ZERO = """
WITH leg AS (
    SELECT id, account_id, lot_id, destination AS place, amount FROM credits_entry
    UNION ALL
    SELECT id, account_id, lot_id, source, -amount FROM credits_entry
), run AS (
    SELECT leg.account_id, sum(leg.amount)
        OVER (PARTITION BY leg.account_id, leg.place ORDER BY leg.id) AS balance
    FROM leg JOIN credits_account account ON account.id = leg.account_id
    WHERE place IN ('available', 'held', 'debt') AND account.user_id = ANY(%(users)s)
    UNION ALL
    SELECT leg.account_id, sum(leg.amount)
        OVER (PARTITION BY leg.lot_id, leg.place ORDER BY leg.id)
    FROM leg JOIN credits_account account ON account.id = leg.account_id
    WHERE place IN ('available', 'held', 'consumed') AND account.user_id = ANY(%(users)s)
)
SELECT count(*) FROM run WHERE balance < 0
"""
OF_THE_LEDGER = ("grace:", "overpaid:", "monthly:", "topup:")


@dataclass
class Verdict:
    """Outcomes that were told and are not there, that are there twice or though refused."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    drift: int = 0
    overdrafts: int = 0

    @property
    def is_clean(self) -> bool:
        """The ledger held."""
        return not (self.lost or self.doubled or self.drift or self.overdrafts)

    def compare(self, told: Told, *, found: int, wanted: int) -> None:
        """An amount that should be there, beside what is there."""
        if found < wanted:
            self.lost.append(f"{told}: {found}")
        if found > wanted:
            self.doubled.append(f"{told}: {found}")


def judge(told: Iterable[Told], *, users: Sequence[UUID]) -> Verdict:
    """Compare every key of the journals with the rows, and audit the ledger."""
    by_verb: dict[str, list[Told]] = defaultdict(list)
    for each in told:
        by_verb[each.verb].append(each)
    verdict = Verdict(drift=audit.drift(audit.differences()))
    with connection.cursor() as cursor:
        cursor.execute(BELOW_ZERO, {"users": list(users)})
        verdict.overdrafts = cursor.fetchone()[0]
    holds = {hold.pk: hold for hold in Hold.objects.filter(account__user_id__in=users)}
    _judge_holds(verdict, by_verb["hold"], holds)
    closes = by_verb["capture"] + by_verb["release"] + by_verb["expire"]
    _judge_closes(verdict, closes, holds)
    _judge_refunds(verdict, by_verb["refund"], users)
    _judge_lots(verdict, by_verb["grant"], by_verb["revoke"], users)
    return verdict


def _judge_holds(verdict: Verdict, told: list[Told], holds: dict[UUID, Hold]) -> None:
    by_key = {hold.key: hold for hold in holds.values()}
    for each in told:
        hold = by_key.get(each.key)
        is_same = hold is not None and (hold.pk, hold.amount) == (each.subject, each.amount)
        if each.is_done and not is_same:
            verdict.lost.append(f"{each}: {hold}")
        if not each.is_done and hold is not None:
            verdict.doubled.append(f"{each}: {hold}")
    for key in by_key.keys() - {each.key for each in told if each.is_done}:
        verdict.doubled.append(f"a hold that nobody was told of: {key}")


def _judge_closes(verdict: Verdict, told: list[Told], holds: dict[UUID, Hold]) -> None:
    claims: dict[UUID | None, list[Told]] = defaultdict(list)
    for each in told:
        hold = holds[each.subject] if each.subject else None
        is_there = hold is not None and (
            (hold.close_reason, hold.captured, hold.open) == (each.key, each.amount, 0)
        )
        if each.is_done:
            claims[each.subject].append(each)
        if each.is_done and not is_there:
            verdict.lost.append(f"{each}: {hold}")
        if not each.is_done and hold is not None and hold.close_reason == each.key:
            verdict.doubled.append(f"{each}: {hold}")
    for hold in holds.values():
        if len(claims[hold.pk]) != (hold.state != Hold.State.OPEN):
            verdict.doubled.append(f"{hold} ended for {claims[hold.pk]}")


def _judge_refunds(verdict: Verdict, told: list[Told], users: Sequence[UUID]) -> None:
    found = Entry.objects.filter(account__user_id__in=users, source=CONSUMED, hold__isnull=False)
    sums = {
        (key, hold_id): total
        for key, hold_id, total in found.values_list("key", "hold_id").annotate(Sum("amount"))
    }
    for each in told:
        wanted = each.amount if each.is_done else 0
        verdict.compare(each, found=sums.pop((each.key, each.subject), 0), wanted=wanted)
    verdict.doubled += [f"a refund that nobody was told of: {key}" for key in sums]


def _judge_lots(
    verdict: Verdict, granted: list[Told], revoked: list[Told], users: Sequence[UUID]
) -> None:
    lots = {lot.source_key: lot for lot in Lot.objects.filter(account__user_id__in=users)}
    taken_back = {each.key for each in revoked}
    for each in granted:
        lot = lots.pop(each.key, None)
        wanted = each.amount if each.is_done else 0
        verdict.compare(each, found=lot.granted if lot else 0, wanted=wanted)
        if lot is not None and (lot.revoked_at is not None) != (each.key in taken_back):
            (verdict.doubled if lot.revoked_at else verdict.lost).append(f"revoked {lot}")
    for key in lots:
        if not key.startswith(OF_THE_LEDGER):
            verdict.doubled.append(f"a grant that nobody was told of: {key}")
