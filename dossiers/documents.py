"""Whose papers a person may read: the row scope of dossiers, carried on to their documents."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import NotFound
from digitization import register
from digitization.models import Document
from dossiers.models import Component, Dossier, Result


def visible_documents(user: User) -> QuerySet[Document]:
    """Keep the papers that stand in dossiers this person may see, and those the person uploaded.

    A citizen or enterprise sees its own papers. Digitisers see the papers of dossiers received at their desk. Scans of old results are
    seen by who may read the register of their unit.
    """
    principal = principal_of(user)
    if "citizen" in principal.roles:
        return Document.objects.filter(Q(holder_id=user.applicant_id) | Q(uploaded_by=user))
    in_sight = Q(dossier__in=Dossier.objects.visible_to(user).values("pk"))
    if principal.units_where("digitise_papers"):
        in_sight |= Q(dossier__office_id__in=principal.office_ids)
    return Document.objects.filter(
        Q(pk__in=Component.objects.filter(in_sight).values("document_id"))
        | Q(pk__in=Result.objects.filter(in_sight, document__isnull=False).values("document_id"))
        | Q(uploaded_by=user)
        | Q(pk__in=register.visible_to(user).filter(document__isnull=False).values("document_id"))
    )


def held_by(identity_number: str, user: User) -> QuerySet[Document]:
    """Keep the coded papers of one holder that this person may use again.

    Desks and digitisers take papers in for any holder and so may know what the holder already has (a paper is not asked for twice);
    everybody else sees only papers in sight.
    """
    principal = principal_of(user)
    serves_holders = principal.units_where("receive_dossiers") or principal.units_where("digitise_papers")
    papers = Document.objects.all() if serves_holders else visible_documents(user)
    return papers.filter(holder__identity_number=identity_number, code__isnull=False)


def find(pk: UUID, user: User) -> Document:
    """Return one paper in sight or raise NotFound, the same for an absent one."""
    found = visible_documents(user).select_related("blob", "document_type", "holder").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Không tìm thấy giấy tờ này. Hãy kiểm tra lại mã."))
    return found
