"""Do one act on one dossier: lock, check, change, event, effects. The only place that assigns a status."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.services import Work
from bpmc_portal.lib import names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import local_date
from dossiers import policy
from dossiers.models import ClockPause, Dossier, DossierEvent, Opinion, Outcome, Proposal, Status
from dossiers.numbering import code_key
from dossiers.services import collecting
from dossiers.services import due as due_service
from dossiers.services.collecting import Delivery
from dossiers.services.intake import appointment
from dossiers.workflow import TRANSITIONS, Action, Clock, StepRule, Transition
from procedures import catalogue
from procedures.catalogue import Catalogue, Version

REASON_LENGTH = 2000
_CHANGED_BY_ACTS = (
    "status", "step", "version", "outcome", "assignee", "received_by", "received_at", "due_at", "first_due_at",
    "finished_at", "returned_at", "supplement_count", "postpone_count",
)  # fmt: skip


class IllegalTransition(DomainError):
    """The table, the step or the grants do not allow the act now; `allowed_actions` says what is allowed."""

    code = "illegal_transition"
    status = 409


class StaleVersion(DomainError):
    """Somebody changed the dossier since the caller read it; nothing was changed."""

    code = "stale_version"
    status = 412


@dataclass(frozen=True)
class Params:
    """What an act may need besides the dossier; doors fill in what they have."""

    reason: str = ""
    paper_handoff: bool = False
    to_step: str | None = None
    opinion_unit: str | None = None
    due_on: date | None = None
    collector: dict[str, Any] | None = None
    legal_basis: str = ""
    delivery: Delivery | None = None


@dataclass
class Act:
    """One act under way: everything the change functions need, and what they put into the event."""

    dossier: Dossier
    action: Action
    transition: Transition
    actor: User
    at: datetime
    params: Params
    held: Catalogue
    version: Version
    data: dict[str, Any] = field(default_factory=dict)


def act(
    code: str,
    action: Action,
    *,
    actor: User,
    expected_version: int | None = None,
    params: Params | None = None,
    at: datetime | None = None,
) -> Dossier:
    """Do one act and return the dossier as it is now.

    Locks the row. Raises NotFound (absent or not visible), StaleVersion, IllegalTransition with the allowed acts, InvalidInput
    for a missing reason or parameter. Acts that need two people only note the first person's proposal and come back with
    `dossier.pending_proposal` set.
    """
    held, now = catalogue.read()
    with transaction.atomic():
        dossier = _lock(code, actor)
        version = held.version_by_id(dossier.version_of_procedure_id)
        deed = Act(dossier, action, TRANSITIONS[action], actor, at or now, params or Params(), held, version)
        _check(deed, expected_version)
        if deed.transition.needs_second_person and not _is_seconded(deed):
            return dossier
        return _perform(deed)


def _lock(code: str, actor: User) -> Dossier:
    locked = Dossier.objects.select_for_update(of=("self",)).filter(code_key=code_key(code))
    dossier: Dossier | None = locked.in_own_scope(actor).first() or locked.visible_to(actor).first()
    if dossier is None:
        raise NotFound(_("Không tìm thấy hồ sơ này. Hãy kiểm tra lại mã hồ sơ."))
    return dossier


def _check(deed: Act, expected_version: int | None) -> None:
    dossier = deed.dossier
    is_stale = expected_version is not None and expected_version != dossier.version
    if not is_stale and policy.is_available(deed.action, dossier, deed.actor, deed.version):
        deed.params = _cleaned(deed)
        return
    allowed = policy.available_actions(dossier, deed.actor, deed.version)
    if is_stale:
        raise StaleVersion(
            _("Hồ sơ vừa được người khác thay đổi. Hãy tải lại trang, xem nội dung mới rồi làm lại."),
            extra={
                "version": dossier.version,
                "status_now": dossier.status,
                "allowed_actions": [str(each) for each in allowed],
            },
        )
    names_of = ", ".join(str(TRANSITIONS[each].label) for each in allowed) or _("không có việc nào")
    raise IllegalTransition(
        _("Không thể “%s” khi hồ sơ ở trạng thái “%s”. Bạn có thể: %s.")
        % (deed.transition.label, _standing(dossier), names_of),
        extra={"allowed_actions": [str(each) for each in allowed]},
    )


def _standing(dossier: Dossier) -> str:
    """Name the status, with the step inside it."""
    label = str(Status(dossier.status).label)
    return f"{label}, {_('bước')} {dossier.step.name}" if dossier.step else label


def _cleaned(deed: Act) -> Params:
    """Return the parameters with a clean reason; refuse a missing one where the law wants it in writing."""
    try:
        reason = names.clean_text(deed.params.reason, REASON_LENGTH)
    except InvalidIdentifier as error:
        raise InvalidInput(error.sentence, code=error.code, fields={"reason": error.sentence}) from error
    wants = deed.transition.needs_reason or deed.params.paper_handoff
    if wants and not reason.strip():
        sentence = _("Hãy ghi lý do của việc “%s”.") % deed.transition.label
        raise InvalidInput(sentence, code="reason_missing", fields={"reason": sentence})
    return Params(**{**deed.params.__dict__, "reason": reason.strip()})


def _is_seconded(deed: Act) -> bool:
    """Note the first person's proposal, or settle it when a second person does the same act."""
    first = Proposal.objects.filter(dossier=deed.dossier, action=deed.action, settled_at=None).first()
    if first is None:
        first = Proposal.objects.create(
            dossier=deed.dossier,
            action=deed.action,
            reason=deed.params.reason,
            proposed_by=deed.actor,
            proposed_at=deed.at,
        )
    elif first.proposed_by_id != deed.actor.pk:
        Proposal.objects.filter(pk=first.pk).update(settled_at=deed.at)
        deed.data["proposed_by"] = first.proposed_by_id
        return True
    deed.dossier.pending_proposal = first  # type: ignore[attr-defined]
    return False


