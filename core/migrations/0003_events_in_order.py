"""Events that wait are found in the order in which each user's are told."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("core", "0002_event_published"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="event", name="event_to_publish"),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("published_at__isnull", True)),
                fields=["user_id", "sequence"],
                name="event_to_publish",
            ),
        ),
    ]
