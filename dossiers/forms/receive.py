"""The shape of what the intake page posts. What is right or wrong in it is judged by the services, with their sentences."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Applicant
from bpmc_portal.errors import DomainError
from bpmc_portal.form_fields import DateField
from dossiers.forms.fields import LONG, TypedField
from dossiers.models import Channel, Complexity, ProvidedAs, ReturnMethod
from dossiers.services.commands import ApplicantInput, ComponentInput, IntakeInput, RepresentativeInput
from dossiers.services.held import REASONS, HeldPaper
from dossiers.services.procedure_choice import Chosen
from procedures.models import ComponentRequirement

# The ways a paper can be handed over; what is already held comes by its own switch.
HANDED_OVER = [choice for choice in ProvidedAs.choices if choice[0] != ProvidedAs.REUSED]
PERSON_FIELDS = ("name", "birth_on", "gender", "phone", "email", "address")
REPRESENTATIVE_FIELDS = (
    "identity_number",
    "name",
    "phone",
    "authorisation_number",
    "authorisation_expires_on",
)
# Words short enough for a control of one line; the full ones are those of the models.
SHORT_KINDS = [(Applicant.Kind.CITIZEN, _("Cá nhân")), (Applicant.Kind.ORGANISATION, _("Tổ chức"))]
SHORT_METHODS = [
    (ReturnMethod.DESK, _("Tại quầy")),
    (ReturnMethod.POST, _("Bưu chính")),
    (ReturnMethod.ELECTRONIC, _("Điện tử")),
]
# Controls of one paper after its tick "paper_CODE".
PARTS = ("as", "copies", "document", "again", "note")
# What the service calls a part of a paper → the control that shows its refusal.
PART_OF_PATH = {
    "provided_as": "_as",
    "copies": "_copies",
    "document": "_as",
    "asked_again_reason": "_again",
    "asked_again_note": "_note",
}


@dataclass(frozen=True)
class PaperRow:
    """One paper of the chosen case with its controls; `reuse`, `again` and `note` only where the paper is already held."""

    number: int
    requirement: ComponentRequirement
    held: HeldPaper | None
    here: forms.BoundField
    provided_as: forms.BoundField
    copies: forms.BoundField
    document: forms.BoundField
    reuse: forms.BoundField | None = None
    again: forms.BoundField | None = None
    note: forms.BoundField | None = None

    @property
    def is_reused(self) -> bool:
        """Whether the held paper serves."""
        return self.reuse is not None and bool(self.reuse.value())

    @property
    def is_given(self) -> bool:
        """Whether the paper goes into the dossier."""
        return self.is_reused or bool(self.here.value())

    @property
    def file_id(self) -> str:
        """The id of the scan that lies in this row, empty for none."""
        return str(self.document.value() or "")

    @property
    def errors(self) -> list[str]:
        """The sentences of all controls."""
        controls = (
            self.here,
            self.provided_as,
            self.copies,
            self.document,
            self.reuse,
            self.again,
            self.note,
        )
        return [str(text) for control in controls if control is not None for text in control.errors]


class ReceiveForm(forms.Form):
    """The whole intake page. The papers follow the chosen case; without one there are none."""

    use_required_attribute = False

    kind = forms.ChoiceField(label=_("Người nộp là"), choices=SHORT_KINDS, initial=Applicant.Kind.CITIZEN)
    identity_number = TypedField(label=_("Số căn cước, hộ chiếu, MST hoặc tên"), max_length=40)
    name = TypedField(label=_("Họ và tên / tên tổ chức"), max_length=300, widget=forms.TextInput(attrs=LONG))
    name_confirmed = forms.BooleanField(
        label=_("Tôi đã đối chiếu giấy tờ, tên vừa nhập là đúng"), required=False
    )
    birth_on = DateField(label=_("Ngày sinh"), required=False)
    gender = forms.ChoiceField(
        label=_("Giới tính"), choices=[("", "—"), *Applicant.Gender.choices], required=False
    )
    phone = forms.CharField(label=_("Điện thoại"), required=False, max_length=40)
    email = forms.CharField(
        label=_("E-mail"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={**LONG, "inputmode": "email"}),
    )
    address = forms.CharField(
        label=_("Địa chỉ"), required=False, max_length=400, widget=forms.TextInput(attrs=LONG)
    )
    representative_identity_number = forms.CharField(
        label=_("Số căn cước người nộp thay"), required=False, max_length=40
    )
    representative_name = forms.CharField(label=_("Họ và tên người nộp thay"), required=False, max_length=300)
    representative_phone = forms.CharField(
        label=_("Điện thoại người nộp thay"), required=False, max_length=40
    )
    representative_authorisation_number = forms.CharField(
        label=_("Số giấy uỷ quyền"), required=False, max_length=100
    )
    representative_authorisation_expires_on = DateField(label=_("Uỷ quyền đến ngày"), required=False)
    procedure = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    procedure_text = forms.CharField(label=_("Thủ tục"), required=False, max_length=500)
    case = forms.CharField(required=False, max_length=60)
    papers_of = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)
    tray = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    # The dossier that the same person handed in a minute ago: its papers serve again at once.
    together_with = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    ticket = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    # The known person whose data fills zone 1, so that another number does not keep this one's name.
    filled_for = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    channel = forms.ChoiceField(
        label=_("Cách nộp"),
        choices=[choice for choice in Channel.choices if choice[0] != Channel.ONLINE],
        initial=Channel.DESK,
    )
    return_method = forms.ChoiceField(
        label=_("Nhận kết quả"), choices=SHORT_METHODS, initial=ReturnMethod.DESK
    )
    complexity = TypedField(
        label=_("Hồ sơ phức tạp"),
        required=False,
        widget=forms.Select(choices=[("", _("Không")), *Complexity.choices]),
    )
    idempotency_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        chosen: Chosen | None = None,
        held: Mapping[str, HeldPaper] | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.chosen, self.held = chosen, held or {}
        needs = list(chosen.case.components.values()) if chosen else []
        for need in needs:
            self._add_paper(need)
            if need.code in self.held:
                self._add_reuse(need)
        # What need not be handed in stands first.
        needs.sort(key=lambda need: need.code not in self.held)
        self.papers = [self._row(number, need) for number, need in enumerate(needs, 1)]
        self.initial.setdefault("idempotency_key", uuid4())

    def _add_paper(self, need: ComponentRequirement) -> None:
        name = f"paper_{need.code}"
        word = {"aria-label": _("Hình thức: %s") % need.name}
        self.fields[name] = forms.BooleanField(label=need.name, required=False, initial=need.is_mandatory)
        self.fields[f"{name}_as"] = forms.ChoiceField(
            choices=HANDED_OVER,
            initial=ProvidedAs.ORIGINAL if need.originals else ProvidedAs.COPY,
            widget=forms.Select(attrs={**word, "class": "in"}),
            required=False,
        )
        counted = {
            "aria-label": _("Số bản: %s") % need.name,
            "class": "in",
            "inputmode": "numeric",
            "maxlength": "3",
        }
        self.fields[f"{name}_copies"] = forms.IntegerField(
            initial=max(need.originals, need.copies, 1), widget=forms.TextInput(attrs=counted), required=False
        )
        self.fields[f"{name}_document"] = forms.UUIDField(
            required=False, widget=forms.HiddenInput(attrs={"data-paper-document": ""})
        )

    def _add_reuse(self, need: ComponentRequirement) -> None:
        name = f"paper_{need.code}"
        self.fields[f"{name}_reuse"] = forms.BooleanField(
            label=_("Dùng lại: %s") % need.name, required=False, initial=True
        )
        why = {"aria-label": _("Lý do yêu cầu nộp lại: %s") % need.name, "class": "in"}
        self.fields[f"{name}_again"] = TypedField(
            required=False,
            widget=forms.Select(attrs=why, choices=[("", _("Chọn lý do nộp lại")), *REASONS]),
        )
        note = {"aria-label": _("Ghi rõ lý do: %s") % need.name, "class": "in", "placeholder": _("Ghi rõ")}
        self.fields[f"{name}_note"] = forms.CharField(
            required=False, max_length=400, widget=forms.TextInput(attrs={**LONG, **note})
        )

    def _row(self, number: int, need: ComponentRequirement) -> PaperRow:
        name, held = f"paper_{need.code}", self.held.get(need.code)
        always = (self[name], self[f"{name}_as"], self[f"{name}_copies"], self[f"{name}_document"])
        if held is None:
            return PaperRow(number, need, None, *always)
        return PaperRow(
            number, need, held, *always, self[f"{name}_reuse"], self[f"{name}_again"], self[f"{name}_note"]
        )

    @property
    def held_rows(self) -> list[PaperRow]:
        """The papers that need not be handed in."""
        return [row for row in self.papers if row.held is not None]

    @property
    def wanted_rows(self) -> list[PaperRow]:
        """The papers to receive today."""
        return [row for row in self.papers if row.held is None]

    @property
    def file_ids(self) -> list[str]:
        """The ids of all scans on the page, those of the tray last."""
        return [row.file_id for row in self.papers if row.file_id] + self.tray_ids

    @property
    def tray_ids(self) -> list[str]:
        """The ids of the scans that belong to no paper yet."""
        return [text for text in str(self["tray"].value() or "").split(",") if text]

    @property
    def given_codes(self) -> list[str]:
        """The codes of the papers that come, in the order in which they are handed to the service."""
        return [row.requirement.code for row in self.papers if row.is_given]

    def intake(self, *, office: str) -> IntakeInput:
        """Return what was typed as the service takes it."""
        typed = self.cleaned_data
        representative = {name: typed[f"representative_{name}"] for name in REPRESENTATIVE_FIELDS}
        return IntakeInput(
            procedure=self.chosen.procedure.row.code if self.chosen else typed["procedure"],
            case=self.chosen.case.row.code if self.chosen else None,
            office=office,
            channel=typed["channel"],
            applicant=ApplicantInput(
                kind=typed["kind"],
                identity_number=typed["identity_number"],
                **{name: typed[name] for name in PERSON_FIELDS},
            ),
            representative=RepresentativeInput(**representative) if any(representative.values()) else None,
            components=tuple(self._components()),
            return_method=typed["return_method"],
            complexity=typed["complexity"],
            ticket=typed["ticket"],
        )

    def _components(self) -> Iterator[ComponentInput]:
        typed = self.cleaned_data
        for row in self.papers:
            code = row.requirement.code
            name = f"paper_{code}"
            if row.held is not None and row.is_reused:
                yield ComponentInput(code, ProvidedAs.REUSED, document=row.held.document.pk)
            elif row.is_given:
                yield ComponentInput(
                    code,
                    typed[f"{name}_as"],
                    typed[f"{name}_copies"] or 0,
                    typed[f"{name}_document"],
                    typed.get(f"{name}_again", ""),
                    typed.get(f"{name}_note", ""),
                )

    def sentences(self, error: DomainError) -> list[tuple[str | None, str]]:
        """Return a refusal's sentences, each with the field that it is about."""
        if error.fields:
            return [(self._field_of(path), sentence) for path, sentence in error.fields.items()]
        is_procedure = error.code in {"unknown_procedure", "no_version_in_force"}
        return [("procedure_text" if is_procedure else None, error.sentence)]

    def _field_of(self, path: str) -> str | None:
        """Translate a path of the intake ("components.0.copies") into a field of this form."""
        head, _dot, rest = path.partition(".")
        name = {"representative": f"representative_{rest}", "applicant": rest}.get(head, head)
        if head == "components":
            index, _dot, part = rest.partition(".")
            given = self.given_codes
            missing = [
                row.requirement.code
                for row in self.papers
                if row.requirement.is_mandatory and row.requirement.code not in given
            ]
            if index.isdigit() and int(index) < len(given):
                name = f"paper_{given[int(index)]}{PART_OF_PATH.get(part, '')}"
            elif missing:
                name = f"paper_{missing[0]}"
        return name if name in self.fields else None


