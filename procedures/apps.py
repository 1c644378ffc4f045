"""App configuration."""

from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    """procedures."""

    name = "procedures"
    verbose_name = "Thủ tục hành chính"
