"""Time travel. The ledger lives by the database's clock: its dates move, or the clock does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import F

from credits.models import Account, Hold, Lot


def days_pass(account: Account, days: float) -> None:
    """Make everything of an account that much older."""
    by = timedelta(days=days)
    Lot.objects.filter(account=account).update(
        effective_at=F("effective_at") - by, expires_at=F("expires_at") - by
    )
    Hold.objects.filter(account=account).update(expires_at=F("expires_at") - by)
    Account.objects.filter(pk=account.pk).update(
        cycle_started_at=F("cycle_started_at") - by, next_grant_at=F("next_grant_at") - by
    )
    account.refresh_from_db()


_CLOCK = """
CREATE SCHEMA travel;
CREATE FUNCTION travel.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT current_setting('travel.now')::timestamptz $$;
CREATE FUNCTION travel.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT current_setting('travel.now')::timestamptz $$;
CREATE FUNCTION travel.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT current_setting('travel.now')::timestamptz $$;
-- Ids made in the database stay in order with those made in Python, by the real clock.
CREATE FUNCTION travel.credits_new_id() RETURNS uuid LANGUAGE sql VOLATILE
    SET search_path TO pg_catalog, public AS $$ SELECT public.credits_new_id() $$
"""


@contextmanager
def own_clock() -> Iterator[None]:
    """Inside, a transaction may ``set_clock``; the database needs this for itself."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOCK)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA travel CASCADE")


def set_clock(moment: datetime) -> None:
    """``now()`` and its like are this moment for the rest of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('search_path', 'travel, pg_catalog, public', TRUE),"
            " set_config('travel.now', %s, TRUE)",
            [moment.isoformat()],
        )


def jobs_were_done(account: Account, *, day: date, count: int) -> None:
    """So many paid jobs were submitted that day already."""
    Account.objects.filter(pk=account.pk).update(fair_use_day=day, fair_use_count=count)
