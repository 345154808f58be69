"""The functions and the statement know of lots that are taken back in part, and given again."""

from importlib import import_module

from django.db import migrations

from credits import sql

CHECKSUM = "dd534c54784afeede77fa6c6bd89654bf549027af3183777576252d327c01c92"

# What it answers is another type, which no REPLACE can change.
DROP = "DROP FUNCTION credits_give_back(uuid, uuid, uuid, text, text, bigint, text, text)"

BEFORE = import_module("credits.migrations.0002_guards").STATEMENT.replace(
    "CREATE VIEW", "CREATE OR REPLACE VIEW"
)
STATEMENT = BEFORE.replace(
    "WHEN 'grant' THEN 'granted'", "WHEN 'grant' THEN 'granted' WHEN 'restore' THEN 'granted'"
)


def install(apps, schema_editor):
    sql.install(using=schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("credits", "0005_taken_back")]

    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        migrations.RunPython(install, migrations.RunPython.noop),
        migrations.RunSQL(STATEMENT, BEFORE),
    ]
