"""Do one signing run; the PIN comes as one line on standard input and is written nowhere."""

import sys

from django.core.management.base import BaseCommand, CommandParser

from digitization import signing


class Command(BaseCommand):
    """Sign what waits in a run."""

    help = "Ký số các giấy tờ đang chờ của một phiên; mã PIN đọc từ đầu vào chuẩn."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the run."""
        parser.add_argument("run")

    def handle(self, *args: object, **options: str) -> None:
        """Read the PIN and work."""
        signing.work(options["run"], sys.stdin.readline().rstrip("\n"))
