"""App configuration."""

from django.apps import AppConfig


class SignInConfig(AppConfig):
    """bpmc_portal.sign_in: above accounts and audit, because it reads the one and writes the other."""

    name = "bpmc_portal.sign_in"
    label = "sign_in"
    verbose_name = "Đăng nhập"
