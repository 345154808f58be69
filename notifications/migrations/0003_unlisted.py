from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0002_preferences'),
    ]

    operations = [
        migrations.AddField(
            model_name='notification',
            name='is_listed',
            field=models.BooleanField(default=True, verbose_name='in the inbox'),
        ),
    ]
