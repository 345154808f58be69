"""dj-stripe's tables, made at once, are those that its migrations make."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from deploy.embedded.postgres import PROJECT

LOOKS = {
    "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default,"
    " character_maximum_length, numeric_precision, is_identity"
    " FROM information_schema.columns WHERE table_name LIKE 'djstripe%'",
    # Their names hold a hash of how they came to be.
    "indexes": "SELECT tablename, split_part(indexdef, ' ON ', 2), indexdef LIKE '%UNIQUE%'"
    " FROM pg_indexes WHERE tablename LIKE 'djstripe%'",
    "constraints": "SELECT conrelid::regclass::text, pg_get_constraintdef(oid)"
    " FROM pg_constraint WHERE conrelid::regclass::text LIKE 'djstripe%'",
    "sequences": "SELECT sequencename, data_type::text FROM pg_sequences"
    " WHERE sequencename LIKE 'djstripe%'",
}


@pytest.fixture
def migrated() -> Iterator[str]:
    """A database made by the migrations alone, as ``manage.py migrate`` does it; its address."""
    name = f"{connection.settings_dict['NAME']}_migrated"
    server = os.environ["DATABASE_URL"]
    drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    with psycopg.connect(server, autocommit=True) as there:
        there.execute(drop)
        there.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
        there.execute(drop)


@pytest.mark.thorough
@pytest.mark.django_db
def test_both_ways_lead_to_the_same_schema(migrated: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    environment = {
        **os.environ,
        "DATABASE_URL": migrated,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    subprocess.run(command, cwd=PROJECT, env=environment, check=True)
    with psycopg.connect(migrated) as there, connection.cursor() as here:
        for what, query in LOOKS.items():
            here.execute(query)
            made = set(here.fetchall())
            assert made == set(there.execute(query).fetchall()), what
            assert made
