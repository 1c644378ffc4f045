"""App configuration."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """bpmc_portal.notices."""

    name = "bpmc_portal.notices"
    label = "notices"
    verbose_name = "Thông báo"

    def ready(self) -> None:
        """Register the jobs."""
        from bpmc_portal.notices import services  # noqa: F401  (models are ready only now)