def _perform(deed: Act) -> Dossier:
    """Change the row, write the event, enqueue the effects."""
    dossier, transition = deed.dossier, deed.transition
    before, step_before = dossier.status, dossier.step_id
    _move_clock(deed)
    _move_step(deed)
    if change := _CHANGES.get(deed.action):
        change(deed)
    dossier.status = transition.target
    dossier.version += 1
    dossier.save(update_fields=_CHANGED_BY_ACTS)
    DossierEvent.objects.create(
        dossier=dossier, seq=dossier.version, action=deed.action, from_status=before, to_status=dossier.status,
        from_step_id=step_before, to_step_id=dossier.step_id, at=deed.at, actor=deed.actor, unit_id=_unit_of(deed),
        reason=deed.params.reason, is_public=transition.is_public, data=deed.data,
    )  # fmt: skip
    works = jobs.works_for(f"dossier.{deed.action}", dossier_id=dossier.pk, seq=dossier.version)
    if deed.action is Action.RECEIVE:
        works.append(
            Work(
                "dossiers.issue_receipt",
                f"receipt:{dossier.code_key}:A5",
                {"dossier_id": dossier.pk, "size": "A5"},
            )
        )
        works += jobs.works_for("dossier.received", dossier_id=dossier.pk)
    jobs.enqueue(*works)
    return dossier


def _unit_of(deed: Act) -> int:
    """Return the unit for which the person acts: the desk's for acts at the desk, else the competent unit."""
    if deed.transition.at_desk:
        return deed.held.office_by_id(deed.dossier.office_id).row.unit_id
    if deed.action is Action.GIVE_OPINION:
        return min(principal_of(deed.actor).unit_ids)
    return deed.dossier.unit_id


def _move_clock(deed: Act) -> None:
    dossier = deed.dossier
    was_paused = dossier.is_paused
    if deed.transition.clock is Clock.STARTS:
        due = appointment(deed.held.office_by_id(dossier.office_id), deed.version, deed.at)
        dossier.received_at, dossier.received_by = deed.at, deed.actor
        dossier.due_at = dossier.first_due_at = due.due_at
    elif deed.transition.clock is Clock.STOPS:
        ClockPause.objects.create(dossier=dossier, started_at=deed.at, reason=str(deed.transition.label))
    elif was_paused:
        ClockPause.objects.filter(dossier=dossier, ended_at=None).update(ended_at=deed.at)
        if deed.transition.clock is Clock.RUNS:
            dossier.due_at = due_service.due_after_resuming(dossier, deed.held, at=deed.at)
    if dossier.due_at:
        deed.data["due_at"] = dossier.due_at.isoformat()


def _move_step(deed: Act) -> None:
    dossier, steps, rule = deed.dossier, deed.version.steps, deed.transition.step
    here = next((step.position for step in steps if step.pk == dossier.step_id), 0)
    if rule is StepRule.NEXT:
        dossier.step = next(step for step in steps if step.position > here)
        deed.data["handoff"] = "paper" if deed.params.paper_handoff else "electronic"
    elif rule is StepRule.EARLIER:
        earlier = [step for step in steps if step.position < here]
        wanted = next((step for step in earlier if step.code == deed.params.to_step), None)
        dossier.step = wanted or earlier[-1]
    elif dossier.step_id is None and deed.transition.target == Status.PROCESSING and steps:
        dossier.step = steps[0]


def _forward(deed: Act) -> None:
    # Whoever takes the dossier up answers for it until it is handed on; leaders do not become its officer by passing it on.
    if deed.dossier.assignee_id is None:
        deed.dossier.assignee = deed.actor


