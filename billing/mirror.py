"""The tables in which dj-stripe keeps a copy of Stripe's objects, made quickly.

Its migrations take 40 seconds of CPU to arrive at them: they make 63 tables and drop 514 columns
again, one at a time. A database that has none of it yet gets the tables as they are in the end,
and the migrations are written down as done; a test holds both ways to the same schema.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

APP = "djstripe"


def make_tables() -> bool:
    """Make dj-stripe's tables where there are none; whether there were none.

    The users' table has to be there.
    """
    recorder = MigrationRecorder(connection)
    if any(app == APP for app, _ in recorder.applied_migrations()):
        return False
    with transaction.atomic():
        make_bare_tables()
        for app, name in MigrationLoader(None).disk_migrations:
            if app == APP:
                recorder.record_applied(app, name)
    return True


def make_bare_tables() -> None:
    """The tables alone, as the installed version's models have them."""
    made = list(apps.get_app_config(APP).get_models())
    with connection.schema_editor() as editor:
        for model in made:
            editor.create_model(model)
        for model in made:
            for field in model._meta.local_many_to_many:
                through = field.remote_field.through
                if through is not None and through._meta.auto_created:
                    _widen(editor, through)


def _widen(editor: Any, model: type[models.Model]) -> None:
    """The migrations make a link's key a bigint, the models as they are an integer."""
    pk = model._meta.pk
    assert pk is not None  # noqa: S101
    table, column = (editor.quote_name(name) for name in (model._meta.db_table, pk.column))
    editor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE bigint")
