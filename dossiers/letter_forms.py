"""The letters to the applicant on paper: what stands in each form, in the order of its annex (data/forms.yaml).

Built once, when the letter is issued. Needs `dossier` with `office.unit.parent`, `unit.parent`, `procedure`, `applicant` and `step`, and
`issued_by` loaded; items, reasons, papers and payments are read here. What the annexes do not have and we add (stage, basis, time to
answer) is marked "design" in the data.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime

from django.conf import settings

from bpmc_portal.lib import vietnamese
from dossiers.models import Letter, Payment, ProvidedAs, Reason
from dossiers.print_frame import (
    AS_BEFORE,
    BLANK,
    SIGN,
    TT01,
    TT01_FROM,
    TT03,
    TT03_FROM,
    Column,
    FormVersion,
    Pair,
    Part,
    Print,
    PrintForm,
    Sheet,
    Signature,
    Table,
    Text,
    contact_rows,
    desk_orgs,
    instant,
    rows,
    sheet,
    submitter_of,
    tracking_qr,
    unit_orgs,
)

_ITEM_COLUMNS = (
    Column("STT", 6, is_centred=True),
    Column("Thành phần hồ sơ", 29),
    Column("Bản chính", 8, is_centred=True),
    Column("Bản chứng thực", 10, is_centred=True),
    Column("Bản photo", 8, is_centred=True),
    Column("Nội dung cần bổ sung/sửa", 39),
)
_HEAD_SIGNS = "(Ký, ghi rõ họ tên, đóng dấu)"
_BOTH = "Ông/Bà/Tổ chức"


def supplement_request(letter: Letter, *, form: PrintForm, version: FormVersion, size: str) -> Sheet:
    """Mẫu số 02, before and after the receipt."""
    dossier = letter.dossier
    is_intake = letter.kind == Letter.Kind.FIX
    times = int(letter.data.get("times") or 0)
    stage = (
        "kiểm tra đầu vào"
        if is_intake
        else f"thẩm định{_step(letter)}{f', lần thứ {times}' if times > 1 else ''}"
    )
    items = tuple(
        (
            f"{item.position:02d}", item.name, _count(item.requirement.originals), "", _count(item.requirement.copies),
            "\n".join(filter(None, (item.text, item.remedy))),
        )
        for item in letter.items.select_related("requirement")
    )  # fmt: skip
    parts: tuple[Part, ...] = (
        rows(
            Pair("Hồ sơ của:", dossier.applicant_name),
            Pair("Nội dung yêu cầu giải quyết:", dossier.procedure.name),
            *contact_rows(dossier),
        ),
        Text("Yêu cầu hoàn thiện hồ sơ gồm những nội dung sau:", "lead"),
        Table(_ITEM_COLUMNS, items, empty="Nội dung ghi tại phần lý do dưới đây."),
        rows(Pair("Lý do:", _said(letter))),
        Text(
            f"Trong quá trình hoàn thiện hồ sơ nếu có vướng mắc, Ông/Bà liên hệ với {_signer(letter) or _issuer(letter)} "
            f"số điện thoại {dossier.office.phone or settings.BRAND['phone'] or BLANK} để được hướng dẫn./."
        ),
        rows(
            (Pair("Mã hồ sơ:", dossier.code), Pair("Giai đoạn:", stage)),
            Pair("Căn cứ:", letter.legal_basis or BLANK),
            Pair("Thời hạn bổ sung:", f"trước {instant(letter.respond_by)}" if letter.respond_by else BLANK),
        ),
    )
    return _letter(
        letter,
        Print(form, version, size, _issued(letter)),
        parts,
        (Signature(), _person(letter, "NGƯỜI HƯỚNG DẪN")),
    )


def intake_refusal(letter: Letter, *, form: PrintForm, version: FormVersion, size: str) -> Sheet:
    """Mẫu số 03."""
    dossier = letter.dossier
    is_online = dossier.channel == "online"
    first = dossier.events.filter(action="submit").order_by("seq").first()
    parts: tuple[Part, ...] = (
        rows(
            Pair(
                f"Bộ phận Tiếp nhận và Trả kết quả {dossier.office.name}: Tiếp nhận hồ sơ của:",
                submitter_of(dossier),
            ),
            *contact_rows(dossier),
            Pair("Nội dung yêu cầu giải quyết:", dossier.procedure.name),
            (
                Pair("Mã hồ sơ:", dossier.code),
                Pair("Thời gian nộp:", instant(first.at if first else dossier.created_at)),
            ),
        ),
        Text(
            f"Qua xem xét, {dossier.office.name} thông báo không tiếp nhận, giải quyết hồ sơ này với lý do cụ thể như sau:",
            "lead",
        ),
        *_reasons(letter),
        Text("Xin thông báo cho Ông/Bà được biết và thực hiện./."),
    )
    left = Signature() if is_online else Signature("NGƯỜI NỘP HỒ SƠ", SIGN, submitter_of(dossier))
    return _letter(
        letter,
        Print(form, version, size, _issued(letter)),
        parts,
        (left, _person(letter, "NGƯỜI TIẾP NHẬN HỒ SƠ")),
    )


def apology_reappointment(letter: Letter, *, form: PrintForm, version: FormVersion, size: str) -> Sheet:
    """Mẫu số 04 of 2018: sorry, and come again on another day."""
    dossier, agency = letter.dossier, letter.dossier.unit.name
    received = (
        vietnamese.long_date(vietnamese.to_local(dossier.received_at)) if dossier.received_at else BLANK
    )
    parts: tuple[Part, ...] = (
        rows(Pair("Kính gửi:", dossier.applicant_name)),
        Text(
            f"{received[0].upper()}{received[1:]}, {agency} tiếp nhận giải quyết hồ sơ đề nghị giải quyết {dossier.procedure.name} "
            f"của {_BOTH}."
        ),
        rows(
            Pair("Mã số:", dossier.code),
            Pair("Thời gian hẹn trả kết quả:", instant(letter.due_before or dossier.first_due_at)),
        ),
        Text(
            f"Tuy nhiên đến nay, {agency} chưa trả kết quả giải quyết hồ sơ của {_BOTH} đúng thời hạn quy định ghi trong Giấy tiếp "
            "nhận hồ sơ và hẹn trả kết quả."
        ),
        rows(Pair("Lý do:", "; ".join(_lines(letter)) or BLANK)),
        Text(
            f"Sự chậm trễ này đã gây phiền hà, tốn kém chi phí, công sức của {_BOTH}. {agency} xin lỗi {_BOTH} và sẽ trả kết quả giải "
            f"quyết hồ sơ vào {vietnamese.long_date(vietnamese.to_local(letter.due_at)) if letter.due_at else BLANK}."
        ),
        Text(f"Mong được {_BOTH} thông cảm./."),
    )
    return _letter(letter, Print(form, version, size, _issued(letter)), parts, _of_head(letter))


def apology_extension(letter: Letter, *, form: PrintForm, version: FormVersion, size: str) -> Sheet:
    """Mẫu số 04 of 2025: its fields are known by name, its annex was not obtained."""
    dossier, agency = letter.dossier, letter.dossier.unit.name
    parts: tuple[Part, ...] = (
        rows(Pair("Kính gửi:", dossier.applicant_name)),
        Text(
            f"{agency} đang giải quyết hồ sơ về “{dossier.procedure.name}” của {_BOTH}. Đến nay, {agency} chưa trả được kết quả đúng thời "
            f"hạn. {agency} xin lỗi {_BOTH} và đề nghị gia hạn thời gian giải quyết như sau:"
        ),
        rows(
            Pair("Mã hồ sơ:", dossier.code),
            Pair("Hạn gốc:", instant(letter.due_before or dossier.first_due_at)),
            Pair("Lý do chậm:", "; ".join(_lines(letter)) or BLANK),
            *([Pair("Căn cứ:", letter.legal_basis)] if letter.legal_basis else []),
            Pair("Thời điểm đề nghị mới:", instant(letter.due_at)),
            Pair("Người ký:", _signer(letter) or BLANK),
        ),
        Text(
            f"Sự chậm trễ này đã gây phiền hà, tốn kém chi phí, công sức của {_BOTH}. Việc gia hạn chỉ thực hiện một lần. "
            f"Mong được {_BOTH} thông cảm./."
        ),
    )
    paper = Print(form, version, size, _issued(letter))
    return _letter(
        letter, paper, parts, _of_head(letter), heading=form.title.replace(" GIA HẠN", "\nGIA HẠN")
    )


def stop_notice(letter: Letter, *, form: PrintForm, version: FormVersion, size: str) -> Sheet:
    """Mẫu số 05 of 2025: its fields are known by name, its annex was not obtained."""
    dossier = letter.dossier
    asked = str(
        letter.data.get("request") or "Không có đề nghị của người nộp; cơ quan giải quyết quyết định dừng."
    )
    parts: tuple[Part, ...] = (
        rows(Pair("Kính gửi:", dossier.applicant_name)),
        Text(
            f"{dossier.unit.name} thông báo dừng giải quyết hồ sơ về “{dossier.procedure.name}” của {_BOTH} như sau:"
        ),
        rows(
            Pair("Mã hồ sơ:", dossier.code),
            Pair("Đề nghị dừng (ngày, nội dung):", asked),
            Pair(
                "Giai đoạn giải quyết:",
                dossier.step.name if dossier.step else "sau tiếp nhận, chưa phân công",
            ),
            Pair("Quyết định dừng và lý do:", "; ".join(_lines(letter)) or BLANK),
            *([Pair("Căn cứ:", letter.legal_basis)] if letter.legal_basis else []),
            Pair(
                "Xử lý phí, lệ phí đã nộp; giấy tờ gốc được trả lại:",
                str(letter.data.get("finance") or _given_back(letter)),
            ),
        ),
        Text(f"Xin thông báo để {_BOTH} được biết./."),
    )
    return _letter(letter, Print(form, version, size, _issued(letter)), parts, _of_head(letter))


def refusal(letter: Letter, *, form: PrintForm, version: FormVersion, size: str) -> Sheet:
    """The written refusal on the merits, a result of its own: no circular of the one-stop desk gives a form for it."""
    dossier = letter.dossier
    parts: tuple[Part, ...] = (
        rows(Pair("Kính gửi:", dossier.applicant_name)),
        Text(f"{dossier.unit.name} đã xem xét hồ sơ của {_BOTH} và thông báo như sau:"),
        rows(
            Pair("Mã hồ sơ:", dossier.code),
            Pair("Nội dung yêu cầu giải quyết:", dossier.procedure.name),
            Pair("Thời gian nhận hồ sơ:", instant(dossier.received_at)),
            Pair("Kết luận:", "không đủ điều kiện giải quyết theo quy định"),
        ),
        Text("Lý do:", "lead"),
        *_reasons(letter),
        Text(
            f"{_BOTH} có quyền nộp lại hồ sơ khi đủ điều kiện, hoặc khiếu nại, khởi kiện theo quy định của Luật Khiếu nại và Luật Tố tụng "
            "hành chính."
        ),
        Text(f"Xin thông báo để {_BOTH} được biết./."),
    )
    return _letter(letter, Print(form, version, size, _issued(letter)), parts, _of_head(letter))


def _letter(
    letter: Letter,
    paper: Print,
    parts: Iterable[Part],
    signatures: tuple[Signature, ...],
    *,
    heading: str = "",
) -> Sheet:
    """Frame a letter: from the desk before the receipt, from the competent unit after it."""
    dossier = letter.dossier
    is_of_desk = letter.kind in (Letter.Kind.FIX, Letter.Kind.DECLINE)
    return sheet(
        paper, subject=dossier.code, orgs=desk_orgs(dossier) if is_of_desk else unit_orgs(dossier.unit), place=dossier.office.place,
        parts=parts, number=f"Số: {letter.number}", signatures=signatures, qr=tracking_qr(dossier), heading=heading or paper.form.title,
    )  # fmt: skip


def _issued(letter: Letter) -> datetime:
    if letter.issued_at is None:
        raise ValueError("a letter is printed when it is issued")
    return letter.issued_at


def _signer(letter: Letter) -> str:
    return letter.issued_by.full_name if letter.issued_by else ""


def _issuer(letter: Letter) -> str:
    return letter.dossier.office.name


def _person(letter: Letter, heading: str) -> Signature:
    return Signature(heading, SIGN, _signer(letter))


def _of_head(letter: Letter) -> tuple[Signature, Signature]:
    """Return the blocks of a letter that the head of the unit signs."""
    received = Signature(lines=("Nơi nhận:", "- Như trên;", "- Lưu: VT."))
    return received, Signature("THỦ TRƯỞNG CƠ QUAN, ĐƠN VỊ", _HEAD_SIGNS, _signer(letter))


def _step(letter: Letter) -> str:
    step = letter.dossier.step
    return f" (bước {step.name})" if step else ""


def _count(number: int) -> str:
    return f"{number:02d}" if number else ""


def _lines(letter: Letter) -> list[str]:
    """Return the reasons of the catalogue in the order chosen, then what the officer wrote."""
    codes = [str(code) for code in letter.data.get("reasons") or []]
    found = dict(Reason.objects.filter(code__in=codes).values_list("code", "text")) if codes else {}
    return [words.rstrip(". ") for words in (*(found.get(code, "") for code in codes), letter.text) if words]


def _said(letter: Letter) -> str:
    return "; ".join(_lines(letter)) or BLANK


def _reasons(letter: Letter) -> list[Text]:
    lines = [Text(f"{number}. {words}.") for number, words in enumerate(_lines(letter), 1)]
    basis = [Text(f"Căn cứ: {letter.legal_basis}.")] if letter.legal_basis else []
    return [*(lines or [Text(BLANK)]), *basis]


def _given_back(letter: Letter) -> str:
    """Say what was paid and which originals lie with the unit: both go back by law."""
    dossier = letter.dossier
    paid = sum(dossier.payments.filter(state=Payment.State.PAID).values_list("amount", flat=True))
    originals = list(
        dossier.components.filter(provided_as=ProvidedAs.ORIGINAL)
        .order_by("position")
        .values_list("name", flat=True)
    )
    money = (
        f"đã nộp {vietnamese.format_money(paid)}, xử lý theo quy định của pháp luật về phí, lệ phí"
        if paid
        else "chưa nộp phí, lệ phí"
    )
    return (
        f"{money}; trả lại bản gốc: {', '.join(originals)}."
        if originals
        else f"{money}; không có giấy tờ gốc phải trả lại."
    )


def _two(number: str, *, size: str, key: str, title: str, build: Callable[..., Sheet]) -> PrintForm:
    """Return a form that has one number and one layout under both circulars."""
    return PrintForm(
        key=key, title=title, sizes=(size,), template="pdf/sheet.html", build=build,
        versions=(
            FormVersion("tt01_2018", number, TT01_FROM, TT01),
            FormVersion("tt03_2025", number, TT03_FROM, TT03, note=AS_BEFORE),
        ),
    )  # fmt: skip


SUPPLEMENT_REQUEST = _two(
    "Mẫu số 02",
    size="A5",
    key="supplement_request",
    title="PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ",
    build=supplement_request,
)
INTAKE_REFUSAL = _two(
    "Mẫu số 03",
    size="A5",
    key="intake_refusal",
    title="PHIẾU TỪ CHỐI TIẾP NHẬN GIẢI QUYẾT HỒ SƠ",
    build=intake_refusal,
)
APOLOGY_REAPPOINTMENT = PrintForm(
    "apology_reappointment", "PHIẾU XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ", (FormVersion("tt01_2018", "Mẫu số 04", TT01_FROM, TT01),),
    ("A5",), "pdf/sheet.html", apology_reappointment,
)  # fmt: skip
APOLOGY_EXTENSION = PrintForm(
    "apology_extension", "VĂN BẢN XIN LỖI VÀ ĐỀ NGHỊ GIA HẠN THỜI GIAN GIẢI QUYẾT",
    (FormVersion("tt03_2025", "Mẫu số 04", TT03_FROM, TT03, note="; phụ lục chưa có, trình bày theo các trường đã biết"),),
    ("A4",), "pdf/sheet.html", apology_extension,
)  # fmt: skip
STOP_NOTICE = PrintForm(
    "stop_notice", "THÔNG BÁO DỪNG GIẢI QUYẾT HỒ SƠ",
    (
        FormVersion("own", "Mẫu của hệ thống", date(2010, 1, 1), "trước TT 03/2025/TT-VPCP chưa có mẫu theo quy định"),
        FormVersion("tt03_2025", "Mẫu số 05", TT03_FROM, TT03, note="; phụ lục chưa có, trình bày theo các trường đã biết"),
    ),
    ("A4",), "pdf/sheet.html", stop_notice,
)  # fmt: skip
REFUSAL = PrintForm(
    "refusal", "THÔNG BÁO TỪ CHỐI GIẢI QUYẾT HỒ SƠ",
    (FormVersion("own", "Mẫu của hệ thống", date(2010, 1, 1), "pháp luật về một cửa không quy định mẫu; thể thức theo NĐ 30/2020/NĐ-CP"),),
    ("A4",), "pdf/sheet.html", refusal,
)  # fmt: skip
