"""Read a stored version back as the text that a file would state, to compare and to export."""

from procedures.facts import CaseText, FeeText, KindText, PaperText, ProcedureText, StepText, VersionText
from procedures.models import Case, ComponentRequirement, DocumentType, Procedure, ProcedureVersion, Step


def text_of(version: ProcedureVersion) -> VersionText:
    """Return what a version says. Reads its parts: prefetch them for many."""
    return VersionText(
        limit_value=version.limit_value,
        limit_unit=version.limit_unit,
        after_supplement=version.after_supplement,
        result_name=version.result_name,
        result_kind=_kind(version.result_type) if version.result_type else None,
        applicant_kinds=tuple(version.applicant_kinds),
        notes=version.notes,
        source=version.source,
        name_confidence=version.name_confidence,
        limit_confidence=version.limit_confidence,
        components_confidence=version.components_confidence,
        cases=tuple(_case(case) for case in sorted(version.cases.all(), key=lambda each: each.position)),
        steps=tuple(step_text(step) for step in sorted(version.steps.all(), key=lambda each: each.position)),
        fees=tuple(
            FeeText(fee.name, fee.amount, fee.legal_basis, fee.confidence)
            for fee in sorted(version.fees.all(), key=lambda each: each.pk)
        ),
        legal_bases=tuple(
            basis.citation for basis in sorted(version.legal_bases.all(), key=lambda each: each.position)
        ),
        in_force_from=version.in_force_from,
    )


def step_text(step: Step) -> StepText:
    """Return what one step says."""
    return StepText(
        step.code, step.name, step.citizen_name, step.role, step.norm_hours, step.may_pause, tuple(step.next_codes), step.condition,
        tuple(step.condition_values), step.linked_procedure.key if step.linked_procedure else None,
    )  # fmt: skip


def procedure_text(row: Procedure, version: ProcedureVersion | None) -> ProcedureText:
    """Return a procedure with the text of one of its versions."""
    return ProcedureText(
        row.key, row.national_code, row.name, row.field.code, row.unit.code, tuple(row.aliases), row.is_active,
        text_of(version) if version else None,
    )  # fmt: skip


def _case(case: Case) -> CaseText:
    papers = sorted(case.components.all(), key=lambda each: each.position)
    return CaseText(case.code, case.name, tuple(_paper(paper) for paper in papers))


def _paper(paper: ComponentRequirement) -> PaperText:
    return PaperText(
        paper.code, paper.name, _kind(paper.document_type), paper.is_mandatory, paper.originals, paper.copies,
        paper.is_reusable, paper.is_validity_limited,
    )  # fmt: skip


def _kind(kind: DocumentType) -> KindText:
    return KindText(kind.name, kind.is_result, kind.valid_months, kind.code)
