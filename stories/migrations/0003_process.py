from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stories", "0002_late_samples"),
    ]

    operations = [
        migrations.CreateModel(
            name="Process",
            fields=[
                ("id", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("seen_at", models.DateTimeField()),
            ],
        ),
    ]
