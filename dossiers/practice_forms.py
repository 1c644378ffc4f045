"""Papers of one dossier that no circular prescribes: taken from practice or of our own design, and each says so at its foot."""

from collections.abc import Sequence

from django.utils import translation

from bpmc_portal.accounts.models import Applicant
from bpmc_portal.lib import identifiers, vietnamese
from dossiers.models import Dossier, DossierEvent, Outcome, Payment, ProvidedAs
from dossiers.print_frame import (
    BLANK,
    SIGN,
    Column,
    Pair,
    Print,
    Sheet,
    Signature,
    Table,
    Text,
    desk_orgs,
    instant,
    made_on_demand,
    ours,
    phone_of,
    rows,
    sheet,
    short_instant,
    submitter_of,
    tracking_qr,
)
from dossiers.workflow import Action

_DATE = "ngày …… tháng …… năm ………"
_DIGITIZED_COLUMNS = (
    Column("TT", 4, is_centred=True),
    Column("Tên giấy tờ", 20),
    Column("Mã giấy tờ", 11),
    Column("Mã kết quả số hóa", 17),
    Column("Số trang", 6, is_centred=True),
    Column("Bản gốc trả lại", 8, is_centred=True),
    Column("Thời điểm số hóa", 10),
    Column("Người số hóa", 11),
    Column("SHA-256 (rút gọn)", 13),
)
# What citizens are asked elsewhere (data/forms.yaml, citizen_questions_seen); NĐ 61/2018/NĐ-CP, Điều 31 gives the criteria below them.
_QUESTIONS = (
    "Thái độ phục vụ", "Thời gian chờ đợi", "Trả kết quả đúng hẹn", "Thư xin lỗi khi trễ hẹn", "Cơ sở vật chất",
)  # fmt: skip
_CRITERIA = (
    "Thời gian giải quyết TTHC so với quy định",
    "Thời gian thực hiện của từng cơ quan, đơn vị so với quy trình",
    "Số lần phải liên hệ với nơi tiếp nhận để hoàn thiện hồ sơ",
    "Số lượng cơ quan, đơn vị, tổ chức phải liên hệ để hoàn thiện hồ sơ",
    "Thực hiện quy trình tổ chức tiếp nhận, trả kết quả tại BPMC",
    "Thực hiện công khai TTHC",
    "Thái độ của cán bộ, công chức, viên chức",
    "Tiếp thu, giải trình phản ánh, kiến nghị",
    "Tiến độ và chất lượng cung cấp dịch vụ công trực tuyến",
)


def result_receipt(dossier: Dossier, *, paper: Print) -> Sheet:
    """The proof that a result left the desk; dots stand where nobody has collected it yet."""
    event = (
        DossierEvent.objects.filter(dossier=dossier, action=Action.RETURN_RESULT)
        .select_related("actor")
        .order_by("-seq")
        .first()
    )
    facts = event.data if event else {}
    returner = event.actor.full_name if event and event.actor else ""
    receiver = _receiver(dossier, event)
    parts = (
        rows(
            Pair("Mã hồ sơ:", dossier.code),
            Pair("Tên thủ tục hành chính:", dossier.procedure.name),
            Pair("Chủ hồ sơ:", dossier.applicant_name),
            (
                Pair("Người trả kết quả: Họ tên:", returner or BLANK),
                Pair("Điện thoại:", dossier.office.phone or BLANK),
            ),
            (
                Pair("Người nhận kết quả: Họ tên:", receiver or BLANK),
                Pair("Điện thoại:", phone_of(dossier.phone)),
            ),
            (
                Pair("Số giấy tờ:", identifiers.mask(dossier.applicant.identity_number)),
                Pair("Giấy ủy quyền (nếu có):", str(facts.get("authorisation_number") or "không")),
            ),
        ),
        Text("Thành phần trả gồm:", "lead"),
        Table((Column("Loại kết quả", 30), Column("Số", 20), Column("Trích yếu", 50)), (_result(dossier),)),
        rows(Pair("Ngày trả kết quả:", instant(event.at if event else None))),
    )
    return sheet(
        paper, subject=dossier.code, orgs=desk_orgs(dossier), place=dossier.office.place, parts=parts, printed=paper.stamp,
        qr=tracking_qr(dossier),
        signatures=(Signature("NGƯỜI NHẬN KẾT QUẢ", SIGN, receiver), Signature("NGƯỜI TRẢ KẾT QUẢ", SIGN, returner)),
    )  # fmt: skip


