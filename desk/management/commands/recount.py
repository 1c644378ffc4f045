"""Count every indicator again, naively, and say where the stored sums differ."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from bpmc_portal.lib.vietnamese import local_date
from desk import rollups
from desk.models import DayClosing


class Command(BaseCommand):
    """Reads only; one day at a time, so that its memory does not grow with the year."""

    help = "Đếm lại mọi số liệu từ dữ liệu gốc; mỗi chỗ lệch in một dòng JSON, có lệch thì mã thoát là 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--year", type=int, metavar="NĂM", help="năm cần đếm lại; mặc định là năm nay")

    def handle(self, *args: Any, year: int | None = None, **options: Any) -> None:
        found = 0
        for difference in self._differences(year or local_date().year):
            self.stdout.write(json.dumps(difference, ensure_ascii=False))
            found += 1
        if found:
            raise SystemExit(1)

    def _differences(self, year: int) -> Iterator[dict[str, Any]]:
        """Yield the differences of the closed days of a year, in order of day and office."""
        closed = DayClosing.objects.filter(day__year=year).order_by("day", "office")
        for office_id, code, day in closed.values_list("office_id", "office__code", "day").iterator():
            for each in rollups.compared(office_id, day):
                yield {
                    "indicator": "desk.waits", "office": code, "day": f"{day}", "service": each.service, "hour": each.hour,
                    "stored": each.stored, "counted": each.counted,
                }  # fmt: skip
