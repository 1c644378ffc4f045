"""The grammar of document codes. Documents themselves are not here: an administrator sees no content."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bpmc_portal.admin import ByRole
from bpmc_portal.lib.vietnamese import local_date
from digitization import codes
from digitization.models import CodeScheme


@admin.register(CodeScheme)
class CodeSchemeAdmin(ByRole, admin.ModelAdmin):  # type: ignore[type-arg]
    """Code schemes with the day they begin. One in force has given codes and stays; a new rule is a new row."""

    list_display = ("kind", "template", "example", "in_force_from", "legal_basis", "confidence")
    list_filter = ("kind",)
    fields = ("kind", "template", "example", "in_force_from", "legal_basis", "confidence")
    readonly_fields = ("example",)

    @admin.display(description=_("mã mẫu"))
    def example(self, scheme: CodeScheme) -> str:
        """Show what the first paper of a citizen would get."""
        if scheme._state.adding:
            return str(_("Hiện sau khi lưu; mã đã cấp không bao giờ đổi theo cấu trúc mới."))
        return codes.example_of(scheme.template)

    def has_change_permission(self, request: HttpRequest, obj: CodeScheme | None = None) -> bool:
        """Let change only what is not yet in force."""
        return obj is None or obj.in_force_from > local_date()

    def has_delete_permission(self, request: HttpRequest, obj: CodeScheme | None = None) -> bool:
        """Let delete only what is not yet in force."""
        return obj is not None and obj.in_force_from > local_date()
