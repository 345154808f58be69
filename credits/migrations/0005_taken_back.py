"""How much of a lot was taken back in all, as payments are refunded in parts."""

from django.db import migrations, models
from django.db.models import F, Q

# What was in use when a lot was taken back became debt: its entries say how much that was.
TAKEN_BEFORE = """
UPDATE credits_lot SET taken = before.total
FROM (SELECT lot_id, sum(amount) AS total FROM credits_entry
      WHERE operation = 'revoke' GROUP BY lot_id) before
WHERE before.lot_id = credits_lot.id
"""


class Migration(migrations.Migration):
    dependencies = [("credits", "0004_functions")]

    operations = [
        migrations.AddField("lot", "taken", models.BigIntegerField(default=0)),
        migrations.RunSQL(TAKEN_BEFORE, migrations.RunSQL.noop),
        migrations.RemoveConstraint("lot", "lot_revoked_has_nothing_left"),
        migrations.AddConstraint(
            "lot",
            models.CheckConstraint(
                condition=Q(taken__gte=F("revoked"), taken__lte=F("granted") - F("expired")),
                name="lot_taken_within_granted",
            ),
        ),
        migrations.AddConstraint(
            "lot",
            models.CheckConstraint(
                condition=Q(available=0) | Q(taken=F("revoked")),
                name="lot_owed_has_nothing_left",
            ),
        ),
        migrations.RemoveConstraint("entry", "entry_key_once"),
        migrations.AddConstraint(
            "entry",
            models.UniqueConstraint(
                fields=["account", "key", "lot", "destination"],
                condition=Q(key__isnull=False),
                name="entry_key_once",
            ),
        ),
    ]
