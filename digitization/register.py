"""The register of results issued before the portal: who sees it, its list, and how one of them becomes a paper in the store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from bpmc_portal.accounts import applicants
from bpmc_portal.accounts.models import Applicant, Unit, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.services import Work
from bpmc_portal.lib import names
from bpmc_portal.lib.identifiers import InvalidIdentifier, parse_cccd, parse_tax_code
from digitization import uploads
from digitization.models import CodeScheme, Document, LegacyImport, LegacyResult, RegisterCount

PAGE = 50
MISSING_SHOWN = 20
# Who writes a unit's register, and who besides may read it.
_WRITERS = ("digitise_papers", "register_papers")
_READERS = (*_WRITERS, "process_dossiers", "view_figures")


@dataclass(frozen=True)
class Wanted:
    """What a list of the register is asked for; `in_force` leaves out what was revoked or has expired."""

    unit_id: int | None = None
    state: str = ""
    text: str = ""
    in_force: bool = True
    after: int = 0


@dataclass(frozen=True)
class Listed:
    """One keyset page, oldest entry first; `following` is the key to go on from, 0 at the end. `count` is None where a text narrows it."""

    rows: list[LegacyResult]
    following: int
    count: int | None


@dataclass(frozen=True)
class Reconciled:
    """A unit's declared total beside what was counted; `missing` names the first register numbers that are not there."""

    unit: Unit
    declared: int
    counted: int
    missing: tuple[int, ...]

    @property
    def difference(self) -> int:
        """Counted less declared: negative when results are missing."""
        return self.counted - self.declared


def units_read(user: User) -> frozenset[int]:
    """Return the units whose register this person may read."""
    principal = principal_of(user)
    return frozenset().union(*(principal.units_where(permission) for permission in _READERS))


def units_written(user: User) -> frozenset[int]:
    """Return the units into whose register this person may put results and scans."""
    principal = principal_of(user)
    return frozenset().union(*(principal.units_where(permission) for permission in _WRITERS))


def visible_to(user: User) -> QuerySet[LegacyResult]:
    """Keep the results of the registers this person may read."""
    found: QuerySet[LegacyResult] = LegacyResult.objects.filter(unit_id__in=units_read(user))
    return found


def find(pk: int, user: User) -> LegacyResult:
    """Return one result in sight, or raise NotFound."""
    found = visible_to(user).select_related("unit", "document_type", "document__blob").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Không tìm thấy kết quả này trong sổ. Hãy kiểm tra lại địa chỉ."))
    return found


def listed(wanted: Wanted, *, user: User) -> Listed:
    """Return one page. Two statements: the rows, and the count from the sums; the list of a figure is exactly what it counts."""
    rows = visible_to(user).filter(pk__gt=wanted.after)
    if wanted.unit_id is not None:
        rows = rows.filter(unit_id=wanted.unit_id)
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.in_force:
        rows = rows.filter(is_in_force=True)
    for word in names.fold(wanted.text[:100]).split():
        rows = rows.filter(search_key__contains=word)
    found = list(rows.select_related("unit", "document_type").order_by("pk")[: PAGE + 1])
    count = _count(wanted, user) if wanted.in_force and not wanted.text.strip() else None
    return Listed(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else 0, count)


def _count(wanted: Wanted, user: User) -> int:
    asked = Q(unit_id__in=units_read(user))
    if wanted.unit_id is not None:
        asked &= Q(unit_id=wanted.unit_id)
    if wanted.state:
        asked &= Q(state=wanted.state)
    return sum(RegisterCount.objects.filter(asked).values_list("results", flat=True))


