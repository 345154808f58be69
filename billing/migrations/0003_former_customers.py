"""Customers of people who are gone here, to be deleted at Stripe."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_payment_reads")]

    operations = [
        migrations.CreateModel(
            name="FormerCustomer",
            fields=[
                (
                    "stripe_id",
                    models.CharField(max_length=255, primary_key=True, serialize=False),
                ),
                ("left_at", models.DateTimeField(db_default=Now())),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField(db_default=Now(), db_index=True)),
            ],
        ),
    ]
