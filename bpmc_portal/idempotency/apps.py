"""App configuration."""

from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    """bpmc_portal.idempotency."""

    name = "bpmc_portal.idempotency"
    label = "idempotency"
    verbose_name = "Khoá chống lặp"
