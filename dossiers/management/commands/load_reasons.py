"""Load the bundled catalogue of reasons."""

from typing import Any

from django.core.management.base import BaseCommand

from dossiers.services.reasons import load_reasons


class Command(BaseCommand):
    """Adds what is missing; a second run, and a run after the ministry's changes, leaves everything as it is."""

    help = "Nạp danh mục lý do của thư gửi người nộp (chỉ thêm lý do chưa có)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Đã thêm {load_reasons()} lý do.")
