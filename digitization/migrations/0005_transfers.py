"""Resumable uploads and the one-time phone page."""

import uuid
from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0003_absence"),
        ("digitization", "0004_what_papers_say"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Handoff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_hash", models.UUIDField(unique=True)),
                ("place", models.CharField(blank=True, max_length=80)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "office",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.office",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "trang chụp bằng điện thoại",
                "verbose_name_plural": "trang chụp bằng điện thoại",
                "indexes": [models.Index(fields=["user", "created_at"], name="handoff_of_user")],
            },
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[("paper", "Giấy tờ"), ("batch", "Xấp bản quét")],
                        default="paper",
                        max_length=6,
                    ),
                ),
                ("place", models.CharField(blank=True, max_length=80)),
                ("name", models.CharField(max_length=300, verbose_name="tên tệp")),
                ("size", models.PositiveBigIntegerField(verbose_name="dung lượng (byte)")),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("received", models.PositiveBigIntegerField(default=0, verbose_name="đã nhận (byte)")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Đang gửi"), ("done", "Đã nhận"), ("refused", "Không nhận")],
                        default="open",
                        max_length=8,
                        verbose_name="trạng thái",
                    ),
                ),
                ("refusal_code", models.CharField(blank=True, max_length=40)),
                ("refusal", models.CharField(blank=True, max_length=500, verbose_name="lý do không nhận")),
                ("batch", models.CharField(blank=True, max_length=40)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "document",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="transfers",
                        to="digitization.document",
                    ),
                ),
                (
                    "handoff",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="transfers",
                        to="digitization.handoff",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "lần tải lên",
                "verbose_name_plural": "lần tải lên",
                "indexes": [
                    models.Index(fields=["user", "created_at"], name="transfer_of_user"),
                    models.Index(fields=["created_at"], name="transfer_age"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(received__lte=models.F("size")), name="transfer_not_beyond_size"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(state="done", document__isnull=False)
                        | (models.Q(state="done") & ~models.Q(batch=""))
                        | (~models.Q(state="done") & models.Q(document=None, batch="")),
                        name="transfer_done_has_result",
                    ),
                    models.CheckConstraint(
                        condition=(models.Q(state="refused") & ~models.Q(refusal_code=""))
                        | (~models.Q(state="refused") & models.Q(refusal_code="", refusal="")),
                        name="transfer_refused_has_words",
                    ),
                ],
            },
        ),
    ]