def attach(pk: int, file: "UploadedFile[Any]", *, actor: User) -> Document:
    """Make the scan of an old result a paper of its holder's store, and have it coded, read and its signature verified.

    Raises NotFound, RefusedFile, DomainError 403 for another unit's register and 409 for a result that has its scan.
    """
    result = find(pk, actor)
    refuse_foreign(result.unit_id, actor)
    upload = uploads.take(file, document_type=result.document_type.code, holder="", actor=actor)
    with transaction.atomic():
        locked = (
            LegacyResult.objects.select_for_update(of=("self",)).select_related("document_type").get(pk=pk)
        )
        if locked.document_id is not None:
            raise DomainError(
                _("Kết quả này đã có bản quét. Hãy mở bản quét để xem."), code="already_scanned", status=409
            )
        document = uploads.record(upload, actor=actor)
        _describe(document, locked)
        locked.document, locked.state = document, LegacyResult.State.SCANNED
        locked.save(update_fields=["document", "state", "updated_at"])
        jobs.enqueue(
            Work(
                "digitization.assign_codes", f"codes:legacy:{locked.pk}", {"document_ids": [str(document.pk)]}
            )
        )
    return document


def refuse_foreign(unit_id: int, actor: User) -> None:
    """Refuse who may read a register but not write into it."""
    if unit_id not in units_written(actor):
        raise DomainError(
            _("Bạn không được ghi vào sổ kết quả của đơn vị này. Hãy nhờ văn thư hoặc cán bộ số hoá của đơn vị."),
            code="not_your_register", status=403,
        )  # fmt: skip


def _describe(document: Document, result: LegacyResult) -> None:
    """Carry the register's words over to the paper; its code belongs to the holder when the register knows who that is."""
    document.kind, document.source = CodeScheme.Kind.RESULT, Document.Source.LEGACY
    document.holder, document.document_type = _holder(result), result.document_type
    document.name, document.number = result.document_type.name, result.number
    document.issued_on, document.issuer, document.good_until = (
        result.issued_on,
        result.issuer,
        result.good_until,
    )
    document.revoked_on, document.revoked_why = result.revoked_on, result.revoked_why
    document.code_owner, document.code_origin = result.holder_number, result.number
    document.code_type = result.document_type.code
    document.save()


def _holder(result: LegacyResult) -> Applicant | None:
    number = result.holder_number
    if not number:
        return None
    kinds = Applicant.IdentityKind
    kind = kinds.PASSPORT
    for parse, each in ((parse_cccd, kinds.CCCD), (parse_tax_code, kinds.TAX_CODE)):
        try:
            parse(number)
        except InvalidIdentifier:
            continue
        kind = each
        break
    is_firm = kind == kinds.TAX_CODE
    person = Applicant(
        kind=Applicant.Kind.ORGANISATION if is_firm else Applicant.Kind.CITIZEN, identity_kind=kind, identity_number=number
    )  # fmt: skip
    person.set_name(result.holder_name)
    return applicants.remember(person)


def expire(on: date) -> int:
    """Take out of force what has passed its last day and return how many; cost follows what expired. Idempotent."""
    return LegacyResult.objects.filter(is_in_force=True, good_until__lt=on).update(is_in_force=False)


_MISSING = """
SELECT n FROM generate_series(1, least(%(declared)s, 100000)) n WHERE NOT EXISTS (
  SELECT FROM digitization_legacyresult r WHERE r.unit_id = %(unit)s AND r.register_no = n::text
) ORDER BY n LIMIT %(most)s
"""


def reconciled(batch: LegacyImport) -> Reconciled | None:
    """Compare the declared total of an import's unit with its register, None where nothing was declared.

    Missing entries are named where register numbers are plain numbers from 1; asked for when an import is looked at, not on lists.
    """
    if batch.declared is None:
        return None
    counted = LegacyResult.objects.filter(unit_id=batch.unit_id).count()
    missing: tuple[int, ...] = ()
    if counted < batch.declared:
        with connection.cursor() as cursor:
            cursor.execute(
                _MISSING, {"declared": batch.declared, "unit": batch.unit_id, "most": MISSING_SHOWN}
            )
            missing = tuple(row[0] for row in cursor.fetchall())
    return Reconciled(batch.unit, batch.declared, counted, missing)


def verdicts(batch: LegacyImport) -> Mapping[str, int]:
    """Count the rows of an import by verdict. Bounded by the largest sheet."""
    counts = batch.lines.values("verdict").order_by("verdict").annotate(rows=Count("pk"))
    return {each["verdict"]: each["rows"] for each in counts}
