"""Dossiers as plain dictionaries: what the catalogue holds in memory is not read again from the database."""

from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from bpmc_portal.accounts.models import Unit, User
from bpmc_portal.api_http import iso, user_of
from dossiers import policy
from dossiers.models import Component, Dossier, DossierEvent, Letter, Payment, Status
from dossiers.models.dossier import BEFORE_RECEIPT
from dossiers.services.lookup import TrackedDossier
from dossiers.workflow import TRANSITIONS, Action
from procedures.catalogue import Catalogue, Version


def rows(found: QuerySet[Dossier]) -> QuerySet[Dossier]:
    """Load what a row of a list shows: two statements a page, whatever its length."""
    return found.select_related("assignee", "procedure", "office").prefetch_related("opinions")


def whole(found: QuerySet[Dossier]) -> QuerySet[Dossier]:
    """Load what a whole dossier shows."""
    papers = Component.objects.select_related("requirement", "document").order_by("position")
    letters = Letter.objects.filter(state=Letter.State.ISSUED).order_by("pk")
    return (
        rows(found)
        .select_related("applicant", "case", "ticket")
        .prefetch_related(
            Prefetch("components", queryset=papers), Prefetch("letters", queryset=letters), "payments"
        )
    )


def row_json(dossier: Dossier, user: User, held: Catalogue) -> dict[str, Any]:
    """Return a dossier as a list shows it; needs `rows`."""
    version = held.version_by_id(dossier.version_of_procedure_id)
    return {
        "code": dossier.code,
        "status": dossier.status,
        "status_label": str(Status(dossier.status).label),
        "outcome": dossier.outcome or None,
        "version": dossier.version,
        "step": _step(version, dossier.step_id),
        "procedure": {"code": dossier.procedure.code, "name": dossier.procedure.name},
        "unit": _unit(held, dossier.unit_id),
        "office": dossier.office.code,
        "channel": dossier.channel,
        "applicant_name": dossier.applicant_name,
        "assigned": _person(dossier.assignee),
        "received_at": iso(dossier.received_at),
        "due_at": iso(dossier.due_at),
        "finished_at": iso(dossier.finished_at),
        "returned_at": iso(dossier.returned_at),
        "next_act": dossier.next_act or None,
        "step_due_at": iso(dossier.step_due_at) if user.applicant_id is None else None,
        "respond_by": iso(dossier.respond_by),
        "available_actions": [str(action) for action in policy.available_actions(dossier, user, version)],
    }


def dossier_json(dossier: Dossier, request: Request, held: Catalogue) -> dict[str, Any]:
    """Return a whole dossier; needs `whole`. Name and contact are those given that day."""
    applicant = dossier.applicant
    parent, children = _linked(dossier, user_of(request))
    return {
        **row_json(dossier, user_of(request), held),
        "case": {"code": dossier.case.code, "name": dossier.case.name},
        "applicant": {
            "kind": applicant.kind,
            "identity_number": applicant.identity_number,
            "name": dossier.applicant_name,
            "birth_on": applicant.birth_on.isoformat() if applicant.birth_on else None,
            "phone": dossier.phone,
            "email": dossier.email,
            "address": dossier.address,
        },
        "representative": dossier.representative,
        "return_method": dossier.return_method,
        "ticket": dossier.ticket.number or None if dossier.ticket else None,
        "form": dossier.form,
        "first_due_at": iso(dossier.first_due_at),
        "supplement_count": dossier.supplement_count,
        "postpone_count": dossier.postpone_count,
        "components": [_paper(component) for component in dossier.components.all()],
        "receipt_url": receipt_url(request, dossier.code, dossier.status),
        "parent": parent,
        "children": children,
        "letters": [_letter(letter) for letter in dossier.letters.all()],
        "payments": [_payment(payment) for payment in dossier.payments.all()],
    }


def receipt_url(request: Request, code: str, status: str) -> str | None:
    """Return the absolute address of the receipt; None before the dossier is received, because there is none then."""
    if status in BEFORE_RECEIPT:
        return None
    return request.build_absolute_uri(reverse("api:dossier_receipt", kwargs={"code": code}))


