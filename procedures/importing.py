"""Bring the catalogue in from a file: units, desks, fields, calendar, procedures. Idempotent; a published text is never edited.

A text that differs from the published one becomes a new draft, which a person publishes; the first whole text of a procedure is
published at once. What is incomplete stays a draft and the report says why.

Rows of the provincial level are kept as inactive procedures without a version: their codes are real and ministry rows refer to
them as twins, but they are the competence of the provinces, so the ministry's desks and its public catalogue must not offer them.
They leave only with the export.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Unit
from bpmc_portal.lib.identifiers import InvalidIdentifier, parse_procedure_code
from bpmc_portal.lib.names import fold
from bpmc_portal.lib.vietnamese import local_date
from procedures import facts
from procedures.facts import KindText, ProcedureText, VersionText
from procedures.models import (
    Case,
    ComponentRequirement,
    DocumentType,
    Fee,
    Field,
    LegalBasis,
    Procedure,
    ProcedureVersion,
    Step,
)
from procedures.services import faults_of, publish
from procedures.texts import text_of

DATA = Path(__file__).parent / "data"
OWN_CODE = _("mã nội bộ, chưa có mã quốc gia")


@dataclass
class Report:
    """What an import did or would do: names of rows, and sentences for what could not be taken."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def note(self, label: str, *, created: bool, changed: bool) -> None:
        """File one row under what became of it."""
        (self.added if created else self.changed if changed else self.unchanged).append(label)


def load_file(path: Path) -> Any:
    """Return the content of a YAML or JSON file. Raises OSError, or UnreadableRow when it is neither."""
    try:
        # JSON is read as YAML's subset, so that one safe reader serves both.
        return yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_SafeLoader)  # noqa: S506  (a safe loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise facts.UnreadableRow(_("Tệp %s không phải YAML hoặc JSON mã hoá UTF-8.") % path.name) from error


# The C reader is ten times as fast and just as safe.
_SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def bundled(name: str) -> Any:
    """Return one of the cited tables that come with the portal."""
    return load_file(DATA / f"{name}.yaml")


@transaction.atomic
def import_procedures(table: Any, report: Report) -> Report:
    """Write every readable row of a loaded file; rows that cannot be taken are named in the report and skipped."""
    units = dict(Field.objects.order_by("code").values_list("code", "unit__code"))
    texts, problems = facts.read(table, aliases=bundled("aliases"), units_of_fields=units)
    report.problems += problems
    shelf = _Shelf.load()
    taken: list[tuple[ProcedureText, bool, bool]] = []
    for text in texts:
        if problem := _problem_with(text, shelf):
            report.problems.append(f"{text.key}: {problem}")
        else:
            taken.append((text, *_put_row(text, shelf)))
    # Versions come after all rows, because a step may open a dossier of a procedure that stands further down.
    for text, created, changed in taken:
        report.note(
            f"{text.key} {text.name}", created=created, changed=_put_text(text, shelf, report) or changed
        )
    return report


