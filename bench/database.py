"""Django on a PostgreSQL of the measurements' own, with the current schema."""

from __future__ import annotations

import os

import django

from deploy.embedded.postgres import PROJECT, ensure_postgres


def set_up_django() -> None:
    """Call it before importing models; the data stays in ``.data/bench`` between runs."""
    data = PROJECT / ".data" / "bench"
    os.environ["DATA_DIR"] = str(data)
    os.environ["DATABASE_URL"] = ensure_postgres(data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from deploy.embedded.prepare import migrate_when_behind

    migrate_when_behind()