def event_json(event: DossierEvent, held: Catalogue, version: Version, *, for_staff: bool) -> dict[str, Any]:
    """Return one act; needs `actor` loaded. Citizens are not told who acted."""
    return {
        "seq": event.seq,
        "action": event.action,
        "label": str(TRANSITIONS[Action(event.action)].done),
        "from_status": event.from_status or None,
        "to_status": event.to_status,
        "step": _step(version, event.to_step_id),
        "at": iso(event.at),
        "actor": _person(event.actor) if for_staff else None,
        "unit": _unit(held, event.unit_id),
        "reason": event.reason,
        "is_public": event.is_public,
    }


def public_json(tracked: TrackedDossier, held: Catalogue) -> dict[str, Any]:
    """Return what anybody with the receipt may see."""
    version = held.version_by_id(tracked.version_of_procedure_id)
    procedure = next(each.row for each in held.each() if each.row.pk == tracked.procedure_id)
    steps = {step.pk: step.citizen_name for step in version.steps}
    return {
        "code": tracked.code,
        "status": tracked.status,
        "status_label": str(Status(tracked.status).label),
        "outcome": tracked.outcome or None,
        "procedure": {"code": procedure.code, "name": procedure.name},
        "unit": _unit(held, tracked.unit_id),
        "step": steps.get(tracked.step_id),
        "return_method": tracked.return_method,
        "received_at": iso(tracked.received_at),
        "due_at": iso(tracked.due_at),
        "first_due_at": iso(tracked.first_due_at),
        "finished_at": iso(tracked.finished_at),
        "returned_at": iso(tracked.returned_at),
        "events": [
            {
                "action": event["action"],
                "label": str(TRANSITIONS[Action(event["action"])].done),
                "at": iso(event["at"]),
                "step": steps.get(event["to_step"]),
            }
            for event in tracked.events or []
        ],
    }


def pending_json() -> dict[str, str]:
    """Say that the receipt is being made."""
    return {"code": "receipt_pending", "detail": _("Giấy tiếp nhận đang được tạo. Hãy tải lại sau một giây.")}


def _step(version: Version, step_id: int | None) -> dict[str, str] | None:
    found = next((step for step in version.steps if step.pk == step_id), None)
    return {"code": found.code, "name": found.name} if found else None


def _unit(held: Catalogue, unit_id: int) -> dict[str, str]:
    unit: Unit = held.units[unit_id]
    return {"code": unit.code, "name": unit.name}


def _person(user: User | None) -> dict[str, str] | None:
    return {"username": user.username, "name": str(user)} if user else None


def _linked(dossier: Dossier, user: User) -> tuple[str | None, list[str]]:
    """Return the codes of the parent and the children that this person may see. One statement."""
    family = Dossier.objects.visible_to(user).filter(Q(parent=dossier) | Q(pk=dossier.parent_id or 0))
    found = dict(family.order_by("pk").values_list("pk", "code"))
    parent = found.pop(dossier.parent_id or 0, None)
    return parent, list(found.values())


def _letter(letter: Letter) -> dict[str, Any]:
    return {
        "kind": letter.kind,
        "number": letter.number,
        "issued_at": iso(letter.issued_at),
        "respond_by": iso(letter.respond_by),
        "answered_at": iso(letter.answered_at),
    }


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "reference": payment.reference,
        "name": payment.name,
        "amount": payment.amount,
        "state": payment.state,
        "method": payment.method or None,
        "transaction": payment.transaction,
        "requested_at": iso(payment.requested_at),
        "paid_at": iso(payment.paid_at),
    }


def _paper(component: Component) -> dict[str, Any]:
    return {
        "component": component.requirement.code,
        "name": component.name,
        "provided_as": component.provided_as,
        "copies": component.copies,
        "document": str(component.document_id),
        "document_code": component.document.code,
        "document_state": component.document.state,
    }
