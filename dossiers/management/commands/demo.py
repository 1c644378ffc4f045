"""Build the demo world: catalogue, accounts, and the dossiers of the years from 2021 to today."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from dossiers.demo.build import build
from dossiers.demo.keys import PIN
from dossiers.demo.people import PASSWORD, STAFF
from dossiers.models import Dossier
from dossiers.services.reasons import load_reasons
from procedures.bundled import import_bundled


class Command(BaseCommand):
    """Only where DEMO=1. `--reset` drops the whole schema, because what is append-only cannot be deleted row by row."""

    help = "Dựng dữ liệu minh hoạ (chỉ khi DEMO=1)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="xoá toàn bộ cơ sở dữ liệu rồi dựng lại")
        parser.add_argument("--if-empty", action="store_true", help="không làm gì khi đã có hồ sơ")
        parser.add_argument("--dossiers", type=int, default=3000, metavar="N", help="số hồ sơ, khoảng chừng")

    def handle(
        self, *args: Any, reset: bool = False, if_empty: bool = False, dossiers: int = 3000, **options: Any
    ) -> None:
        if not settings.DEMO:
            raise CommandError(
                "Dữ liệu minh hoạ chỉ dựng được khi đặt DEMO=1. Máy chủ thật không được bật DEMO."
            )
        if reset:
            self._reset()
        elif Dossier.objects.exists():
            if if_empty:
                return
            raise CommandError("Kho đã có hồ sơ. Dùng --reset để xoá tất cả và dựng lại.")
        elif User.objects.filter(username__in=[name for name, *_rest in STAFF]).exists():
            raise CommandError(
                "Kho đã có tài khoản trùng tên với tài khoản minh hoạ. Dùng --reset để xoá tất cả và dựng lại."
            )
        started = time.monotonic()
        import_bundled()
        load_reasons()
        try:
            counts = build(now=timezone.now(), total=dossiers, parts=2)
        except DomainError as error:
            raise CommandError(
                f"Không dựng được dữ liệu minh hoạ: {error.sentence} [{error.code}]"
            ) from error
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        seconds = time.monotonic() - started
        self.stdout.write(
            f"Đã dựng {counts['dossiers']} hồ sơ, {counts['documents']} giấy tờ trong {seconds:.0f} giây."
        )
        self._tell_accounts()

    def _reset(self) -> None:
        """Drop everything and migrate anew. Stamps go on from the clock, so that no process takes a new catalogue for one it holds."""
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
        ContentType.objects.clear_cache()
        call_command("migrate", interactive=False, verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval('procedures_stamp_seq', extract(epoch FROM clock_timestamp())::bigint)"
            )

    def _tell_accounts(self) -> None:
        self.stdout.write(f"Tài khoản, mật khẩu chung: {PASSWORD}; mã PIN ký số: {PIN}")
        for user in User.objects.order_by("username"):
            self.stdout.write(f"  {user.username:<18} {user.full_name} – {user.title or 'người nộp hồ sơ'}")
