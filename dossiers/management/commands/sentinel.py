"""Say which dossiers are stuck, and why."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from dossiers.services import sentinel
from procedures import catalogue


class Command(BaseCommand):
    """Reads only; the instant is the database's."""

    help = "Tìm hồ sơ bị tắc; mỗi chỗ in một dòng JSON, có thì mã thoát là 1."

    def handle(self, *args: Any, **options: Any) -> None:
        _held, now = catalogue.read()
        found = False
        for violation in sentinel.violations(now):
            self.stdout.write(json.dumps(asdict(violation), ensure_ascii=False))
            found = True
        if found:
            raise SystemExit(1)
