"""What is typed on the pages that hand results over: which ones, to whom, how it was signed for."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from bpmc_portal.errors import DomainError
from bpmc_portal.form_fields import DateField
from dossiers.forms.fields import LONG, TypedField
from dossiers.services.collecting import Signed, Who
from dossiers.services.handing_over import Item, Ready

AT_COUNTER = [(who.value, who.label) for who in (Who.APPLICANT, Who.REPRESENTATIVE, Who.AUTHORISED)]


class NeededDate(DateField):
    """A date whose box is marked as needed; whether it is missing is said by the service."""

    def validate(self, value: Any) -> None:
        """Accept anything."""


class _ResultsForm(forms.Form):
    """A list of results with one tick and one box a row; `rows` are those that may be ticked."""

    use_required_attribute = False
    box = ""

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        rows: Sequence[Ready] = (),
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={"idempotency_key": uuid4(), **(initial or {})})
        self.codes = {row.dossier.code for row in rows}
        self.row_errors: dict[str, str] = {}

    def ticked(self, code: str) -> bool:
        """Say whether a row is chosen on the page as it stands."""
        if not self.is_bound:
            return bool(self.initial.get("all"))
        return bool(self.data.get(f"take_{code}"))

    def boxed(self, code: str) -> str:
        """Return what stands in a row's box."""
        return str(self.data.get(f"{self.box}_{code}", "")).strip() if self.is_bound else ""

    def items(self) -> list[Item]:
        """Return the chosen results at the versions that the page showed, whether or not they are still listed."""
        codes = [name.removeprefix("version_") for name in self.data if name.startswith("version_")]
        return [
            Item(code, self._version(code), **{self.box: self.boxed(code)})
            for code in codes
            if self.ticked(code)
        ]

    def _version(self, code: str) -> int:
        typed = str(self.data[f"version_{code}"])
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0

    def refuse(self, error: DomainError) -> None:
        """Put a refusal's sentences beside the rows and fields that they are about; the next try is a request of its own."""
        self.data = {**{name: self.data[name] for name in self.data}, "idempotency_key": str(uuid4())}
        for path, sentence in (error.fields or {"": error.sentence}).items():
            head, _, rest = path.partition(".")
            if head == self.box and rest in self.codes:
                self.row_errors[rest] = sentence
                self.add_error(None, f"{rest}: {sentence}")
            else:
                self.add_error(rest if rest in self.fields else None, sentence)


class ReturnForm(_ResultsForm):
    """The counter: ticked results of one person, who collects them, how it was signed."""

    box = "slot"

    person = forms.IntegerField(widget=forms.HiddenInput)
    who = forms.ChoiceField(
        label=_("Người nhận"), choices=AT_COUNTER, initial=Who.APPLICANT, widget=forms.RadioSelect
    )
    name = TypedField(
        label=_("Họ và tên người nhận thay"), max_length=300, widget=forms.TextInput(attrs=LONG)
    )
    authorisation_number = TypedField(label=_("Số giấy uỷ quyền"), max_length=100)
    authorised_on = NeededDate(label=_("Ngày uỷ quyền"))
    authorisation_expires_on = DateField(label=_("Có hạn đến"), required=False)
    signed = forms.ChoiceField(
        label=_("Ký nhận"), choices=Signed.choices, initial=Signed.PAPER, widget=forms.RadioSelect
    )

    def collector(self) -> dict[str, Any]:
        """Return who collects, as the service takes it; what was typed for somebody else counts only when that was chosen."""
        typed = self.cleaned_data
        if typed["who"] != Who.AUTHORISED:
            return {"who": typed["who"]}
        names = ("who", "name", "authorisation_number", "authorised_on", "authorisation_expires_on")
        return {name: typed[name] for name in names}


class PostForm(_ResultsForm):
    """The post: ticked results of many people, each with the number of its parcel."""

    box = "tracking_number"

    def ticked(self, code: str) -> bool:
        """Take a typed number for a choice: what was typed is never left behind in silence."""
        return super().ticked(code) or bool(self.boxed(code))