@dataclass
class _Shelf:
    """What the catalogue holds, read once."""

    fields: dict[str, Field]
    units: dict[str, Unit]
    procedures: dict[str, Procedure]
    owners: dict[str, str]
    kinds: dict[tuple[bool, str], DocumentType]
    kinds_by_code: dict[str, DocumentType]
    versions: dict[int, list[ProcedureVersion]]

    @classmethod
    def load(cls) -> "_Shelf":
        procedures = {
            each.key: each for each in Procedure.objects.select_related("field", "unit").order_by("key")
        }
        kinds = list(DocumentType.objects.order_by("code"))
        versions: dict[int, list[ProcedureVersion]] = {}
        parts = ("cases__components__document_type", "steps__linked_procedure", "fees", "legal_bases")
        for version in (
            ProcedureVersion.objects.select_related("result_type")
            .prefetch_related(*parts)
            .order_by("-number")
        ):
            versions.setdefault(version.procedure_id, []).append(version)
        return cls(
            {each.code: each for each in Field.objects.order_by("code")},
            {each.code: each for each in Unit.objects.order_by("code")},
            procedures,
            {each.national_code: each.key for each in procedures.values() if each.national_code},
            {(kind.is_result, fold(kind.name)): kind for kind in kinds},
            {kind.code: kind for kind in kinds},
            versions,
        )

    def kind(self, text: KindText) -> DocumentType:
        """Return the kind of paper with this name, made with the next code of our own when it is new."""
        found = self.kinds.get((text.is_result, fold(text.name)))
        if found is None:
            code = (
                text.code
                if text.code and text.code not in self.kinds_by_code
                else self._next_code(text.is_result)
            )
            source = OWN_CODE if code.startswith("MC-") else ""
            found = DocumentType.objects.create(
                code=code,
                name=text.name,
                is_result=text.is_result,
                valid_months=text.valid_months,
                source=source,
            )
            self.kinds[text.is_result, fold(text.name)] = self.kinds_by_code[code] = found
        elif text.valid_months and found.valid_months != text.valid_months:
            found.valid_months = text.valid_months
            found.save(update_fields=["valid_months"])
        return found

    def _next_code(self, is_result: bool) -> str:
        prefix = "MC-KQ" if is_result else "MC-GT"
        numbers = [
            int(code[5:]) for code in self.kinds_by_code if code.startswith(prefix) and code[5:].isdigit()
        ]
        return f"{prefix}{max(numbers, default=0) + 1:04d}"


def _problem_with(text: ProcedureText, shelf: _Shelf) -> str | None:
    if text.field not in shelf.fields:
        return _("chưa có lĩnh vực “%s”.") % text.field
    if text.unit not in shelf.units:
        return _("chưa có đơn vị “%s”.") % text.unit
    if not text.key or len(text.key) > 40 or not text.name or len(text.name) > 500:
        return _("khoá (tối đa 40 ký tự) hoặc tên (tối đa 500 ký tự) trống hay quá dài.")
    if text.national_code:
        try:
            parse_procedure_code(text.national_code)
        except InvalidIdentifier as error:
            return error.sentence
        if shelf.owners.get(text.national_code, text.key) != text.key:
            return _("mã %s đã thuộc thủ tục khác.") % text.national_code
    papers = [paper for case in text.version.cases for paper in case.papers] if text.version else []
    if too_long := [paper.name[:40] for paper in papers if len(paper.name) > 300]:
        return _("tên giấy tờ “%s…” dài quá 300 ký tự.") % too_long[0]
    return None


def _put_row(text: ProcedureText, shelf: _Shelf) -> tuple[bool, bool]:
    """Write the procedure itself; return whether it is new and whether it changed."""
    row = shelf.procedures.get(text.key)
    wanted = {
        "national_code": text.national_code or (row.national_code if row else None),
        "name": text.name,
        "field": shelf.fields[text.field],
        "unit": shelf.units[text.unit],
        "aliases": list(text.aliases),
        "is_active": text.is_active,
    }
    wanted["search_key"] = fold(" ".join([text.name, *text.aliases, text.key, text.national_code or ""]))
    created, changed = row is None, False
    if row is None:
        row = Procedure.objects.create(key=text.key, **wanted)
        shelf.procedures[text.key] = row
    elif any(getattr(row, name) != value for name, value in wanted.items()):
        changed = True
        for name, value in wanted.items():
            setattr(row, name, value)
        row.save()
    if text.national_code:
        shelf.owners[text.national_code] = text.key
    return created, changed


def _put_text(text: ProcedureText, shelf: _Shelf, report: Report) -> bool:
    """Write the version that the text states, unless a step opens a dossier of a procedure that nobody knows."""
    if text.version is None:
        return False
    for step in text.version.steps:
        if step.linked_procedure and step.linked_procedure not in shelf.procedures:
            words = {"key": text.key, "step": step.name, "linked": step.linked_procedure}
            report.problems.append(
                _("%(key)s: bước “%(step)s” mở hồ sơ của thủ tục “%(linked)s”, mà danh mục chưa có.") % words
            )
            return False
    return _put_version(shelf.procedures[text.key], text.version, shelf, report)


