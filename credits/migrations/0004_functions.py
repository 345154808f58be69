"""The ledger's functions, as ``credits/ledger.sql`` has them.

Each change of that file needs a migration like this one, with the file's new checksum.
"""

from django.db import migrations

from credits import sql

CHECKSUM = "163c3a5c5ba1dccc3a324910c95a5977665bb52558b7d02206058846e1370dc8"


def install(apps, schema_editor):
    sql.install(using=schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("credits", "0003_keys_budgets_refusals")]

    operations = [
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
