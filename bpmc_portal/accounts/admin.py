"""Units and desks."""

from django.contrib import admin

from bpmc_portal.accounts.models import Office, OfficeHours, Unit
from bpmc_portal.admin import ByRole


@admin.register(Unit)
class UnitAdmin(ByRole, admin.ModelAdmin):  # type: ignore[type-arg]
    """Units of the ministry. One that ends gets an end date and a successor; it is never deleted."""

    list_display = ("name", "code", "kind", "parent", "org_code", "valid_to")
    list_filter = ("kind",)
    search_fields = ("name", "code", "org_code")
    list_select_related = ("parent",)
    autocomplete_fields = ("parent", "successor")

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        """Refuse: dossiers and history hang on units."""
        return False


class HoursInline(ByRole, admin.TabularInline):  # type: ignore[type-arg]
    """Opening sessions of the week."""

    model = OfficeHours
    extra = 0


@admin.register(Office)
class OfficeAdmin(ByRole, admin.ModelAdmin):  # type: ignore[type-arg]
    """One-stop desks with their hours."""

    list_display = ("name", "code", "unit", "is_open", "position")
    list_select_related = ("unit",)
    search_fields = ("name", "code")
    autocomplete_fields = ("unit",)
    inlines = (HoursInline,)

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        """Refuse: a desk that closes is marked as closed, its dossiers stay."""
        return False
