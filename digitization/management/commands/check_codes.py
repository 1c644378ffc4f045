"""manage.py check_codes: walk every series of document codes and name each gap and duplicate."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from digitization import code_runs


class Command(BaseCommand):
    """Exit 1 when a series has a gap, a number given twice, or disagrees with its counter."""

    help = "Soát các dãy mã giấy tờ: nêu từng số thiếu, số trùng; không có lỗi thì kết thúc bằng 0."

    def handle(self, **_options: Any) -> None:
        """Print a line a fault and a line of what was looked at."""
        found = list(code_runs.faults())
        for fault in found:
            self.stdout.write(f"{fault.series}: {fault.sentence}")
        self.stdout.write(f"{code_runs.series_count()} dãy mã, {len(found)} lỗi.")
        if found:
            sys.exit(1)
