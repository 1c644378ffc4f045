"""The shape of what the staff screens post."""

from bpmc_portal.form_fields import DateField
from dossiers.forms.acts import ActForm, ReprintForm
from dossiers.forms.fields import LONG, TypedField
from dossiers.forms.receive import PERSON_FIELDS, PaperRow, ReceiveForm, kept, papers_of

__all__ = [
    "LONG",
    "PERSON_FIELDS",
    "ActForm",
    "DateField",
    "PaperRow",
    "ReceiveForm",
    "ReprintForm",
    "TypedField",
    "kept",
    "papers_of",
]
