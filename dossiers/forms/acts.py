"""The forms of acts on a dossier that is already here."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bpmc_portal.errors import DomainError
from bpmc_portal.form_fields import DateField
from dossiers.forms.fields import LONG, TypedField
from dossiers.models import Dossier, Payment, Proposal, ReturnMethod
from dossiers.services.acts import MoneyInput, OpinionInput, Params
from dossiers.workflow import TRANSITIONS, Action

LETTERED = (Action.REFUSE, Action.STOP, Action.DECLINE, Action.POSTPONE)
CORRECTABLE = {
    "applicant_name": _("Tên người nộp"),
    "phone": _("Điện thoại"),
    "email": _("E-mail"),
    "address": _("Địa chỉ"),
    "return_method": _("Cách nhận kết quả"),
}
REASON_LABELS = {Action.GIVE_OPINION: _("Nội dung ý kiến"), Action.ASK_OPINION: _("Nội dung cần lấy ý kiến")}
NOBODY_NAMED = ("", _("Theo tải: người đang ít việc nhất"))
Choices = Iterable[tuple[str, str]]


class ActForm(forms.Form):
    """What one act needs besides the dossier; only the boxes of that act are there.

    `steps` are those the act may go to, `people` who may do the work with their load, `reasons` the catalogue's for the letter,
    `proposal` the first person's half of an act that needs two.
    """

    use_required_attribute = False

    expected_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        action: Action,
        dossier: Dossier,
        data: Mapping[str, Any] | None = None,
        *,
        units: Choices = (),
        steps: Choices = (),
        people: Choices = (),
        reasons: Choices = (),
        fee: int = 0,
        proposal: Proposal | None = None,
        result_revision: int | None = None,
    ) -> None:
        super().__init__(data, auto_id=f"id_{action}_%s", initial={"expected_version": dossier.version})
        self.action = action
        self.proposal = proposal
        # Whether the act may still be done: false on the page that shows what somebody else did meanwhile.
        self.is_possible = True
        boxes = _BOXES.get(action)
        if boxes is not None:
            self.fields |= boxes(dossier, list(units), list(steps), list(people))
        if action in LETTERED and (known := list(reasons)):
            self.fields["reason_codes"] = forms.MultipleChoiceField(
                label=_("Lý do trong danh mục"), choices=known, required=False
            )
        if action is Action.CORRECT and proposal is None:
            self.fields |= _correct_boxes(dossier)
        if action is Action.REQUEST_PAYMENT and fee:
            self.initial["amount"] = fee
        if action is Action.APPROVE and result_revision is not None:
            self.fields["result_revision"] = forms.IntegerField(widget=forms.HiddenInput)
            self.initial["result_revision"] = result_revision
        self._add_reason(wanted=TRANSITIONS[action].needs_reason)

    def _add_reason(self, *, wanted: bool) -> None:
        if wanted or self.action is Action.FORWARD:
            label = REASON_LABELS.get(self.action, _("Lý do"))
            self.fields["reason"] = TypedField(
                label=label, required=wanted, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
            )

    @property
    def comparison(self) -> list[dict[str, Any]]:
        """Return what the proposal would change, the old value beside the new one."""
        data = self.proposal.data if self.proposal is not None else {}
        return [
            {
                "label": CORRECTABLE[name],
                "before": _shown(name, change["before"]),
                "after": _shown(name, change["after"]),
            }
            for name, change in data.items()
        ]

    def params(self) -> Params:
        """Return what was typed as the service takes it."""
        typed = self.cleaned_data
        collector = {
            "name": typed.get("collector_name", ""),
            "authorisation_number": typed.get("collector_authorisation_number", ""),
            "authorised_on": typed.get("collector_authorised_on"),
        }
        return Params(
            reason=typed.get("reason", ""),
            paper_handoff=typed.get("paper_handoff", False),
            to_step=typed.get("to_step"),
            opinion=self._opinion(),
            due_on=typed.get("due_on"),
            respond_by=typed.get("respond_by"),
            collector=collector if collector["name"] else None,
            legal_basis=typed.get("legal_basis", ""),
            assignee=typed.get("assignee") or None,
            reason_codes=tuple(typed.get("reason_codes", ())),
            money=self._money(),
            corrections=self._corrections(),
            result_revision=typed.get("result_revision"),
        )

    def _opinion(self) -> OpinionInput | None:
        typed = self.cleaned_data
        if self.action is not Action.ASK_OPINION:
            return None
        return OpinionInput(
            typed["opinion_unit"],
            typed["opinion_due_on"],
            silence_is_consent=typed["silence_is_consent"],
            is_confidential=typed["is_confidential"],
        )

    def _money(self) -> MoneyInput | None:
        typed = self.cleaned_data
        if self.action not in (Action.REQUEST_PAYMENT, Action.PAY):
            return None
        return MoneyInput(
            typed.get("amount"),
            name=typed.get("fee_name", ""),
            method=typed.get("method", ""),
            transaction=typed.get("transaction", ""),
        )

    def _corrections(self) -> dict[str, str]:
        if self.action is not Action.CORRECT:
            return {}
        return {name: self.cleaned_data[name] for name in CORRECTABLE if name in self.cleaned_data}

    def refuse(self, error: DomainError) -> None:
        """Put a refusal's sentences beside the fields that they are about."""
        for path, sentence in (error.fields or {"": error.sentence}).items():
            name = path.replace(".", "_")
            self.add_error(name if name in self.fields else None, sentence)


