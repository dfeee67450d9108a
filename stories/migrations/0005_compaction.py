from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stories', '0004_took_back'),
    ]

    operations = [
        migrations.AddField(
            model_name='telling',
            name='compacted_at',
            field=models.DateTimeField(blank=True, help_text='its chunks were made fewer rows', null=True),
        ),
        migrations.AddIndex(
            model_name='telling',
            index=models.Index(models.F('ended_at'), condition=models.Q(('compacted_at__isnull', True)), name='loose_tellings'),
        ),
        # Last: who stores samples while this is applied locks stories first, chunks second.
        migrations.AddField(
            model_name='chunk',
            name='holds',
            field=models.PositiveIntegerField(db_default=1, default=1, help_text="how many chunks of the client's"),
        ),
    ]
