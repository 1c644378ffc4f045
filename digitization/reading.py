"""Read papers: check every page, read its text, keep a searchable copy (PDF/A-2), suggest what the paper says. The original stays as it came.

A paper is read in parts, each a job far below Celery's limit of a task: pages are checked, then read, and the last part joins them.
The work runs outside transactions; what a part found is written at its end, under the paper's lock. A part of an older run, or one
that is done, writes nothing. A program that dies or hangs leaves the paper `failed` with a sentence; the ledger tries again, and so
may a person at once (`read_again`).
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_security
from bpmc_portal.errors import DomainError
from bpmc_portal.jobs.services import Work, enqueue, publish
from digitization import checking, page_programs, searching, storage, suggesting
from digitization.models import Document, Page, PaperReading
from digitization.page_programs import ProgramDied

CHECK, READ, FINISH = "digitization.check_pages", "digitization.read_pages", "digitization.finish_reading"
CHECKED_AT_ONCE = 12  # pages a job: seven seconds a page before it is ended
PATIENCE = 100  # seconds for one part; Celery ends a task at 120
PIECE = 256 * 1024
Part = TypeVar("Part")
State = Document.Reading


def start(document_id: UUID | str, *, at: datetime | None = None) -> None:
    """Begin to read a paper that has a file and was not begun. Idempotent; a paper that is gone or has no file is left alone."""
    with transaction.atomic():
        paper = Document.objects.select_for_update(of=("self",)).filter(pk=document_id).first()
        if paper is None or paper.blob_id is None or PaperReading.objects.filter(document=paper).exists():
            return
        _begin(paper, PaperReading(document=paper, started_at=at or timezone.now()))


@transaction.atomic
def read_again(document: Document, *, actor: User) -> None:
    """Read a paper anew because a person asks. Audited. Raises DomainError 409 while it is being read and when there is no file."""
    paper = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if paper.blob_id is None:
        raise DomainError(_("Giấy tờ này chỉ có bản giấy. Hãy quét rồi gửi tệp."), code="no_file", status=409)
    if paper.reading == State.WAITING:
        raise DomainError(
            _("Giấy tờ này đang được đọc. Hãy mở lại trang sau ít phút."), code="reading", status=409
        )
    reading = PaperReading.objects.filter(document=paper).first() or PaperReading(document=paper, run=0)
    reading.run, reading.fault, reading.done_at, reading.started_at = (
        reading.run + 1,
        "",
        None,
        timezone.now(),
    )
    _begin(paper, reading)
    record_security("paper_read_again", actor=actor, subject=str(paper.pk), run=reading.run)


def _begin(paper: Document, reading: PaperReading) -> None:
    """Write the run, its empty pages and the jobs that check them; the paper is locked."""
    reading.save()
    paper.page_set.all().delete()
    pages = max(paper.pages or 1, 1)
    Page.objects.bulk_create([Page(document=paper, number=number) for number in range(1, pages + 1)])
    paper.reading = State.WAITING
    paper.save(update_fields=["reading"])
    enqueue(*_parts(CHECK, paper, reading.run, 1, pages, CHECKED_AT_ONCE))


def _parts(kind: str, paper: Document, run: int, first: int, last: int, size: int) -> list[Work]:
    return [
        Work(
            kind, f"{kind}:{paper.pk}:{run}:{start}",
            {"document_id": str(paper.pk), "run": run, "first": start, "last": min(start + size - 1, last)},
        )
        for start in range(first, last + 1, size)
    ]  # fmt: skip


def check_pages(document_id: str, run: int, first: int, last: int) -> None:
    """Check some pages, then let them be read; the last part also looks for duplicates and words the verdict."""
    paper = _paper_of(document_id, run)
    if paper is None or not paper.page_set.filter(number__range=(first, last), checked_at=None).exists():
        return
    found = _or_failed(paper, run, lambda: checking.check(paper, first=first, last=last), (first, last))
    with _writing(paper, run) as is_ours:
        if not is_ours:
            return
        seen = (
            "is_blank",
            "blur",
            "skew_degrees",
            "dpi",
            "turn",
            "is_colour",
            "picture_hash",
            "words",
            "checked_at",
        )
        Page.objects.bulk_create(
            found, update_conflicts=True, unique_fields=["document", "number"], update_fields=seen
        )
        enqueue(*_parts(READ, paper, run, first, last, page_programs.READ_AT_ONCE))
        if not paper.page_set.filter(checked_at=None).exists():
            _judge(paper)


def _judge(paper: Document) -> list[Page]:
    """Mark duplicates and word the verdict of the whole paper; return its pages in order."""
    pages = list(paper.page_set.defer("search").order_by("number"))
    changed = checking.mark_duplicates(pages)
    Page.objects.bulk_update(changed, ["duplicate_of", "words"])
    verdict = checking.verdict_of(pages)
    if verdict or changed:
        Document.objects.filter(pk=paper.pk).update(verdict=verdict or _("Đọc được, %s trang.") % len(pages))
    return pages


def read_pages(document_id: str, run: int, first: int, last: int) -> None:
    """Read some pages and keep the part of the searchable copy; the last part asks for the joining."""
    paper = _paper_of(document_id, run)
    if paper is None:
        return
    target = _part_path(paper, run, first)
    is_read = not paper.page_set.filter(number__range=(first, last), read_at=None).exists()
    if is_read and target.exists():
        return
    found = _or_failed(paper, run, lambda: _read(paper, first, last, target), (first, last))
    with _writing(paper, run) as is_ours:
        if not is_ours:
            return
        now = timezone.now()
        for page in found:
            paper.page_set.filter(number=page.number).update(
                text=page.text, confidence=page.confidence, read_at=now, search=searching.vector_of(page.text)
            )
        if not paper.page_set.filter(read_at=None).exists():
            enqueue(Work(FINISH, f"{FINISH}:{paper.pk}:{run}", {"document_id": document_id, "run": run}))


def _read(paper: Document, first: int, last: int, target: Path) -> list[Page]:
    """Run the reading program on these pages and keep its PDF at `target`. Writes no row. Raises ProgramDied."""
    if paper.blob is None:
        raise ProgramDied("no file")
    wanted = paper.page_set.filter(number__range=(first, last)).order_by("number")
    order = {
        "pages": [
            [page.number, page.turn, page.is_blank] for page in wanted.only("number", "turn", "is_blank")
        ]
    }
    with (
        storage.local_path(paper.blob.sha256) as path,
        tempfile.TemporaryDirectory(dir=page_programs.workroom()) as folder,
    ):
        arguments = [str(path.resolve()), paper.blob.media_type, folder]
        page_programs.run(
            "reading_program.py",
            arguments,
            given=json.dumps(order).encode(),
            seconds=PATIENCE,
            folder=Path(folder),
        )
        said = json.loads((Path(folder) / "pages.json").read_text(encoding="utf-8"))
        target.parent.mkdir(parents=True, exist_ok=True)
        (Path(folder) / "out.pdf").replace(target)
    return [
        Page(
            number=each["number"],
            text=str(each["text"])[: searching.LONGEST].replace("\x00", ""),
            confidence=each["confidence"],
        )
        for each in said
    ]


def finish(document_id: str, run: int) -> None:
    """Join the parts into the searchable copy, suggest what the paper says, and tell the others ("digitization.read")."""
    paper = _paper_of(document_id, run)
    if paper is None:
        return
    folder = _part_path(paper, run, 1).parent
    is_archival, blob = _or_failed(paper, run, lambda: _join(folder), (1, paper.pages or 1))
    with _writing(paper, run) as is_ours:
        if not is_ours:
            return
        pages = _judge(paper)
        suggesting.renew(paper, suggesting.guesses(pages))
        Document.objects.filter(pk=paper.pk).update(reading=State.DONE)
        # A file that was signed meanwhile is not the one that was read.
        Document.objects.filter(pk=paper.pk, blob=paper.blob).update(searchable=blob)
        PaperReading.objects.filter(document=paper).update(
            done_at=timezone.now(), is_archival=is_archival, fault=""
        )
        publish("digitization.read", document_id=str(paper.pk))
    shutil.rmtree(folder, ignore_errors=True)


def _join(folder: Path) -> tuple[bool, object]:
    """Return whether the copy is PDF/A, and its blob. Parts of one paper are alike, so the first one's declaration holds for all."""
    import pikepdf

    parts = sorted(folder.glob("*.pdf"))
    if not parts:
        raise ProgramDied("the parts of the searchable copy are gone")
    claims = []
    with pikepdf.open(parts[0]) as whole, tempfile.TemporaryFile(dir=page_programs.workroom()) as file:
        claims.append(bool(whole.open_metadata().pdfa_status))
        for path in parts[1:]:
            with pikepdf.open(path) as part:
                claims.append(bool(part.open_metadata().pdfa_status))
                whole.pages.extend(part.pages)
        if claims[0] and not all(claims):
            with whole.open_metadata() as told:
                del told["pdfaid:part"], told["pdfaid:conformance"]
        whole.save(file, deterministic_id=True)
        file.seek(0)
        return all(claims), storage.put(iter(lambda: file.read(PIECE), b""), media_type="application/pdf")


