"""An address of a user's own is sent to by one sender, rests after failing, and changes secrets."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Who sends to an address and until when, and the secret before its present one."""

    dependencies = [("notifications", "0004_consumers_and_webhooks")]

    operations = [
        migrations.AddField(
            "webhooktarget", "busy_until", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "webhooktarget",
            "old_secret",
            models.CharField(blank=True, editable=False, max_length=80, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "webhooktarget", "old_secret_until", models.DateTimeField(blank=True, null=True)
        ),
    ]
