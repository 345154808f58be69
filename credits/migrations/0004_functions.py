"""The ledger's functions, as ``credits/ledger.sql`` has them.

Each change of that file needs a migration like this one, with the file's new checksum.
"""

from django.db import migrations

from credits import sql

CHECKSUM = "2a314fb22d61e6f5a42fada25b84de6fb635aed768e9d159e7387cbe97f3aca3"


def install(apps, schema_editor):
    sql.install(using=schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("credits", "0003_keys_budgets_refusals")]

    operations = [
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
