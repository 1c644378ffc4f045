"""What the intake page shows: the form, and everything that follows from the chosen procedure and the person."""

from collections.abc import Iterable, Mapping
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
from bpmc_portal.lib.vietnamese import format_date, format_money, format_time, local_date, weekday_name
from dossiers import sla
from dossiers.forms import PERSON_FIELDS, ReceiveForm
from dossiers.models import Dossier
from dossiers.services import persons, procedure_choice
from dossiers.services.intake import appointment
from dossiers.services.procedure_choice import Chosen
from procedures import catalogue
from procedures.catalogue import Catalogue, OfficeInForce, ProcedureInForce
from procedures.deadlines import Due


def desk_of(held: Catalogue, user: User) -> OfficeInForce:
    """Return the desk where this person receives today. Raises DomainError for who has none."""
    offices = principal_of(user).office_ids
    desk = next((each for each in held.offices.values() if each.row.pk in offices), None)
    if desk is None:
        sentence = _(
            "Tài khoản của bạn chưa được xếp vào Bộ phận Một cửa nào. Hãy báo phụ trách để được xếp quầy."
        )
        raise DomainError(sentence, code="no_desk", status=403)
    return desk


def chosen_of(
    held: Catalogue, code: str, case: str, text: str, now: datetime
) -> tuple[Chosen | None, str, list[ProcedureInForce]]:
    """Return the chosen procedure, the sentence that refuses it, and the candidates for a text that names several."""
    if not code and text.strip():
        found = procedure_choice.search(held, text)
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
        return procedure_choice.choose(held, code, case, on=local_date(now)), "", []
    except DomainError as error:
        return None, error.sentence, []


def posted(
    held: Catalogue, data: Mapping[str, Any], now: datetime
) -> tuple[Chosen | None, str, list[ProcedureInForce]]:
    """Return what a posted page chose: a candidate's button first, then the list's value, then the typed text."""
    code = data.get("choose_procedure") or data.get("procedure", "")
    return chosen_of(held, code, data.get("case", ""), data.get("procedure_text", ""), now)


def page(request: HttpRequest, form: ReceiveForm, *, now: datetime, **more: Any) -> dict[str, Any]:
    """Return the context of the whole page for a form that may be fresh, kept or refused."""
    held = catalogue.current()
    user: User = request.user  # type: ignore[assignment]
    desk, chosen = desk_of(held, user), form.chosen
    person = persons.known_person(form["kind"].value() or "", form["identity_number"].value() or "")
    if person is not None:
        record_access(request, f"applicant:{person.pk}", purpose="receive")
    typed_name = str(form["name"].value() or "")
    return {
        "form": form,
        "desk": desk.row,
        "chosen": chosen,
        "person": person,
        "name_differs": person is not None and bool(typed_name) and persons.is_other_name(person, typed_name),
        "recent": [_recent_row(each, held, now) for each in persons.recent_dossiers(user, person)]
        if person
        else [],
        "cases": list(chosen.version.cases.values()) if chosen and len(chosen.version.cases) > 1 else [],
        "due": due_box(desk, chosen, now) if chosen else None,
        "fees": fee_words(chosen) if chosen else "",
        "checks": _checks(user, form, chosen, person, held) if chosen else [],
        "candidates": [],
        "refused": "",
        "is_fresh": False,
        "keys": [
            {"key": "F4", "label": _("Thủ tục")},
            {"key": "Alt 1", "label": _("Người nộp")},
            {"key": "Alt 2", "label": _("Giấy tờ")},
            {"key": "Alt 3", "label": _("Hẹn trả")},
            {"key": "F9", "label": _("Tiếp nhận")},
        ],
        **more,
    }


def filled_from(person: Applicant, initial: dict[str, Any]) -> dict[str, Any]:
    """Fill the empty boxes with what is known of a person; what was typed stays."""
    known = {name: getattr(person, name) for name in PERSON_FIELDS} | {"phone": phone_words(person.phone)}
    typed = {name: initial.get(name) for name in known if initial.get(name)}
    return {**initial, "kind": person.kind, "identity_number": person.identity_number, **known, **typed}


def phone_words(number: str) -> str:
    """Write a stored number as it is dialled, "0912 345 678"."""
    try:
        return parse_phone(number).formatted if number else ""
    except InvalidIdentifier:
        return number


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


def fee_words(chosen: Chosen) -> str:
    """Write the fees; an amount that the catalogue does not know is never taken for free."""
    if not chosen.version.fees:
        return _("Chưa có trong danh mục, xem văn bản công bố")
    if all(fee.amount == 0 for fee in chosen.version.fees):
        return _("Không thu phí")
    return "; ".join(
        f"{fee.name}: {_('chưa xác định') if fee.amount is None else format_money(fee.amount)}"
        for fee in chosen.version.fees
    )


def _recent_row(dossier: Dossier, held: Catalogue, now: datetime) -> dict[str, str]:
    stand = sla.standing(
        dossier.status, received_at=dossier.received_at, due_at=dossier.due_at, finished_at=dossier.finished_at, outcome=dossier.outcome,
        now=now, calendar=sla.calendar_of(held, dossier.office_id),
    )  # fmt: skip
    return {
        "code": dossier.code,
        "state": stand.state,
        "status": dossier.get_status_display(),
        "procedure": dossier.procedure.name,
        "on": format_date(dossier.received_at or dossier.created_at)[:5],
    }


def _checks(
    user: User, form: ReceiveForm, chosen: Chosen, person: Applicant | None, held: Catalogue
) -> list[dict[str, str]]:
    """Return what a careful clerk would look at, each with a kind (ok warn late)."""
    needed = [row for row in form.papers if row.requirement.is_mandatory]
    there = [row for row in needed if row.here.value()]
    short = len(needed) - len(there)
    count = {"there": len(there), "needed": len(needed)}
    rows = [
        {"kind": "late", "text": _("Còn thiếu %d giấy tờ bắt buộc") % short}
        if short
        else {"kind": "ok", "text": _("Đủ %(there)d/%(needed)d giấy tờ bắt buộc") % count},
        {"kind": "ok", "text": _("Giải quyết tại %s") % held.units[chosen.procedure.row.unit_id].name},
    ]
    if person is not None:
        twin = persons.has_open_twin(user, person, chosen.procedure.row.pk)
        text = (
            _("Người nộp đang có hồ sơ thủ tục này chưa xong") if twin else _("Không trùng hồ sơ đang xử lý")
        )
        rows.append({"kind": "warn" if twin else "ok", "text": text})
    return rows
