"""Papers already held: what may serve again, and why one is asked for all the same (Kế hoạch 654, II.2: no paper twice)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Func, Q, QuerySet, Value
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Applicant
from bpmc_portal.errors import InvalidInput
from digitization.models import Document
from dossiers.models import AskedAgain, Component, Dossier, ProvidedAs
from dossiers.services.commands import IntakeInput
from procedures.catalogue import CaseInForce

_VALID_FOR = Func(
    Value(0), F("document_type__valid_months"), function="make_interval", output_field=DurationField()
)
_UNTIL = ExpressionWrapper(F("created_at") + _VALID_FOR, output_field=DateTimeField())
# What a person may choose; `unstated` is only ever written for other systems.
REASONS = [choice for choice in AskedAgain.choices if choice[0] != AskedAgain.UNSTATED]


@dataclass(frozen=True)
class HeldPaper:
    """A paper that the holder has here and that may serve again; `valid_until` is None where its type does not expire."""

    name: str
    document: Document
    valid_until: datetime | None


def with_validity(papers: QuerySet[Document]) -> QuerySet[Document]:
    """Add `valid_until`: the day the paper came, and the months for which its type is good."""
    return papers.annotate(valid_until=_UNTIL)


def reusable(papers: QuerySet[Document], *, at: datetime) -> QuerySet[Document]:
    """Keep the papers that may serve again at that instant: still valid, and not brought for a requirement that forbids it."""
    still_valid = with_validity(papers).filter(Q(valid_until=None) | Q(valid_until__gt=at))
    return still_valid.exclude(components__requirement__is_reusable=False)


def for_case(
    holder: Applicant, case: CaseInForce, *, at: datetime, together_with: Dossier | None = None
) -> dict[str, HeldPaper]:
    """Return what this holder need not hand in again for a case, by requirement code: the newest paper of each type. One statement.

    Papers count from the moment they have their code. Those of `together_with`, a dossier that the same person has just handed
    in, count at once: several dossiers of one visit share one scan.
    """
    wanted = {need.document_type_id for need in case.components.values() if need.is_reusable}
    if holder.pk is None or holder.is_newcomer or not wanted:
        return {}
    known = Q(code__isnull=False)
    if together_with is not None:
        just_handed_in = Component.objects.filter(dossier=together_with).values("document_id")
        known |= Q(pk__in=just_handed_in)
    found = Document.objects.filter(known, holder=holder, document_type__in=wanted)
    newest: dict[int, Document] = {}
    for document in reusable(found, at=at).order_by("created_at", "pk"):
        newest[document.document_type_id or 0] = document
    papers = {
        need.code: HeldPaper(need.name, latest, latest.valid_until)  # type: ignore[attr-defined]  # annotated
        for need in case.components.values()
        if need.is_reusable and (latest := newest.get(need.document_type_id)) is not None
    }
    # A requirement with a limited validity takes a paper only while the paper's last day is known.
    limited = {need.code for need in case.components.values() if need.is_validity_limited}
    return {
        code: paper for code, paper in papers.items() if code not in limited or paper.valid_until is not None
    }


def refuse_unexplained(intake: IntakeInput, papers: Mapping[str, HeldPaper]) -> None:
    """Refuse to ask again for a paper that is held without saying why. Raises InvalidInput, code `reason_needed`."""
    sentences = {
        f"components.{index}.asked_again_reason": _(
            "“%s” đã có trong kho nên không yêu cầu nộp lại. Hãy chọn “Dùng lại”, hoặc chọn lý do yêu cầu nộp mới."
        )
        % papers[paper.component].name
        for index, paper in enumerate(intake.components)
        if paper.component in papers
        and paper.provided_as != ProvidedAs.REUSED
        and not paper.asked_again_reason
    }
    if sentences:
        raise InvalidInput(next(iter(sentences.values())), code="reason_needed", fields=sentences)
