"""Results, certificates and signed files for the tests of signing."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pikepdf
from django.utils import timezone

from bpmc_portal.accounts.models import User
from digitization import signing, storage
from digitization.models import CodeScheme, Document, SigningIdentity, SigningRun
from dossiers.models import Result
from tests.pki.authority import PIN
from tests.pki.place import KEY, SOFTHSM, TOKEN
from tests.world import World


def pdf(words: str = "Kết quả") -> bytes:
    """Return a small PDF of two pages."""
    made = pikepdf.new()
    for _ in range(2):
        made.add_blank_page(page_size=(595, 842))
    made.docinfo["/Title"] = words
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


def stored(content: bytes, **fields: Any) -> Document:
    """Return a paper with this file."""
    blob = storage.put([content], media_type="application/pdf")
    return Document.objects.create(
        **{"name": "Giấy phép hoạt động", "state": Document.State.STORED, "blob": blob, "pages": 2, **fields}
    )


def issued(world: World, words: str = "Kết quả") -> Document:
    """Return the result of a finished dossier, as the approval leaves it."""
    dossier = world.finished()
    document = stored(
        pdf(words), kind=CodeScheme.Kind.RESULT, source=Document.Source.RESULT, holder=dossier.applicant, number="12/GP-QLLĐNN",
        issuer="Cục Quản lý lao động ngoài nước", issued_on=datetime(2026, 11, 2, tzinfo=UTC).date(),
    )  # fmt: skip
    values = {"title": f"Giấy phép {words}", "drafted_by": world.minh, "drafted_at": timezone.now()}
    Result.objects.update_or_create(
        dossier=dossier, defaults={**values, "document": document, "issued_at": timezone.now()}
    )
    return document


def identity(owner: User, *, name: str = "ha", **fields: Any) -> SigningIdentity:
    """Return a certificate of this person in a PKCS#12 file."""
    given = {
        "user": owner, "name": "Vũ Thu Hà", "kind": "pkcs12", "file": f"{name}.p12", "subject": "CN=Vũ Thu Hà",
        "serial": "1", "certificate": "", "not_after": timezone.now() + timedelta(days=90),
    }  # fmt: skip
    return SigningIdentity.objects.create(**{**given, **fields})


def token_identity(owner: User) -> SigningIdentity:
    """Return a certificate of this person on the SoftHSM token."""
    return identity(owner, kind="pkcs11", file="", module=SOFTHSM, token=TOKEN, key_label=KEY)


def sign(
    document: Document, by: SigningIdentity, *, level: str = "B-B", look: str = "original", pin: str = PIN
) -> SigningRun:
    """Sign one paper in this process's run."""
    document.refresh_from_db()
    run = signing.start([document], by, actor=by.user, look=look, level=level)  # type: ignore[arg-type]
    signing.work(run.pk, pin, width=1)
    run.refresh_from_db()
    document.refresh_from_db()
    return run
