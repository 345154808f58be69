"""The ledger's functions in the database are those of the source beside the code."""

from __future__ import annotations

import hashlib
import importlib
import re
from pathlib import Path
from uuid import RFC_4122

import pytest
from django.db import connection

import credits
from core.ids import uuid7
from credits import sql

MIGRATIONS = Path(credits.__file__).with_name("migrations")


def installed() -> dict[str, str]:
    """Every function of the ledger as the database would write it, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, pg_get_functiondef(oid) FROM pg_proc "
            "WHERE pronamespace = current_schema()::regnamespace "
            "AND starts_with(proname, 'credits_') AND proname <> 'credits_refuse'"
        )
        return dict(cursor.fetchall())


@pytest.mark.django_db
def test_what_is_installed_is_the_source() -> None:
    before = installed()
    assert set(before) == set(re.findall(r"CREATE OR REPLACE FUNCTION (\w+)\(", sql.SOURCE))
    sql.install()
    assert installed() == before
    bodies = re.findall(r"AS \$\$(.*?)\$\$;", sql.SOURCE, re.DOTALL)
    assert len(bodies) == len(before)
    for body in bodies:
        assert any(body in definition for definition in before.values())


@pytest.mark.django_db
def test_another_source_can_take_its_place() -> None:
    sql.install(sql.SOURCE.replace("interval '7 days'", "interval '8 days'"))
    assert "8 days" in installed()["credits_make_good"]


def test_a_change_of_the_source_has_a_migration_that_installs_it() -> None:
    newest = max(path.stem for path in MIGRATIONS.glob("*functions*.py"))
    migration = importlib.import_module(f"credits.migrations.{newest}")
    checksum = hashlib.sha256(sql.SOURCE.encode()).hexdigest()
    assert checksum == migration.CHECKSUM, "add a migration that installs ledger.sql again"


@pytest.mark.django_db
def test_new_ids_are_uuids_of_version_7_in_the_order_of_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT credits_new_id() FROM generate_series(1, 200)")
        made = [row[0] for row in cursor.fetchall()]
    assert {(each.version, each.variant) for each in made} == {(7, RFC_4122)}
    assert len(set(made)) == 200
    ours = uuid7()
    assert abs((ours.int >> 80) - (made[-1].int >> 80)) < 10_000, "milliseconds of one clock"
    assert [each.int >> 80 for each in made] == sorted(each.int >> 80 for each in made)
