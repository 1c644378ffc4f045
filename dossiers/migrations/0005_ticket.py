import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("desk", "0001_initial"), ("dossiers", "0004_search")]

    operations = [
        migrations.AddField(
            model_name="dossier",
            name="ticket",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="dossiers",
                to="desk.ticket",
                verbose_name="lượt giao dịch",
            ),
        ),
    ]
