"""What the dossier page shows, shaped for the components: nothing here decides, it only puts into words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import format_date, format_datetime
from dossiers import policy, sla
from dossiers.forms import ActForm
from dossiers.models import Dossier, DossierEvent, Opinion, Proposal, Status
from dossiers.models.dossier import BEFORE_RECEIPT
from dossiers.services import due as due_service
from dossiers.views.intake_page import phone_words
from dossiers.workflow import TRANSITIONS, Action, Clock
from procedures.catalogue import Catalogue, Version
from procedures.deadlines import Due

# The act that carries the dossier on is offered open; the others are folded.
ONWARD = (
    Action.RECEIVE, Action.GIVE_OPINION, Action.APPROVE, Action.FORWARD, Action.SUPPLEMENT, Action.PAY, Action.RETURN_RESULT,
)  # fmt: skip
FINAL = {
    Action.APPROVE,
    Action.REFUSE,
    Action.RETURN_RESULT,
    Action.WITHDRAW,
    Action.STOP,
    Action.VOID,
    Action.DECLINE,
}
DANGER = {Action.REFUSE, Action.WITHDRAW, Action.STOP, Action.VOID, Action.DECLINE}
EVENT_KINDS = {Clock.STOPS: "pause", Clock.ENDS: "ok", Clock.STARTS: "ok"}


def page(dossier: Dossier, user: User, held: Catalogue, *, now: datetime, is_citizen: bool) -> dict[str, Any]:
    """Return the context of the page for this person: a citizen gets public events and no names of staff."""
    version = held.version_by_id(dossier.version_of_procedure_id)
    actions = policy.available_actions(dossier, user, version)
    events = list(dossier.events.select_related("actor").order_by("-seq"))
    return {
        "dossier": dossier,
        "standing": standing(dossier, held, now=now),
        "note": " · ".join(
            filter(
                None,
                (
                    phone_words(dossier.phone),
                    _("hẹn trả %s") % format_datetime(dossier.due_at) if dossier.due_at else "",
                ),
            )
        ),
        "facts": facts(dossier, version, is_citizen=is_citizen),
        "papers": paper_rows(dossier),
        "timeline": timeline(events, held, is_citizen=is_citizen),
        "steps": steps_of(dossier, version, events, is_citizen=is_citizen),
        "due": explained(dossier, held),
        "acts": act_cards(dossier, actions, held, version),
        "may_reprint": may_print(dossier, user),
        "proposals": [] if is_citizen else proposal_rows(dossier),
        "opinions": [] if is_citizen else opinion_rows(dossier, held),
    }


def may_print(dossier: Dossier, user: User) -> bool:
    """Say whether the person stands at the desk that printed the slip: the same test as that of the desk's acts."""
    return policy.holds(principal_of(user), Action.RETURN_RESULT, dossier)


def standing(dossier: Dossier, held: Catalogue, *, now: datetime) -> sla.Standing:
    """Return how the dossier stands against its appointment."""
    return sla.standing(
        dossier.status, received_at=dossier.received_at, due_at=dossier.due_at, finished_at=dossier.finished_at, outcome=dossier.outcome,
        now=now, calendar=sla.calendar_of(held, dossier.office_id),
    )  # fmt: skip


def facts(dossier: Dossier, version: Version, *, is_citizen: bool) -> list[dict[str, str]]:
    """Return the description list of the dossier."""
    rows = [
        (
            _("Trạng thái"),
            dossier.get_status_display(),
            dossier.get_outcome_display() if dossier.outcome else "",
        ),
        (
            _("Tiếp nhận"),
            format_datetime(dossier.received_at) if dossier.received_at else _("chưa tiếp nhận"),
            dossier.office.name,
        ),
        (_("Hẹn trả"), format_datetime(dossier.due_at) if dossier.due_at else "–", moved_words(dossier)),
        (_("Cơ quan giải quyết"), dossier.unit.name, ""),
        (
            _("Trường hợp"),
            dossier.case.name,
            _("thời hạn %s") % version.row.limit_words if version.row.limit_words else "",
        ),
        (_("Nhận kết quả"), dossier.get_return_method_display(), ""),
        (_("Địa chỉ"), dossier.address or "–", dossier.email),
    ]
    if dossier.representative:
        rows.append(
            (
                _("Nộp thay"),
                dossier.representative["name"],
                _("uỷ quyền số %s") % (dossier.representative["authorisation_number"] or "–"),
            )
        )
    if not is_citizen:
        people = (
            _("Thụ lý"),
            str(dossier.assignee or _("chưa phân công")),
            _("tiếp nhận: %s") % dossier.received_by if dossier.received_by else "",
        )
        rows.append(people)
    return [{"label": label, "value": value, "note": note} for label, value, note in rows]


