"""Form fields that every app shares."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import format_date, parse_date


class DateField(forms.CharField):
    """A date typed in one box, day first, with or without separators."""

    def to_python(self, value: Any) -> Any:
        """Return a date, or None for an empty box."""
        if isinstance(value, date) or not (text := super().to_python(value)):
            return value or None
        try:
            return parse_date(text)
        except InvalidIdentifier as error:
            raise ValidationError(error.sentence, code=error.code) from error

    def prepare_value(self, value: Any) -> Any:
        """Show a date as dd/mm/yyyy and a typed text as it is."""
        return format_date(value) if isinstance(value, date) else value
