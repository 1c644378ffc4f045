"""App configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """bpmc_portal.accounts."""

    name = "bpmc_portal.accounts"
    label = "accounts"
    verbose_name = "Tài khoản và đơn vị"
