"""Take a spreadsheet of old results into the register: judged row by row first, then written once.

Both halves are jobs that commit as they go, so that a page can show how far they are and a killed worker loses one part, not the file.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Unit, User
from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.services import Work
from bpmc_portal.lib import names
from bpmc_portal.lib.vietnamese import format_date, local_date
from digitization import register_sheet, storage
from digitization.models import Document, LegacyImport, LegacyImportRow, LegacyResult
from digitization.register_sheet import COLUMNS, HEADINGS, Line, RefusedSheet
from procedures.models import DocumentType

CHECK, APPLY = "digitization.check_register", "digitization.apply_register"
PART = 500
_DAYS = ("issued_on", "good_until", "revoked_on")
Verdict = LegacyImportRow.Verdict


def take(file: "UploadedFile[Any]", *, unit: Unit, declared: int | None, actor: User) -> LegacyImport:
    """Keep the spreadsheet and have it judged in the background; nothing goes into the register yet.

    The same file of the same unit is the same import, whose declared total may be mended. Raises RefusedSheet.
    """
    if (file.size or 0) > register_sheet.LARGEST_FILE:
        raise RefusedSheet(
            _("Tệp vượt quá %d MB. Hãy chia nhỏ theo năm.") % (register_sheet.LARGEST_FILE // 1024 // 1024)
        )
    register_sheet.refuse_hostile(file)  # type: ignore[arg-type]  # an uploaded file reads as a binary file
    file.seek(0)
    blob = storage.put(file.chunks(), media_type=register_sheet.KEPT_AS)
    with transaction.atomic():
        found, is_new = LegacyImport.objects.get_or_create(
            unit=unit, blob=blob,
            defaults={"name": names.clean_text(file.name or "", 400)[:200], "declared": declared, "created_by": actor},
        )  # fmt: skip
        if is_new:
            jobs.enqueue(Work(CHECK, f"{CHECK}:{found.pk}", {"import_id": str(found.pk)}))
        elif declared is not None and declared != found.declared:
            LegacyImport.objects.filter(pk=found.pk).update(declared=declared)
    return found


def check(import_id: UUID | str) -> None:
    """Judge every row of a waiting import in words. Idempotent: begins again where nothing was finished."""
    batch = LegacyImport.objects.select_related("unit").get(pk=import_id)
    if batch.state != LegacyImport.State.CHECKING:
        return
    types = {kind.code: kind.pk for kind in DocumentType.objects.order_by("pk")}
    LegacyImportRow.objects.filter(batch=batch).delete()
    seen: dict[tuple[str, ...], int] = {}
    total = 0
    try:
        for part in _parts(register_sheet.lines(storage.read(batch.blob_id))):
            rows = [_judged(batch, line, found, types, seen) for line, found in _with_known(batch, part)]
            with transaction.atomic():
                LegacyImportRow.objects.bulk_create(rows)
                total += len(rows)
                LegacyImport.objects.filter(pk=batch.pk).update(rows=total, done=total)
    except RefusedSheet as error:
        LegacyImport.objects.filter(pk=batch.pk).update(
            state=LegacyImport.State.REFUSED, words=error.sentence[:500]
        )
        return
    LegacyImport.objects.filter(pk=batch.pk, state=LegacyImport.State.CHECKING).update(
        state=LegacyImport.State.CHECKED, done=0
    )


def _parts(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while part := list(islice(lines, PART)):
        yield part


def _with_known(batch: LegacyImport, part: Sequence[Line]) -> list[tuple[Line, LegacyResult | None]]:
    numbers = [line.values["register_no"] for line in part]
    known = {
        each.register_no: each
        for each in LegacyResult.objects.filter(unit=batch.unit, register_no__in=numbers).select_related(
            "document_type"
        )
    }
    return [(line, known.get(line.values["register_no"])) for line in part]


def _judged(
    batch: LegacyImport,
    line: Line,
    known: LegacyResult | None,
    types: dict[str, int],
    seen: dict[tuple[str, ...], int],
) -> LegacyImportRow:
    row = LegacyImportRow(batch=batch, number=line.number, values=line.values)
    problems = list(line.problems)
    if not problems and line.values["document_type"] not in types:
        problems.append(_("Không có loại kết quả mã “%s” trong danh mục.") % line.values["document_type"])
    if problems:
        row.verdict, row.words = Verdict.ERROR, " ".join(problems)[:500]
        return row
    for key in (("no", line.values["register_no"]), ("number", *_number_key(line.values))):
        if (first := seen.setdefault(key, line.number)) != line.number:
            row.verdict = Verdict.DUPLICATE
            row.words = _("Trùng với dòng %d của tệp này.") % first
            return row
    if known is None:
        twin = _twin(batch, line.values, types)
        row.verdict = Verdict.DUPLICATE if twin else Verdict.NEW
        row.words = _("Đã có trong sổ với số vào sổ %s.") % twin if twin else ""
        return row
    changes = _changes(known, line.values)
    row.verdict = Verdict.CHANGE if changes else Verdict.SAME
    row.words = "; ".join(changes)[:500]
    return row


def _number_key(values: dict[str, str]) -> tuple[str, str, str]:
    return values["document_type"], values["number"], values["issued_on"]


def _twin(batch: LegacyImport, values: dict[str, str], types: dict[str, int]) -> str:
    found = LegacyResult.objects.filter(
        unit=batch.unit, document_type_id=types[values["document_type"]], number=values["number"],
        issued_on=values["issued_on"],
    )  # fmt: skip
    return found.values_list("register_no", flat=True).first() or ""


def _changes(known: LegacyResult, values: dict[str, str]) -> list[str]:
    """Say each difference: heading, what stands, what comes."""
    found = []
    for field, heading, _required, _most in COLUMNS:
        stands = known.document_type.code if field == "document_type" else getattr(known, field)
        stands = stands.isoformat() if isinstance(stands, date) else stands or ""
        if stands != values[field]:
            words = {"column": heading, "old": _shown(field, stands), "new": _shown(field, values[field])}
            found.append(_("%(column)s: “%(old)s” thành “%(new)s”") % words)
    return found


def _shown(field: str, value: str) -> str:
    return format_date(date.fromisoformat(value)) if field in _DAYS and value else value


@transaction.atomic
def apply(import_id: UUID, *, actor: User) -> LegacyImport:
    """Have a judged import written into the register in the background: what is new or changed, and nothing else. Once.

    Raises InvalidInput when there is nothing to write, DomainError (409) while it is still being judged.
    """
    batch = LegacyImport.objects.select_for_update().get(pk=import_id)
    if batch.state in (LegacyImport.State.APPLYING, LegacyImport.State.APPLIED):
        return batch
    if batch.state != LegacyImport.State.CHECKED:
        raise DomainError(
            _("Tệp chưa kiểm tra xong hoặc không đọc được nên chưa ghi vào sổ được."),
            code="import_not_checked", status=409,
        )  # fmt: skip
    if not to_write(batch).exists():
        raise InvalidInput(_("Tệp không có dòng nào mới hay thay đổi để ghi."), code="nothing_to_write")
    batch.state, batch.applied_by, batch.done = LegacyImport.State.APPLYING, actor, 0
    batch.save(update_fields=["state", "applied_by", "done"])
    jobs.enqueue(Work(APPLY, f"{APPLY}:{batch.pk}", {"import_id": str(batch.pk)}))
    return batch


def to_write(batch: LegacyImport) -> Any:
    """Return the rows that change the register."""
    return LegacyImportRow.objects.filter(batch=batch, verdict__in=(Verdict.NEW, Verdict.CHANGE))


def write(import_id: UUID | str) -> None:
    """Write an import into the register, part by part, each in a transaction with the note that it is done. Idempotent."""
    while _write_part(import_id):
        pass


@transaction.atomic
def _write_part(import_id: UUID | str) -> bool:
    batch = LegacyImport.objects.select_for_update(of=("self",)).select_related("unit").get(pk=import_id)
    if batch.state != LegacyImport.State.APPLYING:
        return False
    _lock_register(batch.unit_id)
    rows = list(to_write(batch).filter(done_at=None).order_by("number")[:PART])
    now = timezone.now()
    if not rows:
        LegacyImport.objects.filter(pk=batch.pk).update(state=LegacyImport.State.APPLIED, applied_at=now)
        return False
    _put(batch, rows)
    LegacyImportRow.objects.filter(pk__in=[row.pk for row in rows]).update(done_at=now)
    LegacyImport.objects.filter(pk=batch.pk).update(done=F("done") + len(rows))
    return True


def _lock_register(unit_id: int) -> None:
    """Let one import at a time write a unit's register, so that what was looked up still stands when it is written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"register:{unit_id}"])


