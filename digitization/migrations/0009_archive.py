"""Retention classes, archive packages, destruction lists."""

from typing import ClassVar

import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The indexes of files are built beside running uploads: a plain CREATE INDEX would hold them up while it reads the table.
    atomic = False
    dependencies: ClassVar = [
        ("accounts", "0003_absence"),
        ("digitization", "0008_signatures"),
        ("procedures", "0003_step_conditions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="ArchivePackage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("dossier_code", models.CharField(max_length=60, verbose_name="mã hồ sơ")),
                ("number", models.PositiveSmallIntegerField(default=1, verbose_name="lần đóng gói")),
                ("covers_seq", models.PositiveIntegerField(verbose_name="đến sự kiện")),
                ("title", models.CharField(max_length=500, verbose_name="tiêu đề hồ sơ")),
                ("closed_on", models.DateField(verbose_name="kết thúc ngày")),
                ("keep_until", models.DateField(null=True, verbose_name="bảo quản đến hết")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Đang chờ đóng gói"),
                            ("sealed", "Đã đóng gói"),
                            ("failed", "Không đóng gói được"),
                            ("destroyed", "Đã tiêu huỷ"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="trạng thái",
                    ),
                ),
                ("fault", models.CharField(blank=True, max_length=500, verbose_name="lỗi")),
                (
                    "manifest_sha256",
                    models.CharField(blank=True, max_length=64, verbose_name="dấu của bảng kê"),
                ),
                ("files", models.PositiveIntegerField(default=0, verbose_name="số tệp")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="tạo lúc")),
                ("sealed_at", models.DateTimeField(null=True, verbose_name="đóng gói lúc")),
                ("checked_at", models.DateTimeField(null=True, verbose_name="kiểm tra lần cuối")),
                ("destroyed_at", models.DateTimeField(null=True, verbose_name="tiêu huỷ lúc")),
            ],
            options={
                "verbose_name": "gói lưu trữ",
                "verbose_name_plural": "gói lưu trữ",
            },
        ),
        migrations.CreateModel(
            name="DestructionItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_live", models.BooleanField(default=True)),
            ],
            options={
                "verbose_name": "gói của danh mục tiêu huỷ",
                "verbose_name_plural": "gói của danh mục tiêu huỷ",
            },
        ),
        migrations.CreateModel(
            name="DestructionList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=40, verbose_name="số biên bản")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Chờ duyệt"),
                            ("approved", "Đã duyệt, đang thực hiện"),
                            ("refused", "Không duyệt"),
                            ("done", "Đã tiêu huỷ"),
                        ],
                        default="proposed",
                        max_length=8,
                        verbose_name="trạng thái",
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="lý do đề nghị")),
                ("proposed_at", models.DateTimeField(verbose_name="đề nghị lúc")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="quyết định lúc")),
                ("decision_note", models.CharField(blank=True, max_length=500, verbose_name="ý kiến")),
                ("done_at", models.DateTimeField(null=True, verbose_name="xong lúc")),
            ],
            options={
                "verbose_name": "danh mục tiêu huỷ",
                "verbose_name_plural": "danh mục tiêu huỷ",
            },
        ),
        migrations.CreateModel(
            name="PackageFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("path", models.CharField(max_length=200, verbose_name="đường dẫn trong gói")),
            ],
            options={
                "verbose_name": "tệp trong gói",
                "verbose_name_plural": "tệp trong gói",
            },
        ),
        migrations.CreateModel(
            name="ProcedureRetention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "verbose_name": "thời hạn bảo quản của thủ tục",
                "verbose_name_plural": "thời hạn bảo quản của thủ tục",
            },
        ),
        migrations.CreateModel(
            name="RetentionClass",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="mã")),
                ("name", models.CharField(max_length=200, verbose_name="tên")),
                (
                    "period",
                    models.CharField(
                        choices=[
                            ("undetermined", "Chưa xác định"),
                            ("years", "Có thời hạn"),
                            ("permanent", "Vĩnh viễn"),
                        ],
                        max_length=12,
                        verbose_name="thời hạn",
                    ),
                ),
                ("years", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="số năm")),
                ("citation", models.CharField(blank=True, max_length=300, verbose_name="căn cứ")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="ghi chú, độ tin cậy")),
            ],
            options={
                "verbose_name": "thời hạn bảo quản",
                "verbose_name_plural": "thời hạn bảo quản",
                "ordering": ["code"],
            },
        ),
        migrations.AddField(
            model_name="blob",
            name="destroyed_at",
            field=models.DateTimeField(null=True, verbose_name="tiêu huỷ lúc"),
        ),
        AddIndexConcurrently(
            model_name="blob",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce("checked_at", "created_at"),
                condition=models.Q(("destroyed_at", None)),
                name="blob_to_check",
            ),
        ),
        AddIndexConcurrently(
            model_name="blob",
            index=models.Index(
                condition=models.Q(("fault", ""), _negated=True), fields=["checked_at"], name="blob_faulty"
            ),
        ),
        AddIndexConcurrently(
            model_name="blob",
            index=models.Index(
                condition=models.Q(("destroyed_at__isnull", False)), fields=["sha256"], name="blob_destroyed"
            ),
        ),
        migrations.AddField(
            model_name="archivepackage",
            name="blob",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="digitization.blob",
                verbose_name="gói",
            ),
        ),
        migrations.AddField(
            model_name="archivepackage",
            name="previous",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="following",
                to="digitization.archivepackage",
                verbose_name="gói trước",
            ),
        ),
        migrations.AddField(
            model_name="archivepackage",
            name="procedure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="procedures.procedure",
                verbose_name="thủ tục",
            ),
        ),
        migrations.AddField(
            model_name="archivepackage",
            name="unit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.unit",
                verbose_name="đơn vị",
            ),
        ),
        migrations.AddField(
            model_name="destructionitem",
            name="package",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="destructions",
                to="digitization.archivepackage",
            ),
        ),
        migrations.AddField(
            model_name="destructionlist",
            name="certificate",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="digitization.blob",
            ),
        ),
        migrations.AddField(
            model_name="destructionlist",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="destructionlist",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="destructionlist",
            name="unit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.unit",
                verbose_name="đơn vị",
            ),
        ),
        migrations.AddField(
            model_name="destructionitem",
            name="destruction",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="digitization.destructionlist",
            ),
        ),
        migrations.AddField(
            model_name="packagefile",
            name="blob",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="digitization.blob"
            ),
        ),
        migrations.AddField(
            model_name="packagefile",
            name="document",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="digitization.document",
            ),
        ),
        migrations.AddField(
            model_name="packagefile",
            name="package",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contents",
                to="digitization.archivepackage",
            ),
        ),
        migrations.AddField(
            model_name="procedureretention",
            name="procedure",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="retention",
                to="procedures.procedure",
                verbose_name="thủ tục",
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionclass",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("period", "years"), ("years__gte", 1), ("years__lte", 200)),
                    models.Q(models.Q(("period", "years"), _negated=True), ("years", None)),
                    _connector="OR",
                ),
                name="retention_years_when_limited",
                violation_error_message="Hãy nhập số năm (1–200) khi và chỉ khi chọn “Có thời hạn”.",
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionclass",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("period", "undetermined"), models.Q(("citation", ""), _negated=True), _connector="OR"
                ),
                name="retention_cites_its_source",
                violation_error_message="Thời hạn bảo quản phải có căn cứ pháp lý.",
            ),
        ),
        migrations.AddField(
            model_name="procedureretention",
            name="retention_class",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="procedures",
                to="digitization.retentionclass",
                verbose_name="thời hạn bảo quản",
            ),
        ),
        migrations.AddField(
            model_name="archivepackage",
            name="retention_class",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="packages",
                to="digitization.retentionclass",
                verbose_name="thời hạn bảo quản",
            ),
        ),
        migrations.AddIndex(
            model_name="destructionlist",
            index=models.Index(fields=["unit", "-id"], name="destruction_by_unit"),
        ),
        migrations.AddConstraint(
            model_name="destructionlist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by", None),
                    models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="destruction_by_two_people",
                violation_error_message="Người duyệt tiêu huỷ phải khác người đề nghị.",
            ),
        ),
        migrations.AddConstraint(
            model_name="destructionlist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", None), ("state", "proposed")),
                    models.Q(
                        models.Q(("state", "proposed"), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="destruction_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="destructionlist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    models.Q(("certificate__isnull", False), ("done_at__isnull", False)),
                    _connector="OR",
                ),
                name="destruction_certified",
            ),
        ),
        migrations.AddConstraint(
            model_name="destructionitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_live", True)), fields=("package",), name="package_on_one_list"
            ),
        ),
        migrations.AddConstraint(
            model_name="packagefile",
            constraint=models.UniqueConstraint(fields=("package", "path"), name="package_path_once"),
        ),
        migrations.AddIndex(
            model_name="archivepackage",
            index=models.Index(fields=["unit", "-id"], name="package_by_unit"),
        ),
        migrations.AddIndex(
            model_name="archivepackage",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["id"], name="package_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="archivepackage",
            index=models.Index(
                condition=models.Q(("state", "failed")), fields=["unit", "id"], name="package_failed"
            ),
        ),
        migrations.AddIndex(
            model_name="archivepackage",
            index=models.Index(
                condition=models.Q(("keep_until__isnull", False), ("state", "sealed")),
                fields=["unit", "keep_until"],
                name="package_to_destroy",
            ),
        ),
        migrations.AddConstraint(
            model_name="archivepackage",
            constraint=models.UniqueConstraint(
                fields=("dossier_code", "number"), name="package_numbered_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="archivepackage",
            constraint=models.UniqueConstraint(
                fields=("dossier_code", "covers_seq"), name="package_once_an_end"
            ),
        ),
        migrations.AddConstraint(
            model_name="archivepackage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("blob__isnull", False),
                        ("sealed_at__isnull", False),
                        ("state__in", ["sealed", "destroyed"]),
                        models.Q(("manifest_sha256", ""), _negated=True),
                    ),
                    models.Q(("blob", None), ("sealed_at", None), ("state__in", ["waiting", "failed"])),
                    _connector="OR",
                ),
                name="package_sealed_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="archivepackage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("destroyed_at__isnull", False), ("state", "destroyed")),
                    models.Q(models.Q(("state", "destroyed"), _negated=True), ("destroyed_at", None)),
                    _connector="OR",
                ),
                name="package_destroyed_at",
            ),
        ),
    ]
