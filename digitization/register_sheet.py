"""The spreadsheet of old results: its headings, its template, and how a row is read. Hostile workbooks are bounded, never trusted.

An .xlsx is a zip of XML: its size unpacked, its parts and its document types are looked at before anything is parsed. Macros are never
run and formulas never computed: a cell that holds a formula is an error of its row.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from bpmc_portal.errors import InvalidInput
from bpmc_portal.lib import names
from bpmc_portal.lib.identifiers import InvalidIdentifier, parse_cccd, parse_passport, parse_tax_code

MOST_ROWS = 20_000
LARGEST_FILE = 10 * 1024 * 1024
LARGEST_UNPACKED = 80 * 1024 * 1024
MOST_PARTS = 200
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KEPT_AS = "application/zip"  # what an .xlsx is; its own long name does not fit the store's column
# (field, heading, required, longest). The headings are the contract with who fills the sheet in.
COLUMNS = (
    ("register_no", "Số vào sổ", True, 40),
    ("document_type", "Mã loại kết quả", True, 40),
    ("holder_number", "Số định danh của chủ", False, 20),
    ("holder_name", "Tên chủ", True, 200),
    ("number", "Số, ký hiệu", True, 60),
    ("issued_on", "Ngày cấp", True, 10),
    ("issuer", "Nơi cấp", True, 300),
    ("good_until", "Có giá trị đến", False, 10),
    ("revoked_on", "Ngày thu hồi", False, 10),
    ("revoked_why", "Lý do thu hồi", False, 300),
)
HEADINGS = {field: heading for field, heading, _required, _most in COLUMNS}
_DAYS = ("issued_on", "good_until", "revoked_on")
_PARSE_FAULTS = (
    InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OSError,
)  # fmt: skip


class RefusedSheet(InvalidInput):
    """The workbook cannot be read at all; the sentence says why."""

    code = "sheet_refused"


@dataclass(frozen=True)
class Line:
    """One row as it was read: values by field, days as ISO text; `problems` are sentences, none for a row that can be taken."""

    number: int
    values: dict[str, str]
    problems: tuple[str, ...] = ()


def template() -> bytes:
    """Return an empty workbook with the headings and a sheet that explains them."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Sổ kết quả"
    sheet.append([heading for _field, heading, _required, _most in COLUMNS])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = 22
    sheet.freeze_panes = "A2"
    notes = book.create_sheet("Hướng dẫn")
    notes.append(["Cột", "Bắt buộc", "Cách ghi"])
    for field, heading, required, _most in COLUMNS:
        notes.append([heading, "Có" if required else "Không", _HOW.get(field, "Ghi như trong sổ giấy")])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


_HOW = {
    "register_no": "Số thứ tự trong sổ giấy, mỗi số một dòng",
    "document_type": "Mã trong danh mục loại giấy tờ",
    "holder_number": "Số căn cước, mã số thuế hoặc số hộ chiếu; để trống nếu sổ không ghi",
    "issued_on": "ngày/tháng/năm, ví dụ 05/03/2019",
    "good_until": "ngày/tháng/năm; để trống nếu không có thời hạn",
    "revoked_on": "ngày/tháng/năm; để trống nếu chưa bị thu hồi",
    "revoked_why": "Bắt buộc khi có ngày thu hồi",
}


def refuse_hostile(file: BinaryIO) -> None:
    """Look at the zip without unpacking it. Raises RefusedSheet for what is no workbook, too large unpacked, or declares entities."""
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
            if "[Content_Types].xml" not in packed.namelist() or "xl/workbook.xml" not in packed.namelist():
                raise RefusedSheet(_("Tệp không phải bảng tính Excel (.xlsx). Hãy tải mẫu về rồi điền."))
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                raise RefusedSheet(_("Bảng tính quá lớn sau khi giải nén. Hãy chia nhỏ theo năm."))
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with packed.open(part) as opened:
                        if b"<!DOCTYPE" in opened.read(2048).upper():
                            raise RefusedSheet(
                                _("Bảng tính có nội dung không an toàn. Hãy dùng mẫu để nhập lại.")
                            )
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError) as error:
        raise RefusedSheet(
            _("Không đọc được tệp. Hãy lưu lại bằng Excel dạng .xlsx, không đặt mật khẩu.")
        ) from error


