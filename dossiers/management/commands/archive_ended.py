"""Ask for the archive packages of dossiers that ended before there was an archive."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dossiers.services import archiving


class Command(BaseCommand):
    """Writes jobs only, a page at a time; what is packed already stays as it is."""

    help = "Đóng gói lưu trữ các hồ sơ đã kết thúc từ trước; chạy lại không đóng gói hai lần."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--after", type=int, default=0, help="khoá của hồ sơ cuối cùng của lần chạy trước"
        )
        parser.add_argument("--limit", type=int, help="nhiều nhất bấy nhiêu trang, mỗi trang 1000 hồ sơ")

    def handle(self, *args: Any, **options: Any) -> None:
        after, pages = options["after"], 0
        while options["limit"] is None or pages < options["limit"]:
            last = archiving.catch_up(after=after)
            if last is None:
                break
            after, pages = last, pages + 1
        self.stdout.write(f"{pages} trang, đến khoá {after}")
