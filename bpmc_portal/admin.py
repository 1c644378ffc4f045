"""The admin site under /quan-tri/: for the administrator's role, behind the second factor, without any dossier."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse
from django.urls import resolve, reverse
from django.utils.translation import gettext_lazy as _
from django_otp import DEVICE_ID_SESSION_KEY

from bpmc_portal.accounts.permissions import principal_of

# Tokens, devices, lock-outs and guardian's rows have their own doors; editing them here would go round the rules.
HIDDEN_APPS = frozenset({"auth", "axes", "guardian", "knox", "otp_static", "otp_totp"})


class PortalAdminSite(AdminSite):
    """Django admin in Vietnamese."""

    site_title = _("Quản trị Một cửa")
    site_header = _("Quản trị Một cửa")
    index_title = _("Danh mục và tài khoản")
    site_url = "/"

    def register(
        self, model_or_iterable: type[Model] | Iterable[type[Model]], admin_class: Any = None, **options: Any
    ) -> None:
        """Register models, except those of libraries that bring an admin page of their own."""
        models = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else model_or_iterable
        shown = [model for model in models if model._meta.app_label not in HIDDEN_APPS]
        super().register(shown, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in active staff with the administrator's role who passed the second factor (DEMO passes over the last)."""
        user = request.user
        is_known = settings.DEMO or DEVICE_ID_SESSION_KEY in request.session
        return bool(user.is_active and user.is_staff and is_known and "admin" in principal_of(user).roles)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send to the one sign-in page of the portal."""
        return redirect_to_login(request.GET.get("next", reverse("admin:index")), reverse("accounts:sign_in"))

    def logout(  # type: ignore[override]  # ours redirects
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Sign out as everywhere else, with the browser's memory cleared."""
        response: HttpResponse = resolve(reverse("accounts:sign_out")).func(request)
        return response


class ByRole:
    """Permissions of an admin page: the site's own gate, because Django's model permissions are not used."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the pages in the index."""
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let read."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let add."""
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let change."""
        return True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let delete; what is referred to is protected by the database."""
        return True


class ReadOnly(ByRole):
    """A page that only shows."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False
