"""Papers about many dossiers: the register (Mẫu số 06, since 2025 07), the hand-over of results, and the receipt for several dossiers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils import translation

from bpmc_portal.accounts.models import Office, Unit
from bpmc_portal.lib.vietnamese import format_date, local_date, long_date
from dossiers.models import Dossier, Outcome, ReturnMethod
from dossiers.print_frame import (
    AS_BEFORE,
    BLANK,
    SIGN,
    TT01,
    TT01_FROM,
    TT03,
    TT03_FROM,
    Column,
    Cover,
    FormVersion,
    Pair,
    Print,
    Sheet,
    Signature,
    Table,
    desk_orgs,
    instant,
    made_on_demand,
    ours,
    phone_of,
    rows,
    sheet,
    short_instant,
    submitter_of,
)
from procedures.models import Field

_REGISTER_COLUMNS = (
    Column("STT", 4, is_centred=True),
    Column("Mã hồ sơ", 15),
    Column("Tên thủ tục hành chính", 12),
    Column("Số lượng hồ sơ (bộ)", 5, is_centred=True),
    Column("Tên cá nhân, tổ chức", 11),
    Column("Địa chỉ, số điện thoại", 12),
    Column("Cơ quan chủ trì giải quyết", 9),
    Column("Ngày, tháng, năm: Nhận hồ sơ", 7, is_centred=True),
    Column("Ngày, tháng, năm: Hẹn trả kết quả", 7, is_centred=True),
    Column("Ngày, tháng, năm: Trả kết quả", 7, is_centred=True),
    Column("Phương thức nhận kết quả", 7),
    Column("Ký nhận", 4),
)
REGISTER_HEADINGS = [column.label for column in _REGISTER_COLUMNS]
_HANDOVER_COLUMNS = (
    Column("TT", 4, is_centred=True),
    Column("Mã hồ sơ", 15),
    Column("Nội dung giải quyết TTHC", 17),
    Column("Kết quả giải quyết TTHC (loại, trích yếu)", 18),
    Column("Họ tên chủ hồ sơ", 13),
    Column("Địa chỉ chủ hồ sơ", 15),
    Column("Phí, lệ phí (X là có)", 7, is_centred=True),
    Column("Đăng ký trả kết quả qua bưu điện (X là có)", 11, is_centred=True),
)
_MULTI_COLUMNS = (
    Column("TT", 5, is_centred=True),
    Column("Mã hồ sơ", 29),
    Column("Nội dung", 23),
    Column("Chủ hồ sơ", 17),
    Column("Ngày nhận", 13),
    Column("Ngày hẹn trả", 13),
)


@dataclass(frozen=True)
class Volume:
    """One month of the register of one field at one desk; the running number starts again with each volume."""

    office: Office
    field: Field
    first: date
    last: date

    @property
    def name(self) -> str:
        """The volume's number: month and year."""
        return f"{self.first.month:02d}/{self.first.year}"


def register_cells(number: int, dossier: Dossier) -> tuple[str, ...]:
    """Return the twelve cells of one dossier; the last is for the pen."""
    with translation.override("vi"):
        way = str(ReturnMethod(dossier.return_method).label)
    return (
        str(number), dossier.code, dossier.procedure.name, "1", dossier.applicant_name,
        "\n".join(filter(None, (dossier.address, phone_of(dossier.phone) if dossier.phone else ""))), dossier.unit.name,
        format_date(dossier.received_at) if dossier.received_at else "", format_date(dossier.due_at) if dossier.due_at else "",
        format_date(dossier.returned_at) if dossier.returned_at else "", way, "",
    )  # fmt: skip


def register(
    volume: Volume, *, cells: Sequence[tuple[str, ...]], part: int, parts: int, paper: Print
) -> Sheet:
    """One part of a volume: the first begins with the cover, all carry the running numbers on."""
    office = volume.office
    orgs = (office.unit.parent or office.unit).name, office.name
    span = f"Từ {long_date(volume.first)} đến {long_date(volume.last)}"
    lines = ("SỔ THEO DÕI HỒ SƠ", f"Quyển số: {volume.name}", f"Lĩnh vực: {volume.field.name}", span)
    cover = (Cover((*(each.upper() for each in orgs), *lines)),) if part == 1 else ()
    subtitle = f"Quyển số: {volume.name} · Lĩnh vực: {volume.field.name} · {span}" + (
        f" · phần {part}/{parts}" if parts > 1 else ""
    )
    table = Table(
        _REGISTER_COLUMNS, tuple(cells), empty="Không có hồ sơ nào được tiếp nhận trong thời gian này."
    )
    return sheet(
        paper, subject=f"{volume.field.name} {volume.name}", orgs=orgs, place=office.place, parts=(*cover, table), subtitle=subtitle,
        printed=paper.stamp,
    )  # fmt: skip