def _request_supplement(deed: Act) -> None:
    dossier = deed.dossier
    if dossier.supplement_count >= 1:
        if not principal_of(deed.actor).may("approve_dossiers", dossier.unit_id):
            raise DomainError(
                _("Hồ sơ đã được yêu cầu bổ sung một lần. Lần thứ hai phải do lãnh đạo quyết định."),
                code="supplement_twice",
                status=409,
            )
        if not deed.params.legal_basis.strip():
            sentence = _(
                "Yêu cầu bổ sung lần thứ hai phải ghi căn cứ pháp lý; hồ sơ sẽ bị tính là trễ theo QĐ 766/QĐ-TTg."
            )
            raise InvalidInput(sentence, code="legal_basis_missing", fields={"legal_basis": sentence})
        deed.data["legal_basis"] = names.clean_text(deed.params.legal_basis, 300)
    dossier.supplement_count += 1


def _postpone(deed: Act) -> None:
    dossier, due_on = deed.dossier, deed.params.due_on
    if dossier.postpone_count >= 1:
        raise DomainError(
            _("Hồ sơ đã hẹn lại một lần; không được hẹn lại lần nữa."), code="postpone_twice", status=409
        )
    if due_on is None or dossier.due_at is None:
        sentence = _("Hãy ghi ngày hẹn lại, dạng dd/mm/yyyy.")
        raise InvalidInput(sentence, code="due_on_missing", fields={"due_on": sentence})
    calendar = deed.held.office_by_id(dossier.office_id).calendar
    if not calendar.is_working(due_on) or calendar.close_of(due_on) <= max(deed.at, dossier.due_at):
        sentence = _("Ngày hẹn lại phải là ngày làm việc sau ngày hẹn cũ và sau hôm nay.")
        raise InvalidInput(sentence, code="due_on_not_later", fields={"due_on": sentence})
    deed.data["due_before"] = dossier.due_at.isoformat()
    dossier.due_at = calendar.close_of(due_on)
    dossier.postpone_count += 1
    deed.data["due_at"] = dossier.due_at.isoformat()


def _decide(deed: Act) -> None:
    if deed.dossier.received_by_id == deed.actor.pk:
        raise DomainError(
            _("Người đã tiếp nhận hồ sơ không được quyết định hồ sơ đó. Hãy chuyển cho lãnh đạo khác."),
            code="same_person",
            status=409,
        )
    deed.dossier.outcome = Outcome.GRANTED if deed.action is Action.APPROVE else Outcome.REFUSED
    deed.dossier.finished_at = deed.at


def _return_result(deed: Act) -> None:
    deed.dossier.returned_at = deed.at
    deed.data |= collecting.proof(
        deed.dossier, deed.params.collector, deed.params.delivery, on=local_date(deed.at)
    )


def _reopen(deed: Act) -> None:
    deed.dossier.outcome, deed.dossier.finished_at = "", None


def _ask_opinion(deed: Act) -> None:
    unit = next((each for each in deed.held.units.values() if each.code == deed.params.opinion_unit), None)
    if unit is None or unit.pk == deed.dossier.unit_id:
        sentence = _("Hãy chọn đơn vị khác được lấy ý kiến.")
        raise InvalidInput(sentence, code="opinion_unit", fields={"opinion_unit": sentence})
    if Opinion.objects.filter(dossier=deed.dossier, unit=unit, answered_at=None).exists():
        raise DomainError(
            _("%s đang được lấy ý kiến và chưa trả lời.") % unit.name, code="opinion_asked", status=409
        )
    Opinion.objects.create(
        dossier=deed.dossier, unit=unit, question=deed.params.reason, asked_by=deed.actor, asked_at=deed.at
    )
    deed.data["opinion_unit"] = unit.code


def _give_opinion(deed: Act) -> None:
    units = principal_of(deed.actor).units_where("process_dossiers")
    opinion = (
        Opinion.objects.filter(dossier=deed.dossier, unit_id__in=units, answered_at=None)
        .order_by("pk")
        .first()
    )
    if opinion is None:
        raise NotFound
    Opinion.objects.filter(pk=opinion.pk).update(
        answer=deed.params.reason, answered_by=deed.actor, answered_at=deed.at
    )
    deed.data["opinion_unit"] = opinion.unit_id


_CHANGES: dict[Action, Callable[[Act], None]] = {
    Action.FORWARD: _forward,
    Action.REQUEST_SUPPLEMENT: _request_supplement,
    Action.POSTPONE: _postpone,
    Action.APPROVE: _decide,
    Action.REFUSE: _decide,
    Action.RETURN_RESULT: _return_result,
    Action.REOPEN: _reopen,
    Action.ASK_OPINION: _ask_opinion,
    Action.GIVE_OPINION: _give_opinion,
}
