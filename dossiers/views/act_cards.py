"""The acts open to a person on one dossier, as cards: the one right next act, and the others."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.lib.vietnamese import local_date
from dossiers import policy
from dossiers.forms import ActForm
from dossiers.models import Dossier, Proposal
from dossiers.services import assignment, composing
from dossiers.workflow import TRANSITIONS, Action
from procedures import flow
from procedures.catalogue import Catalogue, Version

# The act that carries the dossier on is the main button; the others stand under "Khác".
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
DATES = ("due_on", "collector_authorised_on", "opinion_due_on", "respond_by")
DANGER = {Action.REFUSE, Action.WITHDRAW, Action.STOP, Action.VOID, Action.DECLINE}


def form_of(
    action: Action, dossier: Dossier, held: Catalogue, version: Version, data: Mapping[str, Any] | None = None
) -> ActForm:
    """Return the form of one act on this dossier, with the choices that this act needs and no statement for the others."""
    facts = policy.facts_of(dossier, version)
    units = [(unit.code, unit.name) for unit in held.units.values() if unit.pk != dossier.unit_id]
    ways = {Action.FORWARD: flow.following, Action.SEND_BACK: flow.earlier}
    way = ways.get(action)
    steps = way(version.steps, dossier.step_id, facts) if way else []
    return ActForm(
        action,
        dossier,
        data,
        units=sorted(units, key=lambda unit: unit[1]),
        steps=[(step.code, step.name) for step in (reversed(steps) if action is Action.SEND_BACK else steps)],
        people=_people(dossier) if action in (Action.ASSIGN, Action.FORWARD) else (),
        fee=sum(fee.amount or 0 for fee in version.fees),
        proposal=_proposal(dossier, action) if TRANSITIONS[action].needs_second_person else None,
        result_revision=_revision(dossier) if action is Action.APPROVE else None,
    )


def _people(dossier: Dossier) -> list[tuple[str, str]]:
    """Return who may take the work over, each with how much they have in hand. One statement."""
    found = assignment.people([dossier.unit_id], on=local_date(), with_load=True)
    return [
        (each["username"], _("%(name)s · %(load)s hồ sơ") % each) for each in found if not each["is_away"]
    ]


def _proposal(dossier: Dossier, action: Action) -> Proposal | None:
    open_ones = dossier.proposals.select_related("proposed_by").filter(action=action, settled_at=None)
    return open_ones.first()


def _revision(dossier: Dossier) -> int:
    """Return which draft of the result is read with this form; 0 without one."""
    result = getattr(dossier, "result", None)
    return result.revision if result is not None else 0


def act_cards(
    dossier: Dossier, actions: list[Action], held: Catalogue, version: Version
) -> list[dict[str, Any]]:
    """Return one card an act, the one that carries the dossier on first and with its form; the others are one press away."""
    main = next((action for action in (dossier.next_act, *ONWARD) if action in actions), None)
    ordered = [Action(main)] if main else []
    ordered += [action for action in actions if action != main]
    return [
        act_card(
            action,
            dossier,
            form_of(action, dossier, held, version) if action == main else None,
            is_main=action == main,
        )
        for action in ordered
    ]


def url_of(action: Action, dossier: Dossier) -> str:
    """Return the page of an act: acts that write a letter have the page on which the letter is composed."""
    if action in composing.SLUGS:
        return reverse("dossiers:letter", args=[dossier.code, composing.SLUGS[action]])
    return reverse("dossiers:act", args=[dossier.code, action])


def act_card(action: Action, dossier: Dossier, form: ActForm | None, *, is_main: bool) -> dict[str, Any]:
    """Return what the template needs to draw one act; without a form, the way to its page."""
    label = str(TRANSITIONS[action].label)
    effect = {"act": label, "code": dossier.code, "name": dossier.applicant_name}
    return {
        "action": str(action),
        "label": label,
        "form": form,
        "url": url_of(action, dossier),
        "is_main": is_main,
        "kind": "danger" if action in DANGER else "go" if is_main else "1",
        "key": "F9" if is_main else "",
        "confirm": _("%(act)s hồ sơ %(code)s của %(name)s? Việc này không tự hoàn lại được.") % effect
        if action in FINAL
        else "",
        "is_danger": action in DANGER,
        "needs_second": TRANSITIONS[action].needs_second_person,
        "dates": DATES,
        "proposal": form.proposal if form is not None else None,
        "comparison": form.comparison if form is not None else [],
    }
