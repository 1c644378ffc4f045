"""The shape of what the staff screens post. What is right or wrong in it is judged by the services, with their sentences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Applicant
from bpmc_portal.errors import DomainError
from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import format_date, parse_date
from dossiers.models import Channel, Dossier, ProvidedAs, ReturnMethod
from dossiers.services.commands import ApplicantInput, ComponentInput, IntakeInput, RepresentativeInput
from dossiers.services.procedure_choice import Chosen
from dossiers.services.transitions import Params
from dossiers.workflow import TRANSITIONS, Action
from procedures.models import ComponentRequirement

# The ways a paper can come over the counter; files and papers already held come by other doors.
AT_COUNTER = [choice for choice in ProvidedAs.choices if choice[0] in {"original", "certified_copy", "copy"}]
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
LONG = {"spellcheck": "false", "autocomplete": "off"}


class TypedField(forms.CharField):
    """Text as typed. `required` only draws the mark: what may not be empty is said by the service."""

    def validate(self, value: Any) -> None:
        """Accept anything."""


class DateField(forms.CharField):
    """A date typed in one box, day first, with or without separators."""

    def to_python(self, value: Any) -> Any:
        """Return a date, or None for an empty box."""
        if isinstance(value, date):
            return value
        text = super().to_python(value)
        if not text:
            return None
        try:
            return parse_date(text)
        except InvalidIdentifier as error:
            raise ValidationError(error.sentence, code=error.code) from error

    def prepare_value(self, value: Any) -> Any:
        """Show a date as dd/mm/yyyy and a typed text as it is."""
        return format_date(value) if isinstance(value, date) else value


@dataclass(frozen=True)
class PaperRow:
    """One paper of the chosen case with its three controls."""

    requirement: ComponentRequirement
    here: forms.BoundField
    provided_as: forms.BoundField
    copies: forms.BoundField

    @property
    def errors(self) -> list[str]:
        """The sentences of all three controls."""
        return [
            str(text) for control in (self.here, self.provided_as, self.copies) for text in control.errors
        ]


class ReceiveForm(forms.Form):
    """The whole intake page. The papers follow the chosen case; without one there are none."""

    use_required_attribute = False

    kind = forms.ChoiceField(label=_("Người nộp là"), choices=SHORT_KINDS, initial=Applicant.Kind.CITIZEN)
    identity_number = TypedField(
        label=_("Số căn cước, hộ chiếu hoặc mã số thuế"),
        max_length=40,
        widget=forms.TextInput(attrs={"data-key": "Alt+1", "data-scan": "cccd tax"}),
    )
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
    channel = forms.ChoiceField(
        label=_("Cách nộp"),
        choices=[choice for choice in Channel.choices if choice[0] != Channel.ONLINE],
        initial=Channel.DESK,
    )
    return_method = forms.ChoiceField(
        label=_("Nhận kết quả"), choices=SHORT_METHODS, initial=ReturnMethod.DESK
    )
    idempotency_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        chosen: Chosen | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.chosen = chosen
        requirements = list(chosen.case.components.values()) if chosen else []
        for need in requirements:
            self._add_paper(need)
        self.papers = [self._row(need) for need in requirements]
        self.initial.setdefault("idempotency_key", uuid4())

    def _add_paper(self, need: ComponentRequirement) -> None:
        word = {"aria-label": _("Hình thức: %s") % need.name}
        self.fields[f"paper_{need.code}"] = forms.BooleanField(
            label=need.name, required=False, initial=need.is_mandatory
        )
        self.fields[f"paper_{need.code}_as"] = forms.ChoiceField(
            choices=AT_COUNTER,
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
        self.fields[f"paper_{need.code}_copies"] = forms.IntegerField(
            initial=max(need.originals, need.copies, 1), widget=forms.TextInput(attrs=counted), required=False
        )

    def _row(self, need: ComponentRequirement) -> PaperRow:
        return PaperRow(
            need, self[f"paper_{need.code}"], self[f"paper_{need.code}_as"], self[f"paper_{need.code}_copies"]
        )

    def with_new_key(self) -> "ReceiveForm":
        """Return the same page, judged, under a key of its own."""
        form = ReceiveForm(
            {**{name: self.data[name] for name in self.data}, "idempotency_key": str(uuid4())},
            chosen=self.chosen,
        )
        form.full_clean()
        return form

    @property
    def given_codes(self) -> list[str]:
        """The codes of the ticked papers, in the order in which they are handed to the service."""
        return [row.requirement.code for row in self.papers if row.here.value()]

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
            components=tuple(
                ComponentInput(code, typed[f"paper_{code}_as"], typed[f"paper_{code}_copies"] or 0)
                for code in self.given_codes
            ),
            return_method=typed["return_method"],
        )

    def refuse(self, error: DomainError) -> None:
        """Put a refusal's sentences beside the fields that they are about."""
        for path, sentence in error.fields.items():
            self.add_error(self._field_of(path), sentence)
        if not error.fields:
            self.add_error(
                "procedure_text" if error.code in {"unknown_procedure", "no_version_in_force"} else None,
                error.sentence,
            )

    def _field_of(self, path: str) -> str | None:
        """Translate a path of the intake ("components.0.copies") into a field of this form."""
        head, _dot, rest = path.partition(".")
        name = f"representative_{rest}" if head == "representative" else rest if head == "applicant" else ""
        given = self.given_codes
        if head == "components":
            index, _dot, part = rest.partition(".")
            missing = [
                row.requirement.code
                for row in self.papers
                if row.requirement.is_mandatory and row.requirement.code not in given
            ]
            if index.isdigit() and int(index) < len(given):
                name = f"paper_{given[int(index)]}" + {"provided_as": "_as", "copies": "_copies"}.get(
                    part, ""
                )
            elif missing:
                name = f"paper_{missing[0]}"
        return name if name in self.fields else None


def kept(data: Mapping[str, Any], *, chosen: Chosen | None) -> dict[str, Any]:
    """Return everything typed as the initial values of a page that is shown again without being judged.

    Ticks of papers are kept only while the page still shows the papers of the same case.
    """
    initial: dict[str, Any] = {name: data[name] for name in data if name in ReceiveForm.base_fields}
    initial["name_confirmed"] = bool(data.get("name_confirmed"))
    if chosen is not None:
        if data.get("papers_of") == papers_of(chosen):
            for code in chosen.case.components:
                initial[f"paper_{code}"] = bool(data.get(f"paper_{code}"))
                for part in ("as", "copies"):
                    initial[f"paper_{code}_{part}"] = data.get(f"paper_{code}_{part}", "")
        initial |= {
            "procedure": chosen.procedure.row.code,
            "procedure_text": chosen.procedure.row.name,
            "case": chosen.case.row.code,
            "papers_of": papers_of(chosen),
        }
    return initial


def papers_of(chosen: Chosen) -> str:
    """Name the list of papers that a page shows."""
    return f"{chosen.version.row.pk}:{chosen.case.row.code}"


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
            self.initial["collector_name"] = dossier.applicant_name
        self.fields |= boxes

    def params(self) -> Params:
        """Return what was typed as the service takes it."""
        typed = self.cleaned_data
        collector = {
            "name": typed.get("collector_name", ""),
            "authorisation_number": typed.get("collector_authorisation_number", ""),
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
