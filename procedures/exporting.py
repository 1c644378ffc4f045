"""Write the catalogue out: JSON that import_procedures reads back unchanged, CSV for spreadsheets, JSON-LD for machines.

Each procedure leaves with the version in force, or with its newest draft while none is published.
"""

import csv
import io
import json
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings

from procedures.facts import FORMAT, ProcedureText
from procedures.models import Procedure, ProcedureVersion
from procedures.texts import procedure_text

COLUMNS = (
    "Mã", "Tên thủ tục", "Lĩnh vực", "Cơ quan giải quyết", "Thời hạn", "Đơn vị thời hạn", "Phí, lệ phí (đồng)", "Kết quả",
    "Thành phần hồ sơ", "Căn cứ pháp lý", "Có hiệu lực từ", "Đang dùng",
)  # fmt: skip
# A cell that begins with one of these is taken for a formula by spreadsheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def texts() -> list[ProcedureText]:
    """Return every procedure in the order of its key, with its text."""
    best: dict[int, ProcedureVersion] = {}
    parts = ("cases__components__document_type", "steps__linked_procedure", "fees", "legal_bases")
    versions = (
        ProcedureVersion.objects.select_related("result_type").prefetch_related(*parts).order_by("number")
    )
    for version in versions:
        held = best.get(version.procedure_id)
        if (
            held is None
            or version.state == ProcedureVersion.State.PUBLISHED
            or held.state == ProcedureVersion.State.DRAFT
        ):
            best[version.procedure_id] = version
    rows = Procedure.objects.select_related("field", "unit").order_by("key")
    return [procedure_text(row, best.get(row.pk)) for row in rows]


def as_json(catalogue: list[ProcedureText]) -> str:
    """Return the document that import_procedures reads back."""
    document = {"format": FORMAT, "procedures": [asdict(text) for text in catalogue]}
    return json.dumps(document, ensure_ascii=False, indent=1, default=_plain) + "\n"


def as_csv(catalogue: list[ProcedureText]) -> str:
    """Return one line a procedure, with a byte-order mark so that spreadsheets read Vietnamese right."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for text in catalogue:
        writer.writerow(_safe(cell) for cell in _row(text))
    return "\ufeff" + out.getvalue()


def as_jsonld(catalogue: list[ProcedureText]) -> str:
    """Return the active procedures as schema.org GovernmentService."""
    graph = [_service(text) for text in catalogue if text.is_active]
    document = {"@context": "https://schema.org/", "@graph": graph}
    return json.dumps(document, ensure_ascii=False, indent=1, default=_plain) + "\n"


FORMATS = {"json": as_json, "csv": as_csv, "jsonld": as_jsonld}


def _plain(value: Any) -> str:
    if isinstance(value, (Decimal, date)):
        return str(value)
    raise TypeError(type(value).__name__)


def _row(text: ProcedureText) -> list[Any]:
    code = text.national_code or text.key
    version = text.version
    if version is None:
        return [code, text.name, text.field, text.unit, *[""] * 7, _yes(text.is_active)]
    fees = [fee.amount for fee in version.fees]
    papers = [paper.name for case in version.cases for paper in case.papers]
    return [
        code, text.name, text.field, text.unit, version.limit_value or "", version.limit_unit,
        "; ".join("chưa xác định" if fee is None else str(fee) for fee in fees), version.result_name, "; ".join(papers),
        "; ".join(version.legal_bases), version.in_force_from.isoformat(), _yes(text.is_active),
    ]  # fmt: skip


def _yes(value: bool) -> str:
    return "có" if value else "không"


def _safe(cell: Any) -> str:
    words = str(cell)
    return f"'{words}" if words.startswith(_FORMULA) else words


def _service(text: ProcedureText) -> dict[str, Any]:
    code = text.national_code or text.key
    service: dict[str, Any] = {
        "@type": "GovernmentService",
        "@id": f"{settings.PUBLIC_URL}/thu-tuc/{code}/",
        "identifier": code,
        "name": text.name,
        "alternateName": list(text.aliases),
        "category": text.field,
        "provider": {"@type": "GovernmentOrganization", "identifier": text.unit},
    }
    version = text.version
    if version is not None:
        service["serviceOutput"] = {"@type": "Thing", "name": version.result_name}
        service["citation"] = list(version.legal_bases)
        service["offers"] = [
            {"@type": "Offer", "name": fee.name, "price": fee.amount, "priceCurrency": "VND"}
            for fee in version.fees
            if fee.amount is not None
        ]
        service["additionalProperty"] = _properties(text)
    return service


def _properties(text: ProcedureText) -> list[dict[str, Any]]:
    version = text.version
    if version is None:
        return []
    papers = [
        {"@type": "PropertyValue", "name": "component", "value": paper.name}
        for case in version.cases
        for paper in case.papers
    ]
    if not version.limit_unit:
        return papers
    limit = {
        "@type": "PropertyValue",
        "name": "time_limit",
        "value": version.limit_value,
        "unitText": version.limit_unit,
    }
    return [limit, *papers]
