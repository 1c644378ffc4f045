"""Procedures that cross agencies (liên thông): a step opens a dossier of another procedure, which runs on its own clock.

The child is received at the desk of its parent, for the same applicant and with the papers that are already here: nobody brings a
paper twice. The parent waits in its step until the child has its result. Whoever moves the parent opens the child; no grant at the
desk is asked for, because nothing is taken from a visitor.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import local_date
from digitization.models import Document
from dossiers.models import Component, Dossier, Note, Outcome, PaperVerdict, ProvidedAs, Status
from dossiers.models.dossier import OPEN
from dossiers.services import held, intake
from dossiers.services.acts import Act
from dossiers.services.commands import ComponentInput
from dossiers.workflow import TRANSITIONS, Action, Clock, StepRule
from procedures.catalogue import CaseInForce, ProcedureInForce, Version
from procedures.models import Step

# A child that came to its result, or is on the way to it, is not opened a second time when the step is entered again.
_COUNTS = Q(status__in=OPEN) | Q(outcome=Outcome.GRANTED)


@dataclass(frozen=True)
class LinkedRow:
    """A parent or child of a dossier, as its page shows it."""

    code: str
    is_parent: bool
    procedure: str
    unit: str
    status: str
    outcome: str
    due_at: datetime | None
    finished_at: datetime | None


def rows_of(dossier: Dossier, user: User, *, version: Version | None = None) -> list[LinkedRow]:
    """Return the parent and the children of a dossier that this person may see, the parent first.

    One statement, and none where the dossier's `version` shows that it has neither.
    """
    if version and dossier.parent_id is None and not any(step.linked_procedure_id for step in version.steps):
        return []
    near = Dossier.objects.visible_to(user).filter(Q(parent=dossier) | Q(pk=dossier.parent_id or 0))
    return [
        LinkedRow(
            each.code, each.pk == dossier.parent_id, each.procedure.name, each.unit.name, str(Status(each.status).label),
            str(Outcome(each.outcome).label) if each.outcome else "", each.due_at, each.finished_at,
        )
        for each in near.select_related("procedure", "unit").order_by("pk")
    ]  # fmt: skip


def open_children(deed: Act) -> None:
    """Open the dossier that the step just entered asks for, unless one is under way or granted; its code goes into the event.

    Raises `child_papers_missing` with the names of the mandatory papers that are not here, `no_version_in_force`, `limit_unknown`.
    """
    dossier, step = deed.dossier, deed.dossier.step
    procedure = _procedure_of(step, deed) if step is not None else None
    if procedure is None or dossier.children.filter(_COUNTS, procedure=procedure.row).exists():
        return
    _refuse_round(deed, procedure)
    procedure, version = deed.held.version(procedure.row.key, local_date(deed.at))
    own_case = next((code for code, case in deed.version.cases.items() if case.row.pk == dossier.case_id), "")
    case = version.case(own_case if own_case in version.cases else None)
    papers = _papers(deed, case, procedure)
    child = intake.write_down(
        _child_of(dossier, procedure, version, case), papers, deed.held.office_by_id(dossier.office_id), version,
        actor=deed.actor or dossier.received_by, at=deed.at, action=Action.RECEIVE, about={"parent": dossier.code},
    )  # fmt: skip
    deed.data["children"] = [child.code]


def refuse_leaving(deed: Act) -> None:
    """Refuse to hand on or approve while a child of the step is open (`child_open`); note in the event how each one ended."""
    step = next((step for step in deed.version.steps if step.pk == deed.dossier.step_id), None)
    if step is None or step.linked_procedure_id is None:
        return
    if deed.transition.step not in (StepRule.NEXT, StepRule.LAST):
        return
    children = list(
        deed.dossier.children.filter(procedure_id=step.linked_procedure_id)
        .select_related("unit")
        .order_by("pk")
    )
    waiting = [child for child in children if child.status in OPEN]
    if not waiting:
        deed.data["children"] = [child.code for child in children]
        deed.data["children_ended"] = [child.outcome or child.status for child in children]
        return
    words = {
        "codes": ", ".join(f"{child.code} ({Status(child.status).label})" for child in waiting),
        "units": ", ".join(dict.fromkeys(child.unit.name for child in waiting)),
    }
    raise DomainError(
        _(
            "Hồ sơ liên thông %(codes)s chưa có kết quả nên chưa rời được bước này. Hãy chờ kết quả hoặc liên hệ %(units)s."
        )
        % words,
        code="child_open",
        status=409,
        extra={"children": [child.code for child in waiting]},
    )


def tell_parent(deed: Act) -> None:
    """Write on the parent, among its internal notes, how a child ended or that it was opened again."""
    child = deed.dossier
    ends = deed.transition.clock is Clock.ENDS or deed.action is Action.REOPEN
    if child.parent_id is None or not ends or deed.actor is None:
        return
    done = str(TRANSITIONS[deed.action].done)
    procedure = deed.version.row.procedure_id
    name = next(each.row.name for each in deed.held.each() if each.row.pk == procedure)
    text = _("Hồ sơ liên thông %(code)s (%(procedure)s): %(done)s.")
    Note.objects.create(
        dossier_id=child.parent_id, author=deed.actor, at=deed.at, text=text % {"code": child.code, "procedure": name, "done": done},
    )  # fmt: skip


def _procedure_of(step: Step, deed: Act) -> ProcedureInForce | None:
    """Return the procedure that a step links to, from the catalogue in memory."""
    if step.linked_procedure_id is None:
        return None
    return next(each for each in deed.held.each() if each.row.pk == step.linked_procedure_id)


def _refuse_round(deed: Act, procedure: ProcedureInForce) -> None:
    """Refuse a child of a procedure that is under way further up: it would open itself again for ever."""
    above: Dossier | None = deed.dossier
    while above is not None:
        if above.procedure_id == procedure.row.pk:
            raise DomainError(
                _(
                    "Hồ sơ gốc %(code)s đã thuộc thủ tục “%(name)s” nên không mở thêm hồ sơ liên thông của thủ tục đó. "
                    "Hãy báo quản trị viên xem lại quy trình."
                )
                % {"code": above.code, "name": procedure.row.name},
                code="child_round",
                status=409,
            )
        above = above.parent


def _child_of(parent: Dossier, procedure: ProcedureInForce, version: Version, case: CaseInForce) -> Dossier:
    """Return the unsaved child: the parent's people, desk and channel, its own unit and version."""
    return Dossier(
        parent=parent, office_id=parent.office_id, unit_id=procedure.row.unit_id, procedure=procedure.row,
        version_of_procedure=version.row, case=case.row, channel=parent.channel, status=Status.SUBMITTED, applicant_id=parent.applicant_id,
        applicant_name=parent.applicant_name, representative=parent.representative, phone=parent.phone, email=parent.email,
        address=parent.address, return_method=parent.return_method, complexity=parent.complexity, ticket_id=parent.ticket_id,
    )  # fmt: skip


