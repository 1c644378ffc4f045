"""Separator sheets: one A4 page a paper, laid before it in the stack, whose QR code says where the pages behind it belong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bpmc_portal.lib import pdf
from digitization.separators import payload_of
from dossiers.models import Component, Dossier
from dossiers.print_frame import Drawing, qr_drawing
from dossiers.services import filing
from procedures.models import ComponentRequirement, Procedure

TEMPLATE = "pdf/separators.html"
# A scratch, a fold or a staple takes less than the 30 per cent that level H gives back.
LEVEL = "h"
QUIET = 4


@dataclass(frozen=True)
class SeparatorSheet:
    """One sheet: the number and name of the paper, what it belongs to, and the code."""

    number: str
    name: str
    belongs_to: str
    belongs_note: str
    qr: Drawing


@dataclass(frozen=True)
class Separators:
    """A file of sheets."""

    title: str
    issuing_org: str
    dated_at: str
    sheets: tuple[SeparatorSheet, ...]


def of_dossier(dossier: Dossier, papers: Sequence[Component], *, at: datetime) -> bytes:
    """Return the sheets of these papers of a dossier as PDF."""
    sheets = (
        _sheet(
            filing.place_for(dossier, paper.position),
            number=str(paper.position),
            name=paper.name,
            belongs_to=dossier.code,
            note=f"{dossier.applicant_name} · {dossier.procedure.name}",
        )
        for paper in papers
    )
    return _pdf(f"Tờ phân cách hồ sơ {dossier.code}", dossier.office.name, sheets, at)


def of_checklist(
    procedure: Procedure, papers: Sequence[ComponentRequirement], *, org: str, at: datetime
) -> bytes:
    """Return the sheets of a procedure's checklist as PDF: for stacks that are scanned before there is a dossier."""
    sheets = (
        _sheet(
            filing.checklist_place(procedure.key, paper.code),
            number=str(number),
            name=paper.name,
            belongs_to=procedure.key,
            note=procedure.name,
        )
        for number, paper in enumerate(papers, 1)
    )
    return _pdf(f"Tờ phân cách thủ tục {procedure.key}", org, sheets, at)


def _sheet(place: str, *, number: str, name: str, belongs_to: str, note: str) -> SeparatorSheet:
    code = qr_drawing(payload_of(place), quiet=QUIET, error=LEVEL)
    return SeparatorSheet(number, name, belongs_to, note, code)


def _pdf(title: str, org: str, sheets: Iterable[SeparatorSheet], at: datetime) -> bytes:
    paper = Separators(title, org, at.isoformat(timespec="seconds"), tuple(sheets))
    return pdf.render(TEMPLATE, paper, size="A4", is_long=True)
