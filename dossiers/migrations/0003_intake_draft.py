"""Intake drafts on the server, and what the receipt knows of papers already held. Constant defaults: no row is rewritten."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ASKED_AGAIN = [
    ("expired", "Hết hạn"),
    ("changed", "Thông tin thay đổi"),
    ("poor_quality", "Chất lượng kém"),
    ("citizen_wants_new", "Người dân muốn nộp mới"),
    ("other", "Lý do khác"),
    ("unstated", "Không nêu"),
]
COMPLEXITY = [
    ("many_papers", "Nhiều thành phần"),
    ("large_files", "Dung lượng lớn"),
    ("hard_content", "Nội dung phức tạp"),
    ("needs_verification", "Cần xác minh"),
]
IS_ASKED_WITH_REASON = models.Q(
    models.Q(
        ("was_held", True),
        models.Q(("provided_as", "reused"), _negated=True),
        models.Q(("asked_again", ""), _negated=True),
    ),
    models.Q(("asked_again", ""), models.Q(("was_held", False), ("provided_as", "reused"), _connector="OR")),
    _connector="OR",
)


def text(length: int, label: str, choices: list[tuple[str, str]] | None = None) -> models.CharField:
    """Return a short text column that is empty in every row there is."""
    return models.CharField(
        blank=True, choices=choices, db_default="", default="", max_length=length, verbose_name=label
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("dossiers", "0002_status_and_events"),
        ("accounts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="IntakeDraft",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("ticket", models.CharField(blank=True, max_length=40, verbose_name="lượt")),
                ("data", models.JSONField(default=dict, verbose_name="nội dung")),
                ("files", models.JSONField(default=dict, verbose_name="tệp")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="lưu lúc")),
                (
                    "office",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.office",
                        verbose_name="nơi tiếp nhận",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="người nhập",
                    ),
                ),
            ],
            options={"verbose_name": "nháp tiếp nhận", "verbose_name_plural": "nháp tiếp nhận"},
        ),
        migrations.AddIndex(
            model_name="intakedraft",
            index=models.Index(fields=["user", "-updated_at"], name="intake_draft_by_user"),
        ),
        migrations.AddIndex(
            model_name="intakedraft",
            index=models.Index(fields=["updated_at"], name="intake_draft_age"),
        ),
        migrations.AddField("component", "asked_again", text(20, "lý do yêu cầu nộp lại", ASKED_AGAIN)),
        migrations.AddField("component", "asked_again_note", text(200, "ghi chú lý do")),
        migrations.AddField(
            "component",
            "was_held",
            models.BooleanField(
                db_default=False, default=False, verbose_name="đã có trong kho khi tiếp nhận"
            ),
        ),
        migrations.AddField("dossier", "complexity", text(20, "hồ sơ phức tạp", COMPLEXITY)),
        migrations.AddConstraint(
            "component",
            models.CheckConstraint(
                condition=IS_ASKED_WITH_REASON,
                name="component_asked_again_with_reason",
                violation_error_message="Giấy tờ đã có trong kho chỉ được yêu cầu nộp lại khi có lý do.",
            ),
        ),
    ]