def withdrawal_request(dossier: Dossier, *, paper: Print) -> Sheet:
    """The applicant's own request, filled in as far as the dossier knows; reason and signature are the applicant's."""
    originals = (
        dossier.components.filter(provided_as=ProvidedAs.ORIGINAL)
        .order_by("position")
        .values_list("name", flat=True)
    )
    parts = (
        rows(
            Pair("Kính gửi:", f"{dossier.unit.name}; {dossier.office.name}"),
            Pair("Tôi là/Tổ chức:", dossier.applicant_name),
            (Pair("Số định danh:", BLANK), Pair("Điện thoại:", phone_of(dossier.phone))),
            Pair("Địa chỉ:", dossier.address or BLANK),
        ),
        Text("Tôi đề nghị rút (dừng giải quyết) hồ sơ sau:"),
        rows(
            Pair("Mã hồ sơ:", dossier.code),
            Pair("TTHC:", dossier.procedure.name),
            Pair("Lý do:", f"{BLANK}{BLANK}{BLANK}"),
            Pair("Giấy tờ gốc đề nghị trả lại:", "; ".join(originals) or "không có"),
            Pair("Phí, lệ phí đã nộp:", _paid_words(dossier)),
        ),
        Text("Tôi xin chịu trách nhiệm về nội dung đề nghị này."),
    )
    # The day is written by the hand that signs.
    return sheet(
        paper, subject=dossier.code, orgs=("", ""), place=dossier.office.place, parts=parts, is_of_citizen=True, date_words=_DATE,
        printed=paper.stamp, signatures=(Signature(), Signature("NGƯỜI ĐỀ NGHỊ", SIGN, dossier.applicant_name)),
    )  # fmt: skip


def digitization_receipt(dossier: Dossier, *, paper: Print) -> Sheet:
    """What was scanned or uploaded of the dossier's papers, with code and hash, so that the originals can go home."""
    stored = dossier.components.filter(document__blob__isnull=False).order_by("position")
    lines = tuple(
        (
            str(number), each.name, each.document.document_type.code if each.document.document_type else "", each.document.code or "",
            str(each.document.pages or ""), "Có" if each.provided_as == ProvidedAs.ORIGINAL else "Không có bản gốc",
            short_instant(each.document.created_at), each.document.uploaded_by.full_name if each.document.uploaded_by else "",
            (each.document.blob_id or "")[:12],
        )
        for number, each in enumerate(stored.select_related("document__document_type", "document__uploaded_by"), 1)
    )  # fmt: skip
    parts = (
        rows((Pair("Mã hồ sơ:", dossier.code), Pair("Người nộp:", submitter_of(dossier)))),
        Table(_DIGITIZED_COLUMNS, lines, empty="Hồ sơ chưa có giấy tờ nào được số hóa."),
        Text(
            "Mục đích xử lý dữ liệu: giải quyết thủ tục hành chính và dùng lại để ông/bà không phải nộp lại giấy tờ (NĐ 107/2021/NĐ-CP; "
            "TT 01/2023/TT-VPCP); thời hạn lưu: theo thời hạn bảo quản hồ sơ của pháp luật lưu trữ."
        ),
    )
    return sheet(
        paper, subject=dossier.code, orgs=desk_orgs(dossier), place=dossier.office.place, parts=parts, printed=paper.stamp,
        signatures=(Signature("NGƯỜI NỘP", SIGN, submitter_of(dossier)), Signature("NGƯỜI SỐ HÓA", SIGN)),
    )  # fmt: skip


def fee_receipt(dossier: Dossier, *, paper: Print) -> Sheet:
    """The information copy of what was paid last; the legal e-receipt comes from a certified provider (NĐ 123/2020/NĐ-CP)."""
    paid = (
        dossier.payments.filter(state__in=[Payment.State.PAID, Payment.State.REFUNDED])
        .order_by("-paid_at", "-pk")
        .first()
    )
    amount = paid.amount if paid else 0
    with translation.override("vi"):
        method = str(paid.get_method_display()) if paid else BLANK
    parts = (
        rows(
            (
                Pair("Mẫu số:", "bản thông tin"),
                Pair("Ký hiệu:", "…………"),
                Pair("Số:", (paid.transaction if paid else "") or "…………"),
            ),
            (Pair("Đơn vị thu:", dossier.office.unit.name), Pair("MST:", "…………")),
            (Pair("Họ tên người nộp:", dossier.applicant_name), _payer_number(dossier)),
            Pair("Địa chỉ:", dossier.address or BLANK),
            (Pair("Tên loại phí, lệ phí:", paid.name if paid else BLANK), Pair("Mã hồ sơ:", dossier.code)),
            Pair("Số tiền:", vietnamese.format_money(amount) if paid else BLANK),
            Pair("Viết bằng chữ:", vietnamese.money_words(amount) if paid else BLANK),
            (
                Pair("Hình thức thanh toán:", method),
                Pair("Ngày:", short_instant(paid.paid_at) if paid else BLANK),
            ),
        ),
        Text("Bản thông tin, không thay thế biên lai điện tử do tổ chức cung cấp dịch vụ phát hành.", "box"),
    )
    return sheet(
        paper, subject=dossier.code, orgs=desk_orgs(dossier), place=dossier.office.place, parts=parts, printed=paper.stamp,
        subtitle="(Bản thông tin)", signatures=(Signature("NGƯỜI NỘP TIỀN", SIGN, submitter_of(dossier)), Signature("NGƯỜI THU TIỀN", SIGN)),
    )  # fmt: skip


