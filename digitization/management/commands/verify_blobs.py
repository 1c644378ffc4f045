"""Hash every stored file again and name what is lost or changed."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from digitization import fixity


class Command(BaseCommand):
    """Writes what it saw into the rows of the files; a restored file loses its fault."""

    help = "Băm lại mọi tệp đã lưu; mỗi tệp mất hoặc đổi in một dòng JSON, có thì mã thoát là 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, help="nhiều nhất bấy nhiêu tệp, lâu chưa xem nhất trước")
        parser.add_argument("--since", help="chỉ những tệp xem lần cuối trước ngày này (ISO 8601)")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        faulty = 0
        for found in fixity.check_all(at=now, limit=options["limit"], since=_instant(options["since"])):
            self.stdout.write(json.dumps(asdict(found), ensure_ascii=False))
            faulty += 1
        if faulty:
            raise SystemExit(1)


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError("--since: YYYY-MM-DD hoặc ISO 8601") from None
    return found if timezone.is_aware(found) else timezone.make_aware(found)
