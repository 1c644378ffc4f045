"""manage.py assign_codes: how many papers wait for a code, and a run that gives them one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bpmc_portal.jobs.services import run_due
from digitization import code_runs, services


class Command(BaseCommand):
    """Count the papers that wait, or start a run by Celery for all of them."""

    help = "Đếm giấy tờ chờ mã; --all giao cho Celery cấp mã tất cả, --here làm ngay trong tiến trình này."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --all and --here."""
        parser.add_argument("--all", action="store_true", help="cấp mã cho mọi giấy tờ đang chờ")
        parser.add_argument("--here", action="store_true", help="không chờ Celery")

    def handle(self, **options: Any) -> None:
        """Say what waits, or start and say what was started."""
        if not options["all"]:
            self.stdout.write(f"{services.uncoded().count()} giấy tờ chờ mã.")
            return
        run = code_runs.start(actor=None)
        if options["here"]:
            run_due()
            run.refresh_from_db()
            self.stdout.write(f"Đợt {run.pk}: đã cấp {run.coded} mã.")
            return
        self.stdout.write(f"Đợt {run.pk} đã giao cho Celery; tiến độ ở trang /so-hoa/ma/.")
