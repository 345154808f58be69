"""A start that finds nothing to do does not ask Django."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from deploy.embedded.prepared import is_prepared, remember


@pytest.fixture
def url() -> str:
    settings = connection.settings_dict
    return f"postgres://techpack@/{settings['NAME']}?host={settings['OPTIONS']['host']}"


@pytest.mark.django_db(transaction=True)
def test_a_database_counts_as_prepared_until_its_schema_or_debug_changes(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_prepared(tmp_path, url)
    remember(tmp_path, url)
    assert is_prepared(tmp_path, url)

    monkeypatch.setenv("DEBUG", "false")
    assert not is_prepared(tmp_path, url)
    monkeypatch.delenv("DEBUG")

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('x', '0001', now())"
        )
        try:
            assert not is_prepared(tmp_path, url)
        finally:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'x'")
