"""A list as a file: every row of it, read as it is sent.

Semicolons, because spreadsheets in Vietnamese take the comma for the decimal sign and open a comma-separated file in one column;
a byte order mark, because without it they take UTF-8 for an old code page.
"""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bpmc_portal.lib.vietnamese import to_local
from dossiers import sla
from dossiers.models import Outcome, Status
from dossiers.services.worklist import Asked, sorted_rows
from procedures.catalogue import Catalogue

BOM = "\ufeff"
CHUNK = 2000
# A cell that begins so would be run as a formula by a spreadsheet; the apostrophe makes it text again.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
COLUMNS = (
    "code", "procedure_id", "applicant_name", "unit_id", "status", "version_of_procedure_id", "step_id", "outcome",
    "received_at", "due_at", "finished_at", "office_id", "assignee__full_name",
)  # fmt: skip


class Line:
    """Hands each written line straight back."""

    def write(self, text: str) -> str:
        """Return what csv wrote."""
        return text


def lines(asked: Asked, held: Catalogue) -> Iterator[str]:
    """Yield the file line by line, the heading first, the rows in the list's order off one server-side cursor."""
    writer = csv.writer(Line(), delimiter=";", lineterminator="\r\n")
    yield BOM + writer.writerow(_heading())
    rows = sorted_rows(asked.rows(), asked.tab.order, backwards=False).values_list(*COLUMNS)
    procedures = {each.row.pk: each.row for each in held.each()}
    for values in rows.iterator(chunk_size=CHUNK):
        row = dict(zip(COLUMNS, values, strict=True))
        yield writer.writerow([safe(cell) for cell in _cells(row, held, procedures, asked.now)])


def _heading() -> list[str]:
    return [
        _("Mã hồ sơ"), _("Mã thủ tục"), _("Thủ tục"), _("Người nộp"), _("Đơn vị giải quyết"), _("Trạng thái"), _("Bước"),
        _("Tiếp nhận lúc"), _("Hẹn trả lúc"), _("Có kết quả lúc"), _("Còn lại"), _("Người thụ lý"),
    ]  # fmt: skip


def _cells(row: dict[str, Any], held: Catalogue, procedures: dict[int, Any], now: datetime) -> list[str]:
    procedure, steps = (
        procedures[row["procedure_id"]],
        held.version_by_id(row["version_of_procedure_id"]).steps,
    )
    stand = sla.standing(
        row["status"], received_at=row["received_at"], due_at=row["due_at"], finished_at=row["finished_at"], outcome=row["outcome"],
        now=now, calendar=sla.calendar_of(held, row["office_id"]),
    )  # fmt: skip
    decided = f" ({Outcome(row['outcome']).label})" if row["outcome"] else ""
    return [
        row["code"], procedure.code, procedure.name, row["applicant_name"], held.units[row["unit_id"]].name,
        f"{Status(row['status']).label}{decided}", next((step.name for step in steps if step.pk == row["step_id"]), ""),
        _instant(row["received_at"]), _instant(row["due_at"]), _instant(row["finished_at"]), stand.words,
        row["assignee__full_name"] or "",
    ]  # fmt: skip


def _instant(at: datetime | None) -> str:
    """Write an instant as spreadsheets read it, in local time."""
    return to_local(at).strftime("%d/%m/%Y %H:%M") if at else ""


def safe(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
