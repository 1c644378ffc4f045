"""App configuration."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """bpmc_portal.audit."""

    name = "bpmc_portal.audit"
    label = "audit"
    verbose_name = "Nhật ký truy cập"
