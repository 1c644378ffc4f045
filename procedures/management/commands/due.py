"""Print the due instant of a term and every day that was counted or left out, as JSON."""

import json
import sys
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand

from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from procedures import catalogue
from procedures.deadlines import DeadlineError, Due, TimeLimit, Unit, compute_due
from procedures.explain import as_json

_UNITS = {"days": Unit.WORKING_DAYS, "hours": Unit.WORKING_HOURS, "calendar_days": Unit.CALENDAR_DAYS}


class Command(BaseCommand):
    """Errors: one Vietnamese sentence with its code on standard error, exit 1."""

    help = "Tính ngày hẹn trả: --received 2025-01-24T15:30 --days 5 | --hours 8 | --calendar-days N [--office MÃ]."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--received", required=True, metavar="2025-01-24T15:30", help="giờ Việt Nam khi không ghi múi giờ"
        )
        limit = parser.add_mutually_exclusive_group(required=True)
        limit.add_argument("--days", metavar="N", help="ngày làm việc")
        limit.add_argument("--hours", metavar="N", help="giờ làm việc")
        limit.add_argument("--calendar-days", metavar="N", help="ngày")
        parser.add_argument("--office", metavar="CODE", help="Bộ phận Một cửa; mặc định là nơi đầu tiên")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            due = self._compute(options)
        except (DeadlineError, DomainError) as error:
            self.stderr.write(f"{error.sentence} [{error.code}]", style_func=str)
            sys.exit(1)
        self.stdout.write(json.dumps(as_json(due), ensure_ascii=False))

    def _compute(self, options: dict[str, Any]) -> Due:
        name = next(name for name in _UNITS if options[name] is not None)
        limit = TimeLimit(_whole(options[name]), _UNITS[name])
        calendar = catalogue.current().office(options["office"]).calendar
        return compute_due(_instant(options["received"]), limit, calendar)


def _whole(typed: str) -> int:
    try:
        return int(typed)
    except ValueError:
        sentence = f"Thời hạn phải là số nguyên. Bạn đã nhập “{typed[:20]}”."
        raise DomainError(sentence, code="limit_value") from None


def _instant(typed: str) -> datetime:
    try:
        at = datetime.fromisoformat(typed)
    except ValueError:
        sentence = f"Không hiểu thời điểm “{typed[:40]}”. Hãy nhập như 2025-01-24T15:30."
        raise DomainError(sentence, code="received_format") from None
    return at if at.utcoffset() is not None else at.replace(tzinfo=LOCAL_ZONE)
