"""The ledger's functions, as ``credits/ledger.sql`` has them.

Each change of that file needs a migration like this one, with the file's new checksum.
"""

from django.db import migrations

from credits import sql

CHECKSUM = "8daaa52c9be96bac7648dbd9813fa92278e02dd150c2954d0e4387f99ffefcb8"


def install(apps, schema_editor):
    sql.install(using=schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("credits", "0003_keys_budgets_refusals")]

    operations = [
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
