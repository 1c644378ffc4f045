"""The grammar of document codes. Documents themselves are not here: an administrator sees no content."""

from django.contrib import admin
from django.http import HttpRequest

from bpmc_portal.admin import ByRole
from digitization.models import CodeScheme


@admin.register(CodeScheme)
class CodeSchemeAdmin(ByRole, admin.ModelAdmin):  # type: ignore[type-arg]
    """Code schemes with the day they begin. One that has given codes stays; a new rule is a new row."""

    list_display = ("kind", "template", "in_force_from", "legal_basis", "confidence")
    list_filter = ("kind",)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse: codes were given by it."""
        return False
