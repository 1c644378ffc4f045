"""Signing identities, runs and what was found in signed files."""

import uuid
from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0003_absence"),
        ("digitization", "0007_batches"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="VerificationBudget",
            fields=[
                ("bucket", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField()),
                ("until", models.DateTimeField()),
            ],
            options={
                "verbose_name": "hạn mức xác minh",
                "verbose_name_plural": "hạn mức xác minh",
            },
        ),
        migrations.CreateModel(
            name="SigningIdentity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="tên hiển thị")),
                (
                    "kind",
                    models.CharField(
                        choices=[("pkcs12", "Tệp PKCS#12"), ("pkcs11", "Thiết bị PKCS#11")],
                        max_length=6,
                        verbose_name="nơi giữ khoá",
                    ),
                ),
                ("file", models.CharField(blank=True, max_length=200, verbose_name="tệp khoá")),
                ("module", models.CharField(blank=True, max_length=300, verbose_name="thư viện PKCS#11")),
                ("token", models.CharField(blank=True, max_length=100, verbose_name="nhãn thiết bị")),
                ("key_label", models.CharField(blank=True, max_length=100, verbose_name="nhãn khoá")),
                ("subject", models.CharField(max_length=500, verbose_name="chủ thể chứng thư")),
                ("serial", models.CharField(max_length=80, verbose_name="số chứng thư")),
                ("certificate", models.TextField(verbose_name="chứng thư (PEM)")),
                ("not_after", models.DateTimeField(verbose_name="chứng thư hết hạn")),
                ("signer_image", models.CharField(blank=True, max_length=200, verbose_name="ảnh chữ ký")),
                ("seal_image", models.CharField(blank=True, max_length=200, verbose_name="ảnh con dấu")),
                ("is_active", models.BooleanField(default=True, verbose_name="đang dùng")),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signing_identities",
                        to="accounts.unit",
                        verbose_name="của cơ quan",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signing_identities",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="của người",
                    ),
                ),
            ],
            options={
                "verbose_name": "chứng thư ký số",
                "verbose_name_plural": "chứng thư ký số",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="SigningRun",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("B-B", "PAdES B-B"),
                            ("B-T", "PAdES B-T, có dấu thời gian"),
                            ("B-LT", "PAdES B-LT, kèm bằng chứng kiểm tra"),
                        ],
                        max_length=4,
                        verbose_name="mức",
                    ),
                ),
                (
                    "look",
                    models.CharField(
                        choices=[
                            ("original", "Bản chính: ảnh chữ ký và con dấu"),
                            ("copy", "Bản sao: khung chữ ở góc trên bên phải trang đầu"),
                        ],
                        default="original",
                        max_length=8,
                        verbose_name="hình thức",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Đang ký"), ("refused", "Chưa ký được"), ("done", "Đã xong")],
                        default="running",
                        max_length=7,
                        verbose_name="trạng thái",
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=300, verbose_name="ghi chú")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="tạo lúc")),
                ("beat_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True, verbose_name="xong lúc")),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "identity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="digitization.signingidentity",
                    ),
                ),
            ],
            options={
                "verbose_name": "phiên ký số",
                "verbose_name_plural": "phiên ký số",
            },
        ),
        migrations.CreateModel(
            name="SigningItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Đang chờ"), ("signed", "Đã ký"), ("failed", "Không ký được")],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=300)),
                ("signed_at", models.DateTimeField(null=True)),
                (
                    "blob",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="digitization.blob",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signing_items",
                        to="digitization.document",
                    ),
                ),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="digitization.blob"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="digitization.signingrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "giấy tờ của phiên ký",
                "verbose_name_plural": "giấy tờ của phiên ký",
                "ordering": ["run", "position"],
            },
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("field", models.CharField(max_length=200)),
                ("position", models.PositiveSmallIntegerField()),
                ("signer", models.CharField(max_length=300, verbose_name="người ký")),
                ("organisation", models.CharField(blank=True, max_length=300, verbose_name="cơ quan")),
                ("serial", models.CharField(max_length=80, verbose_name="số chứng thư")),
                ("signed_at", models.DateTimeField(null=True, verbose_name="ký lúc")),
                ("level", models.CharField(blank=True, max_length=4, verbose_name="mức")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("none", "Không có chữ ký số"),
                            ("valid", "Chữ ký số hợp lệ"),
                            ("unknown", "Chưa xác định được người ký"),
                            ("broken", "Chữ ký số không hợp lệ"),
                        ],
                        max_length=8,
                        verbose_name="kết luận",
                    ),
                ),
                ("words", models.CharField(max_length=500, verbose_name="nhận xét")),
                ("evidence", models.JSONField(default=dict)),
                ("checked_at", models.DateTimeField(verbose_name="kiểm tra lúc")),
                (
                    "blob",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="digitization.blob",
                    ),
                ),
            ],
            options={
                "verbose_name": "chữ ký số",
                "verbose_name_plural": "chữ ký số",
                "ordering": ["blob", "position"],
                "constraints": [
                    models.UniqueConstraint(fields=("blob", "position"), name="signature_place_once")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="signingidentity",
            constraint=models.CheckConstraint(
                condition=models.Q(("user__isnull", False), ("unit__isnull", False), _connector="OR"),
                name="signing_identity_owned",
                violation_error_message="Chứng thư phải thuộc một người hoặc một cơ quan.",
            ),
        ),
        migrations.AddConstraint(
            model_name="signingidentity",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "pkcs12"), ("module", ""), models.Q(("file", ""), _negated=True)),
                    models.Q(("file", ""), ("kind", "pkcs11"), models.Q(("module", ""), _negated=True)),
                    _connector="OR",
                ),
                name="signing_identity_has_key",
                violation_error_message="Hãy nêu tệp khoá, hoặc thư viện và nhãn của thiết bị.",
            ),
        ),
        migrations.AddIndex(
            model_name="signingrun",
            index=models.Index(fields=["actor", "-created_at"], name="signing_by_actor"),
        ),
        migrations.AddConstraint(
            model_name="signingitem",
            constraint=models.UniqueConstraint(fields=("run", "document"), name="signing_document_once"),
        ),
        migrations.AddConstraint(
            model_name="signingitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "signed")),
                fields=("document", "draft"),
                name="signed_draft_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="signingitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("blob__isnull", False), ("state", "signed")),
                    models.Q(models.Q(("state", "signed"), _negated=True), ("blob", None)),
                    _connector="OR",
                ),
                name="signed_item_has_file",
            ),
        ),
    ]
