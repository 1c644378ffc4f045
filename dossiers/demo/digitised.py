"""What digitisation has to show on the first day: two registers of old results, some with scans, a stack from the scanner, drafts to sign.

The register and the files go in by the services; the workers then split, read, code and stamp what was sent, as they would for anybody.
"""

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from bpmc_portal.accounts.models import Unit, User
from bpmc_portal.jobs import services as jobs
from bpmc_portal.lib import pdf
from bpmc_portal.lib.vietnamese import format_date, local_date
from digitization import batches, register, register_import, register_sheet, storage, uploads
from digitization.models import Document, LegacyResult
from dossiers import separator_forms
from dossiers.demo.people import COMPANY, TU, People
from dossiers.models import Component, Dossier, Result, Status
from dossiers.models.dossier import RUNNING
from dossiers.services import results
from procedures.models import DocumentType

# Unit, who keeps the register, how many results it declares, and how many of them have been scanned.
REGISTERS = (("cuc-qlldnn", "vanthu", 48, 5), ("van-phong-bo", "sohoa", 20, 2))
DRAFTS = 3
MISSING = 3  # entries of the paper register that nobody has found yet
SLANT = (1.4, -0.8, 0.3)
DPI = 200


@dataclass(frozen=True)
class Sheet:
    """A page to be scanned; strings ready to print."""

    title: str
    issuing_org: str
    dated_at: str
    number: str
    holder: str
    holder_number: str
    day: str
    until: str


def fill(people: People, *, now: datetime) -> None:
    """Put in the registers, scan the first results of each, and send one stack from the desk."""
    for code, keeper, declared, scanned in REGISTERS:
        unit = Unit.objects.get(code=code)
        _import(unit, people, keeper, declared, now=now)
        for result in LegacyResult.objects.filter(unit=unit).order_by("pk")[:scanned]:
            scan = SimpleUploadedFile(f"{result.register_no}.pdf", _scan([_result_page(result, unit)]))
            register.attach(result.pk, scan, actor=people.users[keeper])
    _send_stack(people.users["sohoa"], now=now)
    _draft_results(people, now=now)


def _import(unit: Unit, people: People, keeper: str, declared: int, *, now: datetime) -> None:
    """Fill in the template and take it in as its keeper would: judged, looked at, written."""
    rows = list(_rows(unit, people, declared, today=local_date(now)))
    book = load_workbook(io.BytesIO(register_sheet.template()))
    for row in rows:
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    sheet = SimpleUploadedFile(f"so-ket-qua-{unit.code}.xlsx", out.getvalue())
    actor = people.users[keeper]
    with jobs.quiet():
        taken = register_import.take(sheet, unit=unit, declared=declared, actor=actor)
        register_import.check(taken.pk)
        register_import.apply(taken.pk, actor=actor)
        register_import.write(taken.pk)


def _rows(unit: Unit, people: People, declared: int, *, today: date) -> Iterator[list[str]]:
    rng = random.Random(f"register {unit.code}")  # noqa: S311  (a repeatable world, no secret)
    kinds = list(
        DocumentType.objects.filter(is_result=True).order_by("code").values_list("code", flat=True)[:6]
    )
    holders = [TU, COMPANY, *people.citizens, *people.firms]
    for number in range(1, declared - MISSING + 1):
        holder = holders[number - 1] if number <= 2 else rng.choice(holders)
        day = today - timedelta(days=rng.randrange(200, 1500))
        until = day + timedelta(days=5 * 365) if number % 3 else None
        revoked = today - timedelta(days=rng.randrange(20, 150)) if number % 17 == 0 else None
        yield [
            str(number), kinds[number % len(kinds)], holder.identity_number, holder.name, f"{number + 100}/{unit.code.upper()}",
            format_date(day), unit.name, format_date(until) if until else "", format_date(revoked) if revoked else "",
            "Chấm dứt hoạt động" if revoked else "",
        ]  # fmt: skip


def _result_page(result: LegacyResult, unit: Unit) -> bytes:
    until = format_date(result.good_until) if result.good_until else "không thời hạn"
    sheet = Sheet(
        result.document_type.name, unit.name, result.issued_on.isoformat(), result.number, result.holder_name, result.holder_number,
        format_date(result.issued_on), until,
    )  # fmt: skip
    return pdf.render("pdf/demo_paper.html", sheet, size="A4")


def _send_stack(actor: User, *, now: datetime) -> None:
    """Scan the papers of the newest dossier that has none on file, behind their separators, with a page that nobody can place."""
    waiting = Component.objects.filter(document__state=Document.State.PAPER, dossier__status__in=RUNNING)
    found = Dossier.objects.filter(pk__in=waiting.values("dossier"), office=batches.office_of(actor))
    dossier = found.select_related("office", "procedure").order_by("-received_at", "-pk").first()
    if dossier is None:
        return
    papers = [
        each
        for each in dossier.components.select_related("document").order_by("position")
        if each.document.blob_id is None
    ][:2]
    pages = [_loose_page(dossier, "Phụ lục kèm theo", now)]
    for paper in papers:
        pages += [separator_forms.of_dossier(dossier, [paper], at=now), _loose_page(dossier, paper.name, now)]
    blob = storage.put([_scan(pages)], media_type="application/pdf")
    batches.begin(blob, name="Chồng giấy quét buổi sáng.pdf", office=dossier.office, actor=actor)


def _draft_results(people: People, *, now: datetime) -> None:
    """Put a file to drafts that wait for their leader, who approves them and then has something to sign."""
    drafts = Result.objects.filter(document=None, issued_at=None, dossier__status=Status.PROCESSING)
    for draft in drafts.select_related("dossier__unit").order_by("dossier__code")[:DRAFTS]:
        dossier, officer = draft.dossier, people.officer_of(draft.dossier.unit)
        sheet = Sheet(
            draft.title, dossier.unit.name, now.date().isoformat(), draft.number, dossier.applicant_name, "", format_date(now), ""
        )  # fmt: skip
        content = pdf.render("pdf/demo_paper.html", sheet, size="A4")
        taken = uploads.take(
            SimpleUploadedFile("ket-qua.pdf", content), document_type="", holder="", actor=officer
        )
        file = uploads.record(taken, actor=officer)
        results.draft(
            dossier, actor=officer, title=draft.title, number=draft.number, document=file.pk, at=now
        )


def _loose_page(dossier: Dossier, name: str, now: datetime) -> bytes:
    day = format_date(now)
    sheet = Sheet(
        name, dossier.applicant_name, now.date().isoformat(), "", dossier.applicant_name, "", day, ""
    )
    return pdf.render("pdf/demo_paper.html", sheet, size="A4")


def _scan(pages: list[bytes]) -> bytes:
    """Return the first pages of these PDFs as a scanner gives them: pictures, a little askew."""
    import img2pdf  # type: ignore[import-untyped]
    import pypdfium2  # type: ignore[import-untyped]

    pictures = []
    for number, content in enumerate(pages):
        with pypdfium2.PdfDocument(content) as drawn:
            image = drawn[0].render(scale=DPI / 72).to_pil().convert("RGB")
        out = io.BytesIO()
        image.rotate(SLANT[number % len(SLANT)], fillcolor="white").save(
            out, "JPEG", quality=70, dpi=(DPI, DPI)
        )
        pictures.append(out.getvalue())
    scanned: bytes = img2pdf.convert(pictures)
    return scanned
