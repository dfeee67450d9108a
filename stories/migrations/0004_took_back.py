from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stories', '0003_process'),
    ]

    operations = [
        migrations.AddField(
            model_name='participant',
            name='took_back_at',
            field=models.BigIntegerField(blank=True, help_text='server milliseconds: nothing felt before is taken in any more', null=True),
        ),
        migrations.AlterField(
            model_name='analysis',
            name='edition',
            field=models.PositiveSmallIntegerField(db_default=1, default=1, help_text='how often it was completed, each time from other rows'),
        ),
    ]
