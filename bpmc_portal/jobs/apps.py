"""App configuration."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """bpmc_portal.jobs."""

    name = "bpmc_portal.jobs"
    label = "jobs"
    verbose_name = "Việc nền"
