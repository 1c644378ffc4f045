"""Bring procedures in from a file, or all bundled tables: a dry run unless told otherwise."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from procedures.bundled import import_bundled
from procedures.facts import UnreadableRow
from procedures.importing import Report, import_procedures, load_file


class Command(BaseCommand):
    """A dry run does everything and takes it back, so that its report is the truth."""

    help = "Nạp danh mục thủ tục từ tệp (chạy thử trừ khi có --apply)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", metavar="FILE", help="tệp YAML hoặc JSON")
        parser.add_argument(
            "--bundled", action="store_true", help="nạp đơn vị, lĩnh vực, lịch nghỉ, thủ tục có sẵn"
        )
        parser.add_argument("--apply", action="store_true", help="ghi vào cơ sở dữ liệu")

    def handle(
        self, *args: Any, file: str | None = None, bundled: bool = False, apply: bool = False, **options: Any
    ) -> None:
        if bool(file) == bundled:
            raise CommandError("Hãy chỉ ra một tệp, hoặc dùng --bundled để nạp danh mục có sẵn.")
        try:
            with transaction.atomic():
                report = (
                    import_bundled() if file is None else import_procedures(load_file(Path(file)), Report())
                )
                transaction.set_rollback(not apply)
        except OSError as error:
            raise CommandError(f"Không mở được tệp {file}: {error.strerror}.") from error
        except UnreadableRow as error:
            raise CommandError(str(error)) from error
        self._tell(report, apply=apply, verbosity=options.get("verbosity", 1))

    def _tell(self, report: Report, *, apply: bool, verbosity: int) -> None:
        titles = (("Mới", report.added), ("Thay đổi", report.changed), ("Không đổi", report.unchanged))
        self.stdout.write(
            ", ".join(f"{title.lower()}: {len(rows)}" for title, rows in titles).capitalize() + "."
        )
        for title, rows in titles[:2]:
            for row in rows if verbosity > 0 and len(rows) <= 200 else []:
                self.stdout.write(f"  {title}: {row}")
        for title, rows in (("Nháp", report.drafts), ("Lỗi", report.problems)):
            if rows:
                self.stdout.write(f"{title} ({len(rows)}):")
                self.stdout.write("\n".join(f"  {row}" for row in rows))
        if not apply:
            self.stdout.write("Đây là chạy thử, chưa ghi gì. Thêm --apply để ghi.")
