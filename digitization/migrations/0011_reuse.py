"""Where a held paper served again, and on what ground."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("digitization", "0010_register"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Reuse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reuses",
                        to="digitization.document",
                        verbose_name="giấy tờ",
                    ),
                ),
                ("dossier_code", models.CharField(max_length=60, verbose_name="mã hồ sơ")),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="người thực hiện",
                    ),
                ),
                ("channel", models.CharField(max_length=6, verbose_name="kênh")),
                ("at", models.DateTimeField(verbose_name="lúc")),
                ("purpose", models.CharField(max_length=400, verbose_name="mục đích")),
                (
                    "ground",
                    models.CharField(
                        choices=[("law", "Theo quy định của pháp luật"), ("consent", "Người nộp đồng ý")],
                        max_length=7,
                        verbose_name="căn cứ",
                    ),
                ),
                ("ground_words", models.CharField(max_length=300, verbose_name="nội dung căn cứ")),
            ],
            options={
                "verbose_name": "lần dùng lại",
                "verbose_name_plural": "lần dùng lại",
                "constraints": [
                    models.UniqueConstraint(fields=("document", "dossier_code"), name="reuse_once_a_dossier"),
                    models.CheckConstraint(
                        condition=models.Q(("ground_words", ""), _negated=True), name="reuse_ground_in_words"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaperObjection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objections",
                        to="digitization.document",
                        verbose_name="giấy tờ",
                    ),
                ),
                ("text", models.CharField(max_length=1000, verbose_name="nội dung phản ánh")),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="người phản ánh",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="gửi lúc")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Chờ trả lời"), ("mended", "Đã sửa"), ("kept", "Giữ nguyên")],
                        default="open",
                        max_length=6,
                        verbose_name="trạng thái",
                    ),
                ),
                ("answer", models.CharField(blank=True, max_length=1000, verbose_name="trả lời")),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="người trả lời",
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True, verbose_name="trả lời lúc")),
            ],
            options={
                "verbose_name": "phản ánh về giấy tờ",
                "verbose_name_plural": "phản ánh về giấy tờ",
                "indexes": [
                    models.Index(condition=models.Q(("state", "open")), fields=["id"], name="objection_open")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("document",), name="objection_one_open"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", ""), ("answered_at", None), ("state", "open")),
                            models.Q(
                                models.Q(("state", "open"), _negated=True),
                                models.Q(("answer", ""), _negated=True),
                                ("answered_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="objection_answered_in_words",
                    ),
                ],
            },
        ),
    ]