def _part_path(paper: Document, run: int, first: int) -> Path:
    return page_programs.workroom() / "parts" / f"{paper.pk}-{run}" / f"{first:05d}.pdf"


def _paper_of(document_id: str, run: int) -> Document | None:
    """Return the paper if this run is still the one that counts and not finished."""
    found = Document.objects.select_related("blob").filter(
        pk=document_id, paper_reading__run=run, paper_reading__done_at=None
    )
    return found.first()


@contextmanager
def _writing(paper: Document, run: int) -> Iterator[bool]:
    """Lock the paper for what a part found, and say whether its run still counts."""
    with transaction.atomic():
        Document.objects.select_for_update(of=("self",)).get(pk=paper.pk)
        is_ours = PaperReading.objects.filter(document=paper, run=run, done_at=None).exists()
        if is_ours:  # a repeat that went well takes the failure back
            Document.objects.filter(pk=paper.pk, reading=State.FAILED).update(reading=State.WAITING)
        yield is_ours


def _or_failed(paper: Document, run: int, work: Callable[[], Part], pages: tuple[int, int]) -> Part:
    """Do the work; where it dies, say so on the paper and let the ledger try again."""
    try:
        return work()
    except (ProgramDied, OSError):
        first, last = pages
        where = (
            _("trang %s") % first
            if first == last
            else _("trang %(first)s–%(last)s") % {"first": first, "last": last}
        )
        fault = _(
            "Máy đọc chữ dừng giữa chừng ở %s. Tệp gốc vẫn nguyên vẹn. Hệ thống sẽ tự đọc lại; bạn cũng có thể bấm “Đọc lại”."
        )
        with transaction.atomic():
            Document.objects.select_for_update(of=("self",)).get(pk=paper.pk)
            if PaperReading.objects.filter(document=paper, run=run, done_at=None).update(fault=fault % where):
                Document.objects.filter(pk=paper.pk).update(reading=State.FAILED)
        raise
