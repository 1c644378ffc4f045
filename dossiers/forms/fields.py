"""Fields that read what people type; what may not be empty is said by the services, with their sentences."""

from typing import Any

from django import forms

LONG = {"spellcheck": "false", "autocomplete": "off"}


class TypedField(forms.CharField):
    """Text as typed. `required` only draws the mark: what may not be empty is said by the service."""

    def validate(self, value: Any) -> None:
        """Accept anything."""
