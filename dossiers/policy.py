"""Who may do which act on which dossier now: the table, the person's grants, and the separation of duties."""

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import Principal, principal_of
from dossiers.models import Dossier, Status
from dossiers.workflow import STEP_PERMISSION, TRANSITIONS, Action, Clock, StepRule
from procedures import flow
from procedures.catalogue import Version
from procedures.flow import Facts
from procedures.models import Step


def holds(principal: Principal, action: Action, dossier: Dossier) -> bool:
    """Say whether the person's grants cover the act, whatever the status."""
    transition = TRANSITIONS[action]
    if "citizen" in principal.roles:
        is_own = getattr(principal.user, "applicant_id", None) == dossier.applicant_id
        return is_own and action in {Action.SUBMIT, Action.WITHDRAW}
    if action is Action.GIVE_OPINION:
        asked = principal.units_where("process_dossiers")
        # Read whole, because a list loads the opinions of all its rows at once.
        return dossier.status == Status.PROCESSING and any(
            opinion.answered_at is None and opinion.unit_id in asked for opinion in dossier.opinions.all()
        )
    if transition.at_desk:
        return dossier.office_id in principal.office_ids and bool(
            principal.units_where(transition.permission)
        )
    return principal.may(transition.permission, dossier.unit_id)


def facts_of(dossier: Dossier, version: Version) -> Facts:
    """Return the facts on which the steps of the version depend, without a statement."""
    case = next((code for code, case in version.cases.items() if case.row.pk == dossier.case_id), "")
    return {
        "case": case,
        "channel": dossier.channel,
        "return_method": dossier.return_method,
        "complexity": dossier.complexity,
    }


def step_of(dossier: Dossier, version: Version) -> Step | None:
    """Return the current step from the catalogue in memory."""
    return next((step for step in version.steps if step.pk == dossier.step_id), None)


def fits_step(action: Action, dossier: Dossier, version: Version) -> bool:
    """Say whether the act fits the current step: forward needs a next one, approve the last one, a pause one that may pause.

    What was never received has no step to be opened again at.
    """
    transition = TRANSITIONS[action]
    if action is Action.REOPEN:
        return dossier.received_at is not None
    if transition.clock is Clock.STOPS:
        step = step_of(dossier, version)
        return step is None or step.may_pause
    if transition.step is StepRule.KEEP:
        return True
    facts = facts_of(dossier, version)
    if transition.step is StepRule.NEXT:
        return bool(flow.following(version.steps, dossier.step_id, facts))
    if transition.step is StepRule.EARLIER:
        return bool(flow.earlier(version.steps, dossier.step_id, facts))
    return flow.is_last(version.steps, dossier.step_id, facts)


def does_step(principal: Principal, action: Action, dossier: Dossier, version: Version) -> bool:
    """Say whether the person does the work of the current step: handing on is for the step's own role."""
    step = step_of(dossier, version)
    if action is not Action.FORWARD or step is None or step.role not in STEP_PERMISSION:
        return holds(principal, action, dossier)
    return principal.may(STEP_PERMISSION[step.role], dossier.unit_id)


def is_available(action: Action, dossier: Dossier, user: User, version: Version) -> bool:
    """Say whether this person may do this one act on this dossier now."""
    return (
        dossier.status in TRANSITIONS[action].sources
        and fits_step(action, dossier, version)
        and does_step(principal_of(user), action, dossier, version)
    )


def available_actions(dossier: Dossier, user: User, version: Version) -> list[Action]:
    """Return the acts this person may do on this dossier now, in the order of the table: the buttons of the page."""
    return [action for action in TRANSITIONS if is_available(action, dossier, user, version)]
