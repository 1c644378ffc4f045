"""What administrators may edit of dossiers: the catalogue of reasons. Dossiers themselves are no business of the admin site."""

from django.contrib import admin

from bpmc_portal.admin import ByRole
from dossiers.models import Reason


@admin.register(Reason)
class ReasonAdmin(ByRole, admin.ModelAdmin):  # type: ignore[type-arg]
    """Coded reasons. A letter keeps the words it was issued with; a reason that is out of use is switched off, not deleted."""

    list_display = ("text", "use", "code", "legal_basis", "position", "is_active")
    list_filter = ("use", "is_active")
    search_fields = ("text", "remedy", "code", "legal_basis")
