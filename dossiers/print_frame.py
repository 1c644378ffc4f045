"""What every printed paper has in common: versions of a form by date, the frame of the page, and the blocks that stand in it.

A paper is a frozen dataclass of strings ready to print. All papers but the receipt share the frame of domain.md 2.2 and one template
(templates/pdf/sheet.html), which walks through the blocks in their order: the order of a form stands in its builder and nowhere else.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

import segno
from barcode.codex import Code128
from django.conf import settings

from bpmc_portal.accounts.models import Unit
from bpmc_portal.lib import identifiers, vietnamese
from dossiers import tracking
from dossiers.models import Dossier

BLANK = "……………………………"
DOTS = "…………"
SIGN = "(Ký và ghi rõ họ tên)"
TT01 = "TT 01/2018/TT-VPCP (NĐ 61/2018/NĐ-CP)"
TT03 = "TT 03/2025/TT-VPCP, Phụ lục I (NĐ 118/2025/NĐ-CP)"
TT01_FROM = date(2019, 1, 6)
# The day is that of the circular itself; its own day of effect was not verified.
TT03_FROM = date(2025, 9, 15)
AS_BEFORE = "; trình bày theo TT 01/2018/TT-VPCP"


@dataclass(frozen=True)
class FormVersion:
    """A form as one circular orders it, from a day on."""

    id: str
    number: str
    in_force_from: date
    legal_basis: str
    note: str = ""


@dataclass(frozen=True)
class PrintForm:
    """One paper; `versions` stand oldest first, and the oldest also serves the days before it.

    `sizes` are IssuedPaper.size for what is issued ("A5", "A4"); a paper made on demand also lies across ("A4L", "A5L").
    """

    key: str
    title: str
    versions: tuple[FormVersion, ...]
    sizes: tuple[str, ...]
    template: str
    build: Callable[..., Any]

    def version_on(self, day: date) -> FormVersion:
        """Return the version in force on that local day."""
        return next(
            (version for version in reversed(self.versions) if version.in_force_from <= day), self.versions[0]
        )


@dataclass(frozen=True)
class Drawing:
    """A code of black modules as one SVG path: width and height in modules, quiet zone included."""

    width: int
    height: int
    path: str


@dataclass(frozen=True)
class Pair:
    """A label of the form with what is filled in."""

    label: str
    value: str


@dataclass(frozen=True)
class Text:
    """A paragraph. `style` is one of "", "centre", "lead", "note", "box"."""

    words: str
    style: str = ""
    kind: str = "text"


@dataclass(frozen=True)
class Fields:
    """Labels with values, one row a line of the form; what is short shares a row."""

    rows: tuple[tuple[Pair, ...], ...]
    kind: str = "fields"


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, its share of the width in per cent, and whether its cells stand in the middle."""

    label: str
    width: int
    is_centred: bool = False


@dataclass(frozen=True)
class Cell:
    """What stands in one place of a table."""

    words: str
    is_centred: bool


@dataclass(frozen=True)
class Table:
    """Rows of cells under headings that are repeated on every page; `empty` is said when there is no row."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "Không có dòng nào."
    kind: str = "table"

    @property
    def lines(self) -> Iterable[Iterable["Cell"]]:
        """The rows as cells that know their column."""
        for row in self.rows:
            yield [Cell(words, column.is_centred) for words, column in zip(row, self.columns, strict=True)]


@dataclass(frozen=True)
class Cover:
    """A page of its own before the rest: lines in the middle, the second the largest."""

    lines: tuple[str, ...]
    kind: str = "cover"


Part = Text | Fields | Table | Cover


@dataclass(frozen=True)
class Signature:
    """One block of signing: who, how, and the name in print ("" leaves the line to the pen)."""

    heading: str = ""
    hint: str = ""
    name: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A paper in the common frame, ready to print. `page` is the layout: a5, a4, a5l or a4l; empty strings are left out."""

    title: str
    heading: str
    subtitle: str
    dated_at: str
    page: str
    parent_org: str
    issuing_org: str
    number: str
    place_and_date: str
    parts: tuple[Part, ...]
    signatures: tuple[Signature, ...] = ()
    notes: tuple[str, ...] = ()
    form_note: str = ""
    # What a paper made on demand says of itself at the foot of each page; what is issued once has none.
    printed: str = ""
    qr: "Drawing | None" = None
    is_of_citizen: bool = False


@dataclass(frozen=True)
class Print:
    """What a builder is told besides its dossier: the form and version, the sheet, and the instant of printing."""

    form: PrintForm
    version: FormVersion
    size: str
    at: datetime

    @property
    def note(self) -> str:
        """The line that cites form and circular."""
        return f"{self.version.number}, {self.version.legal_basis}{self.version.note}"

    @property
    def stamp(self) -> str:
        """The line at the foot: when these words were true."""
        at = vietnamese.to_local(self.at)
        return f"In lúc {vietnamese.format_time(at)}, {vietnamese.format_date(at)}"


