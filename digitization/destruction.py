"""Destroy what need not be kept any longer: proposed by one person, decided by another, certified, and only what nothing else uses."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.audit.services import record_security
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.jobs.services import Work, enqueue
from bpmc_portal.lib.names import clean_text
from bpmc_portal.lib.vietnamese import local_date
from bpmc_portal.numbering import services as numbering
from digitization import destruction_form, fixity, retention, storage
from digitization.models import ArchivePackage, Blob, DestructionItem, DestructionList, Document, PackageFile

CERTIFY, ERASE = "digitization.certify_destruction", "digitization.erase_files"
MOST, NOTE_LENGTH = 500, 500
# Columns that describe a file and do not need its bytes: a signature found in it, the run that made it, the package's own list.
DESCRIBES = frozenset({
    "digitization.signature", "digitization.signingitem", "digitization.packagefile", "digitization.archivepackage",
    "digitization.document",
})  # fmt: skip


def proposable(user: User, *, at: datetime | None = None) -> Sequence[ArchivePackage]:
    """Return the packages that this person may propose: of the units whose papers it keeps, retention over, on no list. At most 500."""
    units = principal_of(user).units_where("register_papers")
    return list(retention.ended(units, on=local_date(at or timezone.now()))[:MOST])


def may_decide(user: User, unit_id: int) -> bool:
    """Say whether the person decides for that unit: its leader, or the ministry's office that looks over it."""
    principal = principal_of(user)
    is_ministry = "ministry_office" in principal.roles and principal.may("view_dossiers", unit_id)
    return is_ministry or principal.may("approve_dossiers", unit_id)


def shown_to(user: User) -> Sequence[DestructionList]:
    """Return the newest lists of the units that this person looks over, those that wait first."""
    units = principal_of(user).units_where("view_dossiers")
    lists = DestructionList.objects.filter(unit_id__in=units).select_related(
        "unit", "proposed_by", "decided_by"
    )
    return list(
        lists.prefetch_related("items__package__retention_class").order_by(
            F("decided_at").desc(nulls_first=True), "-pk"
        )[:50]
    )


def propose(
    package_ids: Collection[int], *, reason: str, actor: User, at: datetime | None = None
) -> DestructionList:
    """Put packages of one unit on a list. Raises InvalidInput for none, too many, several units, or one that must be kept."""
    now = at or timezone.now()
    words = _words(reason, _("Hãy ghi lý do đề nghị tiêu huỷ."))
    units = principal_of(actor).units_where("register_papers")
    with transaction.atomic():
        wanted = ArchivePackage.objects.select_for_update(of=("self",)).filter(pk__in=package_ids)
        found = [*retention.ended(units, on=local_date(now)).filter(pk__in=[each.pk for each in wanted])]
        if not found or len(found) != len(set(package_ids)) or len(found) > MOST:
            sentence = (
                _("Hãy chọn từ 1 đến %d gói đã hết thời hạn bảo quản và chưa nằm trong danh mục nào.") % MOST
            )
            raise InvalidInput(sentence, code="not_destroyable", fields={"packages": sentence})
        if len({each.unit_id for each in found}) > 1:
            sentence = _("Mỗi danh mục tiêu huỷ chỉ gồm gói của một đơn vị. Hãy chọn lại.")
            raise InvalidInput(sentence, code="several_units", fields={"packages": sentence})
        row = DestructionList.objects.create(
            unit=found[0].unit, reason=words, proposed_by=actor, proposed_at=now
        )
        DestructionItem.objects.bulk_create(DestructionItem(destruction=row, package=each) for each in found)
        record_security(
            "destruction_proposed", actor=actor, subject=f"destruction:{row.pk}", packages=len(found)
        )
    return row


def decide(
    pk: int, *, actor: User, is_approved: bool, note: str = "", at: datetime | None = None
) -> DestructionList:
    """Approve a list, or refuse it with words. Raises NotFound, and DomainError when the same person proposed it or it is decided.

    Nothing is destroyed here: the approval writes the job that certifies, and that one the job that erases.
    """
    now = at or timezone.now()
    words = (
        clean_text(note, NOTE_LENGTH).strip()
        if is_approved
        else _words(note, _("Hãy ghi lý do không duyệt."))
    )
    with transaction.atomic():
        row = (
            DestructionList.objects.select_for_update(of=("self",))
            .select_related("unit")
            .filter(pk=pk)
            .first()
        )
        if row is None or not may_decide(actor, row.unit_id):
            raise NotFound(_("Không có danh mục tiêu huỷ này."))
        _refuse(row, actor)
        row.decided_by, row.decided_at, row.decision_note = actor, now, words
        row.state = DestructionList.State.APPROVED if is_approved else DestructionList.State.REFUSED
        if is_approved:
            year = local_date(now).year
            row.number = f"{numbering.take(f'destruction:{row.unit.code}:{year}'):02d}/{year}/BBTH"
            enqueue(Work(CERTIFY, f"{CERTIFY}:{row.pk}", {"destruction_id": row.pk}))
        else:
            row.items.update(is_live=False)
        row.save()
        act = "destruction_approved" if is_approved else "destruction_refused"
        record_security(act, actor=actor, subject=f"destruction:{row.pk}", number=row.number)
    return row


