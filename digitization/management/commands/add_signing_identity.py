"""Register a certificate for signing. At the machine only: a path to a library or a key is never taken from a web page."""

import getpass
import sys
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bpmc_portal.accounts.models import Unit, User
from digitization.models import SigningIdentity


class Command(BaseCommand):
    """Register a PKCS#12 file or a PKCS#11 token."""

    help = "Khai báo chứng thư ký số: tệp PKCS#12 trong SIGNING_DIR, hoặc thiết bị PKCS#11 kèm tệp chứng thư."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take owner, place of the key and pictures."""
        parser.add_argument("name")
        for option in (
            "user",
            "unit",
            "file",
            "module",
            "token",
            "key",
            "certificate",
            "signer-image",
            "seal-image",
        ):
            parser.add_argument(f"--{option}", default="")

    def handle(self, *args: object, **options: Any) -> None:
        """Read the certificate and write the row."""
        user = User.objects.filter(username=options["user"]).first()
        unit = Unit.objects.filter(code=options["unit"]).first()
        if user is None and unit is None:
            raise CommandError("Hãy nêu --user hoặc --unit có trong hệ thống.")
        found = self._certificate(options)
        SigningIdentity.objects.create(
            user=user, unit=unit, name=options["name"], file=options["file"],
            kind=SigningIdentity.Kind.PKCS12 if options["file"] else SigningIdentity.Kind.PKCS11,
            module=options["module"], token=options["token"], key_label=options["key"],
            signer_image=options["signer_image"], seal_image=options["seal_image"],
            subject=found.subject.rfc4514_string()[:500], serial=f"{found.serial_number:x}",
            certificate=found.public_bytes(Encoding.PEM).decode(), not_after=found.not_valid_after_utc,
        )  # fmt: skip
        self.stdout.write(f"Đã khai báo {options['name']}: {found.subject.rfc4514_string()}")

    def _certificate(self, options: dict[str, Any]) -> x509.Certificate:
        folder = Path(settings.SIGNING_DIR)
        if not options["file"]:
            return x509.load_pem_x509_certificate((folder / options["certificate"]).read_bytes())
        pin = getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            held = pkcs12.load_pkcs12((folder / options["file"]).read_bytes(), pin.encode())
        except (OSError, ValueError):
            raise CommandError("Không mở được tệp khoá: sai PIN hoặc không có tệp.") from None
        if held.cert is None:
            raise CommandError("Tệp khoá không có chứng thư.")
        return held.cert.certificate