def _put(batch: LegacyImport, rows: Sequence[LegacyImportRow]) -> None:
    """Create or change these results. A number that another row of the register took meanwhile is left out and its row says so."""
    types = {kind.code: kind.pk for kind in DocumentType.objects.order_by("pk")}
    numbers = [row.values["register_no"] for row in rows]
    known = {
        each.register_no: each
        for each in LegacyResult.objects.select_for_update()
        .filter(unit=batch.unit, register_no__in=numbers)
        .order_by("pk")
    }
    new: list[LegacyResult] = []
    changed: list[LegacyResult] = []
    late: list[LegacyImportRow] = []
    for row in rows:
        twin = _twin(batch, row.values, types)
        if twin and twin != row.values["register_no"]:
            row.verdict, row.words = Verdict.DUPLICATE, _("Đã có trong sổ với số vào sổ %s.") % twin
            late.append(row)
            continue
        result = known.get(row.values["register_no"]) or LegacyResult(unit=batch.unit, batch=batch)
        _fill(result, row.values, types)
        (changed if result.pk else new).append(result)
    LegacyResult.objects.bulk_create(new)
    if changed:
        LegacyResult.objects.bulk_update(changed, [*_FIELDS, "updated_at"])
        _tell_papers(changed)
    if late:
        LegacyImportRow.objects.bulk_update(late, ["verdict", "words"])


