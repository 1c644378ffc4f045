"""Django's handles on the portal package: its template tags, commands and admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    """Owns the template tags, the management commands that belong to no business app, and the system checks."""

    name = "bpmc_portal"
    label = "portal"

    def ready(self) -> None:
        """Register the system checks."""
        from bpmc_portal import checks  # noqa: F401  (Django loads checks only when apps are ready)


class PortalAdminConfig(AdminConfig):
    """Django admin under /quan-tri/, behind the second factor."""

    default_site = "bpmc_portal.admin.PortalAdminSite"
