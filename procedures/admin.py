"""The catalogue: procedures and their versions, kinds of paper, the calendar."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bpmc_portal.admin import ByRole
from bpmc_portal.errors import DomainError
from bpmc_portal.lib.names import fold
from procedures import services
from procedures.models import (
    CalendarDay,
    CalendarYear,
    Case,
    ComponentRequirement,
    DocumentType,
    Fee,
    Field,
    LegalBasis,
    Procedure,
    ProcedureVersion,
    Step,
)  # fmt: skip

PUBLISHED = ProcedureVersion.State.PUBLISHED


def _is_published(obj: Any) -> bool:
    version = obj.version if isinstance(obj, Case) else obj
    return isinstance(version, ProcedureVersion) and version.state == PUBLISHED


class PartOfDraft(ByRole):
    """A part of a version: nothing moves once it is published; the database would refuse it anyway."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let add to drafts only."""
        return not _is_published(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let change drafts only."""
        return not _is_published(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let delete from drafts only."""
        return not _is_published(obj)


class CaseInline(PartOfDraft, admin.TabularInline):  # type: ignore[type-arg]
    """Cases of a version; their papers stand on the case's own page."""

    model = Case
    extra = 0
    show_change_link = True


class StepInline(PartOfDraft, admin.TabularInline):  # type: ignore[type-arg]
    """Steps of a version."""

    model = Step
    extra = 0


class FeeInline(PartOfDraft, admin.TabularInline):  # type: ignore[type-arg]
    """Fees of a version; an empty amount is unknown, not free."""

    model = Fee
    extra = 0


class LegalBasisInline(PartOfDraft, admin.TabularInline):  # type: ignore[type-arg]
    """Citations of a version."""

    model = LegalBasis
    extra = 0


class ComponentInline(PartOfDraft, admin.TabularInline):  # type: ignore[type-arg]
    """Papers of a case."""

    model = ComponentRequirement
    extra = 0
    autocomplete_fields = ("document_type",)


@admin.register(Case)
class CaseAdmin(PartOfDraft, admin.ModelAdmin):  # type: ignore[type-arg]
    """One case with its papers, reached from its version."""

    fields = ("version", "code", "name", "position")
    readonly_fields = ("version",)
    inlines = (ComponentInline,)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Keep it out of the index: a case means nothing without its version."""
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: cases are added on the version's page."""
        return False


class VersionInline(ByRole, admin.TabularInline):  # type: ignore[type-arg]
    """The versions of a procedure, each a link to its page."""

    model = ProcedureVersion
    fields = ("number", "state", "in_force_from", "in_force_to", "limit_words", "is_verified")
    readonly_fields = fields
    extra = 0
    show_change_link = True
    can_delete = False
    ordering = ("-number",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a new version is copied from the one before or added on its own page."""
        return False

    @admin.display(description=_("Thời hạn"))
    def limit_words(self, obj: ProcedureVersion) -> str:
        """Show the term in words."""
        return obj.limit_words or gettext("chưa xác định")


@admin.register(Procedure)
class ProcedureAdmin(ByRole, admin.ModelAdmin):  # type: ignore[type-arg]
    """Procedures. What the law says about them stands in versions."""

    list_display = ("name", "key", "national_code", "field", "unit", "is_active")
    list_filter = ("is_active", "field", "unit")
    list_select_related = ("field", "unit")
    search_fields = ("search_key", "name", "key", "national_code")
    autocomplete_fields = ("unit",)
    inlines = (VersionInline,)

    def save_model(self, request: HttpRequest, obj: Procedure, form: Any, change: bool) -> None:
        """Keep the search key in step with the names."""
        obj.search_key = fold(" ".join([obj.name, *obj.aliases, obj.key, obj.national_code or ""]))
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a procedure that is no longer used is switched off."""
        return False


@admin.register(ProcedureVersion)
class VersionAdmin(ByRole, admin.ModelAdmin):  # type: ignore[type-arg]
    """One version: a draft is edited and published here; a published one shows, and takes an end date."""

    list_display = ("__str__", "procedure", "state", "in_force_from", "in_force_to", "is_verified")
    list_filter = ("state", "is_verified", "procedure__field")
    list_select_related = ("procedure",)
    search_fields = ("procedure__search_key", "procedure__name", "procedure__key", "procedure__national_code")
    autocomplete_fields = ("procedure", "result_type")
    exclude = ("published_at",)
    inlines = (CaseInline, StepInline, FeeInline, LegalBasisInline)
    actions = ("publish", "copy_to_draft")

    def get_readonly_fields(
        self, request: HttpRequest, obj: ProcedureVersion | None = None
    ) -> tuple[str, ...]:
        """Close all fields of a published version but its end date and whether it was compared."""
        if not _is_published(obj):
            return ("state",)
        open_fields = {"id", "in_force_to", "is_verified", "published_at"}
        return tuple(field.name for field in ProcedureVersion._meta.fields if field.name not in open_fields)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let delete drafts, one at a time."""
        return obj is not None and not _is_published(obj)

    @admin.action(description=_("Công bố"))
    def publish(self, request: HttpRequest, queryset: QuerySet[ProcedureVersion]) -> None:
        """Publish drafts that are whole; say every fault of the others."""
        for version in queryset.select_related("procedure").order_by("pk"):
            try:
                services.publish(version)
            except DomainError as error:
                messages.error(request, f"{version}: {error.sentence}")
            else:
                messages.success(request, gettext("Đã công bố %s.") % version)

    @admin.action(description=_("Tạo bản mới từ bản này"))
    def copy_to_draft(
        self, request: HttpRequest, queryset: QuerySet[ProcedureVersion]
    ) -> HttpResponse | None:
        """Copy one version to a new draft and open it."""
        version = queryset.order_by("pk").first()
        if version is None or queryset.count() != 1:
            messages.error(request, gettext("Hãy chọn đúng một bản để sao chép."))
            return None
        draft = services.copy_to_draft(version)
        messages.success(
            request,
            gettext("Đã tạo %s từ bản %s. Hãy sửa ngày hiệu lực rồi công bố.") % (draft, version.number),
        )
        return HttpResponseRedirect(
            reverse("admin:procedures_procedureversion_change", args=[draft.pk]), status=303
        )


@admin.register(Field)
class FieldAdmin(ByRole, admin.ModelAdmin):  # type: ignore[type-arg]
    """Fields of administration."""

    list_display = ("name", "code", "unit", "is_sensitive")
    list_select_related = ("unit",)
    search_fields = ("name", "code")
    autocomplete_fields = ("unit",)


@admin.register(DocumentType)
class DocumentTypeAdmin(ByRole, admin.ModelAdmin):  # type: ignore[type-arg]
    """Kinds of paper."""

    list_display = ("name", "code", "is_result", "valid_months")
    list_filter = ("is_result",)
    search_fields = ("name", "code")


@admin.register(CalendarYear)
class CalendarYearAdmin(ByRole, admin.ModelAdmin):  # type: ignore[type-arg]
    """Years whose table of days off is loaded."""

    list_display = ("year", "is_provisional", "source")


@admin.register(CalendarDay)
class CalendarDayAdmin(ByRole, admin.ModelAdmin):  # type: ignore[type-arg]
    """Days off and days worked in exchange."""

    list_display = ("on", "kind", "reason", "is_provisional")
    list_filter = ("kind", "is_provisional")
    date_hierarchy = "on"
    search_fields = ("reason",)
