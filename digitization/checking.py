"""Say of each page whether it can be read and kept: blank, blurred, slanted, coarse, the wrong way up, scanned twice.

The program (checking_program.py) measures, this module judges and puts it in words. The limits: ux.md D5; TT 01/2023/TT-VPCP and
Nghị định 30/2020/NĐ-CP, Phụ lục V ask for 200 dpi and colour; a colourless page is only noted, as a copy in black may be all there is.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from digitization import page_programs, storage
from digitization.models import Document, Page
from digitization.page_programs import ProgramDied

PATIENCE = 90  # seconds for one part; Celery ends a task at 120
STEEP = 3.0  # degrees
COARSE = 195  # dpi; a page of 200 dpi is sometimes measured a point short
SAME = 32  # of 256 bits: the same sheet scanned again differs by up to 26, another sheet by more than 100


@dataclass(frozen=True)
class Flaw:
    """One thing wrong with a page; `words` is a whole sentence about page %(page)s."""

    slug: str
    words: str


def check(document: Document, *, first: int, last: int) -> list[Page]:
    """Measure these pages and return them as they are to be written, duplicates apart. Writes nothing. Raises ProgramDied."""
    blob = document.blob
    if blob is None:
        raise ProgramDied("no file")
    with (
        storage.local_path(blob.sha256) as path,
        tempfile.TemporaryDirectory(dir=page_programs.workroom()) as folder,
    ):
        wanted = [str(path.resolve()), blob.media_type, str(first), str(last)]
        said = page_programs.run("checking_program.py", wanted, seconds=PATIENCE, folder=Path(folder))
    lines = [json.loads(line) for line in said.splitlines()]
    if [line["number"] for line in lines] != list(range(first, last + 1)):
        raise ProgramDied("checking_program.py: pages are missing")
    return [_page(document, line) for line in lines]


def _page(document: Document, line: dict[str, Any]) -> Page:
    page = Page(
        document=document, number=line["number"], is_blank=line["blank"], blur=line["blur"], skew_degrees=line["skew"],
        dpi=line["dpi"], turn=line["turn"], is_colour=line["colour"], picture_hash=line["hash"], checked_at=timezone.now(),
    )  # fmt: skip
    dim, regions = line["dim"], line.get("regions", 0)
    page.words = " ".join(
        flaw.words for flaw in flaws_of(page, dim=dim, is_all_dim=bool(dim) and len(dim) * 2 > regions)
    )
    return page


def flaws_of(page: Page, *, dim: Sequence[int] = (), is_all_dim: bool = False) -> list[Flaw]:
    """Return what is wrong with a page, the gravest first, in words."""
    number = {"page": page.number}
    if page.is_blank:
        return [Flaw("blank", _("Trang %(page)s trắng.") % number)]
    found = []
    if page.turn == 180:
        found.append(Flaw("turned", _("Trang %(page)s ngược chiều.") % number))
    elif page.turn:
        found.append(Flaw("turned", _("Trang %(page)s nằm ngang.") % number))
    if is_all_dim:
        found.append(Flaw("blurred", _("Trang %(page)s mờ cả trang.") % number))
    elif dim:
        places = _(", ").join(str(_regions()[place]) for place in dim)
        found.append(Flaw("blurred", _("Trang %(page)s mờ %(places)s.") % {**number, "places": places}))
    if page.dpi is not None and page.dpi < COARSE:
        words = _("Trang %(page)s chỉ có %(dpi)s dpi, cần từ 200 dpi.") % {**number, "dpi": page.dpi}
        found.append(Flaw("coarse", words))
    if page.skew_degrees is not None and abs(page.skew_degrees) > STEEP:
        found.append(Flaw("slanted", _("Trang %(page)s bị nghiêng.") % number))
    return found


def _regions() -> tuple[str, ...]:
    return (
        _("góc trên bên trái"), _("vùng trên"), _("góc trên bên phải"),
        _("vùng bên trái"), _("vùng giữa"), _("vùng bên phải"),
        _("góc dưới bên trái"), _("vùng dưới"), _("góc dưới bên phải"),
    )  # fmt: skip


def mark_duplicates(pages: Sequence[Page]) -> list[Page]:
    """Note on each page, in order, which earlier page shows the same sheet; return the changed pages.

    Two certificates of one form look alike, so that pages which are read must also tell the same figures.
    """
    changed = []
    for place, page in enumerate(pages):
        first = next((each.number for each in pages[:place] if _are_same(each, page)), None)
        if first != page.duplicate_of:
            _note(page, first)
            changed.append(page)
    return changed


def _note(page: Page, first: int | None) -> None:
    told = _("Trang %(page)s trùng trang %(first)s.")
    if page.duplicate_of is not None:
        page.words = page.words.replace(told % {"page": page.number, "first": page.duplicate_of}, "").strip()
    if first is not None:
        page.words = f"{page.words} {told % {'page': page.number, 'first': first}}".strip()
    page.duplicate_of = first


def _are_same(one: Page, other: Page) -> bool:
    if not one.picture_hash or not other.picture_hash:
        return False
    apart = (int(one.picture_hash, 16) ^ int(other.picture_hash, 16)).bit_count()
    are_read = one.read_at is not None and other.read_at is not None
    return apart <= SAME and not (are_read and _figures(one) != _figures(other))


def _figures(page: Page) -> str:
    return "".join(char for char in page.text if char.isdigit())


def verdict_of(pages: Sequence[Page]) -> str:
    """Return one line on the whole paper, "" when every page is good."""
    told = [page.words for page in pages if page.words]
    line = ""
    for place, words in enumerate(told):
        rest = _(" Còn %s trang khác.") % (len(told) - place)
        if len(line) + len(words) + len(rest) + 1 > 300:
            return line + rest
        line = f"{line} {words}".strip()
    return line


def notes_of(page: Page) -> list[str]:
    """Return what the archive standard asks and the page does not have, though it can be read."""
    if page.dpi is None or page.is_blank or page.is_colour:
        return []
    return [_("Không thấy màu: bản lưu trữ phải quét màu nếu bản giấy có dấu đỏ.")]
