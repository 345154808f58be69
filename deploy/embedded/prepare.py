"""Before the first request: the database's schema and the static files, when they are behind.

Run as ``python -m deploy.embedded.prepare``.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

from billing import mirror
from core.alone import in_turn

# Any fixed number: two servers that start at once on one database migrate one after the other.
MIGRATION_LOCK = 7_262_019


def main() -> None:
    """Bring schema and static files up to date; quick when nothing is to do."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    migrate_when_behind()
    if not settings.IS_RELAXED:
        collect_static_when_changed(settings.STATIC_ROOT)


def migrate_when_behind() -> None:
    """Apply the migrations that the database lacks."""
    with in_turn(MIGRATION_LOCK):
        executor = MigrationExecutor(connection, progress_callback=_say)
        leaves = executor.loader.graph.leaf_nodes()
        if not executor.migration_plan(leaves):
            print("the schema is up to date", flush=True)
            return
        # Without dj-stripe's many tables in mind, Django makes the others in seconds.
        executor.migrate([leaf for leaf in leaves if leaf[0] != mirror.APP])
        if mirror.make_tables():
            print("made the tables for Stripe's objects", flush=True)
        call_command("migrate", interactive=False, verbosity=1)


def _say(action: str, migration: Migration | None = None, fake: bool | None = False) -> None:
    if action == "apply_success":
        print(f"applied {migration}", flush=True)


def collect_static_when_changed(root: Path) -> None:
    """Collect static files unless the sources are those of the last time."""
    stamp = root.with_name("static.stamp")
    fingerprint = _static_fingerprint()
    if root.exists() and stamp.exists() and stamp.read_text() == fingerprint:
        return
    call_command("collectstatic", interactive=False, verbosity=1, clear=True)
    stamp.write_text(fingerprint)


def _static_fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = os.stat(storage.path(path))
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
