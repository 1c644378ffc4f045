"""What stands beside the main line of a dossier, in words: journal, opinions, notes, messages, letters, the result, proposals."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.lib.vietnamese import format_datetime
from dossiers.models import Dossier, DossierEvent, Opinion, Proposal
from dossiers.services import corrections, messages, notes
from dossiers.views.act_cards import DANGER
from dossiers.workflow import TRANSITIONS, Action, Clock
from procedures.catalogue import Catalogue

Row = dict[str, Any]


@dataclass(frozen=True)
class Typed:
    """What somebody typed into the box of `place` ("ghi-chu", "trao-doi") that could not be taken, and why."""

    place: str
    text: str
    error: str


EVENT_KINDS = {Clock.STOPS: "pause", Clock.ENDS: "ok", Clock.STARTS: "ok"}
# The journal shows so many acts at once; older ones are folded below.
RECENT_EVENTS = 12


def timeline(events: list[DossierEvent], held: Catalogue, *, is_citizen: bool) -> list[Row]:
    """Return what happened, newest first; what a citizen does not see is marked for staff and absent for the citizen."""
    return [
        _event_row(event, held, is_citizen=is_citizen)
        for event in events
        if event.is_public or not is_citizen
    ]


def _event_row(event: DossierEvent, held: Catalogue, *, is_citizen: bool) -> Row:
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
        "public": event.is_public and not is_citizen,
    }


def proposal_rows(dossier: Dossier, user: User) -> list[Row]:
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
            "pk": each.pk,
            "url": ""
            if each.proposed_by_id == user.pk
            else reverse("dossiers:act", args=[dossier.code, each.action]),
            "may_drop": corrections.may_drop(each, dossier, user),
        }
        for each in waiting
    ]


def reads_opinion(opinion: Opinion, dossier: Dossier, user: User) -> bool:
    """Say whether this person reads the words: a confidential opinion is for the unit that asked and the one that answers."""
    return not opinion.is_confidential or bool(
        principal_of(user).unit_ids & {dossier.unit_id, opinion.unit_id}
    )


def opinion_rows(dossier: Dossier, user: User, held: Catalogue, *, now: datetime) -> list[Row]:
    """Return what was asked of other units and what they said, newest first; needs `opinions` with `answered_by` loaded."""
    asked = sorted(dossier.opinions.all(), key=lambda each: -each.pk)
    return [_opinion_row(each, dossier, user, held, now) for each in asked]


def _opinion_row(each: Opinion, dossier: Dossier, user: User, held: Catalogue, now: datetime) -> Row:
    is_read = reads_opinion(each, dossier, user)
    is_silent = each.answered_at is not None and each.answered_by is None
    is_late = each.answered_at is None and each.due_at is not None and each.due_at < now
    state, words = "pause", _("Chờ trả lời")
    if is_silent:
        state, words = (
            ("ok", _("Coi như đồng ý"))
            if each.silence_is_consent
            else ("late", _("Hết hạn, không có ý kiến"))
        )
    elif each.answered_at is not None:
        state, words = "ok", _("Đã trả lời")
    elif is_late:
        state, words = "late", _("Quá hạn trả lời")
    return {
        "unit": held.units[each.unit_id].name,
        "question": each.question if is_read else "",
        "answer": each.answer if is_read else "",
        "asked_at": each.asked_at,
        "due_at": each.due_at,
        "rule": _("Quá hạn không trả lời thì coi như đồng ý.")
        if each.silence_is_consent
        else _("Quá hạn không trả lời thì ghi nhận là không có ý kiến."),
        "is_open": each.answered_at is None,
        "is_confidential": each.is_confidential,
        "is_read": is_read,
        "answered_at": each.answered_at,
        "who": str(each.answered_by or ""),
        "state": state,
        "state_text": words,
    }


def note_rows(dossier: Dossier) -> list[Row]:
    """Return the internal notes, newest first."""
    return [
        {"who": str(note.author), "when": format_datetime(note.at), "text": note.text}
        for note in notes.thread(dossier)
    ]


def message_rows(dossier: Dossier) -> list[Row]:
    """Return the messages with the applicant, oldest first, each with whether the other side has read it."""
    return [
        {
            "is_staff": message.author_id is not None,
            "who": str(message.author) if message.author else dossier.applicant_name,
            "when": format_datetime(message.at),
            "text": message.text,
            "read": format_datetime(message.read_at) if message.read_at else "",
            "is_new": message.author_id is None and message.read_at is None,
        }
        for message in messages.thread(dossier)
    ]


def result_row(dossier: Dossier) -> Row | None:
    """Return the drafted or issued result, None before there is one; needs `result__document` loaded."""
    result = getattr(dossier, "result", None)
    if result is None:
        return None
    return {
        "title": result.title,
        "number": result.number,
        "when": format_datetime(result.issued_at or result.drafted_at),
        "is_issued": result.issued_at is not None,
        "revision": result.revision,
        "document": result.document_id if result.document and result.document.blob_id else None,
    }
