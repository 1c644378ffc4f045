"""Verdicts on papers are append-only: a later one stands beside the earlier, never in its place."""

from typing import ClassVar

from django.db import migrations

FORWARD = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON dossiers_verdict FOR EACH ROW EXECUTE FUNCTION dossiers_append_only();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dossiers", "0010_register_window")]
    operations: ClassVar = [migrations.RunSQL(FORWARD, "DROP TRIGGER append_only ON dossiers_verdict")]