def _refuse(row: DestructionList, actor: User) -> None:
    if row.state != DestructionList.State.PROPOSED:
        raise DomainError(
            _("Danh mục này đã có quyết định. Hãy tải lại trang."), code="already_decided", status=409
        )
    if row.proposed_by_id == actor.pk:
        sentence = _(
            "Bạn là người đề nghị nên không được duyệt. Hãy để người khác có thẩm quyền duyệt danh mục này."
        )
        raise DomainError(sentence, code="same_person", status=409)


def _words(text: str, missing: str) -> str:
    words = clean_text(text, NOTE_LENGTH).strip()
    if not words:
        raise InvalidInput(missing, code="reason_missing", fields={"reason": missing})
    return words


def certify(destruction_id: int, *, at: datetime | None = None) -> DestructionList:
    """Make the certificate of an approved list, mark its packages and files destroyed, and ask for their erasure; one transaction.

    Idempotent: a list that is done stays as it is.
    """
    now = at or timezone.now()
    with transaction.atomic():
        row = DestructionList.objects.select_for_update(of=("self",)).get(pk=destruction_id)
        if row.state != DestructionList.State.APPROVED:
            return row
        packages = list(
            ArchivePackage.objects.select_for_update(of=("self",))
            .filter(destructions__destruction=row, destructions__is_live=True)
            .select_related("retention_class", "blob", "unit__parent")
            .order_by("pk")
        )
        leaving = files_of(packages, at=now)
        row.certificate = storage.put(
            [destruction_form.pdf_for(row, packages, files=len(leaving))], media_type="application/pdf"
        )
        row.state, row.done_at = DestructionList.State.DONE, now
        row.save()
        ArchivePackage.objects.filter(pk__in=[each.pk for each in packages]).update(
            state=ArchivePackage.State.DESTROYED, destroyed_at=now
        )
        Blob.objects.filter(pk__in=leaving).update(destroyed_at=now, fault="")
        enqueue(Work(ERASE, f"{ERASE}:{row.pk}", {"blobs": sorted(leaving)}))
        record_security(
            "destruction_done", actor=row.decided_by, subject=f"destruction:{row.pk}", files=len(leaving)
        )
    return row


def files_of(packages: Sequence[ArchivePackage], *, at: datetime) -> set[str]:
    """Return the hashes that go with these packages: theirs and those of their papers, without what anything else still uses.

    Locks the files' rows, so that nobody takes one up meanwhile. Every column of the database that points at a file counts as a use
    unless somebody speaks for it: a new kind of use keeps its files until it is thought of.
    """
    keys = [each.pk for each in packages]
    contents = PackageFile.objects.filter(package__in=keys)
    wanted = {each.blob_id for each in packages if each.blob_id} | set(
        contents.values_list("blob_id", flat=True)
    )
    locked = set(
        Blob.objects.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True)
    )
    documents = set(contents.exclude(document=None).values_list("document_id", flat=True))
    return locked - _kept(locked, keys, documents, leaving={each.dossier_code for each in packages}, at=at)


def _kept(
    blobs: set[str], packages: list[int], documents: Collection[object], *, leaving: set[str], at: datetime
) -> set[str]:
    kept = set(PackageFile.objects.filter(blob__in=blobs).exclude(package__in=packages).exclude(
        package__state=ArchivePackage.State.DESTROYED).values_list("blob_id", flat=True))  # fmt: skip
    kept |= set(
        ArchivePackage.objects.filter(blob__in=blobs)
        .exclude(pk__in=packages)
        .values_list("blob_id", flat=True)
    )
    is_result = Q(kind="result", revoked_on=None) & (Q(good_until=None) | Q(good_until__gte=local_date(at)))
    for field in Document.FILES:
        using = Document.objects.filter(**{f"{field}__in": blobs})
        # A paper of no leaving dossier, and a result that its holder still shows, keep their bytes.
        stays = using.filter(~Q(pk__in=documents) | is_result)
        kept |= set(stays.values_list(field, flat=True))
    for answer in fixity.KEEPS:
        kept |= set(answer(blobs, leaving=leaving))
    for relation in Blob._meta.get_fields(include_hidden=True):
        model = getattr(relation, "related_model", None)
        if not relation.auto_created or model is None or _is_spoken_for(model._meta.label_lower):
            continue
        name = relation.field.attname  # type: ignore[union-attr]
        rows = apps.get_model(model._meta.label)._default_manager.filter(**{f"{name}__in": blobs})
        kept |= set(rows.values_list(name, flat=True))
    return kept


def _is_spoken_for(label: str) -> bool:
    return label in DESCRIBES or label in fixity.SPOKEN_FOR


def erase(blobs: Collection[str]) -> int:
    """Delete the bytes of files that are marked destroyed; return how many. Idempotent: what is gone is gone.

    A file that was put again since, by somebody who hands the same paper in anew, has lost its mark (storage.put) and stays.
    """
    done = 0
    for sha256 in blobs:
        with transaction.atomic():
            blob = Blob.objects.select_for_update().filter(pk=sha256, destroyed_at__isnull=False).first()
            if blob is not None and not _is_put_again(blob):
                storage.delete(sha256)
                done += 1
    return done


def _is_put_again(blob: Blob) -> bool:
    """Say whether the file is younger than its destruction: its row is about to lose the mark."""
    path = storage.path_of(blob.sha256)
    is_here = not settings.BLOB_STORE and path.exists()
    return is_here and blob.destroyed_at is not None and path.stat().st_mtime > blob.destroyed_at.timestamp()
