"""Reading the ledger: balance, lots, statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.db.models.functions import Now
from django.utils import timezone

from core.errors import NotFound
from core.money import Microcredits
from credits.models import AVAILABLE, CONSUMED, Account, Entry, Hold, Lot, StatementLine
from credits.months import months_after


@dataclass(frozen=True)
class Balance:
    """What a user can use now, in µcr, and the month that it belongs to.

    ``pays_steps`` says that the plan pays for the next tech-pack step: its fair use of today is
    not used up.
    """

    available: Microcredits
    held: Microcredits
    debt: Microcredits
    plan: str
    is_unlimited: bool
    pays_steps: bool
    period_started_at: datetime
    period_ends_at: datetime
    account_id: UUID = field(repr=False)

    @property
    def free(self) -> Microcredits:
        """What a hold can draw: available after debt."""
        return max(0, self.available - self.debt)


def account_of(user: Any) -> Account:
    """The user's account; raises NotFound."""
    account = Account.objects.filter(user_id=user.pk).first()
    if account is None:
        raise NotFound("There is no credit account.")
    return account


def live_lots() -> QuerySet[Lot]:
    """Lots with something left whose date has not come, in burn order."""
    fresh = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())
    return Lot.objects.filter(fresh, available__gt=0).order_by(
        "priority", F("expires_at").asc(nulls_last=True), "id"
    )


def spendable(account: Account) -> Microcredits:
    """Available credits without those that are past their date but not swept yet."""
    return live_lots().filter(account=account).aggregate(total=Sum("available"))["total"] or 0


def balance(user: Any) -> Balance:
    """The user's balance; raises NotFound."""
    account = account_of(user)
    plan = settings.PLANS[account.plan]
    return Balance(
        available=spendable(account),
        held=account.held,
        debt=account.debt,
        plan=account.plan,
        is_unlimited=plan["unlimited_operations"],
        pays_steps=plan["unlimited_operations"] and _used_today(account) < plan["fair_use_per_day"],
        period_started_at=period_start_of(account),
        period_ends_at=account.next_grant_at,
        account_id=account.pk,
    )


def _used_today(account: Account) -> int:
    is_today = account.fair_use_day == timezone.now().astimezone(UTC).date()
    return account.fair_use_count if is_today else 0


def period_start_of(account: Account) -> datetime:
    """When the account's present month began."""
    months = account.next_month - account.cycle_first_month
    if months < 1:  # another cycle is to come: the last month of the one before goes on
        monthly = account.lots.filter(source_key__startswith=f"monthly:{account.pk}:")
        if last := monthly.order_by("-id").first():
            return last.effective_at
    return months_after(account.cycle_started_at, max(0, months - 1))


_DRAWN = F("open") + F("captured") - F("refunded")


def used_by_key(api_key_id: UUID, *, since: datetime) -> Microcredits:
    """What an API key drew and still holds since then; what the plan paid does not count."""
    holds = Hold.objects.filter(api_key_id=api_key_id, created_at__gte=since, unlimited=False)
    return holds.aggregate(total=Sum(_DRAWN))["total"] or 0


def used_by_keys(user: Any, key_ids: Sequence[UUID]) -> dict[UUID, Microcredits]:
    """By key: what it drew and still holds in the user's present month, where that is any."""
    since = period_start_of(account_of(user))
    holds = Hold.objects.filter(api_key_id__in=key_ids, created_at__gte=since, unlimited=False)
    return dict(holds.values_list("api_key_id").annotate(total=Sum(_DRAWN)))


def is_unlimited(user_id: UUID) -> bool:
    """The user's plan pays for tech-pack operations."""
    return settings.PLANS[plan_of(user_id)]["unlimited_operations"]


def plan_of(user_id: UUID) -> str:
    """The user's plan; raises NotFound."""
    plan = Account.objects.filter(user_id=user_id).values_list("plan", flat=True).first()
    if plan is None:
        raise NotFound("There is no credit account.")
    return plan


def lots(user: Any) -> QuerySet[Lot]:
    """The user's lots that still have something to use, in burn order."""
    return live_lots().filter(account__user_id=user.pk)


def hold_of(hold_id: UUID) -> Hold:
    """A hold as it stands now."""
    return Hold.objects.get(pk=hold_id)


def charged(hold_ids: Any) -> Microcredits:
    """What was charged for these holds and not refunded, in µcr; ``hold_ids`` or their query."""
    holds = Hold.objects.filter(pk__in=hold_ids, unlimited=False)
    return holds.aggregate(sum=Sum(F("captured") - F("refunded"), default=0))["sum"]


def used_since(account_id: UUID, moment: datetime) -> Microcredits:
    """Captured less refunded since then."""
    entries = Entry.objects.filter(account_id=account_id, created_at__gte=moment)
    return entries.aggregate(total=_net(CONSUMED))["total"] or 0


def statement(user: Any) -> QuerySet[StatementLine]:
    """The user's statement: one line per operation, grant, expiry and revocation.

    Ids are ordered by time. ``with_balances`` adds what each line changed.
    """
    return StatementLine.objects.filter(account__user_id=user.pk).order_by("-id")


@dataclass(frozen=True)
class Line:
    """A statement line with its effect on what is free, and what was free after it, in µcr."""

    line: StatementLine
    change: Microcredits
    balance_after: Microcredits


def with_balances(lines: Sequence[StatementLine]) -> list[Line]:
    """The lines, newest first and without gaps, with the running balance.

    It is counted back from the balance of now, so that on every page each line's balance is the
    one below it plus its own change.
    """
    if not lines:
        return []
    account = Account.objects.get(pk=lines[0].account_id)
    moved = Entry.objects.filter(account=account)
    newer = moved.filter(line__gt=lines[0].id).aggregate(total=_net(AVAILABLE))["total"] or 0
    changes = dict(
        moved.filter(line__in=[line.id for line in lines])
        .values_list("line")
        .annotate(total=_net(AVAILABLE))
    )
    after = account.available - newer
    found = []
    for line in lines:
        change = changes.get(line.id, 0)
        found.append(Line(line, change, after))
        after -= change
    return found


def _net(place: str) -> Sum:
    """In − out of one place."""
    return Sum(
        Case(
            When(destination=place, then=F("amount")),
            When(source=place, then=-F("amount")),
            default=0,
        )
    )
