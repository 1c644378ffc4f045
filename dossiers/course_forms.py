"""How a dossier went through the hands, on paper: the control slip (Mẫu số 05, since 2025 06) and the history of processing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import translation

from bpmc_portal.lib.vietnamese import format_date, local_date
from dossiers.models import ClockSpan, Dossier, DossierEvent, Opinion
from dossiers.print_frame import (
    AS_BEFORE,
    BLANK,
    TT01,
    TT01_FROM,
    TT03,
    TT03_FROM,
    Column,
    FormVersion,
    Pair,
    Print,
    Sheet,
    Table,
    Text,
    contact_rows,
    desk_orgs,
    instant,
    made_on_demand,
    ours,
    rows,
    sheet,
    short_instant,
    submitter_of,
)
from dossiers.services import clocks
from dossiers.workflow import TRANSITIONS, Action
from procedures import catalogue
from procedures.deadlines import WorkingCalendar

# The acts by which a dossier passes from one hand to another.
_HANDED = (
    Action.RECEIVE, Action.FORWARD, Action.SEND_BACK, Action.SUPPLEMENT, Action.APPROVE, Action.REFUSE, Action.RETURN_RESULT,
)  # fmt: skip
_TO_DESK = (Action.APPROVE, Action.REFUSE)
_HOP_COLUMNS = (
    Column("TÊN CƠ QUAN", 30),
    Column("THỜI GIAN GIAO, NHẬN HỒ SƠ", 32),
    Column("KẾT QUẢ GIẢI QUYẾT HỒ SƠ (Trước hạn/Đúng hạn/Quá hạn)", 19, is_centred=True),
    Column("GHI CHÚ", 19),
)
_HISTORY_COLUMNS = (
    Column("STT", 6, is_centred=True),
    Column("Ngày xử lý", 16),
    Column("Người xử lý", 20),
    Column("Thao tác", 24),
    Column("Người nhận", 18),
    Column("Thời hạn", 16),
)


@dataclass(frozen=True)
class _Course:
    """The ledger of one dossier and the calendar by which its steps are measured."""

    spans: list[ClockSpan]
    calendar: WorkingCalendar


def control_slip(dossier: Dossier, *, paper: Print) -> Sheet:
    """Every hand-over with its instant and how it stood against the norm of the step that ended. Seven statements."""
    held, _now = catalogue.read()
    course = _Course(
        list(dossier.spans.order_by("started_at")), held.office_by_id(dossier.office_id).calendar
    )
    asked = (
        Opinion.objects.filter(dossier=dossier, is_confidential=False)
        .order_by("pk")
        .values_list("unit__name", flat=True)
    )
    papers = list(dossier.components.order_by("position").values_list("name", flat=True))
    hops = tuple(_hop(dossier, event, course) for event in _events(dossier) if event.action in _HANDED)
    parts = (
        rows(
            Pair("Mã hồ sơ:", dossier.code),
            Pair("Cơ quan (bộ phận) giải quyết hồ sơ:", dossier.unit.name),
            Pair("Cơ quan phối hợp giải quyết hồ sơ:", "; ".join(dict.fromkeys(asked)) or "không có"),
        ),
        Table(_HOP_COLUMNS, hops, empty="Hồ sơ chưa qua lần giao, nhận nào."),
        rows(
            Pair("Nội dung hồ sơ:", dossier.procedure.name),
            (Pair("Người nộp:", submitter_of(dossier)), Pair("Chủ hồ sơ:", dossier.applicant_name)),
            *contact_rows(dossier),
            (
                Pair("Ngày nhận:", short_instant(dossier.received_at) or BLANK),
                Pair("Hẹn trả:", short_instant(dossier.due_at) or BLANK),
            ),
            Pair("Thời gian giải quyết:", dossier.version_of_procedure.limit_words or BLANK),
            Pair("Thành phần hồ sơ:", "; ".join(f"{n}. {name}" for n, name in enumerate(papers, 1))),
            Pair("Số bộ:", "01"),
        ),
    )
    return sheet(
        paper, subject=dossier.code, orgs=desk_orgs(dossier), place=dossier.office.place, parts=parts, printed=paper.stamp,
        notes=("Kết quả giải quyết hồ sơ do bên nhận hồ sơ ghi khi nhận bàn giao hồ sơ; với hồ sơ điện tử, hệ thống ghi theo định mức của bước.",),
    )  # fmt: skip


def processing_history(dossier: Dossier, *, paper: Print) -> Sheet:
    """The whole journal, oldest first: for the file, so names of staff stand in it."""
    lines = tuple(
        (
            str(number), short_instant(event.at), event.actor.full_name if event.actor else "Người nộp", _act_words(event),
            event.to_step.name if event.to_step and event.to_step_id != event.from_step_id else "", _due_words(event),
        )
        for number, event in enumerate(_events(dossier), 1)
    )  # fmt: skip
    parts = (
        rows(
            Pair("Mã hồ sơ:", dossier.code),
            Pair("Nội dung:", dossier.procedure.name),
            Pair("Chủ hồ sơ:", dossier.applicant_name),
            (Pair("Thời gian nhận hồ sơ:", instant(dossier.received_at)),),
        ),
        Table(_HISTORY_COLUMNS, lines),
        Text(f"Tổng số: {len(lines)} lần xử lý.", "note"),
    )
    return sheet(
        paper,
        subject=dossier.code,
        orgs=desk_orgs(dossier),
        place=dossier.office.place,
        parts=parts,
        printed=paper.stamp,
    )


def _events(dossier: Dossier) -> Sequence[DossierEvent]:
    return list(dossier.events.select_related("actor", "unit", "from_step", "to_step").order_by("seq"))


def _hop(dossier: Dossier, event: DossierEvent, course: _Course) -> tuple[str, ...]:
    giver, taker = _sides(dossier, event)
    is_paper = event.data.get("handoff") == "paper"
    actor = event.actor.full_name if event.actor else submitter_of(dossier)
    if event.action == Action.RECEIVE:
        signed = f"Người giao: {submitter_of(dossier)}\nNgười nhận: {actor}"
    else:
        signed = f"Người giao: {actor}\nNgười nhận: {'' if is_paper else 'nhận trên hệ thống'}"
    how = "giao bản giấy" if is_paper else ""
    return (
        f"1. Giao: {giver}\n2. Nhận: {taker}",
        f"{instant(event.at)}\n{signed}",
        _timeliness(event, course),
        "; ".join(filter(None, (how, event.reason if event.action == Action.SEND_BACK or is_paper else ""))),
    )


def _sides(dossier: Dossier, event: DossierEvent) -> tuple[str, str]:
    """Name who gave and who took: unit and step, or the desk, or the applicant."""
    office = dossier.office.name
    if event.action == Action.RECEIVE:
        return "Người nộp hồ sơ", office
    if event.action == Action.RETURN_RESULT:
        return office, "Người nhận kết quả"
    if event.action == Action.SUPPLEMENT:
        return "Người nộp hồ sơ (bổ sung)", _place(dossier, event.to_step.name if event.to_step else "")
    giver = _place(dossier, event.from_step.name) if event.from_step else office
    if event.action in _TO_DESK:
        return giver, office
    return giver, _place(dossier, event.to_step.name if event.to_step else "")


def _place(dossier: Dossier, step: str) -> str:
    return f"{dossier.unit.name}, bước {step}" if step else dossier.unit.name


def _timeliness(event: DossierEvent, course: _Course) -> str:
    """Say how the step that ended here stood: later than its norm, on the day it runs out, or before."""
    step = event.from_step
    if step is None or event.action == Action.SUPPLEMENT:
        return ""
    before = [span for span in course.spans if span.started_at < event.at]
    spent = clocks.spent_in(before, step.pk, event.at, course.calendar)
    if spent / clocks.HOUR > float(step.norm_hours):
        return "Quá hạn"
    due = clocks.step_due(step, event.at, course.calendar, spent=spent)
    return "Đúng hạn" if due is not None and local_date(due) == local_date(event.at) else "Trước hạn"


def _act_words(event: DossierEvent) -> str:
    # A paper is Vietnamese whoever asks for it.
    with translation.override("vi"):
        words = str(TRANSITIONS[Action(event.action)].done)
    return f"{words}\n{event.reason}" if event.reason else words


def _due_words(event: DossierEvent) -> str:
    """Write the appointment as the act left it."""
    due = event.data.get("due_at")
    return format_date(datetime.fromisoformat(due)) if due else ""


CONTROL_SLIP = made_on_demand(
    "PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ", "control_slip", control_slip, "A4",
    FormVersion("tt01_2018", "Mẫu số 05", TT01_FROM, TT01), FormVersion("tt03_2025", "Mẫu số 06", TT03_FROM, TT03, note=AS_BEFORE),
)  # fmt: skip
PROCESSING_HISTORY = made_on_demand(
    "QUÁ TRÌNH XỬ LÝ HỒ SƠ",
    "processing_history",
    processing_history,
    "A4",
    ours("theo mẫu đang dùng tại các Bộ phận Một cửa"),
)
