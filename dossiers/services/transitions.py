"""Do one act on one dossier: lock, check, change, event, effects. The only place that assigns a status."""

from datetime import datetime

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
from dossiers.models import Dossier, DossierEvent, Proposal, Status
from dossiers.numbering import code_key
from dossiers.services import assignment, clocks, corrections, letters, linked
from dossiers.services.acts import BESIDE, Act, IllegalTransition, Params, StaleVersion
from dossiers.services.changes import CHANGES
from dossiers.workflow import BY_APPLICANT, TRANSITIONS, Action, StepRule, next_act
from procedures import catalogue, flow
from procedures.catalogue import Catalogue, Version
from procedures.deadlines import DeadlineError
from procedures.models import Step

__all__ = ["IllegalTransition", "Params", "StaleVersion", "act", "act_for_applicant", "refusal"]

REASON_LENGTH = 2000
_CHANGED_BY_ACTS = (
    "status", "step", "version", "outcome", "assignee", "received_by", "received_at", "due_at", "first_due_at", "step_due_at",
    "respond_by", "next_act", "look_at", "finished_at", "returned_at", "supplement_count", "postpone_count",
)  # fmt: skip


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
    try:
        return _act(code, action, held, actor, expected_version, params or Params(), at or now)
    except DeadlineError as error:
        # A day that was typed lies outside the loaded calendar.
        raise InvalidInput(error.sentence, code=error.code) from error
    except DomainError as error:
        if error.after_rollback is not None:
            error.after_rollback()
        raise


def _act(
    code: str,
    action: Action,
    held: Catalogue,
    actor: User,
    expected_version: int | None,
    params: Params,
    at: datetime,
) -> Dossier:
    with transaction.atomic():
        dossier = _lock(code, actor)
        version = held.version_by_id(dossier.version_of_procedure_id)
        deed = Act(dossier, action, TRANSITIONS[action], actor, at, params, held, version)
        _check(deed, expected_version)
        if deed.transition.needs_second_person and not _is_seconded(deed):
            return dossier
        return _perform(deed)


def act_for_applicant(
    dossier_id: int,
    action: Action,
    *,
    params: Params | None = None,
    at: datetime | None = None,
    by: User | None = None,
) -> Dossier:
    """Do what the applicant may do by the token of the receipt (BY_APPLICANT), without an account; the caller has judged the token.

    `by` is the person of staff who settles it in the applicant's stead (a fee let go); the caller has judged them too.
    Raises IllegalTransition when the dossier does not wait for it any more.
    """
    held, now = catalogue.read()
    with transaction.atomic():
        dossier = Dossier.objects.select_for_update(of=("self",)).annotate(**BESIDE).get(pk=dossier_id)
        version = held.version_by_id(dossier.version_of_procedure_id)
        deed = Act(dossier, action, TRANSITIONS[action], by, at or now, params or Params(), held, version)
        if action not in BY_APPLICANT or dossier.status not in deed.transition.sources:
            raise IllegalTransition(
                _("Hồ sơ không còn chờ việc này. Hãy tải lại trang để xem tình trạng mới."),
                extra={"allowed_actions": []},
            )
        return _perform(deed)


def _lock(code: str, actor: User) -> Dossier:
    locked = (
        Dossier.objects.select_for_update(of=("self",)).filter(code_key=code_key(code)).annotate(**BESIDE)
    )
    dossier: Dossier | None = locked.in_own_scope(actor).first() or locked.visible_to(actor).first()
    if dossier is None:
        raise NotFound(_("Không tìm thấy hồ sơ này. Hãy kiểm tra lại mã hồ sơ."))
    return dossier


def _check(deed: Act, expected_version: int | None) -> None:
    refused = refusal(
        deed.dossier, deed.action, actor=deed.officer, version=deed.version, expected_version=expected_version
    )
    if refused is not None:
        raise refused
    deed.params = _cleaned(deed)


