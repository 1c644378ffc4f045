"""App configuration."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """desk."""

    name = "desk"
    verbose_name = "Quầy và hàng đợi"

    def ready(self) -> None:
        """Register the jobs and the recounts."""
        from desk import jobs, rollups  # noqa: F401  (models are ready only now)