def moved_words(dossier: Dossier) -> str:
    """Say what the slip said, when the appointment has moved since."""
    if dossier.first_due_at is None or dossier.first_due_at == dossier.due_at:
        return ""
    return _("trên giấy hẹn: %s") % format_datetime(dossier.first_due_at)


def paper_rows(dossier: Dossier) -> list[dict[str, Any]]:
    """Return the papers with their code, or that it is being given."""
    return [
        {
            "number": paper.position,
            "name": paper.name,
            "note": f"{paper.get_provided_as_display()} · {_('%d bản') % paper.copies}",
            "code": paper.document.code or "",
            "document": paper.document.pk if paper.document.blob_id else None,
        }
        for paper in dossier.components.select_related("document").order_by("position")
    ]


def timeline(events: list[DossierEvent], held: Catalogue, *, is_citizen: bool) -> list[dict[str, Any]]:
    """Return what happened, newest first; what a citizen does not see is marked for staff and absent for the citizen."""
    return [
        _event_row(event, held, is_citizen=is_citizen)
        for event in events
        if event.is_public or not is_citizen
    ]


def _event_row(event: DossierEvent, held: Catalogue, *, is_citizen: bool) -> dict[str, Any]:
    unit = held.units[event.unit_id].name
    transition = TRANSITIONS[Action(event.action)]
    kind = "late" if event.action in DANGER else EVENT_KINDS.get(transition.clock, "")
    text = [] if is_citizen and not transition.needs_reason else [event.reason]
    if event.data.get("handoff") == "paper":
        text.append(_("Chuyển bằng bản giấy."))
    if event.data.get("due_before"):
        text.append(_("Hẹn mới: %s.") % format_datetime(datetime.fromisoformat(event.data["due_at"])))
    who = unit if is_citizen or event.actor is None else f"{event.actor}, {unit}"
    return {
        "when": format_datetime(event.at),
        "title": str(transition.done),
        "who": who,
        "text": " ".join(filter(None, text)),
        "kind": kind,
        "internal": not event.is_public,
    }


def steps_of(
    dossier: Dossier, version: Version, events: list[DossierEvent], *, is_citizen: bool
) -> list[dict[str, str]]:
    """Return the way of the dossier through its version's steps, with when each was reached."""
    reached = {
        event.to_step_id: format_datetime(event.at)
        for event in events
        if event.to_step_id and event.to_step_id != event.from_step_id
    }
    decided = dossier.status in (Status.FINISHED, Status.RETURNED)
    here = next((step.position for step in version.steps if step.pk == dossier.step_id), 0)
    received = dossier.status not in BEFORE_RECEIPT
    rows = [
        {
            "state": "done" if received else "current",
            "title": _("Tiếp nhận"),
            "when": format_datetime(dossier.received_at) if dossier.received_at else "",
        }
    ]
    for step in version.steps:
        state = (
            "done"
            if decided or step.position < here
            else "current"
            if step.position == here and dossier.is_open
            else "todo"
        )
        note = "" if is_citizen else _("định mức %s") % format_hours(step.norm_hours)
        rows.append(
            {
                "state": state,
                "title": step.citizen_name if is_citizen else step.name,
                "when": reached.get(step.pk, ""),
                "note": note,
            }
        )
    last = "done" if dossier.returned_at else "current" if decided else "todo"
    return [
        *rows,
        {
            "state": last,
            "title": _("Trả kết quả"),
            "when": format_datetime(dossier.returned_at) if dossier.returned_at else "",
        },
    ]


def format_hours(hours: Any) -> str:
    """Write a norm in working hours without a needless ",0"."""
    return _("%s giờ làm việc") % f"{float(hours):g}".replace(".", ",")


