"""Load the table of retention periods."""

from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandParser

from digitization import retention


class Command(BaseCommand):
    """Without a file, the table that is shipped."""

    help = "Nạp bảng thời hạn bảo quản hồ sơ (YAML)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=retention.DATA)

    def handle(self, *args: Any, **options: Any) -> None:
        table = yaml.safe_load(options["file"].read_text(encoding="utf-8"))
        classes, procedures = retention.load(table)
        self.stdout.write(f"{classes} thời hạn, {procedures} thủ tục")
