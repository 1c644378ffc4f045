"""What each act changes on the dossier besides status, step and clock; one function an act, called inside its transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.lib import names
from bpmc_portal.lib.vietnamese import local_date
from dossiers.models import Letter, Opinion, Outcome
from dossiers.services import assignment, collecting, corrections, letters, payments, results
from dossiers.services.acts import Act, OpinionInput
from dossiers.workflow import Action

OPINION_DAYS = 5


def _assign(deed: Act) -> None:
    """Give the work to a person, or to whoever has the least; officers take what is free and hand on what is theirs."""
    dossier, on = deed.dossier, local_date(deed.at)
    assignment.check_hand_over(dossier.assignee_id, dossier.unit_id, actor=deed.officer)
    if deed.params.assignee:
        person, stands_in_for = assignment.chosen(deed.params.assignee, dossier.unit_id, on=on)
        deed.data["stands_in_for"] = stands_in_for.pk if stands_in_for else None
    else:
        found = assignment.least_loaded(dossier.unit_id, on=on)
        if found is None:
            raise assignment.nobody_there()
        person = found
    deed.data |= {"assignee_before": dossier.assignee_id, "assignee": person.pk}
    dossier.assignee = person


def _forward(deed: Act) -> None:
    """Give the next step to the person who was named; without a name the work stays with whoever has it."""
    if not deed.params.assignee:
        return
    dossier = deed.dossier
    person, stands_in_for = assignment.chosen(deed.params.assignee, dossier.unit_id, on=local_date(deed.at))
    deed.data |= {
        "assignee_before": dossier.assignee_id,
        "assignee": person.pk,
        "stands_in_for": stands_in_for.pk if stands_in_for else None,
    }
    dossier.assignee = person


def _ask_to_fix(deed: Act) -> None:
    letters.write(deed, Letter.Kind.FIX)


def _decline(deed: Act) -> None:
    letters.write(deed, Letter.Kind.DECLINE)


def _request_supplement(deed: Act) -> None:
    dossier = deed.dossier
    if dossier.supplement_count >= 1:
        if not principal_of(deed.officer).may("approve_dossiers", dossier.unit_id):
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
    letters.write(deed, Letter.Kind.SUPPLEMENT)


def _supplement(deed: Act) -> None:
    letters.take_answers(deed)


def _postpone(deed: Act) -> None:
    dossier, due_on = deed.dossier, deed.params.due_on
    if dossier.postpone_count >= 1:
        raise DomainError(
            _("Hồ sơ đã hẹn lại một lần; không được hẹn lại lần nữa."), code="postpone_twice", status=409
        )
    if due_on is None or dossier.due_at is None:
        sentence = _("Hãy ghi ngày hẹn lại, dạng dd/mm/yyyy.")
        raise InvalidInput(sentence, code="due_on_missing", fields={"due_on": sentence})
    if not deed.calendar.is_working(due_on) or deed.calendar.close_of(due_on) <= max(deed.at, dossier.due_at):
        sentence = _("Ngày hẹn lại phải là ngày làm việc sau ngày hẹn cũ và sau hôm nay.")
        raise InvalidInput(sentence, code="due_on_not_later", fields={"due_on": sentence})
    deed.data["due_before"] = dossier.due_at.isoformat()
    dossier.due_at = deed.calendar.close_of(due_on)
    dossier.postpone_count += 1
    deed.data["due_at"] = dossier.due_at.isoformat()
    letters.write(deed, Letter.Kind.APOLOGY)


def _approve(deed: Act) -> None:
    _decide(deed, Outcome.GRANTED)
    results.issue(deed)


def _refuse(deed: Act) -> None:
    _decide(deed, Outcome.REFUSED)
    letters.write(deed, Letter.Kind.REFUSE)


def _decide(deed: Act, outcome: Outcome) -> None:
    if deed.dossier.received_by_id == deed.officer.pk:
        raise DomainError(
            _("Người đã tiếp nhận hồ sơ không được quyết định hồ sơ đó. Hãy chuyển cho lãnh đạo khác."),
            code="same_person",
            status=409,
        )
    deed.dossier.outcome = outcome
    deed.dossier.finished_at = deed.at
    letters.drop_drafts(deed)


def _return_result(deed: Act) -> None:
    deed.dossier.returned_at = deed.at
    deed.data |= collecting.proof(
        deed.dossier, deed.params.collector, deed.params.delivery, on=local_date(deed.at)
    )


def _stop(deed: Act) -> None:
    letters.drop_drafts(deed)
    letters.write(deed, Letter.Kind.STOP)
    payments.cancel(deed)


def _withdraw(deed: Act) -> None:
    letters.drop_drafts(deed)
    payments.cancel(deed)


def _reopen(deed: Act) -> None:
    deed.dossier.outcome, deed.dossier.finished_at = "", None
    results.reopen(deed)


def _ask_opinion(deed: Act) -> None:
    asked = deed.params.opinion or OpinionInput(deed.params.opinion_unit or "")
    unit = next((each for each in deed.held.units.values() if each.code == asked.unit), None)
    if unit is None or unit.pk == deed.dossier.unit_id:
        sentence = _("Hãy chọn đơn vị khác được lấy ý kiến.")
        raise InvalidInput(sentence, code="opinion_unit", fields={"opinion_unit": sentence})
    if Opinion.objects.filter(dossier=deed.dossier, unit=unit, answered_at=None).exists():
        raise DomainError(
            _("%s đang được lấy ý kiến và chưa trả lời.") % unit.name, code="opinion_asked", status=409
        )
    Opinion.objects.create(
        dossier=deed.dossier, unit=unit, question=deed.params.reason, asked_by=deed.officer, asked_at=deed.at,
        due_at=_opinion_due(deed, asked), silence_is_consent=asked.silence_is_consent, is_confidential=asked.is_confidential,
    )  # fmt: skip
    deed.data["opinion_unit"] = unit.code
    if asked.is_confidential:
        deed.params = _without_reason(deed)


def _opinion_due(deed: Act, asked: OpinionInput) -> datetime:
    day = asked.due_on
    if day is None:
        day = local_date(deed.at)
        for _count in range(OPINION_DAYS):
            day = deed.calendar.next_working(day)
    if not deed.calendar.is_working(day) or deed.calendar.close_of(day) <= deed.at:
        sentence = _("Hạn trả lời ý kiến phải là ngày làm việc từ hôm nay trở đi.")
        raise InvalidInput(sentence, code="opinion_due", fields={"opinion_due_on": sentence})
    return deed.calendar.close_of(day)


def _without_reason(deed: Act) -> Any:
    """Keep a confidential text out of the journal, which more people read than the opinion."""
    return type(deed.params)(**{**deed.params.__dict__, "reason": ""})


def _give_opinion(deed: Act) -> None:
    units = principal_of(deed.officer).units_where("process_dossiers")
    opinion = (
        Opinion.objects.filter(dossier=deed.dossier, unit_id__in=units, answered_at=None)
        .order_by("pk")
        .first()
    )
    if opinion is None:
        raise NotFound
    Opinion.objects.filter(pk=opinion.pk).update(
        answer=deed.params.reason, answered_by=deed.officer, answered_at=deed.at
    )
    deed.data["opinion_unit"] = opinion.unit_id
    if opinion.is_confidential:
        deed.params = _without_reason(deed)


CHANGES: dict[Action, Callable[[Act], None]] = {
    Action.FORWARD: _forward,
    Action.ASSIGN: _assign,
    Action.ASK_TO_FIX: _ask_to_fix,
    Action.DECLINE: _decline,
    Action.REQUEST_SUPPLEMENT: _request_supplement,
    Action.SUPPLEMENT: _supplement,
    Action.REQUEST_PAYMENT: payments.request,
    Action.PAY: payments.take,
    Action.POSTPONE: _postpone,
    Action.APPROVE: _approve,
    Action.REFUSE: _refuse,
    Action.RETURN_RESULT: _return_result,
    Action.WITHDRAW: _withdraw,
    Action.STOP: _stop,
    Action.REOPEN: _reopen,
    Action.CORRECT: corrections.apply,
    Action.ASK_OPINION: _ask_opinion,
    Action.GIVE_OPINION: _give_opinion,
}
