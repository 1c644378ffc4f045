"""Count every indicator again, naively, and say where the stored sums differ."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from bpmc_portal import recounts
from bpmc_portal.lib.vietnamese import local_date


class Command(BaseCommand):
    """Reads only; every app says what can be counted again (bpmc_portal/recounts.py)."""

    help = "Đếm lại mọi số liệu từ dữ liệu gốc; mỗi chỗ lệch in một dòng JSON, có lệch thì mã thoát là 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--year", type=int, metavar="NĂM", help="năm cần đếm lại; mặc định là năm nay")

    def handle(self, *args: Any, year: int | None = None, **options: Any) -> None:
        found = 0
        for difference in recounts.differences(year or local_date().year):
            self.stdout.write(json.dumps(difference, ensure_ascii=False))
            found += 1
        if found:
            raise SystemExit(1)