def refusal(
    dossier: Dossier, action: Action, *, actor: User, version: Version, expected_version: int | None = None
) -> DomainError | None:
    """Return why the table, the step, the grants or somebody faster refuse the act now; None when they do not."""
    is_stale = expected_version is not None and expected_version != dossier.version
    if not is_stale and policy.is_available(action, dossier, actor, version):
        return None
    allowed = policy.available_actions(dossier, actor, version)
    if is_stale:
        return StaleVersion(
            _("Hồ sơ vừa được người khác thay đổi. Hãy tải lại trang, xem nội dung mới rồi làm lại."),
            extra={
                "version": dossier.version,
                "status_now": dossier.status,
                "allowed_actions": [str(each) for each in allowed],
            },
        )
    names_of = ", ".join(str(TRANSITIONS[each].label) for each in allowed) or _("không có việc nào")
    return IllegalTransition(
        _("Không thể “%s” khi hồ sơ ở trạng thái “%s”. Bạn có thể: %s.")
        % (TRANSITIONS[action].label, _standing(dossier), names_of),
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
    is_coded = deed.action in letters.LETTER_OF and (deed.params.items or deed.params.reason_codes)
    wants = (deed.transition.needs_reason and not is_coded) or deed.params.paper_handoff
    if wants and not reason.strip():
        sentence = _("Hãy ghi lý do của việc “%s”.") % deed.transition.label
        raise InvalidInput(sentence, code="reason_missing", fields={"reason": sentence})
    return Params(**{**deed.params.__dict__, "reason": reason.strip()})


def _is_seconded(deed: Act) -> bool:
    """Note the first person's proposal, or settle it when a second person does the same act."""
    first = Proposal.objects.filter(dossier=deed.dossier, action=deed.action, settled_at=None).first()
    is_correction = deed.action is Action.CORRECT
    if first is None:
        data = corrections.changes_of(deed.dossier, deed.params.corrections) if is_correction else {}
        first = Proposal.objects.create(
            dossier=deed.dossier,
            action=deed.action,
            reason=deed.params.reason,
            data=data,
            proposed_by=deed.officer,
            proposed_at=deed.at,
        )
    elif first.proposed_by_id != deed.officer.pk:
        Proposal.objects.filter(pk=first.pk).update(settled_at=deed.at)
        deed.data["proposed_by"] = first.proposed_by_id
        return True
    deed.dossier.pending_proposal = first  # type: ignore[attr-defined]
    return False


def _perform(deed: Act) -> Dossier:
    """Change the row, write the event, enqueue the effects."""
    dossier, transition = deed.dossier, deed.transition
    before, step_before = dossier.status, dossier.step_id
    linked.refuse_leaving(deed)
    clocks.move(deed)
    _move_step(deed)
    if change := CHANGES.get(deed.action):
        change(deed)
    dossier.status = transition.target or dossier.status
    _look_ahead(deed)
    dossier.version += 1
    dossier.save(update_fields=_CHANGED_BY_ACTS)
    DossierEvent.objects.create(
        dossier=dossier, seq=dossier.version, action=deed.action, from_status=before, to_status=dossier.status,
        from_step_id=step_before, to_step_id=dossier.step_id, at=deed.at, actor=deed.actor, unit_id=_unit_of(deed),
        reason=deed.params.reason, is_public=transition.is_public, data=deed.data,
    )  # fmt: skip
    linked.tell_parent(deed)
    jobs.enqueue(*_works(deed))
    return dossier


def _look_ahead(deed: Act) -> None:
    """See that an open dossier has an owner, a next act and an instant at which the clock looks at it again."""
    dossier = deed.dossier
    if dossier.status == Status.PROCESSING and dossier.assignee_id is None:
        dossier.assignee = assignment.owner_for(dossier.unit_id, actor=deed.actor, on=local_date(deed.at))
        deed.data["assignee"] = dossier.assignee_id
    facts = policy.facts_of(dossier, deed.version)
    is_last = flow.is_last(deed.version.steps, dossier.step_id, facts)
    dossier.next_act = next_act(dossier.status, is_last_step=is_last)
    dossier.look_at = clocks.next_look(dossier, deed.calendar, after=deed.at)


def _works(deed: Act) -> list[Work]:
    dossier = deed.dossier
    works = [
        *deed.works,
        *jobs.works_for(f"dossier.{deed.action}", dossier_id=dossier.pk, seq=dossier.version),
    ]
    if deed.action is Action.RECEIVE:
        works.append(
            Work(
                "dossiers.issue_receipt",
                f"receipt:{dossier.code_key}:A5",
                {"dossier_id": dossier.pk, "size": "A5"},
            )
        )
        works += jobs.works_for("dossier.received", dossier_id=dossier.pk)
    return works


def _unit_of(deed: Act) -> int:
    """Return the unit for which the person acts: the desk's for acts at the desk, else the competent unit."""
    if deed.transition.at_desk:
        return deed.held.office_by_id(deed.dossier.office_id).row.unit_id
    if deed.action is Action.GIVE_OPINION:
        return min(principal_of(deed.officer).unit_ids)
    return deed.dossier.unit_id


def _move_step(deed: Act) -> None:
    """Move along the steps of the version, and set the norm of the step that is entered."""
    dossier, steps, rule = deed.dossier, deed.version.steps, deed.transition.step
    facts, before = policy.facts_of(dossier, deed.version), dossier.step_id
    if rule is StepRule.NEXT:
        dossier.step = _chosen(flow.following(steps, dossier.step_id, facts), deed.params.to_step, 0)
        deed.data["handoff"] = "paper" if deed.params.paper_handoff else "electronic"
    elif rule is StepRule.EARLIER:
        dossier.step = _chosen(flow.earlier(steps, dossier.step_id, facts), deed.params.to_step, -1)
    elif dossier.step_id is None and deed.transition.target == Status.PROCESSING and steps:
        dossier.step = (flow.following(steps, None, facts) or [steps[0]])[0]
    # Asked by its key: a step that was not entered now is not read from the database.
    if dossier.step_id not in (None, before) and dossier.step is not None:
        dossier.step_due_at = clocks.step_due(dossier.step, deed.at, deed.calendar)
        linked.open_children(deed)


def _chosen(open_to: list[Step], wanted: str | None, usual: int) -> Step:
    return next((step for step in open_to if step.code == wanted), open_to[usual])
