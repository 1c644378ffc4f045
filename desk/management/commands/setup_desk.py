"""Set a desk up for its first day."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bpmc_portal.accounts.models import Office
from desk.services.setup import establish


class Command(BaseCommand):
    """Safe to repeat: what is there already stays as it is."""

    help = "Lập hàng đợi, dịch vụ và quầy cho một Bộ phận Một cửa."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("office", metavar="MÃ", help="mã Bộ phận Một cửa, ví dụ VPB")
        parser.add_argument("--counters", type=int, default=6, metavar="N", help="số quầy")

    def handle(self, *args: Any, office: str, counters: int = 6, **options: Any) -> None:
        found = Office.objects.filter(code=office).first()
        if found is None:
            raise CommandError(f"Không có Bộ phận Một cửa mã “{office}”.")
        queue = establish(found, counters=counters)
        self.stdout.write(f"{queue.office}: {found.services.count()} dịch vụ, {found.counters.count()} quầy.")
