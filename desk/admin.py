"""Services, counters and the rules of queues, for administrators."""

from typing import Any

from django.contrib import admin

from bpmc_portal.admin import ByRole
from desk.models import Counter, Queue, Service, SlotRule


class SlotRules(ByRole, admin.TabularInline):  # type: ignore[type-arg]
    """The bookable times of a service."""

    model = SlotRule
    extra = 0


class Kept(ByRole, admin.ModelAdmin):  # type: ignore[type-arg]
    """What was used is switched off, never deleted: the history stays whole."""

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Refuse."""
        return False


@admin.register(Service)
class ServiceAdmin(Kept):
    """What visitors come for."""

    list_display = ("office", "prefix", "name", "position", "is_active")
    list_filter = ("office", "is_active")
    filter_horizontal = ("fields",)
    inlines = (SlotRules,)


@admin.register(Counter)
class CounterAdmin(Kept):
    """Numbered places."""

    list_display = ("office", "number", "name", "is_active")
    list_filter = ("office", "is_active")
    filter_horizontal = ("services",)


@admin.register(Queue)
class QueueAdmin(Kept):
    """The rules of each office's queue."""

    list_display = ("office", "preferred_bound", "back_places", "late_min", "target_wait_s")
