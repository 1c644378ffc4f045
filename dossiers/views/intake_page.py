"""What the intake page shows: the form, and everything that follows from the chosen procedure and the person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Applicant, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError
from bpmc_portal.lib.identifiers import InvalidIdentifier, parse_phone
from bpmc_portal.lib.vietnamese import format_date, format_time, local_date, weekday_name
from digitization import wording
from dossiers import sla
from dossiers.forms import PERSON_FIELDS, ReceiveForm
from dossiers.models import Dossier
from dossiers.numbering import code_key
from dossiers.services import drafts, held, persons, procedure_choice
from dossiers.services.due import appointment
from dossiers.services.held import HeldPaper
from dossiers.services.procedure_choice import Chosen
from dossiers.views import receive_rows
from procedures import catalogue
from procedures.catalogue import Catalogue, OfficeInForce, ProcedureInForce
from procedures.deadlines import Due
from procedures.fees import fee_words

CONFIRM_PHONE_AFTER = timedelta(days=180)


@dataclass(frozen=True)
class Setting:
    """What a page is about: the chosen procedure, the known person, and the papers that need not be handed in."""

    chosen: Chosen | None
    person: Applicant | None
    held: Mapping[str, HeldPaper]


def setting_of(
    user: User,
    data: Mapping[str, Any],
    *,
    chosen: Chosen | None,
    now: datetime,
    person: Applicant | None = None,
) -> Setting:
    """Read the person of a page and what the person already has here: at most three statements."""
    if person is None:
        person = persons.known_person(data.get("kind", ""), data.get("identity_number", ""))
    if person is None or chosen is None:
        return Setting(chosen, person, {})
    before = dossier_of(user, data.get("together_with", ""))
    if before is not None and before.applicant_id != person.pk:
        before = None
    return Setting(chosen, person, held.for_case(person, chosen.case, at=now, together_with=before))


def dossier_of(user: User, code: str) -> Dossier | None:
    """Return a dossier that this person may see, with its applicant."""
    if not code:
        return None
    seen = Dossier.objects.visible_to(user).select_related("applicant")
    found: Dossier | None = seen.filter(code_key=code_key(code)).first()
    return found


def desk_of(in_force: Catalogue, user: User) -> OfficeInForce:
    """Return the desk where this person receives today. Raises DomainError for who has none."""
    offices = principal_of(user).office_ids
    desk = next((each for each in in_force.offices.values() if each.row.pk in offices), None)
    if desk is None:
        sentence = _(
            "Tài khoản của bạn chưa được xếp vào Bộ phận Một cửa nào. Hãy báo phụ trách để được xếp quầy."
        )
        raise DomainError(sentence, code="no_desk", status=403)
    return desk


def chosen_of(
    in_force: Catalogue, code: str, case: str, text: str, now: datetime
) -> tuple[Chosen | None, str, list[ProcedureInForce]]:
    """Return the chosen procedure, the sentence that refuses it, and the candidates for a text that names several."""
    if not code and text.strip():
        found = procedure_choice.search(in_force, text)
        if len(found) != 1:
            return (
                None,
                ""
                if found
                else _("Không có thủ tục nào khớp “%s”. Hãy thử tên khác hoặc mã thủ tục.") % text[:60],
                found,
            )
        code = found[0].row.code
    if not code:
        return None, "", []
    try:
        return procedure_choice.choose(in_force, code, case, on=local_date(now)), "", []
    except DomainError as error:
        return None, error.sentence, []


def posted(
    in_force: Catalogue, data: Mapping[str, Any], now: datetime
) -> tuple[Chosen | None, str, list[ProcedureInForce]]:
    """Return what a posted page chose: a candidate's button first, then the list's value, then the typed text."""
    code = data.get("choose_procedure") or data.get("procedure", "")
    return chosen_of(in_force, code, data.get("case", ""), data.get("procedure_text", ""), now)


def page(
    request: HttpRequest, form: ReceiveForm, setting: Setting, *, now: datetime, **more: Any
) -> dict[str, Any]:
    """Return the context of the whole page for a form that may be fresh, kept or refused."""
    in_force = catalogue.current()
    user: User = request.user  # type: ignore[assignment]
    desk, chosen, person = desk_of(in_force, user), form.chosen, setting.person
    if person is not None:
        record_access(request, f"applicant:{person.pk}", purpose="receive")
    typed_name = str(form["name"].value() or "")
    recent = persons.recent_dossiers(user, person) if person else []
    files = drafts.files_of(form.file_ids, actor=user)
    due = due_box(desk, chosen, now) if chosen else None
    return {
        "form": form,
        "desk": desk.row,
        "chosen": chosen,
        "person": person,
        "person_line": receive_rows.person_line(person) if person else "",
        "phone_mark": _phone_mark(person, recent, now),
        "name_differs": person is not None and bool(typed_name) and persons.is_other_name(person, typed_name),
        "recent": [_recent_row(each, in_force, now) for each in recent],
        "cases": list(chosen.version.cases.values()) if chosen and len(chosen.version.cases) > 1 else [],
        "rows": receive_rows.rows(form, files, in_force, now),
        "tray": [wording.described(files[each]) for each in form.tray_ids if each in files],
        "due": due,
        "fees": fee_words(chosen.version.fees) if chosen else "",
        "checks": receive_rows.checks(user, form, person, in_force, desk, due, files) if chosen else [],
        "candidates": [],
        "refused": "",
        "is_fresh": False,
        "drafts": [],
        "keys": [
            {"key": "F4", "label": _("Thủ tục")},
            {"key": "F7", "label": _("Giấy tờ kho")},
            {"key": "F8", "label": _("Quét")},
            {"key": "1–9", "label": _("Mở giấy tờ")},
            {"key": "Alt 1–4", "label": _("Vùng")},
            {"key": "F9", "label": _("Tiếp nhận")},
        ],
        **more,
    }


def filled_from(person: Applicant, initial: dict[str, Any]) -> dict[str, Any]:
    """Fill the empty boxes with what is known of a person; what was typed stays, what was known of another one goes."""
    initial = without_another(person, initial)
    known = {name: getattr(person, name) for name in PERSON_FIELDS} | {"phone": phone_words(person.phone)}
    typed = {name: initial.get(name) for name in known if initial.get(name)}
    return {
        **initial,
        "kind": person.kind,
        "identity_number": person.identity_number,
        "filled_for": str(person.pk),
        **known,
        **typed,
    }


def without_another(person: Applicant | None, initial: dict[str, Any]) -> dict[str, Any]:
    """Empty the boxes that were filled for somebody else, before another number was scanned."""
    filled_for = initial.get("filled_for", "")
    if not filled_for or (person is not None and filled_for == str(person.pk)):
        return initial
    return {name: value for name, value in initial.items() if name not in {*PERSON_FIELDS, "filled_for"}}


def representative_of(dossier: Dossier) -> dict[str, Any]:
    """Return the boxes of zone 1 for who handed a dossier in, so that the next one need not ask."""
    given = dossier.representative or {}
    filled = {f"representative_{name}": value for name, value in given.items() if value}
    if ends := given.get("authorisation_expires_on"):
        filled["representative_authorisation_expires_on"] = date.fromisoformat(ends)
    if phone := given.get("phone"):
        filled["representative_phone"] = phone_words(phone)
    return filled


def phone_words(number: str) -> str:
    """Write a stored number as it is dialled, "0912 345 678"."""
    try:
        return parse_phone(number).formatted if number else ""
    except InvalidIdentifier:
        return number


def _phone_mark(person: Applicant | None, recent: list[Dossier], now: datetime) -> str:
    """Say when the person last confirmed the number; after half a year the clerk is to ask again."""
    used = [each.received_at for each in recent if each.received_at and person and each.phone == person.phone]
    if not used:
        return ""
    last = max(used)
    day = format_date(last) if local_date(last).year != local_date(now).year else format_date(last)[:5]
    if now - last > CONFIRM_PHONE_AFTER:
        return _("xác nhận %s, hãy hỏi lại") % day
    return _("xác nhận %s") % day


def due_box(desk: OfficeInForce, chosen: Chosen, now: datetime) -> dict[str, str]:
    """Say when the result would be due if the dossier were received now, or why that cannot be said."""
    try:
        due = appointment(desk, chosen.version, now)
    except DomainError as error:
        return {"refused": error.sentence}
    at = due.due_at or now
    return {
        "refused": "",
        "before": _("Trả kết quả trước %s") % format_time(at),
        "day": f"{weekday_name(at)}, {format_date(at)}",
        "term": term_words(chosen.version.row.limit_words, due),
    }


def term_words(limit: str, due: Due) -> str:
    """Write "5 ngày làm việc, không tính 16–17/10"."""
    skipped = ", ".join(_span_words(*span) for span in spans(day.date for day in due.excluded))
    return _("%(limit)s, không tính %(days)s") % {"limit": limit, "days": skipped} if skipped else limit


def spans(days: Iterable[date]) -> list[tuple[date, date]]:
    """Join neighbouring days into spans."""
    ordered = sorted(days)
    if not ordered:
        return []
    breaks = [(left, right) for left, right in pairwise(ordered) if right - left > timedelta(days=1)]
    starts, ends = (
        [ordered[0], *(right for _left, right in breaks)],
        [*(left for left, _right in breaks), ordered[-1]],
    )
    return list(zip(starts, ends, strict=True))


def _span_words(first: date, last: date) -> str:
    if first == last:
        return f"{first:%d/%m}"
    return f"{first:%d}–{last:%d/%m}" if first.month == last.month else f"{first:%d/%m}–{last:%d/%m}"


def _recent_row(dossier: Dossier, in_force: Catalogue, now: datetime) -> dict[str, str]:
    stand = sla.standing(
        dossier.status, received_at=dossier.received_at, due_at=dossier.due_at, finished_at=dossier.finished_at, outcome=dossier.outcome,
        now=now, calendar=sla.calendar_of(in_force, dossier.office_id),
    )  # fmt: skip
    return {
        "code": dossier.code,
        "state": stand.state,
        "status": dossier.get_status_display(),
        "procedure": dossier.procedure.name,
        "on": format_date(dossier.received_at or dossier.created_at)[:5],
    }
