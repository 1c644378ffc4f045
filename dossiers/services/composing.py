"""What stands on the page where a letter is composed: the papers that failed, the reasons to choose from, and the letter as it will look."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import format_date, format_datetime, local_date, long_date
from dossiers.models import Component, Dossier, Letter, PaperVerdict, Reason, Status
from dossiers.models.dossier import BEFORE_RECEIPT
from dossiers.services import due as due_service
from dossiers.services.acts import ItemInput, Params
from dossiers.services.letters import ASKING, LETTER_OF, SYMBOLS, USES, proposed_due
from dossiers.workflow import Action
from procedures.catalogue import Catalogue
from procedures.deadlines import DeadlineError, Pause
from procedures.models import ProcedureVersion

LONGEST_SENTENCE = 30  # words; a Vietnamese word here is what stands between two spaces
_SENTENCE = re.compile(r"[^.!?;…\n]+")
TITLES: dict[str, str] = {
    Letter.Kind.FIX: "PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ",
    Letter.Kind.SUPPLEMENT: "PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ",
    Letter.Kind.DECLINE: "PHIẾU TỪ CHỐI TIẾP NHẬN GIẢI QUYẾT HỒ SƠ",
    Letter.Kind.REFUSE: "THÔNG BÁO TỪ CHỐI GIẢI QUYẾT HỒ SƠ",
    Letter.Kind.APOLOGY: "PHIẾU XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ",
    Letter.Kind.STOP: "THÔNG BÁO DỪNG GIẢI QUYẾT HỒ SƠ",
}
# The last part of the page's address, by the act that sends the letter.
SLUGS: dict[Action, str] = {
    Action.REQUEST_SUPPLEMENT: "bo-sung",
    Action.REFUSE: "tu-choi",
    Action.DECLINE: "tu-choi",
    Action.POSTPONE: "xin-loi",
    Action.STOP: "dung",
    Action.ASK_TO_FIX: "sua",
}


@dataclass(frozen=True)
class Paper:
    """One paper of the published list, and what the officer found in it."""

    code: str
    name: str
    is_failed: bool
    reason: str
    note: str


@dataclass(frozen=True)
class Line:
    """One thing asked for, in words."""

    name: str
    text: str
    remedy: str


@dataclass(frozen=True)
class Preview:
    """The letter as it will look, in strings, and what the officer should know before sending it."""

    parent_org: str
    issuing_org: str
    symbol: str
    place_and_date: str
    title: str
    addressee: str
    code: str
    procedure: str
    lines: tuple[Line, ...]
    reasons: tuple[str, ...]
    basis: str
    respond_by: str
    due_before: str
    due_after: str
    long_sentences: tuple[str, ...]
    # When the result would come if the answer came on the last day; "" for a letter that does not stop the clock.
    resumed_due: str


def action_of(slug: str, dossier: Dossier) -> Action | None:
    """Return the act behind the address of a page: a refusal before receipt declines, one after it refuses."""
    if slug == "tu-choi":
        return Action.DECLINE if dossier.status in BEFORE_RECEIPT else Action.REFUSE
    return next((action for action, known in SLUGS.items() if known == slug), None)


def papers_of(dossier: Dossier, held: Catalogue) -> list[Paper]:
    """Return every paper of the published list, those that failed first. One statement."""
    version = held.version_by_id(dossier.version_of_procedure_id)
    listed = next(case.components for case in version.cases.values() if case.row.pk == dossier.case_id)
    failed = {
        code: (reason, note)
        for code, reason, note in Component.objects.filter(dossier=dossier, verdict=PaperVerdict.FAILED)
        .order_by("position")
        .values_list("requirement__code", "verdict_reason__code", "verdict_note")
    }
    papers = [
        Paper(code, need.name, code in failed, *failed.get(code, ("", ""))) for code, need in listed.items()
    ]
    return sorted(papers, key=lambda paper: not paper.is_failed)


def reasons_of(kind: Letter.Kind) -> list[Reason]:
    """Return the reasons in use for a kind of letter, in the catalogue's order."""
    return list(Reason.objects.filter(use=USES[kind], is_active=True).order_by("position", "code"))


def draft_of(dossier: Dossier, kind: Letter.Kind) -> Letter | None:
    """Return what the clock has drafted."""
    return Letter.objects.filter(dossier=dossier, kind=kind, state=Letter.State.DRAFT).first()