def sheet(
    paper: Print, *, subject: str, orgs: tuple[str, str], place: str, parts: Iterable[Part], **rest: Any
) -> Sheet:
    """Return a sheet of the form; `orgs` are the organisation above and the one that issues, `subject` names the file."""
    local = vietnamese.to_local(paper.at)
    return Sheet(
        title=f"{paper.form.title.capitalize()} {subject}".strip(),
        heading=rest.pop("heading", paper.form.title),
        subtitle=rest.pop("subtitle", ""),
        dated_at=local.isoformat(timespec="seconds"),
        page=paper.size.lower(),
        parent_org=_without_widow(orgs[0].upper()),
        issuing_org=_without_widow(orgs[1].upper()),
        number=rest.pop("number", ""),
        place_and_date=f"{place}, {rest.pop('date_words', '') or vietnamese.long_date(local)}",
        parts=tuple(parts),
        form_note=paper.note,
        **rest,
    )


def _without_widow(name: str) -> str:
    """Tie the last two words together, so that a long name does not leave one of them alone on a line."""
    return "\u00a0".join(name.rsplit(" ", 1))


def made_on_demand(
    title: str, key: str, build: Callable[..., Sheet], size: str, *versions: FormVersion
) -> PrintForm:
    """Return the entry of a form that is laid out when it is asked for, in one size."""
    return PrintForm(key, title, versions, (size,), "pdf/sheet.html", build)


def ours(note: str) -> FormVersion:
    """Return the version of a paper that no circular prescribes, with what it was taken from."""
    return FormVersion("own", "Mẫu của hệ thống", TT01_FROM, note)


def desk_orgs(dossier: Dossier) -> tuple[str, str]:
    """Return the two lines of the head of a paper from the desk."""
    return (dossier.office.unit.parent or dossier.office.unit).name, dossier.office.name


def unit_orgs(unit: Unit) -> tuple[str, str]:
    """Return the two lines of the head of a paper from a unit."""
    return (unit.parent.name if unit.parent else settings.BRAND["ministry"]), unit.name


def phone_of(number: str) -> str:
    """Write a phone number in groups, dots to fill in for none."""
    return identifiers.Phone(number).formatted if number else BLANK


def instant(at: datetime | None) -> str:
    """Write "16 giờ 30 phút, ngày 21 tháng 10 năm 2021", dots to fill in for none."""
    return f"{vietnamese.hour_words(at)}, {vietnamese.long_date(vietnamese.to_local(at))}" if at else BLANK


def short_instant(at: datetime | None) -> str:
    """Write "09:16 14/10/2021", "" for none."""
    return f"{vietnamese.format_time(at)} {vietnamese.format_date(at)}" if at else ""


def rows(*pairs: Pair | tuple[Pair, ...]) -> Fields:
    """Return fields of which each argument is one line."""
    return Fields(tuple(each if isinstance(each, tuple) else (each,) for each in pairs))


def submitter_of(dossier: Dossier) -> str:
    """Name who handed the dossier in: the representative, else the applicant."""
    return str((dossier.representative or {}).get("name") or dossier.applicant_name)


def tracking_qr(dossier: Dossier) -> Drawing:
    """Draw the code that opens the applicant's own page: only for papers that go to the applicant."""
    return qr_drawing(tracking.url_of(tracking.token_of(dossier.code, dossier.tracking_version)))


def contact_rows(dossier: Dossier) -> tuple[tuple[Pair, ...], ...]:
    """Return the lines of address, phone and e-mail."""
    return (
        (Pair("Địa chỉ:", dossier.address or BLANK),),
        (Pair("Số điện thoại:", phone_of(dossier.phone)), Pair("Email:", dossier.email or DOTS)),
    )


def qr_drawing(text: str, *, quiet: int = 2, error: str = "m") -> Drawing:
    """Draw a QR code (TCVN 7322:2009) of that error level; `quiet` modules of the four it needs, the page gives the rest."""
    matrix = segno.make_qr(text, error=error).matrix
    return Drawing(len(matrix) + 2 * quiet, len(matrix) + 2 * quiet, _path(matrix, 1, quiet))


def barcode_drawing(digits: str, *, height: int = 22, quiet: int = 6) -> Drawing:
    """Draw Code 128 of an even number of digits, for scanners that cannot read a QR. The white of the page completes the quiet zone."""
    modules = [int(bit) for bit in Code128(digits).build()[0]]
    return Drawing(len(modules) + 2 * quiet, height, _path([modules], height, quiet, top=0))


def _path(rows: Iterable[Sequence[int]], height: int, left: int, top: int | None = None) -> str:
    """Return the dark runs of the rows as rectangles of one path: fewer seams and a smaller file than one rectangle a module."""
    parts = []
    for y, row in enumerate(rows, left if top is None else top):
        x = left
        for dark, run in groupby(row, key=bool):
            length = len(list(run))
            if dark:
                parts.append(f"M{x} {y}h{length}v{height}h-{length}z")
            x += length
    return "".join(parts)
