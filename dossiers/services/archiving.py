"""Pack each dossier that has ended into the archive, once for each time that it ends."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError
from bpmc_portal.jobs.services import Work, enqueue
from bpmc_portal.lib.vietnamese import local_date
from digitization import fixity, packages, retention
from digitization.models import ArchivePackage, Document, PackageFile
from digitization.packages import Contents, File, Happening, Paper
from dossiers.models import Component, Dossier, DossierEvent, IssuedPaper, Letter, Result, Status
from dossiers.workflow import TRANSITIONS, Action

ARCHIVE = "dossiers.archive"
# A dossier whose result waits to be fetched has not ended: the handing over belongs into the package.
FINAL = (Status.RETURNED, Status.WITHDRAWN, Status.STOPPED, Status.DECLINED, Status.VOID)
ENDS = tuple(action for action, row in TRANSITIONS.items() if row.target in FINAL)
# Papers are still read, coded or printed when a dossier ends; after a day the package is sealed with what there is.
LOOK_AGAIN = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
PATIENCE = timedelta(days=1)
_LOADED = (
    "unit__parent",
    "office__unit",
    "procedure__field",
    "result__document__blob",
    "result__document__document_type",
)
_USES = (
    ("blob", "ban-goc", "original"),
    ("photo", "anh-chup", "original"),
    ("searchable", "ban-tim-kiem", "searchable"),
    ("access_copy", "ban-su-dung", "access"),
)
_RECEIPT_NAME = "Giấy tiếp nhận hồ sơ và hẹn trả kết quả"


def archive(dossier_id: int, seq: int, *, turn: int = 0, at: datetime | None = None) -> ArchivePackage | None:
    """Seal the package of a dossier as it ended with event `seq`; None when it has moved on since.

    Idempotent: the same end never makes two packages, and made again it has the same bytes. A file that is lost or changed leaves
    a failed row with its sentence; papers still in work leave a waiting one and a job that looks again.
    """
    now = at or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"archive:{dossier_id}"])
    dossier = Dossier.objects.select_related(*_LOADED).get(pk=dossier_id)
    if dossier.version != seq or dossier.status not in FINAL:
        return None
    package = _row_of(dossier, seq)
    if package.state in (ArchivePackage.State.SEALED, ArchivePackage.State.DESTROYED):
        return package
    if _is_in_work(dossier) and now < package.created_at + PATIENCE:
        _look_again(dossier_id, seq, turn=turn + 1, at=now)
        return package
    return _seal(package, _contents(dossier, package), at=now)


def _row_of(dossier: Dossier, seq: int) -> ArchivePackage:
    found = ArchivePackage.objects.filter(dossier_code=dossier.code, covers_seq=seq).first()
    if found is not None:
        return found
    previous = ArchivePackage.objects.filter(dossier_code=dossier.code).order_by("-number").first()
    ended_at = dossier.events.order_by("-seq").values_list("at", flat=True)[0]
    kept = retention.class_of(dossier.procedure_id)
    return ArchivePackage.objects.create(
        dossier_code=dossier.code, number=previous.number + 1 if previous else 1, covers_seq=seq, previous=previous,
        title=_("%(procedure)s – %(name)s") % {"procedure": dossier.procedure.name, "name": dossier.applicant_name},
        unit=dossier.unit, procedure=dossier.procedure, retention_class=kept, closed_on=local_date(ended_at),
        keep_until=retention.keep_until(kept, local_date(ended_at)),
    )  # fmt: skip


def _is_in_work(dossier: Dossier) -> bool:
    """Say whether a paper is still read or coded, or a letter or the receipt still printed."""
    waits = Q(reading=Document.Reading.WAITING) | Q(code=None, document_type__isnull=False)
    papers = Document.objects.filter(waits, blob__isnull=False)
    own = Q(components__dossier=dossier)
    if hasattr(dossier, "result") and dossier.result.document_id:
        own |= Q(pk=dossier.result.document_id)
    letters = Letter.objects.filter(dossier=dossier, state=Letter.State.ISSUED, papers=None)
    return papers.filter(own).exists() or letters.exists()


def _look_again(dossier_id: int, seq: int, *, turn: int, at: datetime) -> None:
    payload = {"dossier_id": dossier_id, "seq": seq, "turn": turn}
    wait = LOOK_AGAIN[min(turn, len(LOOK_AGAIN)) - 1]
    enqueue(Work(ARCHIVE, f"{ARCHIVE}:{dossier_id}:{seq}:{turn}", payload, at + wait))


def _seal(package: ArchivePackage, contents: Contents, *, at: datetime) -> ArchivePackage:
    try:
        made = packages.build(contents)
    except packages.DamagedFile as error:
        fixity.check([error.file.blob], at=at)
        package.state = ArchivePackage.State.FAILED
        package.fault = _(
            "Tệp “%s” của hồ sơ bị mất hoặc bị thay đổi. Hãy khôi phục từ bản sao lưu rồi làm lại."
        ) % (error.file.path)
        package.save(update_fields=["state", "fault"])
        return package
    package.state, package.fault, package.sealed_at = ArchivePackage.State.SEALED, "", at
    package.blob, package.manifest_sha256, package.files = made.blob, made.manifest_sha256, made.files
    package.save()
    PackageFile.objects.bulk_create(
        PackageFile(package=package, path=each.path, blob=each.blob, document_id=each.document_id)
        for each in contents.files
    )
    return package


def _contents(dossier: Dossier, package: ArchivePackage) -> Contents:
    kept = package.retention_class
    events = tuple(_happenings(dossier))
    return Contents(
        code=dossier.code, number=package.number, title=package.title, unit=dossier.unit.name,
        org=dossier.unit.parent.name if dossier.unit.parent else dossier.unit.name,
        retention=f"{kept.words} ({kept.citation})" if kept.citation else kept.words,
        started_on=local_date(dossier.received_at or events[0].at), closed_on=package.closed_on,
        keywords=(dossier.procedure.field.name, dossier.procedure.name, dossier.procedure.key, dossier.applicant_name),
        papers=tuple(_papers(dossier)), events=events,
    )  # fmt: skip


def _happenings(dossier: Dossier) -> Iterator[Happening]:
    events: QuerySet[DossierEvent] = dossier.events.select_related("actor", "unit").order_by("seq")
    for event in events:
        yield Happening(
            event.seq, event.action, str(TRANSITIONS[Action(event.action)].done), event.at,
            str(event.actor) if event.actor else "", event.unit.name, event.to_status, event.reason,
        )  # fmt: skip


def _papers(dossier: Dossier) -> Iterator[Paper]:
    """Yield the papers that came, the result, and what was issued, numbered through."""
    number = 0
    loaded = (*(f"document__{field}" for field in Document.FILES), "document__document_type")
    for component in dossier.components.select_related(*loaded).order_by("position"):
        number += 1
        yield _paper(number, component.document, component.name, folder=f"giay-to/{component.position:03d}")
    if hasattr(dossier, "result"):
        number += 1
        yield _result(number, dossier.result)
    issued = IssuedPaper.objects.filter(dossier=dossier).select_related("blob", "letter").order_by("pk")
    for position, paper in enumerate(issued, number + 1):
        yield _issued(position, paper, org=dossier.unit.name)


def _paper(number: int, document: Document, name: str, *, folder: str) -> Paper:
    kind = document.document_type.name if document.document_type else str(document.get_kind_display())
    files = tuple(
        File(f"{folder}/{word}.{packages.extension_of(blob.media_type)}", blob, use, document.pk)
        for field, word, use in _USES
        if (blob := getattr(document, field)) is not None
    )
    trust = str(document.get_signed_display()) if document.signed else str(document.get_source_display())
    return Paper(
        document.code or str(document.pk), number, kind, name or document.name, document.number, document.issued_on,
        document.issuer, document.pages, trust, files,
    )  # fmt: skip


def _result(number: int, result: Result) -> Paper:
    if result.document is None:
        issued_on = local_date(result.issued_at) if result.issued_at else None
        kind = str(Document.Source.RESULT.label)
        return Paper(f"ket-qua-{result.pk}", number, kind, result.title, result.number, issued_on)
    return _paper(number, result.document, result.title, folder="ket-qua")


def _issued(number: int, paper: IssuedPaper, *, org: str) -> Paper:
    letter = paper.letter
    name = f"thu-{letter.pk}" if letter else paper.form
    file = File(f"da-phat-hanh/{name}-{paper.size}.pdf", paper.blob, "issued")
    return Paper(
        f"{name}-{paper.size}", number, str(letter.get_kind_display()) if letter else _RECEIPT_NAME,
        str(letter.get_kind_display()) if letter else _RECEIPT_NAME, letter.number if letter else "",
        local_date(paper.issued_at), org, None, str(_("Bản phát hành")), (file,),
    )  # fmt: skip


def again(pk: int, *, actor: User) -> ArchivePackage:
    """Try a failed package once more. Raises DomainError when it is not failed or the person does not keep the unit's papers."""
    units = principal_of(actor).units_where("register_papers")
    package = ArchivePackage.objects.filter(
        pk=pk, unit_id__in=units, state=ArchivePackage.State.FAILED
    ).first()
    dossier = package and Dossier.objects.filter(code=package.dossier_code).first()
    if package is None or dossier is None:
        raise DomainError(
            _("Gói này không còn ở tình trạng lỗi. Hãy tải lại trang."), code="not_failed", status=409
        )
    ArchivePackage.objects.filter(pk=pk).update(state=ArchivePackage.State.WAITING)
    payload = {"dossier_id": dossier.pk, "seq": package.covers_seq}
    enqueue(
        Work(ARCHIVE, f"{ARCHIVE}:{dossier.pk}:{package.covers_seq}:{timezone.now().isoformat()}", payload)
    )
    return package


