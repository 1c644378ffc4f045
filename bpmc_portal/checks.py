"""System checks: refuse to start in a state that would break a promise."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection


@register(Tags.security)
def demo_only_on_loopback(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """DEMO lets people in without a second factor: only on this machine."""
    hosts = {"127.0.0.1", "localhost", "[::1]", "testserver"}
    if settings.DEMO and not settings.DEBUG and not set(settings.ALLOWED_HOSTS) <= hosts:
        return [Error("DEMO=1 chỉ dùng trên máy cục bộ: ALLOWED_HOSTS có tên máy khác.", id="portal.E001")]
    return []


@register(Tags.database)
def durable_database(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A receipt is a promise: PostgreSQL must not acknowledge what a crash could take back."""
    if not databases:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')"
        )
        off = [name for name, setting in cursor.fetchall() if setting == "off"]
    return [
        Warning(f"PostgreSQL: {name} đang tắt, hồ sơ đã xác nhận có thể mất khi mất điện.", id="portal.W001")
        for name in off
    ]