def result_handover(unit: Unit, *, dossiers: Sequence[Dossier], office: Office, paper: Print) -> Sheet:
    """The list with which a unit hands finished results to the desk. Each dossier carries `has_paid` and its `result` loaded."""
    parts = (
        rows(Pair("Đơn vị chủ trì giải quyết TTHC:", unit.name)),
        Table(_HANDOVER_COLUMNS, tuple(_handover_lines(dossiers))),
        rows(Pair("Bàn giao kết quả giải quyết TTHC vào:", instant(paper.at))),
    )
    return sheet(
        paper, subject=unit.name, orgs=((office.unit.parent or office.unit).name, office.name), place=office.place, parts=parts,
        printed=paper.stamp, signatures=(Signature("NGƯỜI GIAO", SIGN), Signature("NGƯỜI NHẬN", SIGN)),
    )  # fmt: skip


def multi_dossier_receipt(dossier: Dossier, *, paper: Print) -> Sheet:
    """Everything that the same person handed in with this dossier: in one visit, else on the same day at the same desk."""
    together = _together(dossier)
    lines = tuple(
        (
            str(n),
            each.code,
            each.procedure.name,
            each.applicant_name,
            short_instant(each.received_at),
            short_instant(each.first_due_at),
        )
        for n, each in enumerate(together, 1)
    )
    parts = (
        rows(
            Pair("Người nộp:", submitter_of(dossier)),
            (Pair("Địa chỉ:", dossier.address or BLANK), Pair("Số điện thoại:", phone_of(dossier.phone))),
        ),
        Table(_MULTI_COLUMNS, lines),
        rows(Pair("Tổng số:", f"{len(lines)} hồ sơ")),
    )
    return sheet(
        paper, subject=dossier.code, orgs=desk_orgs(dossier), place=dossier.office.place, parts=parts, printed=paper.stamp,
        subtitle="BIÊN BẢN GIAO NHẬN HỒ SƠ", heading="GIẤY TIẾP NHẬN NHIỀU HỒ SƠ",
        signatures=(
            Signature("BÊN GIAO", SIGN, submitter_of(dossier)),
            Signature("BÊN NHẬN", SIGN, dossier.received_by.full_name if dossier.received_by else ""),
        ),
    )  # fmt: skip


def _handover_lines(dossiers: Iterable[Dossier]) -> Iterable[tuple[str, ...]]:
    for number, each in enumerate(dossiers, 1):
        drafted = getattr(each, "result", None)
        outcome = "Văn bản từ chối" if each.outcome == Outcome.REFUSED else "Kết quả"
        number_words = f" số {drafted.number}" if drafted and drafted.number else ""
        subject = f": {drafted.title}" if drafted else ""
        yield (
            str(number), each.code, each.procedure.name, f"{outcome}{number_words}{subject}", each.applicant_name, each.address,
            "X" if getattr(each, "has_paid", False) else "", "X" if each.return_method == ReturnMethod.POST else "",
        )  # fmt: skip


def _together(dossier: Dossier) -> list[Dossier]:
    same = Q(pk=dossier.pk)
    if dossier.ticket_id:
        same |= Q(ticket_id=dossier.ticket_id)
    elif dossier.received_at:
        day = local_date(dossier.received_at)
        same |= Q(applicant_id=dossier.applicant_id, office_id=dossier.office_id, received_at__date=day)
    found = Dossier.objects.filter(same, applicant_id=dossier.applicant_id).exclude(received_at=None)
    return list(found.select_related("procedure").order_by("received_at", "pk")[:100])


REGISTER = made_on_demand(
    "SỔ THEO DÕI HỒ SƠ", "dossier_register", register, "A4L",
    FormVersion("tt01_2018", "Mẫu số 06", TT01_FROM, TT01), FormVersion("tt03_2025", "Mẫu số 07", TT03_FROM, TT03, note=AS_BEFORE),
)  # fmt: skip
RESULT_HANDOVER = made_on_demand(
    "PHIẾU BÀN GIAO KẾT QUẢ GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH", "result_handover", result_handover, "A4L",
    ours("theo mẫu đang dùng tại các Bộ phận Một cửa"),
)  # fmt: skip
MULTI_DOSSIER_RECEIPT = made_on_demand(
    "GIẤY TIẾP NHẬN NHIỀU HỒ SƠ / BIÊN BẢN GIAO NHẬN HỒ SƠ", "multi_dossier_receipt", multi_dossier_receipt, "A4",
    ours("theo mẫu đang dùng tại các Bộ phận Một cửa"),
)  # fmt: skip
