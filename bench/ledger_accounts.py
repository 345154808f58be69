"""Accounts for measuring the ledger: many at once, without a mail or a page for any of them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from core.money import CREDIT, Microcredits
from credits.models import Account

MONTH = timedelta(days=30)
FILL = """
    SELECT credits_add_lot(id, gen_random_uuid(), %s, %s, %s || id, '', %s, %s, NULL)
    FROM credits_account WHERE id = ANY(%s)
"""


def make_accounts(count: int, *, bought: Microcredits) -> list[UUID]:
    """The users of new accounts, each with a month's 18 credits and a lot that was bought."""
    model, now = get_user_model(), timezone.now()
    users = model.objects.bulk_create(
        [model(email=f"{uuid4().hex}@bench.example") for _ in range(count)]
    )
    accounts = Account.objects.bulk_create(
        [Account(user=user, cycle_started_at=now, next_grant_at=now + MONTH) for user in users]
    )
    ids = [account.pk for account in accounts]
    with connection.cursor() as cursor:
        cursor.execute(FILL, ["monthly", 18 * CREDIT, "monthly:", now, now + MONTH, ids])
        cursor.execute(FILL, ["topup", bought, "topup:", now, None, ids])
    return [user.pk for user in users]


def empty_ledger() -> None:
    """Forget all accounts of a database for measurements: runs stay comparable."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE credits_account, credits_ledgercheck CASCADE")
