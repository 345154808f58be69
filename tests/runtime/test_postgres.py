"""The embedded PostgreSQL."""

from __future__ import annotations

from django.db import connection
import pytest


@pytest.mark.django_db
def test_a_test_database_answers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