def _papers(deed: Act, case: CaseInForce, procedure: ProcedureInForce) -> list[Component]:
    """Return the child's unsaved papers: the parent's of the same type that were not found wanting, else the applicant's from the store."""
    own = deed.dossier.components.exclude(verdict=PaperVerdict.FAILED).select_related(
        "requirement", "document"
    )
    by_type: dict[int, tuple[Document, int]] = {}
    for paper in own.order_by("position"):
        by_type.setdefault(paper.requirement.document_type_id, (paper.document, paper.copies))
    needs = case.components.values()
    stored: dict[str, held.HeldPaper] = {}
    if any(need.document_type_id not in by_type for need in needs):
        stored = held.for_case(deed.dossier.applicant, case, at=deed.at)
    components = []
    for need in needs:
        paper_at_hand = by_type.get(need.document_type_id)
        if paper_at_hand is None and need.code in stored:
            paper_at_hand = (stored[need.code].document, 1)
        if paper_at_hand is not None:
            document, copies = paper_at_hand
            given = ComponentInput(need.code, ProvidedAs.REUSED, copies)
            components.append(intake.component_of(given, need, document, is_held=True))
    there = {component.requirement.code for component in components}
    _refuse_missing((need.name for need in needs if need.is_mandatory and need.code not in there), procedure)
    return components


def _refuse_missing(names: Iterable[str], procedure: ProcedureInForce) -> None:
    missing = list(names)
    if not missing:
        return
    raise DomainError(
        _(
            "Chưa mở được hồ sơ liên thông “%(procedure)s” vì còn thiếu giấy tờ bắt buộc: %(papers)s. "
            "Hãy yêu cầu bổ sung hoặc số hoá các giấy tờ này rồi chuyển bước lại."
        )
        % {"procedure": procedure.row.name, "papers": "; ".join(missing)},
        code="child_papers_missing",
        status=409,
        extra={"papers": missing},
    )
