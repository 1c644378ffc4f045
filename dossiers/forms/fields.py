"""Fields that read what people type; what may not be empty is said by the services, with their sentences."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import format_date, parse_date

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
