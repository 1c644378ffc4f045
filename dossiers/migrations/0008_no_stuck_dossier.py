"""No dossier is stuck, says the database; and the pauses live in the ledger alone."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dossiers", "0007_ledger")]
    operations: ClassVar = [
        migrations.AddConstraint(
            model_name="dossier",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("status__in", ("received", "processing", "awaiting_supplement", "awaiting_payment")),
                        _negated=True,
                    ),
                    models.Q(("due_at__isnull", False), models.Q(("next_act", ""), _negated=True)),
                    _connector="OR",
                ),
                name="dossier_open_has_next_act",
            ),
        ),
        migrations.AddConstraint(
            model_name="dossier",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "processing"), _negated=True),
                    ("assignee__isnull", False),
                    _connector="OR",
                ),
                name="dossier_processed_by_somebody",
                violation_error_message="Hồ sơ đang xử lý phải có người thụ lý.",
            ),
        ),
        migrations.AddConstraint(
            model_name="dossier",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("awaiting_supplement", "awaiting_payment")), _negated=True),
                    ("respond_by__isnull", False),
                    _connector="OR",
                ),
                name="dossier_pause_ends",
                violation_error_message="Khi tạm dừng phải có hạn người nộp trả lời.",
            ),
        ),
        migrations.DeleteModel(name="ClockPause"),
    ]