def _put_version(row: Procedure, text: VersionText, shelf: _Shelf, report: Report) -> bool:
    """Write the text as a draft unless a version says the same already; return whether anything was written."""
    versions = shelf.versions.get(row.pk, [])
    same = next((version for version in versions if text_of(version) == text), None)
    draft = next((version for version in versions if version.state == ProcedureVersion.State.DRAFT), None)
    published = next(
        (version for version in versions if version.state == ProcedureVersion.State.PUBLISHED), None
    )
    if same is None:
        number = draft.number if draft else max((version.number for version in versions), default=0) + 1
        if draft is not None:
            draft.delete()
        same = _write(row, text, number, _start(text, published), shelf)
        if published is not None:
            report.drafts.append(
                _("%s: nội dung khác bản đã công bố; đã lập bản nháp số %d, chờ công bố.") % (row.key, number)
            )
            return True
        faults = faults_of(same)
        if not faults:
            publish(same)
            return True
        report.drafts.append(_("%s: chưa có bản có hiệu lực. %s") % (row.key, " ".join(faults)))
        return True
    if published is None:
        report.drafts.append(_("%s: chưa có bản có hiệu lực. %s") % (row.key, " ".join(faults_of(same))))
    return False


def _start(text: VersionText, published: ProcedureVersion | None) -> date:
    """Return from when the text may hold: a change never begins on or before the day the published text began."""
    if published is None or text.in_force_from > published.in_force_from:
        return text.in_force_from
    return local_date()


def _write(row: Procedure, text: VersionText, number: int, starts: date, shelf: _Shelf) -> ProcedureVersion:
    version = ProcedureVersion.objects.create(
        procedure=row, number=number, in_force_from=starts, limit_value=text.limit_value, limit_unit=text.limit_unit,
        after_supplement=text.after_supplement, result_name=text.result_name,
        result_type=shelf.kind(text.result_kind) if text.result_kind else None, applicant_kinds=list(text.applicant_kinds),
        notes=text.notes, source=text.source[:500], name_confidence=text.name_confidence, limit_confidence=text.limit_confidence,
        components_confidence=text.components_confidence,
    )  # fmt: skip
    for position, case in enumerate(text.cases, 1):
        owner = Case.objects.create(version=version, code=case.code, name=case.name, position=position)
        ComponentRequirement.objects.bulk_create(
            ComponentRequirement(
                case=owner, code=paper.code, name=paper.name, document_type=shelf.kind(paper.kind), position=place,
                is_mandatory=paper.is_mandatory, originals=paper.originals, copies=paper.copies, is_reusable=paper.is_reusable,
                is_validity_limited=paper.is_validity_limited,
            )
            for place, paper in enumerate(case.papers, 1)
        )  # fmt: skip
    Step.objects.bulk_create(
        Step(
            version=version, code=step.code, name=step.name, citizen_name=step.citizen_name, role=step.role, position=place,
            norm_hours=step.norm_hours, may_pause=step.may_pause, next_codes=list(step.next_codes), condition=step.condition,
            condition_values=list(step.condition_values),
            linked_procedure=shelf.procedures[step.linked_procedure] if step.linked_procedure else None,
        )
        for place, step in enumerate(text.steps, 1)
    )  # fmt: skip
    Fee.objects.bulk_create(
        Fee(
            version=version,
            name=fee.name,
            amount=fee.amount,
            legal_basis=fee.legal_basis,
            confidence=fee.confidence,
        )
        for fee in text.fees
    )
    _cite(version, text.legal_bases)
    return version


def _cite(version: ProcedureVersion, citations: Sequence[str]) -> None:
    LegalBasis.objects.bulk_create(
        LegalBasis(version=version, citation=citation[:300], position=place)
        for place, citation in enumerate(citations, 1)
    )
