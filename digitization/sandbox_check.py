"""System check: say when uploaded files are judged with less protection than meant."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from digitization import sandbox


@register(Tags.security)
def sandbox_works(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Hostile files belong into bubblewrap; without it only limits of the process protect the machine."""
    if sandbox.is_available():
        return []
    hint = "Cài gói bubblewrap và cho phép user namespaces (xem docs/decisions/0019-sandbox.md)."
    if settings.SANDBOX == "required":
        words = "SANDBOX=required nhưng bubblewrap không chạy được: mọi tệp tải lên sẽ bị từ chối."
        return [Error(words, hint=hint, id="digitization.E001")]
    words = "Hộp cát bubblewrap không chạy được: tệp tải lên chỉ được kiểm tra với giới hạn của tiến trình."
    return [Warning(words, hint=hint, id="digitization.W001")]
