"""Papers already held: what may serve again, and why one is asked for all the same (Kế hoạch 654, II.2: no paper twice)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import (
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Applicant
from bpmc_portal.errors import InvalidInput
from digitization.models import Document
from dossiers.models import AskedAgain, Component, Dossier, PaperVerdict, ProvidedAs, Result, Status
from dossiers.services.commands import IntakeInput
from procedures.catalogue import CaseInForce

_LOCAL = "AT TIME ZONE 'Asia/Ho_Chi_Minh'"


def _end_of(day: Combinable) -> Func:
    """Return the last instant of a local day, microseconds being the finest time there is."""
    return Func(
        day,
        template=f"(((%(expressions)s)::timestamp + interval '1 day' - interval '1 microsecond') {_LOCAL})",
        output_field=DateTimeField(),
    )


_FOR_MONTHS = Func(
    Value(0), F("document_type__valid_months"), function="make_interval", output_field=DurationField()
)
# The paper's own last day; else the type's months from its own date, to the end of the same day of the last month (Bộ luật Dân sự
# 2015, Điều 148 khoản 3); else those months from when it came here. NULL where the type does not expire.
_UNTIL = Coalesce(
    _end_of(F("good_until")),
    _end_of(ExpressionWrapper(F("issued_on") + _FOR_MONTHS, output_field=DateTimeField())),
    ExpressionWrapper(F("created_at") + _FOR_MONTHS, output_field=DateTimeField()),
)
# What a person may choose; `unstated` is only ever written for other systems.
REASONS = [choice for choice in AskedAgain.choices if choice[0] != AskedAgain.UNSTATED]


@dataclass(frozen=True)
class HeldPaper:
    """A paper that the holder has here and that may serve again; `valid_until` is None where its type does not expire."""

    name: str
    document: Document
    valid_until: datetime | None


def with_validity(papers: QuerySet[Document]) -> QuerySet[Document]:
    """Add `valid_until`, the last instant at which the paper is good: its own last day, or what the months of its type give."""
    return papers.annotate(valid_until=_UNTIL)


def reusable(papers: QuerySet[Document], *, at: datetime) -> QuerySet[Document]:
    """Keep the papers that may serve again at that instant.

    Never one that has expired, was revoked, bears a broken signature or has lost its bytes; that an officer found wanting; that came
    for a requirement which forbids it; nor a result of ours before it is in its holder's hands.
    """
    sound = Q(revoked_on=None) & ~Q(signed=Document.Signed.BROKEN) & (Q(blob=None) | Q(blob__fault=""))
    found = with_validity(papers).filter(Q(valid_until=None) | Q(valid_until__gt=at), sound)
    on_its_way = Result.objects.filter(document=OuterRef("pk")).exclude(dossier__status=Status.RETURNED)
    wanting = Component.objects.filter(document=OuterRef("pk")).filter(
        Q(requirement__is_reusable=False) | Q(verdict=PaperVerdict.FAILED)
    )
    return found.exclude(Exists(on_its_way)).exclude(Exists(wanting))


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