def catch_up(*, after: int = 0, limit: int = 1000) -> int | None:
    """Ask for the packages of dossiers that ended before there was an archive, `limit` from the key `after` on; return the last key."""
    page = (
        Dossier.objects.filter(pk__gt=after, status__in=FINAL)
        .order_by("pk")
        .values_list("pk", "version")[:limit]
    )
    works = [Work(ARCHIVE, f"{ARCHIVE}:{pk}:{seq}", {"dossier_id": pk, "seq": seq}) for pk, seq in page]
    enqueue(*works)
    return page[len(works) - 1][0] if works else None


def last_package(dossier: Dossier) -> ArchivePackage | None:
    """Return the newest package of a dossier; one statement."""
    return (
        ArchivePackage.objects.filter(dossier_code=dossier.code)
        .select_related("retention_class", "blob")
        .order_by("-number")
        .first()
    )


def shown_to(user: User) -> QuerySet[ArchivePackage]:
    """Return the packages of the units whose dossiers this person sees, newest first."""
    units = principal_of(user).units_where("view_dossiers")
    return (
        ArchivePackage.objects.filter(unit_id__in=units)
        .select_related("unit", "retention_class", "blob")
        .order_by("-pk")
    )


@fixity.names
def dossiers_of(blobs: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield which dossier uses which of these files: the alarm must say whose papers they are."""
    by_paper: list[Any] = [(Component, f"document__{field}", "dossier__code") for field in Document.FILES]
    by_paper += [(Result, "document__blob", "dossier__code"), (IssuedPaper, "blob", "dossier__code")]
    for model, path, code in by_paper:
        rows = model.objects.filter(**{f"{path}__in": blobs}).values_list(F(path), code).order_by("pk")
        for sha256, found in rows:
            yield sha256, _("hồ sơ %s") % found


@fixity.keeps("dossiers.IssuedPaper")
def still_used(blobs: Collection[str], *, leaving: Collection[str]) -> Iterator[str]:
    """Yield those of these files that dossiers outside `leaving` (codes) use: they are not destroyed with the others."""
    for model in (Component, Result):
        for field in Document.FILES:
            path = f"document__{field}"
            rows = model.objects.filter(**{f"{path}__in": blobs}).exclude(dossier__code__in=leaving)
            yield from rows.values_list(F(path), flat=True).order_by("pk")
    others = IssuedPaper.objects.filter(blob__in=blobs).exclude(dossier__code__in=leaving)
    yield from others.values_list("blob_id", flat=True).order_by("pk")
