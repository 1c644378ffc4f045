import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside running desks: a plain CREATE INDEX would hold every intake up while it reads the whole table.
    atomic = False

    dependencies = [("dossiers", "0003_intake_draft")]

    operations = [
        AddIndexConcurrently(
            model_name="dossier",
            index=models.Index(
                django.db.models.functions.text.Right("code_key", 4),
                models.OrderBy(models.F("id"), descending=True),
                name="dossier_by_code_end",
            ),
        ),
        AddIndexConcurrently(
            model_name="dossier",
            index=models.Index(
                condition=models.Q(("phone", ""), _negated=True),
                fields=["phone", "-id"],
                name="dossier_by_phone",
            ),
        ),
    ]
