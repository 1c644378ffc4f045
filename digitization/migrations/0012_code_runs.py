"""Runs that give codes to all papers that wait for one."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q, Value


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("digitization", "0011_reuse"),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="CodeRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField(verbose_name="bắt đầu")),
                ("total", models.PositiveIntegerField(null=True, verbose_name="số giấy tờ chờ mã")),
                ("slices", models.PositiveIntegerField(null=True, verbose_name="số phần")),
                ("slices_done", models.PositiveIntegerField(default=0, verbose_name="số phần đã xong")),
                ("coded", models.PositiveIntegerField(default=0, verbose_name="số mã đã cấp")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="xong lúc")),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="người chạy",
                    ),
                ),
            ],
            options={
                "verbose_name": "đợt cấp mã",
                "verbose_name_plural": "đợt cấp mã",
                "constraints": [
                    models.UniqueConstraint(
                        Value(1), condition=Q(finished_at=None), name="code_run_one_at_a_time"
                    ),
                    models.CheckConstraint(
                        condition=Q(slices=None) | Q(slices__gte=F("slices_done")),
                        name="code_run_slices_once",
                    ),
                ],
            },
        ),
    ]
