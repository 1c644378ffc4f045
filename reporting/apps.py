"""App configuration."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """reporting."""

    name = "reporting"
    verbose_name = "Chỉ tiêu và báo cáo"

    def ready(self) -> None:
        """Register the indicators."""
        from reporting import indicators  # noqa: F401  (models are ready only now)
