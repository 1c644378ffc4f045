"""Print a new token of the REST API for an account."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from knox.models import AuthToken

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_security


class Command(BaseCommand):
    """The token is shown once and stored only as a hash; the issue is a security event."""

    help = "Cấp mã truy cập API cho một tài khoản; chỉ in mã."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = User.objects.filter(username__iexact=username, is_active=True).first()
        if user is None:
            self.stderr.write(
                f"Không có tài khoản “{username[:60]}” đang hoạt động. Hãy kiểm tra tên đăng nhập. [unknown_user]",
                style_func=str,
            )
            sys.exit(1)
        with transaction.atomic():
            row, token = AuthToken.objects.create(user)
            record_security(
                "token_issued", actor=user, subject=user.username, token_key=row.token_key, by="command"
            )
        self.stdout.write(token)
