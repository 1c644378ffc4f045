"""Accounts and their roles. Roles begin and end through accounts.permissions, never by editing team rows."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Membership, Role, User
from bpmc_portal.accounts.permissions import appoint, dismiss
from bpmc_portal.admin import ByRole
from bpmc_portal.audit.services import record_security
from bpmc_portal.sign_in import services


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]
    """A role is given once; later only its last day is set."""

    class Meta:
        model = Membership
        fields = ("unit", "role", "office", "starts_on", "ends_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("unit", "role", "office", "starts_on"):
                self.fields[name].disabled = True

    def clean_ends_on(self) -> Any:
        """Refuse to take an end back: a role that ended may have been acted upon."""
        ends_on = self.cleaned_data["ends_on"]
        if self.instance.pk and self.initial.get("ends_on") and ends_on is None:
            raise ValidationError(gettext("Không xoá được ngày kết thúc. Hãy thêm một vai trò mới."))
        return ends_on


class MembershipInline(ByRole, admin.TabularInline):  # type: ignore[type-arg]
    """Roles of one account."""

    model = Membership
    form = MembershipForm
    extra = 0

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a role ends, it is not forgotten."""
        return False


class NewUserForm(UserCreationForm):  # type: ignore[type-arg]
    """A new account with its first password."""

    class Meta:
        model = User
        fields = ("username", "full_name", "title", "email")


@admin.register(User)
class UserAdmin(ByRole, DjangoUserAdmin):  # type: ignore[type-arg]
    """Accounts of staff and of citizens."""

    add_form = NewUserForm
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Người dùng"), {"fields": ("full_name", "title", "email")}),
        (_("Quyền vào"), {"fields": ("is_active", "is_staff")}),
        (_("Dấu vết"), {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "full_name", "title", "email", "password1", "password2")}),
    )
    readonly_fields = ("last_login", "created_at")
    list_display = ("username", "full_name", "title", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", ("memberships__role", admin.ChoicesFieldListFilter))
    search_fields = ("username", "full_name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    inlines = (MembershipInline,)
    actions = ("unlock_second_factor",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Keep applicants' accounts out: an administrator sees no citizen."""
        return super().get_queryset(request).filter(applicant=None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: an account is switched off, its acts stay signed."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save and write down what matters for security."""
        super().save_model(request, obj, form, change)
        changed = [name for name in form.changed_data if name not in {"password1", "password2"}]
        record_security(
            "account_changed" if change else "account_created",
            actor=_actor(request),
            subject=obj.username,
            request=request,
            fields=changed,
        )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Give and end roles through the policy's own services."""
        formset.save(commit=False)
        for membership in formset.new_objects:
            appoint(
                membership.user,
                unit=membership.unit,
                role=Role(membership.role),
                office=membership.office,
                starts_on=membership.starts_on,
                ends_on=membership.ends_on,
            )
            self._record(request, "role_given", membership)
        for membership, _fields in formset.changed_objects:
            dismiss(Membership.objects.get(pk=membership.pk), ends_on=membership.ends_on)
            self._record(request, "role_ended", membership)

    @staticmethod
    def _record(request: HttpRequest, act: str, membership: Membership) -> None:
        place = {"role": membership.role, "unit": membership.unit.code}
        record_security(
            act, actor=_actor(request), subject=membership.user.username, request=request, **place
        )

    @admin.action(description=_("Mở khoá mã xác thực (sai quá 5 lần)"))
    def unlock_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Give accounts their five tries again."""
        for user in queryset:
            services.unlock(user, actor=_actor(request), request=request)
        messages.success(request, gettext("Đã mở khoá. Người dùng có thể nhập mã ngay."))


def _actor(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the admin site lets in accounts only")
    return request.user
