"""The text of procedures as a file states it: read from the cited YAML table or from our own export. Pure, no database.

Rules that turn the table's short words into facts (stated here because nothing in the source states them):
- a paper that begins with "Bản sao" asks for one copy and no original; a leading number ("02 ảnh") is the number of originals;
- "(nếu có)" and "(nếu còn)" make a paper optional, "(12 tháng)" gives its months of validity;
- an application, letter, report or photo is written for one dossier and is never used again, any other paper may be;
- two default steps, appraisal with 60 % and signature with 25 % of the term; a row without a term has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from bpmc_portal.lib.names import fold

FORMAT = "motcua-catalogue/1"
IN_FORCE_FROM = date(2021, 1, 1)
_CONFIDENCE = {"h": "high", "m": "medium", "l": "low"}
_LIMIT_UNITS = {"wd": "working_days", "d": "calendar_days", "h": "working_hours"}
_UNIT_WORDS = {"wd": "ngày làm việc", "d": "ngày", "h": "giờ làm việc"}
# Written for this one dossier: applications, letters, reports, photos (beginnings of folded names).
_ONE_DOSSIER_ONLY = (
    "van ban de nghi", "van ban dang ky", "van ban giai trinh", "don ", "to khai", "to trinh", "cong van", "giay de nghi",
    "phieu yeu cau", "ban dang ky", "ban khai", "bao cao", "anh",
)  # fmt: skip
_COPY = re.compile(r"^Bản sao\s+", re.IGNORECASE)
_ORIGINAL = re.compile(r"^Bản gốc\s+", re.IGNORECASE)
_COUNT = re.compile(r"^0?(\d{1,2})\s+(?=\D)")
_MONTHS = re.compile(r"\s*\((\d{1,2}) tháng\)")
_OPTIONAL = re.compile(r"\s*\(nếu (?:có|còn)\)")


@dataclass(frozen=True)
class KindText:
    """A kind of paper; known by its folded name, so a code and months of validity do not make it another one."""

    name: str
    is_result: bool = False
    valid_months: int | None = field(default=None, compare=False)
    code: str = field(default="", compare=False)


@dataclass(frozen=True)
class PaperText:
    """One component of a case."""

    code: str
    name: str
    kind: KindText
    is_mandatory: bool
    originals: int
    copies: int
    is_reusable: bool
    is_validity_limited: bool


@dataclass(frozen=True)
class CaseText:
    """One case with its papers in order."""

    code: str
    name: str
    papers: tuple[PaperText, ...]


@dataclass(frozen=True)
class StepText:
    """One step with its norm in working hours."""

    code: str
    name: str
    citizen_name: str
    role: str
    norm_hours: Decimal
    may_pause: bool = False
    next_codes: tuple[str, ...] = ()
    condition: str = ""
    condition_values: tuple[str, ...] = ()
    # Key of the procedure of which this step opens a dossier (liên thông).
    linked_procedure: str | None = None


@dataclass(frozen=True)
class FeeText:
    """One fee; an amount of None is unknown."""

    name: str
    amount: int | None
    legal_basis: str
    confidence: str


@dataclass(frozen=True)
class VersionText:
    """The text of one version. When it is in force is not part of what it says."""

    limit_value: int | None
    limit_unit: str
    after_supplement: str
    result_name: str
    result_kind: KindText | None
    applicant_kinds: tuple[str, ...]
    notes: str
    source: str
    name_confidence: str
    limit_confidence: str
    components_confidence: str
    cases: tuple[CaseText, ...]
    steps: tuple[StepText, ...]
    fees: tuple[FeeText, ...]
    legal_bases: tuple[str, ...]
    in_force_from: date = field(default=IN_FORCE_FROM, compare=False)


@dataclass(frozen=True)
class ProcedureText:
    """One procedure with the text of its version, or none."""

    key: str
    national_code: str | None
    name: str
    field: str
    unit: str
    aliases: tuple[str, ...]
    is_active: bool
    version: VersionText | None


class UnreadableRow(ValueError):
    """A row that cannot be taken; its words are a Vietnamese sentence."""


def read(
    table: Any, *, aliases: dict[str, list[str]], units_of_fields: dict[str, str]
) -> tuple[list[ProcedureText], list[str]]:
    """Return the procedures of a loaded file and a sentence for each row that cannot be taken.

    `units_of_fields` gives the unit in charge of a field, for rows of provinces, which name none. Raises UnreadableRow when
    the file is neither the cited table nor an export.
    """
    if not isinstance(table, dict):
        raise UnreadableRow(
            _(
                "Tệp không phải danh mục thủ tục: cần bảng “ministry_level” hoặc tệp do export_catalogue xuất ra."
            )
        )
    if table.get("format") == FORMAT:
        return _each(table.get("procedures", []), _from_export)
    if "ministry_level" not in table:
        raise UnreadableRow(
            _(
                "Tệp không phải danh mục thủ tục: cần bảng “ministry_level” hoặc tệp do export_catalogue xuất ra."
            )
        )
    found, problems = _each(
        table["ministry_level"], lambda row: _from_table(row, aliases.get(row["key"], []))
    )
    provincial, more = _each(
        table.get("province_level_reference", []), lambda row: _from_province(row, units_of_fields)
    )
    return found + provincial, problems + more


def _each(rows: Iterable[Any], read_row: Any) -> tuple[list[ProcedureText], list[str]]:
    found: list[ProcedureText] = []
    problems: list[str] = []
    for number, row in enumerate(rows, 1):
        try:
            found.append(read_row(row))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            name = row.get("key") or row.get("code") if isinstance(row, dict) else None
            problems.append(
                _("Dòng %(row)s không đọc được: %(why)s.") % {"row": name or number, "why": error}
            )
    return found, problems


def _from_table(row: dict[str, Any], aliases: list[str]) -> ProcedureText:
    name_conf, limit_conf, components_conf = (_CONFIDENCE[each] for each in row["conf"])
    value, unit = row["time"]["value"], row["time"]["unit"]
    papers = _papers(row["components"], row.get("time_limited_components", []))
    version = VersionText(
        limit_value=value,
        limit_unit=_LIMIT_UNITS[unit] if unit else "",
        after_supplement="continue",
        result_name=row["result"],
        result_kind=KindText(row["result"], is_result=True),
        applicant_kinds=(),
        notes=_notes(row),
        source=_source(row),
        name_confidence=name_conf,
        limit_confidence=limit_conf,
        components_confidence=components_conf,
        cases=(CaseText("default", "Trường hợp chung", papers),) if papers else (),
        steps=_steps(value, unit),
        fees=(_fee(row, name_conf),),
        legal_bases=tuple(part.strip() for part in row["basis"].split(";") if part.strip()),
    )
    return ProcedureText(
        row["key"],
        row["code"],
        row["name_vi"],
        row["field"],
        row["unit"],
        tuple(aliases),
        is_active=True,
        version=version,
    )


def _from_province(row: dict[str, Any], units_of_fields: dict[str, str]) -> ProcedureText:
    unit = units_of_fields[row["field"]]
    return ProcedureText(
        f"TINH-{row['code']}",
        row["code"],
        row["name_vi"],
        row["field"],
        unit,
        (),
        is_active=False,
        version=None,
    )


def _papers(names: list[str], limited: list[str]) -> tuple[PaperText, ...]:
    return tuple(_paper(name, position, limited) for position, name in enumerate(names, 1))


def _paper(name: str, position: int, limited: list[str]) -> PaperText:
    bare = _OPTIONAL.sub("", name)
    months = _MONTHS.search(bare)
    bare = _MONTHS.sub("", bare)
    count = _COUNT.match(bare)
    bare = _COUNT.sub("", bare)
    is_copy = bool(_COPY.match(bare))
    bare = _ORIGINAL.sub("", _COPY.sub("", bare)).strip()
    bare = bare[:1].upper() + bare[1:]
    number = int(count[1]) if count else 1
    return PaperText(
        code=f"{position:02d}",
        name=name,
        kind=KindText(bare, valid_months=int(months[1]) if months else None),
        is_mandatory=not _OPTIONAL.search(name),
        originals=0 if is_copy else number,
        copies=number if is_copy else 0,
        is_reusable=not fold(bare).startswith(_ONE_DOSSIER_ONLY),
        is_validity_limited=any(fold(bare).startswith(fold(each)) for each in limited),
    )


def _steps(value: int | None, unit: str | None) -> tuple[StepText, ...]:
    if value is None or unit is None:
        return ()
    # A working day has eight hours; of seven calendar days five are worked.
    hours = {"wd": Decimal(8), "d": Decimal(40) / 7, "h": Decimal(1)}[unit] * value
    return (
        StepText(
            "tham-dinh", "Thẩm định", "Đang thẩm định", "officer", _share(hours, "0.60"), may_pause=True
        ),
        # The leader who reads it last may find a paper wrong, and a second request is the leader's alone.
        StepText("trinh-ky", "Trình ký", "Đang trình ký", "leader", _share(hours, "0.25"), may_pause=True),
    )


def _share(hours: Decimal, share: str) -> Decimal:
    return (hours * Decimal(share)).quantize(Decimal("0.1"))


def _fee(row: dict[str, Any], name_confidence: str) -> FeeText:
    amount = row["fee_vnd"]
    if amount is None:
        return FeeText("Phí, lệ phí", None, "", "low")
    confidence = _CONFIDENCE[row["fee_conf"]] if "fee_conf" in row else name_confidence
    return FeeText("Không thu phí" if amount == 0 else "Lệ phí", amount, "", confidence)


def _notes(row: dict[str, Any]) -> str:
    notes = []
    if extension := row.get("extension"):
        words = f"{extension['value']} {_UNIT_WORDS[extension['unit']]}"
        notes.append(f"Có thể kéo dài đến {words} ({extension['when'].replace(' (memory)', '')}).")
    if row.get("inter_agency"):
        notes.append("Có cơ quan khác cùng tham gia giải quyết.")
    if row.get("confidentiality") == "protect_informant":
        notes.append("Giữ bí mật người tố cáo.")
    if twin := row.get("twin_province_code"):
        notes.append(f"Thủ tục tương ứng ở cấp tỉnh có mã {twin}.")
    return "\n".join(notes)


def _source(row: dict[str, Any]) -> str:
    parts = [
        "Theo văn bản nêu ở căn cứ pháp lý; chưa đối chiếu CSDLQG về TTHC",
        row.get("seen"),
        row.get("note"),
    ]
    return " | ".join(part for part in parts if part)


def _from_export(row: dict[str, Any]) -> ProcedureText:
    given = row["version"]
    return ProcedureText(
        row["key"], row["national_code"], row["name"], row["field"], row["unit"], tuple(row["aliases"]), row["is_active"],
        _version_from_export(given) if given else None,
    )  # fmt: skip


def _version_from_export(given: dict[str, Any]) -> VersionText:
    cases = tuple(
        CaseText(
            case["code"],
            case["name"],
            tuple(PaperText(**{**paper, "kind": KindText(**paper["kind"])}) for paper in case["papers"]),
        )
        for case in given["cases"]
    )
    return VersionText(
        **{
            **given,
            "in_force_from": date.fromisoformat(given["in_force_from"]),
            "result_kind": KindText(**given["result_kind"]) if given["result_kind"] else None,
            "applicant_kinds": tuple(given["applicant_kinds"]),
            "cases": cases,
            "steps": tuple(_step_from_export(step) for step in given["steps"]),
            "fees": tuple(FeeText(**fee) for fee in given["fees"]),
            "legal_bases": tuple(given["legal_bases"]),
        }
    )


def _step_from_export(given: dict[str, Any]) -> StepText:
    """Read a step; an export made before steps had conditions has none of their keys."""
    several = {name: tuple(given.get(name, ())) for name in ("next_codes", "condition_values")}
    return StepText(**{**given, **several, "norm_hours": Decimal(given["norm_hours"])})
