"""The forms of the page of steps: the table as it was typed, a simulated dossier, the day of force. They read, they do not judge."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpmc_portal.accounts.models import Role
from bpmc_portal.form_fields import DateField
from bpmc_portal.lib.vietnamese import LOCAL_ZONE, to_local
from procedures.facts import StepText
from procedures.models import Case, StepCondition
from procedures.steps import MOST_STEPS
from procedures.steps_facts import FACTS, NAMES, ROLES

Choices = list[tuple[str, str | Promise]]
_CODE = re.compile(r"[-a-zA-Z0-9_]{1,40}")


class HoursField(forms.DecimalField):
    """Working hours with a comma or a point."""

    def to_python(self, value: Any) -> Any:
        """Return a Decimal."""
        return super().to_python(str(value).replace(",", ".") if value not in (None, "") else value)

    def prepare_value(self, value: Any) -> Any:
        """Show 8 for 8.0 and 2,5 for 2.5."""
        if isinstance(value, Decimal):
            return f"{value.normalize():f}".replace(".", ",")
        return value


class CodesField(forms.CharField):
    """Codes of steps, apart by commas or spaces."""

    def to_python(self, value: Any) -> Any:
        """Return a list of codes, each once."""
        codes = list(dict.fromkeys(re.split(r"[,;\s]+", super().to_python(value) or "")))
        wrong = [code for code in codes if code and not _CODE.fullmatch(code)]
        if wrong:
            raise ValidationError(
                _("“%s” không phải mã bước: mã chỉ gồm chữ không dấu, số và gạch nối.") % wrong[0][:40]
            )
        return [code for code in codes if code]

    def validate(self, value: Any) -> None:
        """Accept an empty list."""

    def run_validators(self, value: Any) -> None:
        """Judge no length: the codes were judged one by one."""

    def prepare_value(self, value: Any) -> Any:
        """Show codes with commas."""
        return ", ".join(value) if isinstance(value, (list, tuple)) else value


class StepRow(forms.Form):
    """One line of the table. Labels name the line, because the heads of columns are far away for who cannot see them."""

    code = forms.SlugField(label=gettext_lazy("Mã"), max_length=40)
    name = forms.CharField(label=gettext_lazy("Tên bước"), max_length=120)
    citizen_name = forms.CharField(label=gettext_lazy("Tên cho người dân"), max_length=120)
    role = forms.ChoiceField(label=gettext_lazy("Vai trò"))
    norm_hours = HoursField(
        label=gettext_lazy("Định mức (giờ làm việc)"),
        min_value=Decimal("0.1"),
        max_value=Decimal(3650),
        decimal_places=1,
    )
    when = forms.MultipleChoiceField(
        label=gettext_lazy("Điều kiện"), required=False, widget=forms.CheckboxSelectMultiple
    )
    may_pause = forms.BooleanField(label=gettext_lazy("Được tạm dừng"), required=False)
    next_codes = CodesField(label=gettext_lazy("Bước sau"), required=False)
    linked_procedure = forms.CharField(
        label=gettext_lazy("Mở hồ sơ liên thông"), required=False, max_length=40
    )

    def __init__(self, *args: Any, number: int, conditions: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role, when = self.fields["role"], self.fields["when"]
        if isinstance(role, forms.ChoiceField) and isinstance(when, forms.MultipleChoiceField):
            role.choices = self._roles()
            when.choices = conditions
        for name, field in self.fields.items():
            words = _("%(label)s, bước %(n)s") % {"label": field.label, "n": number}
            if name == "when":
                field.label = words
                continue
            field.widget.attrs |= {"aria-label": words}
            if name != "may_pause":
                field.widget.attrs |= {"class": "in", "autocomplete": "off"}
        self.fields["norm_hours"].widget = forms.TextInput(
            attrs={**self.fields["norm_hours"].widget.attrs, "inputmode": "decimal"}
        )
        self.fields["next_codes"].widget.attrs |= {"placeholder": _("bước kế tiếp"), "spellcheck": "false"}
        self.fields["linked_procedure"].widget.attrs |= {"list": "linkable", "placeholder": _("không")}

    def _roles(self) -> Choices:
        """Offer the roles that do steps, and the one that the step has already."""
        held = self.initial.get("role", "")
        more = [held] if held and held not in ROLES else []
        return [(role, Role(role).label) for role in [*ROLES, *more]]

    def clean_when(self) -> list[str]:
        """Refuse values of two kinds: a step looks at one fact."""
        given: list[str] = self.cleaned_data["when"]
        if len({each.partition(":")[0] for each in given}) > 1:
            raise ValidationError(_("Chỉ chọn giá trị của một loại điều kiện; hai loại cần hai bước."))
        return given

    def text(self) -> StepText:
        """Return the line as the text of a step; the form must be valid."""
        data = self.cleaned_data
        kinds, values = (
            zip(*(each.split(":", 1) for each in data["when"]), strict=True) if data["when"] else ((), ())
        )
        return StepText(
            data["code"], data["name"], data["citizen_name"], data["role"], data["norm_hours"], data["may_pause"],
            tuple(data["next_codes"]), kinds[0] if kinds else "", tuple(values), data["linked_procedure"].strip() or None,
        )  # fmt: skip


def conditions_of(cases: Iterable[Case]) -> Choices:
    """Return what a step may look at, as choices "kind:value" with words that name both."""
    values: dict[str, Mapping[str, str | Promise]] = {
        StepCondition.CASE: {case.code: case.name for case in cases},
        **FACTS,
    }
    return [
        (f"{kind}:{value}", f"{NAMES[kind]}: {words}")
        for kind, named in values.items()
        for value, words in named.items()
    ]


def rows_for(texts: Sequence[StepText], conditions: Choices) -> list[StepRow]:
    """Return the lines of stored steps."""
    return [
        StepRow(
            initial=_initial(text), prefix=f"b{number}", number=number, conditions=_with_odd(conditions, text)
        )
        for number, text in enumerate(texts, 1)
    ]


def rows_from(data: QueryDict, conditions: Choices) -> list[StepRow]:
    """Return the lines as they were typed."""
    typed = data.get("rows", "")
    count = min(int(typed), MOST_STEPS) if typed.isdecimal() and len(typed) < 4 else 0
    return [
        StepRow(data, prefix=f"b{number}", number=number, conditions=conditions, initial={"role": data.get(f"b{number}-role", "")})
        for number in range(1, count + 1)
    ]  # fmt: skip


def _with_odd(conditions: Choices, text: StepText) -> Choices:
    """Add values that the step names and nobody knows, so that they are seen and can be taken away."""
    known = {value for value, _words in conditions}
    own = [f"{text.condition}:{value}" for value in text.condition_values]
    return [*conditions, *((value, value) for value in own if value not in known)]


def _initial(text: StepText) -> dict[str, Any]:
    return {
        "code": text.code, "name": text.name, "citizen_name": text.citizen_name, "role": text.role, "norm_hours": text.norm_hours,
        "when": [f"{text.condition}:{value}" for value in text.condition_values], "may_pause": text.may_pause,
        "next_codes": list(text.next_codes), "linked_procedure": text.linked_procedure or "",
    }  # fmt: skip


class SimulationForm(forms.Form):
    """A dossier that is not there: its case, how it came and when."""

    case = forms.ChoiceField(label=gettext_lazy("Trường hợp"))
    channel = forms.ChoiceField(label=gettext_lazy("Kênh nộp"), choices=FACTS[StepCondition.CHANNEL])
    return_method = forms.ChoiceField(
        label=gettext_lazy("Nhận kết quả"), choices=FACTS[StepCondition.RETURN_METHOD]
    )
    complexity = forms.ChoiceField(label=gettext_lazy("Hồ sơ phức tạp"), required=False)
    received_on = DateField(label=gettext_lazy("Ngày tiếp nhận"))
    received_time = forms.TimeField(
        label=gettext_lazy("Giờ tiếp nhận"), input_formats=["%H:%M"], widget=forms.TextInput
    )

    def __init__(self, data: QueryDict | None, *, cases: Sequence[Case], now: datetime) -> None:
        local = to_local(now)
        first = cases[0].code if cases else ""
        start = {
            "case": first,
            "channel": "desk",
            "return_method": "desk",
            "received_on": local.date(),
            "received_time": f"{local:%H:%M}",
        }
        super().__init__(data, initial=start, auto_id="sim_%s")
        case, complexity = self.fields["case"], self.fields["complexity"]
        if isinstance(case, forms.ChoiceField) and isinstance(complexity, forms.ChoiceField):
            case.choices = [(each.code, each.name) for each in cases]
            complexity.choices = [("", _("Không")), *FACTS[StepCondition.COMPLEXITY].items()]

    def facts(self) -> dict[str, str]:
        """Return the facts of the dossier; the form must be valid."""
        return {kind: self.cleaned_data[kind] for kind in ("case", "channel", "return_method", "complexity")}

    def received_at(self) -> datetime:
        """Return the instant of receipt; the form must be valid."""
        clock: time = self.cleaned_data["received_time"]
        return datetime.combine(self.cleaned_data["received_on"], clock, LOCAL_ZONE)


class PublishForm(forms.Form):
    """From which day a draft shall hold."""

    starts_on = DateField(label=gettext_lazy("Hiệu lực từ ngày"))
    revision = forms.CharField(widget=forms.HiddenInput)
