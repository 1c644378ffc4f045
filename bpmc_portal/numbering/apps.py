"""App configuration."""

from django.apps import AppConfig


class NumberingConfig(AppConfig):
    """bpmc_portal.numbering."""

    name = "bpmc_portal.numbering"
    label = "numbering"
    verbose_name = "Dãy số"
