"""Who reads at Stripe what of a payment went back takes a number first."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [
        migrations.AddField("payment", "reads", models.BigIntegerField(default=0)),
        migrations.AddField("payment", "applied_read", models.BigIntegerField(default=0)),
        migrations.AddConstraint(
            "payment",
            models.CheckConstraint(
                condition=Q(applied_read__lte=F("reads")), name="payment_read_was_begun"
            ),
        ),
    ]