def lines(content: bytes) -> Iterator[Line]:
    """Yield the rows below the headings, empty ones left out, at most MOST_ROWS. Raises RefusedSheet.

    The workbook is read as a stream: memory follows the shared texts, whose size `refuse_hostile` has bounded.
    """
    refuse_hostile(BytesIO(content))
    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(min_row=1, max_row=MOST_ROWS + 2, max_col=40)
        places = _places(next(rows, ()))
        for cells in rows:
            found = {field: cells[place] for field, place in places.items() if place < len(cells)}
            if any(cell.value not in (None, "") for cell in found.values()):
                number = next(cell.row for cell in found.values() if cell.value not in (None, ""))
                if number > MOST_ROWS + 1:
                    raise RefusedSheet(_("Mỗi tệp nhiều nhất %d dòng. Hãy chia nhỏ.") % MOST_ROWS)
                yield _line(number, found)
    except RefusedSheet:
        raise
    except _PARSE_FAULTS as error:
        raise RefusedSheet(
            _("Không đọc được bảng tính, có thể tệp bị hỏng. Hãy lưu lại dạng .xlsx rồi gửi lại.")
        ) from error


def _places(heading: Any) -> dict[str, int]:
    """Return field → column. The order of columns is free; a missing or doubled heading is refused by its name."""
    there = [names.fold(str(cell.value or "")) for cell in heading]
    missing = [text for text in HEADINGS.values() if there.count(names.fold(text)) != 1]
    if missing:
        raise RefusedSheet(
            _("Thiếu hoặc thừa cột: %s. Hãy tải mẫu về, giữ nguyên dòng tiêu đề.") % ", ".join(missing)
        )
    return {field: there.index(names.fold(text)) for field, text in HEADINGS.items()}


def _line(number: int, cells: dict[str, Any]) -> Line:
    values, problems = {}, []
    for field, heading, required, most in COLUMNS:
        cell = cells.get(field)
        value = cell.value if cell is not None else None
        try:
            if cell is not None and cell.data_type == "f":
                raise ValueError(_("là công thức, hãy dán thành giá trị"))
            values[field] = _day(value) if field in _DAYS else _text(value, most)
            if required and not values[field]:
                raise ValueError(_("chưa ghi"))
        except (ValueError, InvalidIdentifier) as error:
            values.setdefault(field, "")
            problems.append(_("Cột “%(column)s” %(why)s.") % {"column": heading, "why": _why(error)})
    problems += [] if problems else _contradictions(values)
    return Line(number, values, tuple(problems))


def _why(error: Exception) -> str:
    return error.sentence.rstrip(".") if isinstance(error, InvalidIdentifier) else str(error)


def _text(value: Any, most: int) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Excel keeps every number as a float
    if isinstance(value, datetime | date):
        raise ValueError(_("là ngày, hãy định dạng ô là văn bản"))
    text = names.clean_text("" if value is None else str(value)[:2000], 2000)
    if len(text) > most:
        raise ValueError(_("dài quá %d ký tự") % most)
    return " ".join(text.split())


def _day(value: Any) -> str:
    if value in (None, ""):
        return ""
    if isinstance(value, datetime):
        found = value.date()
    elif isinstance(value, date):
        found = value
    else:
        try:
            day, month, year = (int(part) for part in str(value).strip().replace("-", "/").split("/"))
            found = date(year, month, day)
        except ValueError:
            raise ValueError(_("không phải ngày/tháng/năm")) from None
    if not 1945 <= found.year <= 2200:
        raise ValueError(_("có năm không hợp lý"))
    return found.isoformat()


def _contradictions(values: dict[str, str]) -> list[str]:
    """Return what is wrong between the columns, and the owner's number in the form in which it is stored."""
    found = []
    if values["holder_number"]:
        number = holder_number(values["holder_number"])
        if number is None:
            found.append(
                _(
                    "Số định danh của chủ không phải số căn cước, mã số thuế hay hộ chiếu; hãy sửa hoặc để trống."
                )
            )
        values["holder_number"] = number or ""
    if values["good_until"] and values["good_until"] < values["issued_on"]:
        found.append(_("Ngày hết giá trị trước ngày cấp."))
    if values["revoked_on"] and values["revoked_on"] < values["issued_on"]:
        found.append(_("Ngày thu hồi trước ngày cấp."))
    if bool(values["revoked_on"]) != bool(values["revoked_why"]):
        found.append(_("Ngày thu hồi và lý do thu hồi phải đi cùng nhau."))
    return found


def holder_number(typed: str) -> str | None:
    """Return an identity number in its stored form, None when it is none."""
    for parse in (parse_cccd, parse_tax_code, parse_passport):
        try:
            return parse(typed).number
        except InvalidIdentifier:
            continue
    return None
