"""Issued results that a certificate has not signed yet, and the start of their signing."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import NotFound
from digitization import signing
from digitization.models import Document, SigningIdentity, SigningItem, SigningRun
from dossiers.models import Result

SHOWN = 50


def unsigned(user: User, identity: SigningIdentity) -> QuerySet[Result]:
    """Keep the issued PDF results of units where this person approves or keeps the registry, less what this certificate has signed.

    A leader signs first, the agency's certificate after: each has a list of its own, and the second signature stacks on the first.
    """
    principal = principal_of(user)
    units = sorted(principal.units_where("approve_dossiers") | principal.units_where("register_papers"))
    signed = SigningItem.objects.filter(
        document=OuterRef("document"), run__identity=identity, state=SigningItem.State.SIGNED
    )
    found = Result.objects.filter(
        ~Exists(signed), dossier__unit_id__in=units, issued_at__isnull=False,
        document__blob__media_type="application/pdf",
    )  # fmt: skip
    return found.select_related("dossier", "document").order_by("-issued_at", "-pk")


def identity_of(user: User, chosen: str) -> SigningIdentity | None:
    """Return the chosen certificate of this person, the first without a choice, None when there is none."""
    own = signing.identities_of(user)
    wanted = own.filter(pk=int(chosen)) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else own
    return wanted.first()


def start(documents: Sequence[str], *, actor: User, identity: SigningIdentity, look: str) -> SigningRun:
    """Write down a run over these results. Raises NotFound when one of them is not this person's to sign, InvalidInput for none."""
    wanted = {UUID(each) for each in documents if _is_uuid(each)}
    rows: Any = unsigned(actor, identity).filter(document_id__in=wanted)
    chosen: list[Document] = [each.document for each in rows[: signing.MOST + 1]]
    if len(chosen) != len(wanted):
        raise NotFound(
            _("Có kết quả đã được ký hoặc không còn trong danh sách. Hãy tải lại trang rồi chọn lại.")
        )
    return signing.start(chosen, identity, actor=actor, look=look)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