def usual_day(dossier: Dossier, action: Action, held: Catalogue, *, now: datetime) -> date | None:
    """Return the day that the page proposes: until when to answer, or the new appointment; None where the calendar ends before."""
    calendar = held.office_by_id(dossier.office_id).calendar
    try:
        if action is Action.POSTPONE:
            return local_date(proposed_due(dossier, calendar, at=now))
        day = local_date(now) + timedelta(days=settings.ANSWER_WITHIN_DAYS)
        return day if calendar.is_working(day) else calendar.next_working(day)
    except (DeadlineError, ValueError):
        return None


def long_sentences(*texts: str) -> list[str]:
    """Return the sentences that have more words than a hurried reader keeps in mind."""
    found = (sentence.strip() for text in texts for sentence in _SENTENCE.findall(text))
    return [sentence for sentence in found if len(sentence.split()) > LONGEST_SENTENCE]


def preview(
    dossier: Dossier,
    action: Action,
    params: Params,
    held: Catalogue,
    reasons: Iterable[Reason],
    *,
    now: datetime,
) -> Preview:
    """Return the letter as it will look. `reasons` are those of its kind; nothing is written and nothing refused."""
    kind, office = LETTER_OF[action], held.office_by_id(dossier.office_id).row
    by_code = {reason.code: reason for reason in reasons}
    names = {paper.code: paper.name for paper in papers_of(dossier, held)} if kind in ASKING else {}
    lines = tuple(_line(item, names, by_code) for item in params.items if item.component in names)
    chosen = [by_code[code] for code in params.reason_codes if code in by_code]
    known = "; ".join(dict.fromkeys(each.legal_basis for each in chosen if each.legal_basis))
    at_desk = dossier.status in BEFORE_RECEIPT
    unit = held.units[office.unit_id if at_desk else dossier.unit_id]
    parent = held.units.get(unit.parent_id or 0, unit)
    typed = [line.text for line in lines] + [line.remedy for line in lines] + [params.reason]
    return Preview(
        parent_org=parent.name.upper(), issuing_org=unit.name.upper(), symbol=SYMBOLS[kind],
        place_and_date=f"{office.place}, {long_date(now)}", title=TITLES[kind], addressee=dossier.applicant_name,
        code=dossier.code, procedure=dossier.procedure.name, lines=lines,
        reasons=tuple(filter(None, [*(each.text for each in chosen), *params.reason.splitlines()])),
        basis=params.legal_basis or known, respond_by=_day_words(params.respond_by),
        due_before=format_datetime(dossier.due_at) if dossier.due_at else "", due_after=_day_words(params.due_on),
        long_sentences=tuple(long_sentences(*typed)),
        resumed_due=_resumed_due(dossier, action, params, held, now),
    )  # fmt: skip


def _line(item: ItemInput, names: dict[str, str], reasons: dict[str, Reason]) -> Line:
    reason = reasons.get(item.reason)
    text = item.text.strip() or (reason.text if reason else _("(chưa chọn lý do)"))
    remedy = item.remedy.strip() or (reason.remedy if reason else "")
    return Line(names[item.component], text, remedy)


def _day_words(day: date | None) -> str:
    return format_date(day) if day else ""


def _resumed_due(dossier: Dossier, action: Action, params: Params, held: Catalogue, now: datetime) -> str:
    """Say when the result would come if the answer came on the last day."""
    version = held.version_by_id(dossier.version_of_procedure_id)
    if action is not Action.REQUEST_SUPPLEMENT or params.respond_by is None or version.limit is None:
        return ""
    if dossier.received_at is None or dossier.status not in (Status.RECEIVED, Status.PROCESSING):
        return ""
    calendar = held.office_by_id(dossier.office_id).calendar
    try:
        until = calendar.end_of(params.respond_by)
        pauses = [
            Pause(span.started_at, span.ended_at, span.get_status_display())
            for span in dossier.spans.paused().order_by("started_at")
        ]
        restart = version.row.after_supplement == ProcedureVersion.AfterSupplement.RESTART
        due = due_service.compute(
            dossier.received_at,
            version.limit,
            calendar,
            pauses=[*pauses, Pause(now, until, "")],
            restart=restart,
        )
    except (DeadlineError, DomainError):
        return ""
    return format_datetime(due.due_at) if due.due_at else ""
