"""When an address of a user's own last took something."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """One time more."""

    dependencies = [("notifications", "0005_webhook_target_rests")]

    operations = [
        migrations.AddField(
            "webhooktarget", "taken_at", models.DateTimeField(blank=True, null=True)
        ),
    ]
