"""What the dossier page shows, shaped for the components: nothing here decides, it only puts into words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.lib.vietnamese import format_datetime
from dossiers import policy, sla
from dossiers.models import Dossier, Status
from dossiers.services import archiving, delivery, linked, notes, verdicts
from dossiers.services.neighbours import neighbours
from dossiers.views import clock_rows, decide_cards, paper_rows, print_rows, side_rows
from dossiers.views.act_cards import act_card, act_cards, form_of
from dossiers.views.intake_page import phone_words
from dossiers.views.paper_rows import Opened
from dossiers.views.side_rows import Typed
from dossiers.workflow import Action
from procedures.catalogue import Catalogue, Version

__all__ = ["act_card", "citizen_page", "form_of", "latest", "page", "standing"]


def page(
    dossier: Dossier,
    user: User,
    held: Catalogue,
    *,
    now: datetime,
    query: Mapping[str, str],
    opened: Opened | None = None,
    typed: Typed | None = None,
) -> dict[str, Any]:
    """Return the context of the page for staff; `opened` and `typed` are what stands unfinished on it."""
    version = held.version_by_id(dossier.version_of_procedure_id)
    actions = policy.available_actions(dossier, user, version)
    events = list(dossier.events.select_related("actor").order_by("-seq"))
    spans = list(dossier.spans.order_by("started_at", "pk"))
    wanted = opened.position if opened else paper_rows.chosen(dossier, query)
    papers = paper_rows.rows_of(dossier, user, current=wanted, opened=opened, query=query)
    shown = next((row for row in papers if row["number"] == wanted), None)
    shown = shown or paper_rows.first_with_file(papers)
    if shown is not None:
        shown["is_current"] = True
    journal = side_rows.timeline(events, held, is_citizen=False)
    cards = act_cards(dossier, actions, held, version)
    talk = side_rows.message_rows(dossier)
    came_from = query.get("tu", "")
    return {
        "dossier": dossier,
        "kept": f"?{urlencode({'tu': came_from})}" if came_from else "",
        "near": neighbours(user, dossier.code, came_from, held=held, now=now) if came_from else None,
        "typed": typed,
        "standing": standing(dossier, held, now=now),
        "note": who_words(dossier),
        "step": step_words(dossier, version),
        "main": cards[0] if cards and cards[0]["is_main"] else None,
        "others": [card for card in cards if not card["is_main"]],
        "facts": facts(dossier, version, is_citizen=False),
        "papers": papers,
        "viewer": paper_rows.viewer_of(dossier, shown["component"], query) if shown else None,
        "recent": journal[: side_rows.RECENT_EVENTS],
        "older": journal[side_rows.RECENT_EVENTS :],
        "steps": clock_rows.steps_of(dossier, version, events, spans, held=held, now=now, is_citizen=False),
        "clock": clock_rows.legal(dossier, spans, held=held, now=now),
        "due": clock_rows.explained(dossier, held),
        "may_reprint": may_print(dossier, user),
        "may_judge": verdicts.may_judge(user, dossier),
        "may_write": notes.works_on(user, dossier),
        "proposals": side_rows.proposal_rows(dossier, user),
        "opinions": side_rows.opinion_rows(dossier, user, held, now=now),
        "notes": side_rows.note_rows(dossier),
        "talk": talk,
        "unread": sum(row["is_new"] for row in talk),
        "letters": (sent := delivery.letters_of(dossier)),
        "linked": linked.rows_of(dossier, user, version=version),
        "result": side_rows.result_row(dossier),
        "draft_form": decide_cards.result_form(dossier, user),
        "fees": (fees := decide_cards.fee_card(dossier, user)),
        # Only what has ended once has a package: an open dossier pays no statement for it.
        "package": archiving.last_package(dossier) if dossier.status in archiving.FINAL else None,
        "prints": print_rows.rows_of(
            dossier, user, letters=[each.letter for each in sent], has_fees=fees is not None
        ),
    }


def citizen_page(dossier: Dossier, user: User, held: Catalogue, *, now: datetime) -> dict[str, Any]:
    """Return the context of the page for the applicant: public events, and no names of staff."""
    version = held.version_by_id(dossier.version_of_procedure_id)
    actions = policy.available_actions(dossier, user, version)
    events = list(dossier.events.select_related("actor").order_by("-seq"))
    return {
        "dossier": dossier,
        "standing": standing(dossier, held, now=now),
        "facts": facts(dossier, version, is_citizen=True),
        "papers": [
            {
                "number": paper.position,
                "name": paper.name,
                "note": f"{paper.get_provided_as_display()} · {_('%d bản') % paper.copies}",
                "code": paper.document.code or "",
                "document": paper.document.pk if paper.document.blob_id else None,
            }
            for paper in dossier.components.select_related("document").order_by("position")
        ],
        "timeline": side_rows.timeline(events, held, is_citizen=True),
        "steps": clock_rows.steps_of(dossier, version, events, [], held=held, now=now, is_citizen=True),
        "due": clock_rows.explained(dossier, held),
        "acts": act_cards(dossier, actions, held, version),
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


def who_words(dossier: Dossier) -> str:
    """Say how to reach the applicant, for whom somebody else handed in, and until when the result is promised."""
    words = [
        phone_words(dossier.phone),
        _("nộp thay: %s") % dossier.representative["name"] if dossier.representative else "",
        _("hẹn trả %s") % format_datetime(dossier.due_at) if dossier.due_at else "",
    ]
    return " · ".join(filter(None, words))


def step_words(dossier: Dossier, version: Version) -> str:
    """Say where the dossier is: its step while it is processed, else its status."""
    step = policy.step_of(dossier, version)
    if dossier.status == Status.PROCESSING and step is not None:
        return _("Bước: %s") % step.name
    return str(dossier.get_status_display())


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


def latest(dossier: Dossier, held: Catalogue, *, is_citizen: bool) -> list[dict[str, Any]]:
    """Return the last events, for somebody whose page was overtaken by them."""
    events = dossier.events.select_related("actor").order_by("-seq")[:3]
    return side_rows.timeline(list(events), held, is_citizen=is_citizen)
