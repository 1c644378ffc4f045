"""The forms of acts on a dossier that is already here."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bpmc_portal.errors import DomainError
from dossiers.forms.fields import LONG, DateField, TypedField
from dossiers.models import Dossier
from dossiers.services.transitions import Params
from dossiers.workflow import TRANSITIONS, Action


class ActForm(forms.Form):
    """What one act needs besides the dossier; only the boxes of that act are there."""

    use_required_attribute = False

    expected_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        action: Action,
        dossier: Dossier,
        data: Mapping[str, Any] | None = None,
        *,
        units: Iterable[tuple[str, str]] = (),
        steps: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(data, auto_id=f"id_{action}_%s", initial={"expected_version": dossier.version})
        self.action = action
        # Whether the act may still be done: false on the page that shows what somebody else did meanwhile.
        self.is_possible = True
        self._add_boxes(dossier, list(units), list(steps))
        wants = TRANSITIONS[action].needs_reason
        if wants or action is Action.FORWARD:
            label = (
                _("Nội dung ý kiến")
                if action is Action.GIVE_OPINION
                else _("Nội dung cần lấy ý kiến")
                if action is Action.ASK_OPINION
                else _("Lý do")
            )
            self.fields["reason"] = TypedField(
                label=label, required=wants, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
            )

    def _add_boxes(
        self, dossier: Dossier, units: list[tuple[str, str]], steps: list[tuple[str, str]]
    ) -> None:
        boxes: dict[str, forms.Field] = {}
        if self.action is Action.FORWARD:
            boxes["paper_handoff"] = forms.BooleanField(
                label=_("Chuyển bằng bản giấy (ghi lý do)"), required=False
            )
        elif self.action is Action.SEND_BACK and len(steps) > 1:
            boxes["to_step"] = forms.ChoiceField(label=_("Trả lại bước"), choices=steps)
        elif self.action is Action.ASK_OPINION:
            boxes["opinion_unit"] = TypedField(
                label=_("Đơn vị được lấy ý kiến"), widget=forms.Select(choices=[("", "—"), *units])
            )
        elif self.action is Action.POSTPONE:
            boxes["due_on"] = DateField(label=_("Ngày hẹn mới"), required=False)
        elif self.action is Action.REQUEST_SUPPLEMENT and dossier.supplement_count:
            boxes["legal_basis"] = TypedField(
                label=_("Căn cứ pháp lý của lần bổ sung thứ hai"), max_length=400
            )
        elif self.action is Action.RETURN_RESULT:
            boxes["collector_name"] = TypedField(
                label=_("Người nhận kết quả"), max_length=300, widget=forms.TextInput(attrs=LONG)
            )
            boxes["collector_authorisation_number"] = forms.CharField(
                label=_("Số giấy uỷ quyền, nếu nhận thay"), required=False, max_length=100
            )
            boxes["collector_authorised_on"] = DateField(label=_("Ngày của giấy uỷ quyền"), required=False)
            self.initial["collector_name"] = dossier.applicant_name
        self.fields |= boxes

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
            opinion_unit=typed.get("opinion_unit"),
            due_on=typed.get("due_on"),
            collector=collector if collector["name"] else None,
            legal_basis=typed.get("legal_basis", ""),
        )

    def refuse(self, error: DomainError) -> None:
        """Put a refusal's sentences beside the fields that they are about."""
        for path, sentence in (error.fields or {"": error.sentence}).items():
            name = path.replace(".", "_")
            self.add_error(name if name in self.fields else None, sentence)


class ReprintForm(forms.Form):
    """Why a paper is printed again, and on what."""

    use_required_attribute = False

    reason = TypedField(label=_("Lý do in lại"), max_length=400, widget=forms.TextInput)
    size = forms.ChoiceField(label=_("Khổ giấy"), choices=[("A5", "A5"), ("A4", "A4")], initial="A5")

    def refuse(self, error: DomainError) -> None:
        """Put the sentence beside its field."""
        for path, sentence in (error.fields or {"": error.sentence}).items():
            self.add_error(path if path in self.fields else None, sentence)
