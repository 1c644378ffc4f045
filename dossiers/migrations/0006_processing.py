"""Steps, clocks, letters, money and the rest of processing: the tables."""

import uuid
from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0003_absence"),
        ("desk", "0001_initial"),
        ("digitization", "0003_waiting_for_code"),
        ("dossiers", "0005_ticket"),
        ("procedures", "0003_step_conditions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Alert",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("step_over", "Quá định mức của bước"),
                            ("soon", "Sắp đến hạn"),
                            ("overdue", "Quá hạn"),
                            ("apology_unsent", "Thư xin lỗi chưa gửi"),
                            ("no_answer", "Người nộp chưa trả lời"),
                        ],
                        max_length=16,
                        verbose_name="mức",
                    ),
                ),
                ("about", models.DateTimeField(verbose_name="về hạn")),
                ("at", models.DateTimeField(verbose_name="lúc")),
                ("seen_at", models.DateTimeField(null=True, verbose_name="đã xem lúc")),
            ],
            options={
                "verbose_name": "cảnh báo",
                "verbose_name_plural": "cảnh báo",
            },
        ),
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("expected_version", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Đang chờ"), ("done", "Xong"), ("refused", "Không làm được")],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=40)),
                ("sentence", models.TextField(blank=True)),
            ],
            options={
                "verbose_name": "hồ sơ của việc hàng loạt",
                "verbose_name_plural": "hồ sơ của việc hàng loạt",
                "ordering": ["run", "position"],
            },
        ),
        migrations.CreateModel(
            name="BulkRun",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("action", models.CharField(max_length=24, verbose_name="việc")),
                ("params", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(verbose_name="lúc")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="xong lúc")),
            ],
            options={
                "verbose_name": "việc hàng loạt",
                "verbose_name_plural": "việc hàng loạt",
            },
        ),
        migrations.CreateModel(
            name="ClockSpan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Nháp"),
                            ("submitted", "Đã nộp, chờ tiếp nhận"),
                            ("fixing", "Chờ sửa trước tiếp nhận"),
                            ("declined", "Không tiếp nhận"),
                            ("received", "Đã tiếp nhận"),
                            ("processing", "Đang xử lý"),
                            ("awaiting_supplement", "Chờ bổ sung"),
                            ("awaiting_payment", "Chờ thực hiện nghĩa vụ tài chính"),
                            ("finished", "Đã có kết quả"),
                            ("returned", "Đã trả kết quả"),
                            ("withdrawn", "Đã rút"),
                            ("stopped", "Dừng giải quyết"),
                            ("void", "Huỷ do nhập sai"),
                        ],
                        max_length=20,
                        verbose_name="trạng thái",
                    ),
                ),
                ("started_at", models.DateTimeField(verbose_name="từ lúc")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="đến lúc")),
            ],
            options={
                "verbose_name": "khoảng thời gian",
                "verbose_name_plural": "sổ thời gian",
                "ordering": ["started_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="GatewayCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("init", "INIT"), ("confirm", "CONFIRM"), ("query", "QUERY")], max_length=8
                    ),
                ),
                ("sent", models.JSONField(default=dict)),
                ("answer", models.JSONField(default=dict)),
                ("outcome", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "bản tin cổng thanh toán",
                "verbose_name_plural": "bản tin cổng thanh toán",
                "ordering": ["payment", "id"],
            },
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("fix", "Yêu cầu sửa trước tiếp nhận"),
                            ("supplement", "Yêu cầu bổ sung"),
                            ("decline", "Từ chối tiếp nhận"),
                            ("refuse", "Từ chối giải quyết"),
                            ("apology", "Xin lỗi và hẹn lại"),
                            ("stop", "Dừng giải quyết"),
                        ],
                        max_length=10,
                        verbose_name="loại",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Dự thảo"), ("issued", "Đã phát hành"), ("dropped", "Không dùng")],
                        max_length=7,
                        verbose_name="tình trạng",
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=40, verbose_name="số")),
                ("text", models.TextField(blank=True, verbose_name="lý do, nội dung")),
                ("legal_basis", models.CharField(blank=True, max_length=300, verbose_name="căn cứ pháp lý")),
                ("respond_by", models.DateTimeField(null=True, verbose_name="hạn trả lời")),
                ("due_before", models.DateTimeField(null=True, verbose_name="hẹn cũ")),
                ("due_at", models.DateTimeField(null=True, verbose_name="hẹn mới")),
                ("data", models.JSONField(default=dict, verbose_name="chi tiết")),
                ("drafted_at", models.DateTimeField(verbose_name="soạn lúc")),
                ("issued_at", models.DateTimeField(null=True, verbose_name="phát hành lúc")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="trả lời đủ lúc")),
            ],
            options={
                "verbose_name": "thư gửi người nộp",
                "verbose_name_plural": "thư gửi người nộp",
                "ordering": ["dossier", "id"],
            },
        ),
        migrations.CreateModel(
            name="LetterItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(verbose_name="thứ tự")),
                ("name", models.CharField(max_length=300, verbose_name="tên giấy tờ")),
                ("text", models.CharField(max_length=1000, verbose_name="nội dung")),
                ("remedy", models.CharField(blank=True, max_length=500, verbose_name="cách khắc phục")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="nộp lúc")),
            ],
            options={
                "verbose_name": "nội dung của thư",
                "verbose_name_plural": "nội dung của thư",
                "ordering": ["letter", "position"],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="nội dung")),
                ("at", models.DateTimeField(verbose_name="lúc")),
                ("read_at", models.DateTimeField(null=True, verbose_name="bên kia đọc lúc")),
            ],
            options={
                "verbose_name": "tin nhắn",
                "verbose_name_plural": "tin nhắn",
                "ordering": ["dossier", "id"],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="nội dung")),
                ("at", models.DateTimeField(verbose_name="lúc")),
            ],
            options={
                "verbose_name": "ghi chú nội bộ",
                "verbose_name_plural": "ghi chú nội bộ",
                "ordering": ["dossier", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="khoản thu")),
                ("amount", models.PositiveBigIntegerField(verbose_name="số tiền (đồng)")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Chờ nộp"),
                            ("paid", "Đã nộp"),
                            ("cancelled", "Không thu"),
                            ("refunded", "Đã hoàn"),
                        ],
                        default="pending",
                        max_length=9,
                        verbose_name="tình trạng",
                    ),
                ),
                ("reference", models.CharField(max_length=40, unique=True, verbose_name="mã tham chiếu")),
                (
                    "method",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cash", "Tiền mặt tại quầy"),
                            ("transfer", "Chuyển khoản, quét mã QR"),
                            ("gateway", "Cổng thanh toán"),
                        ],
                        max_length=8,
                        verbose_name="cách nộp",
                    ),
                ),
                (
                    "transaction",
                    models.CharField(blank=True, max_length=80, verbose_name="số giao dịch, biên lai"),
                ),
                ("requested_at", models.DateTimeField(verbose_name="yêu cầu lúc")),
                ("paid_at", models.DateTimeField(null=True, verbose_name="nộp lúc")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="ghi chú")),
            ],
            options={
                "verbose_name": "khoản phải nộp",
                "verbose_name_plural": "khoản phải nộp",
                "ordering": ["dossier", "id"],
            },
        ),
        migrations.CreateModel(
            name="Reason",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="mã")),
                (
                    "use",
                    models.CharField(
                        choices=[
                            ("paper", "Giấy tờ không đạt"),
                            ("decline", "Từ chối tiếp nhận"),
                            ("refuse", "Từ chối giải quyết"),
                            ("delay", "Chậm trả kết quả"),
                            ("stop", "Dừng giải quyết"),
                        ],
                        max_length=8,
                        verbose_name="dùng cho",
                    ),
                ),
                ("text", models.CharField(max_length=500, verbose_name="lý do")),
                ("remedy", models.CharField(blank=True, max_length=500, verbose_name="cách khắc phục")),
                ("legal_basis", models.CharField(blank=True, max_length=300, verbose_name="căn cứ pháp lý")),
                ("position", models.PositiveSmallIntegerField(default=1, verbose_name="thứ tự")),
                ("is_active", models.BooleanField(default=True, verbose_name="đang dùng")),
            ],
            options={
                "verbose_name": "lý do",
                "verbose_name_plural": "danh mục lý do",
                "ordering": ["use", "position", "code"],
            },
        ),
        migrations.CreateModel(
            name="Result",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=300, verbose_name="trích yếu")),
                ("number", models.CharField(blank=True, max_length=60, verbose_name="số, ký hiệu")),
                ("drafted_at", models.DateTimeField(verbose_name="dự thảo lúc")),
                ("revision", models.PositiveSmallIntegerField(default=1, verbose_name="lần dự thảo")),
                ("issued_at", models.DateTimeField(null=True, verbose_name="ban hành lúc")),
            ],
            options={
                "verbose_name": "kết quả giải quyết",
                "verbose_name_plural": "kết quả giải quyết",
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="tên")),
                ("query", models.CharField(max_length=500, verbose_name="địa chỉ")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "bộ lọc đã lưu",
                "verbose_name_plural": "bộ lọc đã lưu",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Verdict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("passed", "Đạt"), ("failed", "Không đạt")],
                        max_length=6,
                        verbose_name="kết luận",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=1000, verbose_name="ghi chú")),
                ("at", models.DateTimeField(verbose_name="lúc")),
            ],
            options={
                "verbose_name": "kết luận về giấy tờ",
                "verbose_name_plural": "kết luận về giấy tờ",
                "ordering": ["component", "-id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="issuedpaper",
            name="paper_issued_once",
        ),
        migrations.AddField(
            model_name="component",
            name="verdict",
            field=models.CharField(
                blank=True,
                choices=[("passed", "Đạt"), ("failed", "Không đạt")],
                db_default="",
                default="",
                max_length=6,
                verbose_name="kết luận",
            ),
        ),
        migrations.AddField(
            model_name="component",
            name="verdict_note",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=1000, verbose_name="ghi chú của cán bộ"
            ),
        ),
        migrations.AddField(
            model_name="dossier",
            name="look_at",
            field=models.DateTimeField(null=True, verbose_name="xem lại lúc"),
        ),
        migrations.AddField(
            model_name="dossier",
            name="next_act",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=24, verbose_name="việc kế tiếp"
            ),
        ),
        migrations.AddField(
            model_name="dossier",
            name="parent",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="children",
                to="dossiers.dossier",
                verbose_name="hồ sơ liên thông gốc",
            ),
        ),
        migrations.AddField(
            model_name="dossier",
            name="respond_by",
            field=models.DateTimeField(null=True, verbose_name="hạn người nộp trả lời"),
        ),
        migrations.AddField(
            model_name="dossier",
            name="step_due_at",
            field=models.DateTimeField(null=True, verbose_name="hạn của bước"),
        ),
        migrations.AddField(
            model_name="opinion",
            name="due_at",
            field=models.DateTimeField(null=True, verbose_name="hạn trả lời"),
        ),
        migrations.AddField(
            model_name="opinion",
            name="is_confidential",
            field=models.BooleanField(db_default=False, default=False, verbose_name="ý kiến mật"),
        ),
        migrations.AddField(
            model_name="opinion",
            name="silence_is_consent",
            field=models.BooleanField(db_default=False, default=False, verbose_name="quá hạn coi như đồng ý"),
        ),
        migrations.AddField(
            model_name="proposal",
            name="data",
            field=models.JSONField(db_default={}, default=dict, verbose_name="nội dung"),
        ),
        migrations.AddIndex(
            model_name="dossier",
            index=models.Index(
                condition=models.Q(("next_act", "approve"), ("status", "processing")),
                fields=["unit", "due_at", "id"],
                name="dossier_to_sign",
            ),
        ),
        migrations.AddIndex(
            model_name="dossier",
            index=models.Index(
                condition=models.Q(("look_at__isnull", False)), fields=["look_at"], name="dossier_look"
            ),
        ),
        migrations.AddIndex(
            model_name="dossier",
            index=models.Index(
                condition=models.Q(("parent__isnull", False)), fields=["parent"], name="dossier_by_parent"
            ),
        ),
        migrations.AddIndex(
            model_name="opinion",
            index=models.Index(
                condition=models.Q(("answered_at", None)), fields=["due_at"], name="opinion_due"
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="dossier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="alerts",
                to="dossiers.dossier",
                verbose_name="hồ sơ",
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="alerts",
                to=settings.AUTH_USER_MODEL,
                verbose_name="người nhận",
            ),
        ),
        migrations.AddField(
            model_name="bulkitem",
            name="dossier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dossiers.dossier"
            ),
        ),
        migrations.AddField(
            model_name="bulkrun",
            name="actor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="bulkitem",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="items", to="dossiers.bulkrun"
            ),
        ),
        migrations.AddField(
            model_name="clockspan",
            name="dossier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="spans",
                to="dossiers.dossier",
                verbose_name="hồ sơ",
            ),
        ),
        migrations.AddField(
            model_name="clockspan",
            name="step",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="procedures.step",
                verbose_name="bước",
            ),
        ),
        migrations.AddField(
            model_name="letter",
            name="dossier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="letters",
                to="dossiers.dossier",
                verbose_name="hồ sơ",
            ),
        ),
        migrations.AddField(
            model_name="letter",
            name="drafted_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="letter",
            name="issued_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="issuedpaper",
            name="letter",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="papers",
                to="dossiers.letter",
                verbose_name="thư",
            ),
        ),
        migrations.AddConstraint(
            model_name="issuedpaper",
            constraint=models.UniqueConstraint(
                condition=models.Q(("letter", None)),
                fields=("dossier", "form", "size"),
                name="paper_issued_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="issuedpaper",
            constraint=models.UniqueConstraint(
                condition=models.Q(("letter__isnull", False)),
                fields=("letter", "size"),
                name="letter_printed_once",
            ),
        ),
        migrations.AddField(
            model_name="letteritem",
            name="document",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="digitization.document",
                verbose_name="giấy bổ sung",
            ),
        ),
        migrations.AddField(
            model_name="letteritem",
            name="letter",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="dossiers.letter",
                verbose_name="thư",
            ),
        ),
        migrations.AddField(
            model_name="letteritem",
            name="requirement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="procedures.componentrequirement",
                verbose_name="thành phần",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="author",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="dossier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="dossiers.dossier",
                verbose_name="hồ sơ",
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="author",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="dossier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notes",
                to="dossiers.dossier",
                verbose_name="hồ sơ",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="dossier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payments",
                to="dossiers.dossier",
                verbose_name="hồ sơ",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="requested_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="taken_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="gatewaycall",
            name="payment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="calls",
                to="dossiers.payment",
                verbose_name="khoản phải nộp",
            ),
        ),
        migrations.AddField(
            model_name="letteritem",
            name="reason",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="dossiers.reason",
                verbose_name="lý do",
            ),
        ),
        migrations.AddField(
            model_name="component",
            name="verdict_reason",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="dossiers.reason",
                verbose_name="lý do không đạt",
            ),
        ),
        migrations.AddConstraint(
            model_name="component",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict", "failed"), ("verdict_reason__isnull", False)),
                    models.Q(models.Q(("verdict", "failed"), _negated=True), ("verdict_reason", None)),
                    _connector="OR",
                ),
                name="component_failed_with_reason",
                violation_error_message="Giấy tờ không đạt phải có lý do trong danh mục.",
            ),
        ),
        migrations.AddField(
            model_name="result",
            name="document",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="digitization.document",
                verbose_name="tệp kết quả",
            ),
        ),
        migrations.AddField(
            model_name="result",
            name="dossier",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="result",
                to="dossiers.dossier",
                verbose_name="hồ sơ",
            ),
        ),
        migrations.AddField(
            model_name="result",
            name="drafted_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="savedfilter",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="saved_filters",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="verdict",
            name="actor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="verdict",
            name="component",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="verdicts",
                to="dossiers.component",
                verbose_name="giấy tờ",
            ),
        ),
        migrations.AddField(
            model_name="verdict",
            name="reason",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="dossiers.reason",
                verbose_name="lý do",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("seen_at", None)), fields=["user", "-at"], name="alert_unseen"
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                fields=("dossier", "level", "user", "about"), name="alert_once"
            ),
        ),
        migrations.AddIndex(
            model_name="bulkrun",
            index=models.Index(fields=["actor", "-created_at"], name="bulk_by_actor"),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.UniqueConstraint(fields=("run", "dossier"), name="bulk_dossier_once"),
        ),
        migrations.AddIndex(
            model_name="clockspan",
            index=models.Index(fields=["dossier", "started_at"], name="span_by_dossier"),
        ),
        migrations.AddConstraint(
            model_name="clockspan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("dossier",), name="span_open_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="clockspan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_at", None), ("ended_at__gte", models.F("started_at")), _connector="OR"
                ),
                name="span_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(
                condition=models.Q(("state", "draft")), fields=["drafted_at"], name="letter_drafts"
            ),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(fields=["dossier", "kind"], name="letter_by_dossier"),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "draft")), fields=("dossier", "kind"), name="letter_drafted_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("issued_at__isnull", False),
                        ("state", "issued"),
                        models.Q(("number", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state", "issued"), _negated=True), ("issued_at", None), ("number", "")
                    ),
                    _connector="OR",
                ),
                name="letter_numbered_when_issued",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("author", None), ("read_at", None)),
                fields=["dossier"],
                name="message_unread",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 1)), name="payment_of_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("paid_at__isnull", False),
                        ("state__in", ["paid", "refunded"]),
                        models.Q(("method", ""), _negated=True),
                    ),
                    models.Q(("paid_at", None), ("state__in", ["pending", "cancelled"])),
                    _connector="OR",
                ),
                name="payment_paid_when_paid",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "pending")), fields=("dossier",), name="payment_pending_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("method", "gateway"), models.Q(("transaction", ""), _negated=True)),
                fields=("method", "transaction"),
                name="payment_transaction_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="letteritem",
            constraint=models.UniqueConstraint(
                fields=("letter", "position"), name="letter_item_position_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.UniqueConstraint(fields=("user", "name"), name="filter_named_once"),
        ),
    ]
