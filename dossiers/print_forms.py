"""The registry of statutory papers: which form, under which circular, on which paper, and what stands in it.

A context is a frozen dataclass of strings ready to print, so that a template decides nothing. Field order and labels follow the annex
of TT 01/2018/TT-VPCP; the annex of TT 03/2025/TT-VPCP was not obtained, its title and number are known and its layout is taken to be
the same (docs/decisions/0008-paper.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils import translation

from bpmc_portal.accounts.models import Applicant
from bpmc_portal.lib import identifiers, vietnamese
from dossiers import course_forms, letter_forms, list_forms, practice_forms, tracking
from dossiers.models import Channel, Component, Dossier, Letter, ProvidedAs, ReturnMethod
from dossiers.print_frame import (
    AS_BEFORE,
    BLANK,
    DOTS,
    TT01,
    TT01_FROM,
    TT03,
    TT03_FROM,
    Drawing,
    FormVersion,
    Pair,
    PrintForm,
    barcode_drawing,
    qr_drawing,
    submitter_of,
)
from procedures.fees import fee_words
from procedures.models import Fee


@dataclass(frozen=True)
class Line:
    """One paper of the table: how many in each form, empty for none."""

    number: str
    name: str
    original: str
    certified: str
    copy: str
    file: str
    reused: str


@dataclass(frozen=True)
class Receipt:
    """Mẫu số 01, ready to print."""

    title: str
    heading: str
    dated_at: str
    parent_org: str
    issuing_org: str
    number: str
    place_and_date: str
    copies: tuple[str, ...]
    form_note: str
    code: str
    due_large: str
    due_place: str
    secret: str
    tracking_page: str
    qr: Drawing
    barcode: Drawing
    # Rows of the form in its order; what is short shares a row.
    before_papers: tuple[tuple[Pair, ...], ...]
    papers: tuple[Line, ...]
    after_papers: tuple[tuple[Pair, ...], ...]
    practice: str
    register: str
    submitter: str
    receiver: str
    notes: tuple[str, ...]


def receipt(
    dossier: Dossier,
    *,
    components: Sequence[Component],
    fees: Sequence[Fee],
    form: PrintForm,
    version: FormVersion,
    size: str,
) -> Receipt:
    """Return the receipt of a received dossier, everything as it was at that instant.

    Needs `office.unit.parent`, `unit`, `procedure`, `version_of_procedure`, `applicant` and `received_by` loaded.
    """
    if dossier.received_at is None or dossier.first_due_at is None:
        raise ValueError("a receipt needs a received dossier")
    received, due = vietnamese.to_local(dossier.received_at), vietnamese.to_local(dossier.first_due_at)
    office = dossier.office
    token = tracking.token_of(dossier.code, dossier.tracking_version)
    page = f"{settings.PUBLIC_URL}/tra-cuu/"
    return Receipt(
        title=f"{form.title.capitalize()} {dossier.code}",
        heading=form.title,
        dated_at=received.isoformat(timespec="seconds"),
        parent_org=(office.unit.parent or office.unit).name.upper(),
        issuing_org=office.name.upper(),
        number=f"{dossier.code.rpartition('-')[2]}/BPTNTKQ",
        place_and_date=f"{office.place}, {vietnamese.long_date(received)}",
        copies=("(Liên 1: giao khách hàng)", "(Liên 2: lưu)")
        if size == "A4"
        else ("(Liên: Lưu/giao khách hàng)",),
        form_note=f"{version.number}, {version.legal_basis}{version.note}",
        code=dossier.code,
        due_large=f"{due.hour} giờ {due.minute:02d}, {vietnamese.weekday_name(due)} {vietnamese.format_date(due)}",
        due_place=", ".join(filter(None, (office.name, office.address))),
        secret=tracking.grouped(tracking.secret_of(dossier.code, dossier.tracking_version)),
        tracking_page=page,
        qr=qr_drawing(tracking.url_of(token)),
        barcode=barcode_drawing(token),
        before_papers=tuple(_who_and_what(dossier)),
        papers=tuple(_lines(components)),
        after_papers=(
            (
                Pair("Số lượng hồ sơ:", "01 (bộ)"),
                Pair(
                    "Thời gian giải quyết hồ sơ theo quy định là:",
                    dossier.version_of_procedure.limit_words or BLANK,
                ),
            ),
            (
                Pair(
                    "Thời gian nhận hồ sơ:",
                    f"{vietnamese.hour_words(received)}, {vietnamese.long_date(received)}",
                ),
            ),
            (
                Pair(
                    "Thời gian trả kết quả giải quyết hồ sơ:",
                    f"{vietnamese.hour_words(due)}, {vietnamese.long_date(due)}",
                ),
            ),
            *((pair,) for pair in _result_and_fees(dossier, fees)),
        ),
        practice=_practice(office.phone or settings.BRAND["phone"], page),
        # Filled in by hand: the register is read from the dossiers, its numbers are settled when its month is over (docs/decisions/0017).
        register="Vào Sổ theo dõi hồ sơ, Quyển số: ………… Số thứ tự: …………",
        submitter="" if dossier.channel == Channel.ONLINE else submitter_of(dossier),
        receiver=dossier.received_by.full_name if dossier.received_by else "",
        notes=(
            "Giấy tiếp nhận hồ sơ và hẹn trả kết quả được lập thành 2 liên; một liên giao cho người nộp hồ sơ; một liên lưu tại "
            "Bộ phận Một cửa.",
            "Tổ chức, cá nhân có thể đăng ký nhận kết quả tại nhà (trụ sở tổ chức) qua dịch vụ bưu chính.",
        ),
    )


def _who_and_what(dossier: Dossier) -> Iterable[tuple[Pair, ...]]:
    """Fields 2 to 10 of the form. A personal identity number is masked: whoever finds the paper must not learn it."""
    handed_in_by = dossier.representative
    channel = Channel(dossier.channel).label
    is_person = handed_in_by is not None or dossier.applicant.kind == Applicant.Kind.CITIZEN
    yield (Pair("Bộ phận Tiếp nhận và Trả kết quả:", dossier.office.name),)
    yield (
        Pair(
            "Tiếp nhận hồ sơ của:", f"{'Ông (Bà) ' if is_person else ''}{submitter_of(dossier)} ({channel})"
        ),
    )
    yield (Pair("Địa chỉ:", (dossier.address if handed_in_by is None else "") or BLANK),)
    yield tuple(_contact(dossier, is_person=is_person))
    if handed_in_by is not None:
        yield (Pair("Nội dung yêu cầu giải quyết:", dossier.procedure.name),)
        yield (Pair("Chủ hồ sơ:", dossier.applicant_name),)
        yield (Pair("Địa chỉ chủ hồ sơ:", dossier.address or BLANK),)
    else:
        yield (
            Pair("Nội dung yêu cầu giải quyết:", dossier.procedure.name),
            Pair("Chủ hồ sơ:", "là người nộp"),
            Pair("Địa chỉ chủ hồ sơ:", "như trên"),
        )


def _contact(dossier: Dossier, *, is_person: bool) -> Iterable[Pair]:
    """Phone, e-mail and identity number of whoever stands at the desk."""
    handed_in_by = dossier.representative or {}
    phone = str(handed_in_by.get("phone") or dossier.phone)
    identity = str(handed_in_by.get("identity_number") or dossier.applicant.identity_number)
    yield Pair("Số điện thoại:", identifiers.Phone(phone).formatted if phone else BLANK)
    yield Pair("Email:", (dossier.email if not handed_in_by else "") or DOTS)
    yield (
        Pair("Số căn cước/Hộ chiếu:", identifiers.mask(identity))
        if is_person
        else Pair("Mã số thuế:", identity)
    )


def _lines(components: Sequence[Component]) -> Iterable[Line]:
    for number, component in enumerate(components, 1):
        way, count = component.provided_as, f"{component.copies:02d}"
        yield Line(
            number=str(number),
            name=component.name,
            original=count if way == ProvidedAs.ORIGINAL else "",
            certified=count if way == ProvidedAs.CERTIFIED_COPY else "",
            copy=count if way == ProvidedAs.COPY else "",
            file=count if way == ProvidedAs.FILE else "",
            reused="dùng lại từ kho" if way == ProvidedAs.REUSED else "",
        )


def _result_and_fees(dossier: Dossier, fees: Sequence[Fee]) -> Iterable[Pair]:
    address = dossier.address or BLANK
    where = {
        ReturnMethod.DESK: dossier.office.name,
        ReturnMethod.POST: f"Qua dịch vụ bưu chính công ích (địa chỉ: {address})",
        ReturnMethod.ELECTRONIC: "Trực tuyến (bản điện tử)",
    }
    yield Pair("Đăng ký nhận kết quả tại:", where[ReturnMethod(dossier.return_method)])
    if fees:
        # A paper is Vietnamese whoever asks for it.
        with translation.override("vi"):
            words = fee_words(fees)
        yield Pair("Phí, lệ phí (nếu có):", words)


def _practice(phone: str, page: str) -> str:
    contact = f" hoặc liên hệ {phone}" if phone else ""
    return f"Hồ sơ có thể giải quyết xong trước thời gian quy định; tra cứu tại {page}{contact}."


FORMS: dict[str, PrintForm] = {
    "receipt": PrintForm(
        key="receipt",
        title="GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
        versions=(
            FormVersion("tt01_2018", "Mẫu số 01", TT01_FROM, TT01),
            FormVersion("tt03_2025", "Mẫu số 01", TT03_FROM, TT03, note=AS_BEFORE),
        ),
        sizes=("A5", "A4"),
        template="pdf/receipt.html",
        build=receipt,
    ),
}

# The papers that letters become, by Letter.Kind; the forms that served a kind in turn, oldest first, and the oldest also before its day.
LETTERS: dict[str, tuple[PrintForm, ...]] = {
    Letter.Kind.FIX: (letter_forms.SUPPLEMENT_REQUEST,),
    Letter.Kind.SUPPLEMENT: (letter_forms.SUPPLEMENT_REQUEST,),
    Letter.Kind.DECLINE: (letter_forms.INTAKE_REFUSAL,),
    Letter.Kind.REFUSE: (letter_forms.REFUSAL,),
    Letter.Kind.APOLOGY: (letter_forms.APOLOGY_REAPPOINTMENT, letter_forms.APOLOGY_EXTENSION),
    Letter.Kind.STOP: (letter_forms.STOP_NOTICE,),
}

# Papers of one dossier that are laid out when they are asked for, by the last part of their address.
ON_DEMAND: dict[str, PrintForm] = {
    "phieu-kiem-soat": course_forms.CONTROL_SLIP,
    "qua-trinh-xu-ly": course_forms.PROCESSING_HISTORY,
    "nhieu-ho-so": list_forms.MULTI_DOSSIER_RECEIPT,
    "bien-nhan-tra-ket-qua": practice_forms.RESULT_RECEIPT,
    "bien-nhan-so-hoa": practice_forms.DIGITIZATION_RECEIPT,
    "bien-lai": practice_forms.FEE_RECEIPT,
    "de-nghi-rut": practice_forms.WITHDRAWAL_REQUEST,
    "danh-gia": practice_forms.SATISFACTION_SURVEY,
}


def letter_form(kind: str, day: date) -> PrintForm:
    """Return the form that a letter of this kind takes on that local day."""
    forms = LETTERS[kind]
    return next((form for form in reversed(forms) if form.versions[0].in_force_from <= day), forms[0])