def satisfaction_survey(dossier: Dossier, *, paper: Print) -> Sheet:
    """The survey on paper: what the citizen is asked, and the nine criteria by which the desk is measured."""
    grades = tuple(
        Column(words, 11, is_centred=True)
        for words in ("Rất hài lòng", "Hài lòng", "Bình thường", "Không hài lòng")
    )
    points = tuple(Column(words, 8, is_centred=True) for words in ("0", "1", "2"))
    parts = (
        rows(
            (Pair("Mã hồ sơ:", dossier.code), Pair("Nơi tiếp nhận:", dossier.office.name)),
            Pair("Thủ tục:", dossier.procedure.name),
        ),
        Text(
            "Ông/Bà vui lòng đánh dấu vào ô phù hợp. Phiếu không ghi tên và không ảnh hưởng đến việc giải quyết hồ sơ."
        ),
        Table((Column("Nội dung", 56), *grades), tuple((words, "", "", "", "") for words in _QUESTIONS)),
        Table(
            (Column("Tiêu chí (2 điểm là tốt nhất)", 76), *points),
            tuple((f"{n}. {words}", "", "", "") for n, words in enumerate(_CRITERIA, 1)),
        ),
        rows(Pair("Góp ý khác:", f"{BLANK}{BLANK}{BLANK}{BLANK}")),
    )
    return sheet(
        paper, subject=dossier.code, orgs=desk_orgs(dossier), place=dossier.office.place, parts=parts, printed=paper.stamp,
        notes=("Thang điểm 18: xuất sắc từ 15; tốt từ 12; khá từ 9; trung bình từ 6; yếu dưới 6.",),
    )  # fmt: skip


def _receiver(dossier: Dossier, event: DossierEvent | None) -> str:
    """Name who took the result away, as the event keeps it."""
    if event is None:
        return ""
    facts = event.data
    if facts.get("collected_by") == "representative":
        return submitter_of(dossier)
    return str(
        facts.get("collector_name") or ("" if facts.get("collected_by") == "post" else dossier.applicant_name)
    )


def _result(dossier: Dossier) -> tuple[str, str, str]:
    """Return kind, number and subject of what is handed over."""
    drafted = getattr(dossier, "result", None)
    kind = (
        "Văn bản từ chối" if dossier.outcome == Outcome.REFUSED else dossier.version_of_procedure.result_name
    )
    return (
        kind or "Kết quả giải quyết",
        drafted.number if drafted else "",
        drafted.title if drafted else dossier.procedure.name,
    )


def _paid(dossier: Dossier) -> Sequence[Payment]:
    return list(dossier.payments.filter(state=Payment.State.PAID).order_by("pk"))


def _paid_words(dossier: Dossier) -> str:
    paid = _paid(dossier)
    return "; ".join(f"{each.name}: {vietnamese.format_money(each.amount)}" for each in paid) or "không có"


def _payer_number(dossier: Dossier) -> Pair:
    number = dossier.applicant.identity_number
    if dossier.applicant.kind == Applicant.Kind.CITIZEN:
        return Pair("MST/CCCD:", identifiers.mask(number))
    return Pair("MST/CCCD:", number)


RESULT_RECEIPT = made_on_demand(
    "GIẤY BIÊN NHẬN TRẢ KẾT QUẢ",
    "result_receipt",
    result_receipt,
    "A5",
    ours("theo mẫu đang dùng tại các Bộ phận Một cửa"),
)
WITHDRAWAL_REQUEST = made_on_demand(
    "GIẤY ĐỀ NGHỊ RÚT (DỪNG GIẢI QUYẾT) HỒ SƠ", "withdrawal_request", withdrawal_request, "A4",
    ours("chưa có mẫu theo quy định, người đề nghị có thể tự viết"),
)  # fmt: skip
DIGITIZATION_RECEIPT = made_on_demand(
    "PHIẾU BIÊN NHẬN SỐ HÓA GIẤY TỜ",
    "digitization_receipt",
    digitization_receipt,
    "A5L",
    ours("chưa có mẫu theo quy định"),
)
FEE_RECEIPT = made_on_demand(
    "BIÊN LAI THU PHÍ, LỆ PHÍ", "fee_receipt", fee_receipt, "A5L",
    ours("trình bày theo mẫu 01BLP2-001; căn cứ NĐ 123/2020/NĐ-CP, NĐ 70/2025/NĐ-CP"),
)  # fmt: skip
SATISFACTION_SURVEY = made_on_demand(
    "PHIẾU ĐÁNH GIÁ MỨC ĐỘ HÀI LÒNG", "satisfaction_survey", satisfaction_survey, "A5",
    ours("tiêu chí theo NĐ 61/2018/NĐ-CP, Điều 31; mỗi bộ tự thiết kế phiếu"),
)  # fmt: skip
