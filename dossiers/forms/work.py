"""What is typed and ticked on the worklist and the page of absences."""

from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from bpmc_portal.errors import DomainError
from bpmc_portal.form_fields import DateField
from dossiers.forms.fields import LONG, TypedField
from dossiers.services import bulk
from dossiers.services.absences import REASON_LENGTH
from dossiers.services.bulk import Deed, Pick
from dossiers.services.own_list import NAME_LENGTH
from dossiers.workflow import TRANSITIONS, Action

LARGEST_KEY = 2**63 - 1


class SaveFilterForm(forms.Form):
    """A name for the address of the list."""

    ten = TypedField(label=_("Tên bộ lọc"), max_length=NAME_LENGTH * 2)
    dia_chi = TypedField(max_length=1000)

    def query(self) -> dict[str, str]:
        """Return the posted address as its parameters."""
        return dict(parse_qsl(self.cleaned_data.get("dia_chi", "")))


class SeenForm(forms.Form):
    """Up to which warning the person has read."""

    den = forms.IntegerField(min_value=1, max_value=LARGEST_KEY)


class BulkForm(forms.Form):
    """One act on the ticked dossiers. `hs` holds CODE~version a dossier, as the page showed it."""

    use_required_attribute = False

    viec = forms.ChoiceField(
        choices=[(str(action), TRANSITIONS[action].label) for action in bulk.ACTIONS],
        error_messages={
            "required": _("Hãy chọn việc cần làm."),
            "invalid_choice": _("Hãy chọn việc cần làm."),
        },
    )
    giao = forms.CharField(required=False, max_length=60)

    def deed(self) -> Deed:
        """Return what is to be done."""
        given = self.cleaned_data
        return Deed(Action(given["viec"]), given["giao"] if given["viec"] == Action.ASSIGN else "")


class BulkStartForm(BulkForm):
    """The dry run, confirmed: the dossiers as one text, and the key that keeps a second press from a second run."""

    hs = TypedField(widget=forms.HiddenInput)
    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def picks(self) -> list[Pick]:
        """Return the dossiers of the dry run."""
        return picked(self.cleaned_data["hs"].split())


def picked(ticks: list[str]) -> list[Pick]:
    """Read ticked dossiers; what is no tick of ours is left out."""
    picks = []
    for tick in ticks[: bulk.MOST]:
        code, _tilde, version = tick.partition("~")
        if code and version.isascii() and version.isdigit() and len(version) < 10:
            picks.append(Pick(code, int(version)))
    return picks


def ticked(picks: list[Pick]) -> str:
    """Write dossiers as one text for a hidden box."""
    return " ".join(f"{pick.code}~{pick.version}" for pick in picks)


class AbsenceForm(forms.Form):
    """Who is away, from when to when, and who covers."""

    use_required_attribute = False

    person = forms.ChoiceField(label=_("Người vắng"))
    starts_on = DateField(
        label=_("Từ ngày"), error_messages={"required": _("Hãy ghi ngày đầu, dạng dd/mm/yyyy.")}
    )
    ends_on = DateField(
        label=_("Đến hết ngày"), error_messages={"required": _("Hãy ghi ngày cuối, dạng dd/mm/yyyy.")}
    )
    cover = forms.ChoiceField(label=_("Người làm thay"), required=False)
    reason = TypedField(
        label=_("Lý do"), required=False, max_length=REASON_LENGTH * 2, widget=forms.TextInput(attrs=LONG)
    )

    def __init__(
        self, *args: Any, people: list[tuple[str, str]], covers: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = people  # type: ignore[attr-defined]
        self.fields["cover"].choices = [("", _("Chưa có, chỉ không nhận việc mới")), *covers]  # type: ignore[attr-defined]

    def refuse(self, error: DomainError) -> None:
        """Put a refusal of the service beside its field."""
        for name, sentence in error.fields.items() or {"": error.sentence}.items():
            self.add_error(name if name in self.fields else None, sentence)
