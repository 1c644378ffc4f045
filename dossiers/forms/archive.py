"""Forms of the archive: what is proposed for destruction, and the decision on it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from bpmc_portal.errors import DomainError
from dossiers.forms.fields import LONG, TypedField

NOTE_LENGTH = 500


class ProposalForm(forms.Form):
    """Which packages, and why; the packages are the ticks `goi`."""

    use_required_attribute = False

    reason = TypedField(
        label=_("Lý do đề nghị"), max_length=NOTE_LENGTH * 2, widget=forms.TextInput(attrs=LONG),
        error_messages={"required": _("Hãy ghi lý do đề nghị tiêu huỷ.")},
    )  # fmt: skip

    def packages(self) -> list[int]:
        """Return the keys that are ticked; what is no key of ours is left out."""
        ticks = self.data.getlist("goi") if hasattr(self.data, "getlist") else []
        return [int(each) for each in ticks[:1000] if each.isascii() and each.isdigit() and len(each) < 19]

    def refuse(self, error: DomainError) -> None:
        """Put a refusal of the service on the form."""
        for name, sentence in error.fields.items() or {"": error.sentence}.items():
            self.add_error(name if name in self.fields else None, sentence)


class DecisionForm(forms.Form):
    """Approve or refuse, with words."""

    use_required_attribute = False

    decision = forms.ChoiceField(choices=[("approve", "approve"), ("refuse", "refuse")])
    note = TypedField(label=_("Ý kiến"), required=False, max_length=NOTE_LENGTH * 2)
