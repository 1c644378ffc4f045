"""The shape of a letter that is being composed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bpmc_portal.errors import DomainError
from bpmc_portal.form_fields import DateField
from dossiers.forms.fields import TypedField
from dossiers.models import Dossier, Letter, Reason
from dossiers.services.acts import ItemInput, Params
from dossiers.services.composing import Paper
from dossiers.services.letters import ASKING, LETTER_OF
from dossiers.workflow import Action


class LetterForm(forms.Form):
    """One letter: papers to ask for, coded reasons, words, legal basis, a day. What may not be empty is said by the service."""

    use_required_attribute = False

    expected_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        action: Action,
        dossier: Dossier,
        *,
        papers: Sequence[Paper],
        reasons: Sequence[Reason],
        day: date | None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, auto_id="id_%s", initial={"expected_version": dossier.version})
        self.action, self.kind = action, LETTER_OF[action]
        self.papers = papers if self.kind in ASKING else ()
        words = [("", _("— chọn lý do —")), *((each.code, each.text) for each in reasons)]
        for number, paper in enumerate(self.papers):
            self._add_paper(number, paper, words)
        if self.kind not in ASKING and reasons:
            self.fields["reason_codes"] = forms.MultipleChoiceField(
                label=_("Lý do từ danh mục"), required=False, widget=forms.CheckboxSelectMultiple,
                choices=[(each.code, each.text) for each in reasons],
            )  # fmt: skip
        label = _("Nội dung thêm") if self.kind in ASKING or reasons else _("Lý do")
        self.fields["reason"] = TypedField(
            label=label, required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
        )
        self._add_basis_and_day(dossier, day)

    def _add_paper(self, number: int, paper: Paper, reasons: list[tuple[str, Any]]) -> None:
        self.fields[f"ask_{number}"] = forms.BooleanField(
            label=paper.name, required=False, initial=paper.is_failed
        )
        self.fields[f"why_{number}"] = TypedField(
            label=_("Lý do"), initial=paper.reason, widget=forms.Select(choices=reasons)
        )
        self.fields[f"text_{number}"] = TypedField(
            label=_("Ghi cụ thể"), required=False, max_length=1000, initial=paper.note,
            widget=forms.Textarea(attrs={"rows": 2}),
        )  # fmt: skip
        self.fields[f"remedy_{number}"] = TypedField(
            label=_("Cách khắc phục"),
            required=False,
            max_length=500,
            widget=forms.Textarea(attrs={"rows": 2}),
        )

    def _add_basis_and_day(self, dossier: Dossier, day: date | None) -> None:
        is_second = self.action is Action.REQUEST_SUPPLEMENT and dossier.supplement_count > 0
        self.fields["legal_basis"] = TypedField(
            label=_("Căn cứ pháp lý"), required=is_second or self.kind == Letter.Kind.REFUSE, max_length=400,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )  # fmt: skip
        if self.action is Action.REQUEST_SUPPLEMENT:
            self.fields["respond_by"] = DateField(label=_("Hạn bổ sung"), required=False, initial=day)
        elif self.action is Action.POSTPONE:
            self.fields["due_on"] = DateField(
                label=_("Ngày hẹn mới"), initial=day,
                error_messages={"required": _("Hãy ghi ngày hẹn lại, dạng dd/mm/yyyy.")},
            )  # fmt: skip

    def initial_data(self) -> dict[str, Any]:
        """Return what the page would post untouched, for its first preview."""
        shown = {bound.name: bound.value() for bound in self}
        return {name: value for name, value in shown.items() if value not in (None, False, "")}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield one row a paper: the paper and its four boxes."""
        for number, paper in enumerate(self.papers):
            boxes = {name: self[f"{name}_{number}"] for name in ("ask", "why", "text", "remedy")}
            yield {"paper": paper, **boxes}

    def params(self) -> Params:
        """Return what was typed as the service takes it; an unreadable box counts as empty, for the preview."""
        typed = self.cleaned_data
        return Params(
            reason=typed.get("reason", ""),
            legal_basis=typed.get("legal_basis", ""),
            respond_by=typed.get("respond_by"),
            due_on=typed.get("due_on"),
            reason_codes=tuple(typed.get("reason_codes", ())),
            items=tuple(self._items(typed)),
        )

    def _items(self, typed: dict[str, Any]) -> Iterable[ItemInput]:
        for number, paper in enumerate(self.papers):
            if typed.get(f"ask_{number}"):
                yield ItemInput(
                    paper.code, typed.get(f"why_{number}", ""), typed.get(f"text_{number}", ""), typed.get(f"remedy_{number}", "")
                )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Ask for one ticked paper where papers have failed: sending none of them would send them all."""
        typed: dict[str, Any] = super().clean() or {}
        if any(paper.is_failed for paper in self.papers) and not any(self._items(typed)):
            raise forms.ValidationError(
                _(
                    "Hãy đánh dấu ít nhất một giấy tờ cần bổ sung. Giấy tờ nào đã đạt thì sửa kết luận ở trang hồ sơ."
                ),
                code="nothing_asked",
            )
        return typed

    def refuse(self, error: DomainError) -> None:
        """Put a refusal's sentences beside the boxes that they are about."""
        asked = [number for number in range(len(self.papers)) if self.cleaned_data.get(f"ask_{number}")]
        boxes = {"component": "ask", "reason": "why", "text": "text", "remedy": "remedy"}
        for path, sentence in (error.fields or {"": error.sentence}).items():
            name = path
            if path.startswith("items."):
                _items, index, part = path.split(".")
                name = f"{boxes.get(part, 'ask')}_{asked[int(index)]}" if int(index) < len(asked) else ""
            self.add_error(name if name in self.fields else None, sentence)
