"""The register of a desk is read by month of reception."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside running desks: a plain CREATE INDEX would hold every intake up while it reads the whole table.
    atomic = False
    dependencies: ClassVar = [("dossiers", "0009_letters")]
    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="dossier",
            index=models.Index(
                condition=models.Q(("received_at__isnull", False)),
                fields=["office", "received_at", "id"],
                name="dossier_register",
            ),
        )
    ]
