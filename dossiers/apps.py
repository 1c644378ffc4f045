"""App configuration."""

from django.apps import AppConfig


class DossiersConfig(AppConfig):
    """dossiers."""

    name = "dossiers"
    verbose_name = "Hồ sơ"

    def ready(self) -> None:
        """Register the jobs and the recounts, and what lower layers ask of dossiers."""
        from dossiers import jobs, ledger, notices  # noqa: F401  (models are ready only now)
        from dossiers.services import stamped  # noqa: F401