Pairs = list[tuple[str, str]]
Boxes = dict[str, forms.Field]


def _shown(name: str, value: str) -> str:
    return str(dict(ReturnMethod.choices).get(value, value)) if name == "return_method" else value


def _forward_boxes(dossier: Dossier, units: Pairs, steps: Pairs, people: Pairs) -> Boxes:
    boxes: Boxes = {}
    if len(steps) > 1:
        boxes["to_step"] = forms.ChoiceField(label=_("Bước sau"), choices=steps)
    if people:
        kept = ("", _("Giữ người đang thụ lý"))
        boxes["assignee"] = forms.ChoiceField(
            label=_("Người thụ lý tiếp theo"), choices=[kept, *people], required=False
        )
    boxes["paper_handoff"] = forms.BooleanField(label=_("Chuyển bằng bản giấy (ghi lý do)"), required=False)
    return boxes


def _send_back_boxes(dossier: Dossier, units: Pairs, steps: Pairs, people: Pairs) -> Boxes:
    if len(steps) < 2:
        return {}
    return {"to_step": forms.ChoiceField(label=_("Trả lại bước"), choices=steps)}


def _assign_boxes(dossier: Dossier, units: Pairs, steps: Pairs, people: Pairs) -> Boxes:
    choices = [NOBODY_NAMED, *people]
    return {"assignee": forms.ChoiceField(label=_("Giao cho"), choices=choices, required=False)}


def _opinion_boxes(dossier: Dossier, units: Pairs, steps: Pairs, people: Pairs) -> Boxes:
    return {
        "opinion_unit": TypedField(
            label=_("Đơn vị được lấy ý kiến"), widget=forms.Select(choices=[("", "—"), *units])
        ),
        "opinion_due_on": DateField(
            label=_("Hạn trả lời"), required=False, help_text=_("Để trống: 5 ngày làm việc.")
        ),
        "silence_is_consent": forms.BooleanField(
            label=_("Quá hạn không trả lời thì coi như đồng ý"), required=False
        ),
        "is_confidential": forms.BooleanField(label=_("Ý kiến mật: chỉ hai đơn vị đọc được"), required=False),
    }


def _supplement_boxes(dossier: Dossier, units: Pairs, steps: Pairs, people: Pairs) -> Boxes:
    boxes: Boxes = {"respond_by": _respond_by()}
    if dossier.supplement_count:
        boxes["legal_basis"] = TypedField(label=_("Căn cứ pháp lý của lần bổ sung thứ hai"), max_length=400)
    return boxes


