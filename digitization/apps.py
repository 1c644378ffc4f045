"""App configuration."""

from django.apps import AppConfig


class DigitizationConfig(AppConfig):
    """digitization."""

    name = "digitization"
    verbose_name = "Giấy tờ và số hoá"

    def ready(self) -> None:
        """Register the jobs and the system checks."""
        from digitization import jobs, sandbox_check  # noqa: F401  (models are ready only now)
