"""Stacks of scans and where their pages belong."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0003_absence"),
        ("digitization", "0006_pages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "office",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.office",
                        verbose_name="nơi quét",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="người quét",
                    ),
                ),
                (
                    "blob",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to="digitization.blob",
                        verbose_name="tệp",
                    ),
                ),
                ("name", models.CharField(max_length=300, verbose_name="tên tệp")),
                ("draft", models.UUIDField(null=True, verbose_name="trang tiếp nhận")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reading", "Đang tách"),
                            ("split", "Đã tách"),
                            ("failed", "Không đọc được"),
                        ],
                        default="reading",
                        max_length=8,
                        verbose_name="trạng thái",
                    ),
                ),
                (
                    "fault",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=300, verbose_name="lỗi"
                    ),
                ),
                ("pages", models.PositiveIntegerField(null=True, verbose_name="số trang")),
                ("pages_read", models.PositiveIntegerField(default=0, verbose_name="số trang đã đọc")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="gửi lúc")),
            ],
            options={
                "verbose_name": "chồng giấy đã quét",
                "verbose_name_plural": "chồng giấy đã quét",
                "indexes": [models.Index(fields=["office", "-id"], name="batch_of_office")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "split"), _negated=True),
                            ("pages", models.F("pages_read")),
                            _connector="OR",
                        ),
                        name="batch_split_when_read",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BatchPage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sheets",
                        to="digitization.batch",
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="trang số")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("page", "Trang giấy tờ"),
                            ("separator", "Tờ phân cách"),
                            ("blank", "Mặt sau trắng của tờ phân cách"),
                        ],
                        default="page",
                        max_length=9,
                    ),
                ),
                ("place", models.CharField(blank=True, default="", max_length=120, verbose_name="chỗ")),
                ("run", models.PositiveIntegerField(default=0)),
                ("is_blank", models.BooleanField(default=False)),
                ("is_unread", models.BooleanField(default=False)),
                ("turn", models.PositiveSmallIntegerField(default=0, verbose_name="xoay phải (độ)")),
                ("picture", models.BinaryField(default=bytes)),
                (
                    "state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Không phải giấy tờ"),
                            ("placing", "Đang xếp"),
                            ("waiting", "Chờ xếp"),
                            ("filed", "Đã xếp"),
                            ("removed", "Đã bỏ"),
                        ],
                        default="",
                        max_length=8,
                        verbose_name="trạng thái",
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_place", "Không có tờ phân cách ở trước"),
                            ("unread", "Trang lỗi, không biết có phải tờ phân cách không"),
                            ("unknown", "Tờ phân cách không thuộc hồ sơ nào của Bộ phận Một cửa này"),
                            ("checklist", "Tờ phân cách theo thủ tục, hãy chọn hồ sơ"),
                            ("has_file", "Giấy tờ này đã có tệp"),
                            ("broken", "Không cắt được trang khỏi tệp quét"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="vì sao chờ",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="digitization.document",
                    ),
                ),
                ("settled_at", models.DateTimeField(null=True, verbose_name="xếp lúc")),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "trang của chồng giấy",
                "verbose_name_plural": "trang của chồng giấy",
                "ordering": ["batch", "number"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["batch", "number"],
                        name="batch_page_waits",
                    ),
                    models.Index(
                        condition=models.Q(("state", "placing")),
                        fields=["document"],
                        name="batch_page_placing",
                    ),
                    models.Index(
                        condition=models.Q(("state", "filed")), fields=["settled_at"], name="batch_page_filed"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "number"), name="batch_page_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "filed"), _negated=True),
                            models.Q(("document__isnull", False), ("settled_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="batch_page_filed_somewhere",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("turn__in", [0, 90, 180, 270])), name="batch_page_turn"
                    ),
                ],
            },
        ),
    ]