def kept(
    data: Mapping[str, Any], *, chosen: Chosen | None, held: Mapping[str, HeldPaper] | None = None
) -> dict[str, Any]:
    """Return everything typed as the initial values of a page that is shown again without being judged.

    Ticks of papers are kept only while the page still shows the papers of the same case; scans of other papers go to the tray. A
    paper that is held is pre-selected until somebody has undone it.
    """
    initial: dict[str, Any] = {name: data[name] for name in data if name in ReceiveForm.base_fields}
    initial["name_confirmed"] = bool(data.get("name_confirmed"))
    is_same = chosen is not None and data.get("papers_of") == papers_of(chosen)
    if not is_same:
        loose = [value for name, value in data.items() if _is_scan(name) and value]
        initial["tray"] = ",".join(filter(None, [data.get("tray", ""), *loose]))
    if chosen is not None:
        if is_same:
            for code in chosen.case.components:
                initial |= _kept_paper(data, code)
        for code, paper in (held or {}).items():
            was_offered = is_same and data.get(f"paper_{code}_held") == str(paper.document.pk)
            initial[f"paper_{code}_reuse"] = not was_offered or bool(data.get(f"paper_{code}_reuse"))
        initial |= {
            "procedure": chosen.procedure.row.code,
            "procedure_text": chosen.procedure.row.name,
            "case": chosen.case.row.code,
            "papers_of": papers_of(chosen),
        }
    return initial


def _kept_paper(data: Mapping[str, Any], code: str) -> dict[str, Any]:
    name = f"paper_{code}"
    return {name: bool(data.get(name))} | {
        f"{name}_{part}": data[f"{name}_{part}"] for part in PARTS if f"{name}_{part}" in data
    }


def _is_scan(name: str) -> bool:
    return name.startswith("paper_") and name.endswith("_document")


def papers_of(chosen: Chosen) -> str:
    """Name the list of papers that a page shows."""
    return f"{chosen.version.row.pk}:{chosen.case.row.code}"
