"""The register of results still in force, with its sums written by the database."""

import uuid
from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A state follows from the paper's columns alone, so the database writes it: whoever files, signs or codes a paper cannot forget to.
_FOLLOW = """
CREATE FUNCTION digitization_register_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  reached text := CASE WHEN NEW.blob_id IS NULL THEN 'paper' WHEN NEW.signed <> 'valid' THEN 'scanned'
    WHEN NEW.code IS NULL THEN 'signed' ELSE 'stored' END;
BEGIN
  UPDATE digitization_legacyresult SET state = reached, stored_at = CASE reached WHEN 'stored' THEN now() END
  WHERE document_id = NEW.id AND state <> reached;
  RETURN NULL;
END $$;
CREATE TRIGGER register_follows AFTER UPDATE OF blob_id, signed, code ON digitization_document
FOR EACH ROW WHEN (NEW.source = 'legacy') EXECUTE FUNCTION digitization_register_follows();
"""
# Sums moved by what a statement changed, never by how many rows there are; in key order, so that two writers cannot deadlock.
_ADD = """
CREATE FUNCTION digitization_register_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO digitization_registercount AS c (unit_id, state, results)
  SELECT unit_id, state, sum(n) FROM ({rows}) moved WHERE is_in_force GROUP BY unit_id, state HAVING sum(n) <> 0 ORDER BY unit_id, state
  ON CONFLICT (unit_id, state) DO UPDATE SET results = c.results + excluded.results;
  INSERT INTO digitization_registerday AS d (unit_id, day, results)
  SELECT unit_id, (stored_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day, sum(n) FROM ({rows}) moved
  WHERE stored_at IS NOT NULL GROUP BY unit_id, day HAVING sum(n) <> 0 ORDER BY unit_id, day
  ON CONFLICT (unit_id, day) DO UPDATE SET results = d.results + excluded.results;
  RETURN NULL;
END $$;
CREATE TRIGGER register_{name} AFTER {event} ON digitization_legacyresult REFERENCING {tables}
FOR EACH STATEMENT EXECUTE FUNCTION digitization_register_{name}();
"""
_NEW = "SELECT unit_id, state, is_in_force, stored_at, 1 AS n FROM new_rows"
_OLD = "SELECT unit_id, state, is_in_force, stored_at, -1 AS n FROM old_rows"
_ADDS = (
    _ADD.format(name="grows", rows=_NEW, event="INSERT", tables="NEW TABLE AS new_rows"),
    _ADD.format(
        name="moves",
        rows=f"{_NEW} UNION ALL {_OLD}",
        event="UPDATE",
        tables="OLD TABLE AS old_rows NEW TABLE AS new_rows",
    ),
    _ADD.format(name="shrinks", rows=_OLD, event="DELETE", tables="OLD TABLE AS old_rows"),
)
# What is wrong with old results, however many are right.
_FAULTS = """
CREATE INDEX legacy_unread ON digitization_document (id) WHERE source = 'legacy' AND reading = 'failed';
CREATE INDEX legacy_broken ON digitization_document (id) WHERE source = 'legacy' AND signed = 'broken';
CREATE INDEX legacy_no_holder ON digitization_document (id) WHERE source = 'legacy' AND holder_id IS NULL;
"""
_UNDO = """
DROP INDEX legacy_unread;
DROP INDEX legacy_broken;
DROP INDEX legacy_no_holder;
DROP FUNCTION digitization_register_follows() CASCADE;
DROP FUNCTION digitization_register_grows() CASCADE;
DROP FUNCTION digitization_register_moves() CASCADE;
DROP FUNCTION digitization_register_shrinks() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0003_absence"),
        ("digitization", "0009_archive"),
        ("procedures", "0003_step_conditions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="LegacyImport",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.unit",
                        verbose_name="đơn vị",
                    ),
                ),
                (
                    "blob",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="digitization.blob",
                        verbose_name="tệp",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="tên tệp")),
                ("declared", models.PositiveIntegerField(null=True, verbose_name="tổng số kê khai")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checking", "Đang kiểm tra"),
                            ("checked", "Đã kiểm tra, chưa ghi"),
                            ("applying", "Đang ghi vào sổ"),
                            ("applied", "Đã ghi vào sổ"),
                            ("refused", "Không đọc được"),
                        ],
                        default="checking",
                        max_length=8,
                        verbose_name="trạng thái",
                    ),
                ),
                ("words", models.CharField(blank=True, default="", max_length=500, verbose_name="nhận xét")),
                ("rows", models.PositiveIntegerField(default=0, verbose_name="số dòng")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="số dòng đã xong")),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="gửi lúc")),
                (
                    "applied_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("applied_at", models.DateTimeField(null=True, verbose_name="ghi lúc")),
            ],
            options={
                "verbose_name": "lần nhập sổ cũ",
                "verbose_name_plural": "lần nhập sổ cũ",
                "indexes": [models.Index(fields=["unit", "-created_at"], name="legacy_import_by_unit")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("unit", "blob"),
                        name="legacy_import_file_once",
                        violation_error_message="Tệp này đã được nhập cho đơn vị.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LegacyImportRow",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="digitization.legacyimport",
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="dòng")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("new", "Thêm mới"),
                            ("change", "Thay đổi"),
                            ("same", "Không đổi"),
                            ("duplicate", "Trùng"),
                            ("error", "Lỗi"),
                        ],
                        max_length=9,
                        verbose_name="kết quả",
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=500, verbose_name="nhận xét")),
                ("values", models.JSONField(default=dict)),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "dòng nhập sổ cũ",
                "verbose_name_plural": "dòng nhập sổ cũ",
                "ordering": ["batch", "number"],
                "indexes": [
                    models.Index(fields=["batch", "verdict", "number"], name="legacy_row_by_verdict")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "number"), name="legacy_import_row_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LegacyResult",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.unit",
                        verbose_name="đơn vị",
                    ),
                ),
                ("register_no", models.CharField(max_length=40, verbose_name="số vào sổ")),
                (
                    "document_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="procedures.documenttype",
                        verbose_name="loại kết quả",
                    ),
                ),
                (
                    "holder_number",
                    models.CharField(blank=True, max_length=20, verbose_name="số định danh của chủ"),
                ),
                ("holder_name", models.CharField(max_length=200, verbose_name="tên chủ")),
                ("search_key", models.CharField(editable=False, max_length=300)),
                ("number", models.CharField(max_length=60, verbose_name="số, ký hiệu")),
                ("issued_on", models.DateField(verbose_name="ngày cấp")),
                ("issuer", models.CharField(max_length=300, verbose_name="nơi cấp")),
                ("good_until", models.DateField(null=True, verbose_name="có giá trị đến")),
                ("revoked_on", models.DateField(null=True, verbose_name="thu hồi ngày")),
                ("revoked_why", models.CharField(blank=True, max_length=300, verbose_name="lý do thu hồi")),
                ("is_in_force", models.BooleanField(default=True, verbose_name="còn hiệu lực")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("paper", "Chưa quét"),
                            ("scanned", "Đã quét, chưa ký số"),
                            ("signed", "Đã ký số, chưa vào kho"),
                            ("stored", "Đã lưu, dùng lại được"),
                        ],
                        default="paper",
                        max_length=7,
                        verbose_name="trạng thái",
                    ),
                ),
                (
                    "document",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legacy",
                        to="digitization.document",
                        verbose_name="giấy tờ",
                    ),
                ),
                ("stored_at", models.DateTimeField(null=True, verbose_name="vào kho lúc")),
                (
                    "batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="digitization.legacyimport",
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "kết quả trong sổ cũ",
                "verbose_name_plural": "kết quả trong sổ cũ",
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_in_force", True)),
                        fields=["unit", "state", "id"],
                        name="legacy_in_force",
                    ),
                    models.Index(fields=["unit", "id"], name="legacy_by_unit"),
                    models.Index(
                        condition=models.Q(("is_in_force", True)),
                        fields=["good_until"],
                        name="legacy_expiring",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("unit", "register_no"),
                        name="legacy_register_no_once",
                        violation_error_message="Số vào sổ này đã có.",
                    ),
                    models.UniqueConstraint(
                        fields=("unit", "document_type", "number", "issued_on"),
                        name="legacy_number_once",
                        violation_error_message="Số, ký hiệu và ngày cấp này đã có trong sổ.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "paper"), ("document__isnull", False), _connector="OR"),
                        name="legacy_paper_without_document",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "stored"), ("stored_at__isnull", False)),
                            models.Q(models.Q(("state", "stored"), _negated=True), ("stored_at", None)),
                            _connector="OR",
                        ),
                        name="legacy_stored_with_day",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RegisterCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.unit",
                    ),
                ),
                ("state", models.CharField(max_length=7)),
                ("results", models.IntegerField(default=0)),
            ],
            options={
                "verbose_name": "số liệu sổ cũ",
                "verbose_name_plural": "số liệu sổ cũ",
                "constraints": [
                    models.UniqueConstraint(fields=("unit", "state"), name="register_count_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="RegisterDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.unit",
                    ),
                ),
                ("day", models.DateField()),
                ("results", models.IntegerField(default=0)),
            ],
            options={
                "verbose_name": "kết quả vào kho theo ngày",
                "verbose_name_plural": "kết quả vào kho theo ngày",
                "constraints": [models.UniqueConstraint(fields=("unit", "day"), name="register_day_once")],
            },
        ),
        migrations.RunSQL([_FOLLOW, *_ADDS, _FAULTS], _UNDO),
    ]