def explained(dossier: Dossier, held: Catalogue) -> dict[str, Any]:
    """Return why the appointment is what it is, day by day; a sentence when that cannot be said."""
    try:
        due = due_service.explain(dossier, held)
    except DomainError as error:
        return {
            "refused": error.sentence,
            "limit": "",
            "counted": [],
            "excluded": [],
            "paused": [],
            "notes": [],
            "pauses": [],
        }
    limit = held.version_by_id(dossier.version_of_procedure_id).row.limit_words
    notes = list(due.notes)
    if dossier.postpone_count:
        notes.append(
            _("Hồ sơ đã được hẹn lại: ngày hẹn đang dùng là %s.")
            % (format_date(dossier.due_at) if dossier.due_at else "–")
        )
    return {
        "refused": "",
        "limit": limit,
        "counted": due.counted,
        "excluded": _first(due) + list(due.excluded),
        "paused": due.paused,
        "notes": notes,
        "pauses": _pauses(due),
    }


def _first(due: Due) -> list[Any]:
    return [due.first_day] if due.first_day else []


def _pauses(due: Due) -> list[str]:
    return [
        _("%(reason)s: từ %(start)s đến %(end)s")
        % {
            "reason": pause.reason,
            "start": format_datetime(pause.started_at),
            "end": format_datetime(pause.ended_at) if pause.ended_at else _("nay"),
        }
        for pause in due.pauses
    ]


def proposal_rows(dossier: Dossier) -> list[dict[str, Any]]:
    """Return the acts that wait for a second person."""
    waiting = (
        Proposal.objects.filter(dossier=dossier, settled_at=None).select_related("proposed_by").order_by("pk")
    )
    return [
        {
            "label": str(TRANSITIONS[Action(each.action)].label),
            "who": str(each.proposed_by),
            "at": each.proposed_at,
            "reason": each.reason,
        }
        for each in waiting
    ]


def opinion_rows(dossier: Dossier, held: Catalogue) -> list[dict[str, Any]]:
    """Return what was asked of other units and what they said."""
    asked = Opinion.objects.filter(dossier=dossier).select_related("answered_by").order_by("-pk")
    return [
        {
            "unit": held.units[each.unit_id].name,
            "question": each.question,
            "asked_at": each.asked_at,
            "answer": each.answer,
            "answered_at": each.answered_at,
            "who": each.answered_by,
        }
        for each in asked
    ]


def form_of(
    action: Action, dossier: Dossier, held: Catalogue, version: Version, data: Mapping[str, Any] | None = None
) -> ActForm:
    """Return the form of one act on this dossier."""
    units = [(unit.code, unit.name) for unit in held.units.values() if unit.pk != dossier.unit_id]
    here = next((step.position for step in version.steps if step.pk == dossier.step_id), 0)
    earlier = [(step.code, step.name) for step in reversed(version.steps) if step.position < here]
    return ActForm(action, dossier, data, units=sorted(units, key=lambda unit: unit[1]), steps=earlier)


def act_cards(
    dossier: Dossier, actions: list[Action], held: Catalogue, version: Version
) -> list[dict[str, Any]]:
    """Return one card an act, the one that carries the dossier on first."""
    main = next((action for action in ONWARD if action in actions), None)
    ordered = [main] if main else []
    ordered += [action for action in actions if action != main]
    return [
        act_card(action, dossier, form_of(action, dossier, held, version), is_main=action == main)
        for action in ordered
    ]


def act_card(action: Action, dossier: Dossier, form: ActForm, *, is_main: bool) -> dict[str, Any]:
    """Return what the template needs to draw one act."""
    label = str(TRANSITIONS[action].label)
    effect = {"act": label, "code": dossier.code, "name": dossier.applicant_name}
    return {
        "action": str(action),
        "label": label,
        "form": form,
        "is_main": is_main,
        "kind": "danger" if action in DANGER else "go" if is_main else "1",
        "key": "F9" if is_main else "",
        "confirm": _("%(act)s hồ sơ %(code)s của %(name)s? Việc này không tự hoàn lại được.") % effect
        if action in FINAL
        else "",
        "needs_second": TRANSITIONS[action].needs_second_person,
    }


def latest(dossier: Dossier, held: Catalogue, *, is_citizen: bool) -> list[dict[str, Any]]:
    """Return the last events, for somebody whose page was overtaken by them."""
    events = dossier.events.select_related("actor").order_by("-seq")[:3]
    return timeline(list(events), held, is_citizen=is_citizen)