def _request_payment_boxes(dossier: Dossier, units: Pairs, steps: Pairs, people: Pairs) -> Boxes:
    return {
        "amount": forms.IntegerField(
            label=_("Số tiền (đồng)"),
            required=False,
            min_value=1,
            localize=False,
            widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        ),
        "fee_name": TypedField(label=_("Khoản thu"), required=False, max_length=200),
        "respond_by": _respond_by(),
    }


def _pay_boxes(dossier: Dossier, units: Pairs, steps: Pairs, people: Pairs) -> Boxes:
    methods = [each for each in Payment.Method.choices if each[0] != Payment.Method.GATEWAY]
    return {
        "method": forms.ChoiceField(label=_("Cách nộp"), choices=methods, initial=Payment.Method.CASH),
        "transaction": TypedField(
            label=_("Số biên lai hoặc giao dịch"),
            required=False,
            max_length=80,
            help_text=_("Để trống: hệ thống cấp số biên lai."),
        ),
    }


def _letter_boxes(dossier: Dossier, units: Pairs, steps: Pairs, people: Pairs) -> Boxes:
    return {"legal_basis": TypedField(label=_("Căn cứ pháp lý"), required=False, max_length=400)}


def _postpone_boxes(dossier: Dossier, units: Pairs, steps: Pairs, people: Pairs) -> Boxes:
    return {"due_on": DateField(label=_("Ngày hẹn mới"), required=False)}


def _return_boxes(dossier: Dossier, units: Pairs, steps: Pairs, people: Pairs) -> Boxes:
    return {
        "collector_name": TypedField(
            label=_("Người nhận kết quả"),
            max_length=300,
            initial=dossier.applicant_name,
            widget=forms.TextInput(attrs=LONG),
        ),
        "collector_authorisation_number": forms.CharField(
            label=_("Số giấy uỷ quyền, nếu nhận thay"), required=False, max_length=100
        ),
        "collector_authorised_on": DateField(label=_("Ngày của giấy uỷ quyền"), required=False),
    }


def _correct_boxes(dossier: Dossier) -> Boxes:
    """Return the five facts that may be put right, each as it stands."""
    boxes: Boxes = {
        name: TypedField(label=label, required=False, max_length=400, initial=getattr(dossier, name))
        for name, label in CORRECTABLE.items()
        if name != "return_method"
    }
    boxes["return_method"] = forms.ChoiceField(
        label=CORRECTABLE["return_method"], choices=ReturnMethod.choices, initial=dossier.return_method
    )
    return boxes


def _respond_by() -> DateField:
    return DateField(label=_("Hạn người nộp trả lời"), required=False)


_BOXES: dict[Action, Callable[[Dossier, Pairs, Pairs, Pairs], Boxes]] = {
    Action.FORWARD: _forward_boxes,
    Action.SEND_BACK: _send_back_boxes,
    Action.ASSIGN: _assign_boxes,
    Action.ASK_OPINION: _opinion_boxes,
    Action.REQUEST_SUPPLEMENT: _supplement_boxes,
    Action.REQUEST_PAYMENT: _request_payment_boxes,
    Action.PAY: _pay_boxes,
    Action.REFUSE: _letter_boxes,
    Action.STOP: _letter_boxes,
    Action.POSTPONE: _postpone_boxes,
    Action.RETURN_RESULT: _return_boxes,
}


class ReprintForm(forms.Form):
    """Why a paper is printed again, and on what."""

    use_required_attribute = False

    reason = TypedField(label=_("Lý do in lại"), max_length=400, widget=forms.TextInput)
    size = forms.ChoiceField(label=_("Khổ giấy"), choices=[("A5", "A5"), ("A4", "A4")], initial="A5")

    def refuse(self, error: DomainError) -> None:
        """Put the sentence beside its field."""
        for path, sentence in (error.fields or {"": error.sentence}).items():
            self.add_error(path if path in self.fields else None, sentence)
