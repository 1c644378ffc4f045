"""Write the catalogue to files, or to the output when one format is asked for and no folder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from procedures.exporting import FORMATS, texts


class Command(BaseCommand):
    """Formats: json (read back by import_procedures), csv (spreadsheets), jsonld (schema.org)."""

    help = "Xuất danh mục thủ tục: --format json,csv,jsonld [--out THƯ MỤC]."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", default="json", metavar="json,csv,jsonld")
        parser.add_argument(
            "--out", metavar="DIR", help="thư mục ghi tệp catalogue.*; bỏ trống thì in ra màn hình"
        )

    def handle(self, *args: Any, format: str = "json", out: str | None = None, **options: Any) -> None:
        wanted = [name.strip() for name in format.split(",") if name.strip()]
        unknown = [name for name in wanted if name not in FORMATS]
        if unknown or not wanted:
            raise CommandError(
                f"Không có định dạng “{', '.join(unknown)}”. Hãy chọn trong: {', '.join(FORMATS)}."
            )
        if out is None and len(wanted) > 1:
            raise CommandError("Xuất nhiều định dạng cần thư mục: thêm --out THƯ MỤC.")
        catalogue = texts()
        for name in wanted:
            written = FORMATS[name](catalogue)
            if out is None:
                self.stdout.write(written, ending="")
                continue
            folder = Path(out)
            folder.mkdir(parents=True, exist_ok=True)
            # Bytes, so that no platform rewrites the line ends.
            (folder / f"catalogue.{name}").write_bytes(written.encode("utf-8"))
            self.stdout.write(f"Đã ghi {folder / f'catalogue.{name}'} ({len(catalogue)} thủ tục).")
