"""The certificate of a destruction (biên bản tiêu huỷ): what was destroyed, by whose proposal and whose decision."""

from collections.abc import Sequence
from dataclasses import dataclass

from bpmc_portal.lib import pdf
from bpmc_portal.lib.vietnamese import format_date, format_datetime, long_date
from digitization.models import ArchivePackage, DestructionList

# Cited as the design notes have it; the printed form of the circular was not obtained, so the paper says so itself.
LEGAL_BASIS = "Luật Lưu trữ số 33/2024/QH15; Thông tư số 05/2025/TT-BNV"
FORM_NOTE = "Mẫu do Hệ thống trình bày; mẫu biên bản của cơ quan lưu trữ chưa được đối chiếu, cần thay khi có văn bản chính thức."
TEMPLATE = "pdf/destruction.html"


@dataclass(frozen=True)
class Line:
    """One package on the certificate."""

    number: int
    code: str
    title: str
    period: str
    kept: str
    seal: str


@dataclass(frozen=True)
class Certificate:
    """The certificate as strings ready to print."""

    title: str
    dated_at: str
    issuing_org: str
    parent_org: str
    number: str
    place_and_date: str
    legal_basis: str
    reason: str
    proposed: str
    decided: str
    note: str
    summary: str
    lines: tuple[Line, ...]
    proposer: str
    decider: str
    form_note: str


def _lines(packages: Sequence[ArchivePackage]) -> tuple[Line, ...]:
    # The seal tells for ever which bytes were destroyed.
    return tuple(
        Line(
            number, f"{each.dossier_code} ({each.number})", each.title, each.retention_class.words,
            format_date(each.keep_until) if each.keep_until else "", each.manifest_sha256,
        )
        for number, each in enumerate(packages, 1)
    )  # fmt: skip


def build(row: DestructionList, packages: Sequence[ArchivePackage], *, files: int) -> Certificate:
    """Put a decided list into words."""
    if row.decided_at is None or row.decided_by is None:
        raise ValueError("a certificate needs a decision")
    unit = row.unit
    return Certificate(
        title=f"Biên bản tiêu huỷ tài liệu hết thời hạn bảo quản số {row.number}",
        dated_at=row.decided_at.isoformat(timespec="seconds"), issuing_org=unit.name,
        parent_org=unit.parent.name if unit.parent else "", number=f"Số: {row.number}",
        place_and_date=f"Hà Nội, {long_date(row.decided_at)}", legal_basis=LEGAL_BASIS, reason=row.reason,
        proposed=f"{row.proposed_by}, {format_datetime(row.proposed_at)}",
        decided=f"{row.decided_by}, {format_datetime(row.decided_at)}", note=row.decision_note,
        summary=f"{len(packages)} gói lưu trữ, {files} tệp trong kho",
        lines=_lines(packages), proposer=str(row.proposed_by), decider=str(row.decided_by), form_note=FORM_NOTE,
    )  # fmt: skip


def pdf_for(row: DestructionList, packages: Sequence[ArchivePackage], *, files: int) -> bytes:
    """Lay the certificate out on A4."""
    paper = build(row, packages, files=files)
    return pdf.render(TEMPLATE, paper, size="A4", is_long=len(paper.lines) > 20)