_FIELDS = (
    "register_no", "document_type", "holder_number", "holder_name", "search_key", "number", "issued_on", "issuer", "good_until",
    "revoked_on", "revoked_why", "is_in_force",
)  # fmt: skip


def _fill(result: LegacyResult, values: dict[str, str], types: dict[str, int]) -> None:
    for field in HEADINGS:
        if field in _DAYS:
            setattr(result, field, date.fromisoformat(values[field]) if values[field] else None)
        elif field != "document_type":
            setattr(result, field, values[field])
    result.document_type_id = types[values["document_type"]]
    result.search_key = names.fold(f"{result.holder_name} {result.number} {result.register_no}")[:300]
    today = local_date()
    result.is_in_force = result.revoked_on is None and (
        result.good_until is None or result.good_until >= today
    )
    result.updated_at = timezone.now()


def _tell_papers(changed: Sequence[LegacyResult]) -> None:
    """Carry what the register now says on to the papers already scanned: a revoked result must not serve again."""
    papers = {
        paper.pk: paper
        for paper in Document.objects.select_for_update()
        .filter(pk__in=[each.document_id for each in changed if each.document_id])
        .order_by("pk")
    }
    for each in changed:
        if each.document_id:
            paper = papers[each.document_id]
            paper.number, paper.issued_on, paper.issuer = each.number, each.issued_on, each.issuer
            paper.good_until, paper.revoked_on, paper.revoked_why = (
                each.good_until, each.revoked_on, each.revoked_why,
            )  # fmt: skip
    Document.objects.bulk_update(
        papers.values(), ["number", "issued_on", "issuer", "good_until", "revoked_on", "revoked_why"]
    )
