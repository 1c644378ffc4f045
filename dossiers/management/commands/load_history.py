"""Load years of plausible dossiers in bulk, for measuring."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bpmc_portal.errors import DomainError
from dossiers.history import load


class Command(BaseCommand):
    """One transaction: all or nothing. Never meant for a database with real dossiers."""

    help = "Nạp lịch sử hồ sơ giả định: --dossiers N --from 2021-01-01 --to 2025-12-31 --seed S."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dossiers", type=int, required=True, metavar="N")
        parser.add_argument(
            "--from", dest="first", type=date.fromisoformat, default=date(2021, 1, 1), metavar="2021-01-01"
        )
        parser.add_argument(
            "--to", dest="last", type=date.fromisoformat, default=date(2025, 12, 31), metavar="2025-12-31"
        )
        parser.add_argument("--seed", type=int, default=1, metavar="S")

    def handle(self, *args: Any, dossiers: int, first: date, last: date, seed: int, **options: Any) -> None:
        if dossiers < 1 or last < first:
            raise CommandError("Cần ít nhất một hồ sơ, và ngày cuối không trước ngày đầu.")
        began = time.monotonic()
        try:
            written = load(count=dossiers, first=first, last=last, seed=seed)
        except DomainError as error:
            raise CommandError(f"{error.sentence} [{error.code}]") from error
        seconds = time.monotonic() - began
        words = ", ".join(f"{count} {name}" for name, count in sorted(written.items()))
        self.stdout.write(f"Đã nạp {words} trong {seconds:.1f} giây ({dossiers / seconds:.0f} hồ sơ/giây).")
