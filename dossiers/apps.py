"""App configuration."""

from django.apps import AppConfig


class DossiersConfig(AppConfig):
    """dossiers."""

    name = "dossiers"
    verbose_name = "Hồ sơ"

    def ready(self) -> None:
        """Register the jobs."""
        from dossiers import jobs, notices  # noqa: F401  (models are ready only now)
