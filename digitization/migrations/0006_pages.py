"""Pages of a paper: checks, text, suggestions."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_absence"),
        ("digitization", "0005_transfers"),
    ]

    operations = [
        migrations.CreateModel(
            name="PaperReading",
            fields=[
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="paper_reading",
                        serialize=False,
                        to="digitization.document",
                    ),
                ),
                ("run", models.PositiveIntegerField(default=1, verbose_name="lần đọc")),
                ("fault", models.CharField(blank=True, default="", max_length=300, verbose_name="lỗi")),
                ("is_archival", models.BooleanField(default=False, verbose_name="đạt PDF/A")),
                ("started_at", models.DateTimeField(verbose_name="bắt đầu")),
                ("done_at", models.DateTimeField(null=True, verbose_name="xong")),
            ],
            options={
                "verbose_name": "lần đọc giấy tờ",
                "verbose_name_plural": "lần đọc giấy tờ",
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Page",
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="page_set",
                        to="digitization.document",
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="trang")),
                ("is_blank", models.BooleanField(default=False, verbose_name="trang trắng")),
                ("blur", models.FloatField(null=True, verbose_name="độ nét")),
                ("skew_degrees", models.FloatField(null=True, verbose_name="độ nghiêng")),
                ("dpi", models.PositiveIntegerField(null=True, verbose_name="độ phân giải")),
                ("turn", models.PositiveSmallIntegerField(default=0, verbose_name="xoay phải (độ)")),
                ("is_colour", models.BooleanField(default=False, verbose_name="có màu")),
                ("picture_hash", models.CharField(blank=True, default="", max_length=64)),
                ("duplicate_of", models.PositiveIntegerField(null=True, verbose_name="trùng trang")),
                ("words", models.CharField(blank=True, default="", max_length=300, verbose_name="nhận xét")),
                ("text", models.TextField(blank=True, default="", verbose_name="chữ")),
                ("confidence", models.FloatField(null=True, verbose_name="độ tin cậy")),
                ("search", django.contrib.postgres.search.SearchVectorField(null=True)),
                ("checked_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "trang giấy tờ",
                "verbose_name_plural": "trang giấy tờ",
                "ordering": ["document", "number"],
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["search"], name="page_search")],
                "constraints": [
                    models.UniqueConstraint(fields=("document", "number"), name="page_once"),
                    models.CheckConstraint(
                        condition=models.Q(("turn__in", (0, 90, 180, 270))), name="page_turn"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Suggestion",
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suggestions",
                        to="digitization.document",
                    ),
                ),
                (
                    "field",
                    models.CharField(
                        choices=[
                            ("number", "Số, ký hiệu"),
                            ("issued_on", "Ngày cấp"),
                            ("holder", "Chủ giấy tờ"),
                            ("issuer", "Nơi cấp"),
                            ("good_until", "Có giá trị đến"),
                        ],
                        max_length=12,
                        verbose_name="mục",
                    ),
                ),
                ("value", models.CharField(max_length=300, verbose_name="giá trị")),
                ("confidence", models.FloatField(verbose_name="độ tin cậy")),
                ("page", models.PositiveIntegerField(verbose_name="trang")),
                (
                    "accepted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("accepted_at", models.DateTimeField(null=True, verbose_name="nhận lúc")),
                ("dismissed_at", models.DateTimeField(null=True, verbose_name="bỏ lúc")),
            ],
            options={
                "verbose_name": "gợi ý từ giấy tờ",
                "verbose_name_plural": "gợi ý từ giấy tờ",
                "constraints": [
                    models.UniqueConstraint(fields=("document", "field"), name="suggestion_once"),
                    models.CheckConstraint(
                        condition=models.Q(("accepted_at", None), ("dismissed_at", None), _connector="OR"),
                        name="suggestion_one_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence__gte", 0), ("confidence__lte", 1)),
                        name="suggestion_confidence",
                    ),
                ],
                "indexes": [],
            },
        ),
    ]
