"""Who may do which act on which dossier now: the table, the person's grants, and the separation of duties."""

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import Principal, principal_of
from dossiers.models import Dossier, Status
from dossiers.workflow import TRANSITIONS, Action, StepRule
from procedures.catalogue import Version


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


def fits_step(action: Action, dossier: Dossier, version: Version) -> bool:
    """Say whether the act fits the current step: forward needs a next one, approve the last one."""
    rule = TRANSITIONS[action].step
    positions = [step.position for step in version.steps]
    here = next((step.position for step in version.steps if step.pk == dossier.step_id), 0)
    if rule is StepRule.NEXT:
        return any(position > here for position in positions)
    if rule is StepRule.EARLIER:
        return any(position < here for position in positions)
    if rule is StepRule.LAST:
        return not positions or here == positions[-1]
    return True


def is_available(action: Action, dossier: Dossier, user: User, version: Version) -> bool:
    """Say whether this person may do this one act on this dossier now."""
    return (
        dossier.status in TRANSITIONS[action].sources
        and fits_step(action, dossier, version)
        and holds(principal_of(user), action, dossier)
    )


def available_actions(dossier: Dossier, user: User, version: Version) -> list[Action]:
    """Return the acts this person may do on this dossier now, in the order of the table: the buttons of the page."""
    return [action for action in TRANSITIONS if is_available(action, dossier, user, version)]
