"""Letters to the applicant: written by an act in its own transaction, numbered and issued once, made into a PDF by a job."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_security
from bpmc_portal.errors import InvalidInput
from bpmc_portal.jobs.services import Work
from bpmc_portal.lib import names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import local_date
from bpmc_portal.numbering.services import take
from digitization.models import Document
from dossiers.documents import visible_documents
from dossiers.models import Component, Dossier, Letter, LetterItem, PaperVerdict, ProvidedAs, Reason, Status
from dossiers.services.acts import Act, ItemInput
from dossiers.workflow import Action
from procedures import catalogue
from procedures.working_calendar import WorkingCalendar

FIFTH = 5
# Where the legal clock runs, and so may run out.
RUNNING = frozenset({Status.RECEIVED, Status.PROCESSING})
ITEM_TEXT_LENGTH, REMEDY_LENGTH, BASIS_LENGTH = 1000, 500, 300
LETTER_OF: dict[Action, Letter.Kind] = {
    Action.ASK_TO_FIX: Letter.Kind.FIX,
    Action.REQUEST_SUPPLEMENT: Letter.Kind.SUPPLEMENT,
    Action.DECLINE: Letter.Kind.DECLINE,
    Action.REFUSE: Letter.Kind.REFUSE,
    Action.POSTPONE: Letter.Kind.APOLOGY,
    Action.STOP: Letter.Kind.STOP,
}
# The letters that ask for papers.
ASKING = frozenset({Letter.Kind.FIX, Letter.Kind.SUPPLEMENT})
# What stands after the number, by the annexes of TT 01/2018/TT-VPCP where they give it (data/forms.yaml); the others are ours.
SYMBOLS: dict[str, str] = {
    Letter.Kind.FIX: "HDHS",
    Letter.Kind.SUPPLEMENT: "HDHS",
    Letter.Kind.DECLINE: "TCTN",
    Letter.Kind.REFUSE: "TCGQ",
    Letter.Kind.APOLOGY: "PXL",
    Letter.Kind.STOP: "TBDGQ",
}
USES: dict[str, str] = {
    Letter.Kind.FIX: Reason.Use.PAPER,
    Letter.Kind.SUPPLEMENT: Reason.Use.PAPER,
    Letter.Kind.DECLINE: Reason.Use.DECLINE,
    Letter.Kind.REFUSE: Reason.Use.REFUSE,
    Letter.Kind.APOLOGY: Reason.Use.DELAY,
    Letter.Kind.STOP: Reason.Use.STOP,
}


class PaperNotListed(InvalidInput):
    """A paper that the published list does not name may not be asked for (NĐ 61/2018/NĐ-CP, Điều 17; the attempt is logged)."""


def write(deed: Act, kind: Letter.Kind) -> Letter:
    """Write, number and issue the letter of an act; a draft that the clock has made is completed instead. Two to five statements.

    The words of the chosen reasons are kept with it: a catalogue that changes later changes no letter. Raises
    InvalidInput for an unknown reason, an item without a remedy and a refusal without its legal basis, PaperNotListed for a paper
    outside the published list.
    """
    chosen = _reasons(deed, kind)
    items = _items(deed) if kind in ASKING else []
    letter = _draft(deed, kind) or Letter(
        dossier=deed.dossier, kind=kind, drafted_at=deed.at, drafted_by=deed.actor
    )
    letter.state, letter.issued_at, letter.issued_by = Letter.State.ISSUED, deed.at, deed.actor
    words = [each.text for each in chosen]
    letter.text = deed.params.reason or ("" if words else _("Giấy tờ nêu trên chưa đạt yêu cầu."))
    if not deed.params.reason:
        deed.params = replace(deed.params, reason=letter.text or " ".join(words))
    letter.legal_basis = _basis(deed, kind, chosen)
    letter.respond_by = _respond_by(deed)
    if kind == Letter.Kind.APOLOGY:
        letter.due_at, letter.due_before = (
            deed.dossier.due_at,
            datetime.fromisoformat(deed.data["due_before"]),
        )
    letter.data = {
        "reasons": [each.code for each in chosen],
        "words": words,
        "times": deed.dossier.supplement_count,
    }
    letter.number = _next_number(deed, kind)
    letter.save()
    for position, item in enumerate(items, 1):
        item.letter, item.position = letter, position
    LetterItem.objects.bulk_create(items)
    deed.data["letter"] = letter.pk
    deed.works.append(Work("dossiers.issue_letter", f"letter:{letter.pk}", {"letter_id": letter.pk}))
    return letter


def _respond_by(deed: Act) -> datetime | None:
    """Return until when the applicant is asked to answer, which may not have passed already."""
    until = deed.dossier.respond_by
    if until is not None and until <= deed.at:
        sentence = _("Hạn bổ sung phải sau thời điểm này. Hãy chọn ngày khác.")
        raise InvalidInput(sentence, code="respond_by_past", fields={"respond_by": sentence})
    return until


def _basis(deed: Act, kind: Letter.Kind, chosen: list[Reason]) -> str:
    """Return the legal basis: what was typed, else that of the reasons; a refusal may not go without where they name none."""
    typed = _clean(deed.params.legal_basis, BASIS_LENGTH, "legal_basis")
    known = "; ".join(dict.fromkeys(each.legal_basis for each in chosen if each.legal_basis))
    if kind == Letter.Kind.REFUSE and not typed:
        wants = not chosen and settings.REFUSAL_NEEDS_LEGAL_BASIS
        if wants or any(not each.legal_basis for each in chosen):
            sentence = _("Văn bản từ chối phải ghi căn cứ pháp lý: điều, khoản và văn bản.")
            raise InvalidInput(sentence, code="legal_basis_missing", fields={"legal_basis": sentence})
    return typed or known


def _clean(text: str, length: int, field: str) -> str:
    try:
        return names.clean_text(text, length).strip()
    except InvalidIdentifier as error:
        raise InvalidInput(error.sentence, code=error.code, fields={field: error.sentence}) from error


@transaction.atomic
def draft_apology(dossier: Dossier, *, at: datetime) -> Letter | None:
    """Draft the apology of a dossier that has missed its appointment, with a new one proposed; the clock calls it, nobody else.

    Idempotent: one letter an appointment, whatever became of it (a draft that was put aside is not drafted again). None for a dossier
    that was re-appointed already, because that is done once only, or that does not run. The coded reason is left to the person.
    """
    locked = Dossier.objects.select_for_update(of=("self",)).get(pk=dossier.pk)
    if locked.status not in RUNNING or locked.due_at is None or locked.due_at > at or locked.postpone_count:
        return None
    own = Letter.objects.filter(dossier=locked, kind=Letter.Kind.APOLOGY)
    known = own.filter(Q(state=Letter.State.DRAFT) | Q(due_before=locked.due_at)).order_by("-pk").first()
    if known is not None and (known.state != Letter.State.DRAFT or known.due_before == locked.due_at):
        return known
    held, _now = catalogue.read()
    proposed = proposed_due(locked, held.office_by_id(locked.office_id).calendar, at=at)
    letter = known or Letter(dossier=locked, kind=Letter.Kind.APOLOGY, state=Letter.State.DRAFT)
    letter.drafted_at, letter.due_before, letter.due_at = at, locked.due_at, proposed
    letter.data = {"reasons": [], "due_on": local_date(proposed).isoformat()}
    letter.save()
    return letter


def proposed_due(dossier: Dossier, calendar: WorkingCalendar, *, at: datetime) -> datetime:
    """Return the new appointment that an apology proposes: a fifth of the term's working days later, one at least, from now on."""
    if dossier.due_at is None or dossier.received_at is None:
        raise ValueError("an apology needs an appointment")
    term = calendar.days_between(
        local_date(dossier.received_at), local_date(dossier.first_due_at or dossier.due_at)
    )
    day = local_date(max(at, dossier.due_at))
    for _count in range(max(1, -(-term // FIFTH))):
        day = calendar.next_working(day)
    return calendar.close_of(day)


def put_aside(dossier: Dossier, kind: Letter.Kind, *, actor: User) -> bool:
    """Drop a draft that will not be sent and say whether there was one. The caller has asked whether this person may send it."""
    drafts = Letter.objects.filter(dossier=dossier, kind=kind, state=Letter.State.DRAFT)
    with transaction.atomic():
        dropped = drafts.update(state=Letter.State.DROPPED)
        if dropped:
            record_security("letter.draft_dropped", actor=actor, subject=dossier.code, kind=str(kind))
    return dropped > 0


def drop_drafts(deed: Act) -> None:
    """Put aside what was drafted and is overtaken by the act."""
    if deed.has("has_draft"):
        Letter.objects.filter(dossier=deed.dossier, state=Letter.State.DRAFT).update(
            state=Letter.State.DROPPED
        )


def take_answers(deed: Act) -> None:
    """Close the open request of a supplement: what came is noted on its items, and each new paper takes its old one's place."""
    letter = (
        Letter.objects.filter(
            dossier=deed.dossier, kind=Letter.Kind.SUPPLEMENT, state=Letter.State.ISSUED, answered_at=None
        )
        .order_by("-pk")
        .first()
    )
    if letter is None:
        return
    items = list(letter.items.select_related("requirement__document_type").order_by("position"))
    given = {item.pk: deed.params.answers.get(item.requirement.code) or item.document_id for item in items}
    papers = _documents(deed, {pk for pk in given.values() if pk is not None})
    for item in items:
        if document := papers.get(given[item.pk]):
            _answer(item, document, deed)
    letter.items.filter(answered_at=None).update(answered_at=deed.at)
    Letter.objects.filter(pk=letter.pk).update(answered_at=deed.at)
    deed.data["letter"] = letter.pk
    if papers:
        ids = sorted(str(pk) for pk in papers)
        deed.works.append(
            Work("digitization.assign_codes", f"codes:letter:{letter.pk}", {"document_ids": ids})
        )


def _documents(deed: Act, wanted: set[UUID]) -> dict[UUID | None, Document]:
    """Return the papers that answer: in sight of who acts, or the applicant's own. Raises InvalidInput for any other."""
    if not wanted:
        return {}
    own = LetterItem.objects.filter(letter__dossier=deed.dossier, document__in=wanted).values("document_id")
    in_sight = Q(holder_id=deed.dossier.applicant_id)
    if deed.actor is not None:
        in_sight = Q(pk__in=visible_documents(deed.actor).filter(pk__in=wanted).values("pk"))
    rows = Document.objects.filter(in_sight | Q(pk__in=own), pk__in=wanted).order_by("pk")
    found: dict[UUID | None, Document] = {each.pk: each for each in rows}
    if wanted - found.keys():
        sentence = _("Không tìm thấy giấy tờ đã gửi kèm. Hãy tải lại tệp rồi làm lại.")
        raise InvalidInput(sentence, code="document_unknown", fields={"answers": sentence})
    return found


def _answer(item: LetterItem, document: Document, deed: Act) -> None:
    """Put a new paper in the place of the one that failed; the old one stays in the store, and its verdict in the journal."""
    dossier, need = deed.dossier, item.requirement
    if document.code is None and not document.code_owner:
        document.holder_id, document.document_type = dossier.applicant_id, need.document_type
        document.code_owner = dossier.applicant.identity_number
        document.code_origin, document.code_type = dossier.procedure.code, need.document_type.code
        document.name = need.name
        document.save(
            update_fields=["holder", "document_type", "code_owner", "code_origin", "code_type", "name"]
        )
    item.document, item.answered_at = document, item.answered_at or deed.at
    item.save(update_fields=["document", "answered_at"])
    replace_paper(dossier, item.requirement_id, document.pk, name=item.name)


def replace_paper(dossier: Dossier, requirement_id: int, document_id: UUID, *, name: str) -> None:
    """Put a document in the place of the dossier's paper for this requirement, or add it where there was none; the verdict starts anew."""
    changed = Component.objects.filter(dossier=dossier, requirement_id=requirement_id).update(
        document_id=document_id, provided_as=ProvidedAs.FILE, was_held=False, asked_again="", asked_again_note="",
        verdict="", verdict_reason=None, verdict_note="",
    )  # fmt: skip
    if not changed:
        last = Component.objects.filter(dossier=dossier).aggregate(last=Max("position"))["last"] or 0
        Component.objects.create(
            dossier=dossier, requirement_id=requirement_id, position=last + 1, name=name,
            provided_as=ProvidedAs.FILE, document_id=document_id,
        )  # fmt: skip


def _next_number(deed: Act, kind: Letter.Kind) -> str:
    """Return "12/HDHS": numbered by kind, unit that writes and year, taken as late as possible."""
    office_unit = deed.held.office_by_id(deed.dossier.office_id).row.unit_id
    unit_id = office_unit if deed.transition.at_desk else deed.dossier.unit_id
    symbol, year = SYMBOLS[kind], local_date(deed.at).year
    return f"{take(f'letter:{symbol}:{unit_id}:{year}')}/{symbol}"


def _draft(deed: Act, kind: Letter.Kind) -> Letter | None:
    return Letter.objects.filter(dossier=deed.dossier, kind=kind, state=Letter.State.DRAFT).first()


def _reasons(deed: Act, kind: Letter.Kind) -> list[Reason]:
    """Return the coded reasons that the act names, in the order given."""
    codes = tuple(dict.fromkeys(deed.params.reason_codes))
    if not codes:
        return []
    found = {
        each.code: each
        for each in Reason.objects.filter(code__in=codes, use=USES[kind], is_active=True).order_by("pk")
    }
    if unknown := [code for code in codes if code not in found]:
        sentence = (
            _("Không có lý do mã “%s” cho loại thư này. Hãy chọn trong danh mục lý do.") % unknown[0][:40]
        )
        raise InvalidInput(sentence, code="reason_unknown", fields={"reason_codes": sentence})
    return [found[code] for code in codes]


def _items(deed: Act) -> list[LetterItem]:
    """Return what the letter asks for: what the act names, else every paper that has failed."""
    listed = next(
        case.components for case in deed.version.cases.values() if case.row.pk == deed.dossier.case_id
    )
    given = deed.params.items or _failed(deed)
    reasons = _paper_reasons({item.reason for item in given}) if given else {}
    items: dict[str, LetterItem] = {}
    for index, item in enumerate(given):
        need = listed.get(item.component)
        if need is None:
            raise _not_listed(deed, item, index)
        if item.component in items:
            sentence = _("Giấy tờ “%s” được nêu hai lần. Hãy gộp các lý do vào một mục.") % need.name
            raise InvalidInput(sentence, code="item_twice", fields={f"items.{index}.component": sentence})
        items[item.component] = _item(item, need.pk, need.name, reasons.get(item.reason), index)
    return list(items.values())


def _paper_reasons(codes: Iterable[str]) -> dict[str, Reason]:
    found = Reason.objects.filter(code__in=sorted(codes), use=Reason.Use.PAPER).order_by("pk")
    return {each.code: each for each in found}


def _item(item: ItemInput, requirement_id: int, name: str, reason: Reason | None, index: int) -> LetterItem:
    """Return one item in the catalogue's words, or in those that were typed instead."""
    if reason is None:
        sentence = _("Hãy chọn lý do của giấy tờ “%s” trong danh mục.") % name
        raise InvalidInput(sentence, code="reason_unknown", fields={f"items.{index}.reason": sentence})
    remedy = _clean(item.remedy, REMEDY_LENGTH, f"items.{index}.remedy") or reason.remedy
    if not remedy:
        sentence = _("Hãy ghi cách khắc phục của giấy tờ “%s”, để người nộp biết phải làm gì.") % name
        raise InvalidInput(sentence, code="remedy_missing", fields={f"items.{index}.remedy": sentence})
    text = _clean(item.text, ITEM_TEXT_LENGTH, f"items.{index}.text") or reason.text
    return LetterItem(requirement_id=requirement_id, name=name, reason=reason, text=text, remedy=remedy)


def _not_listed(deed: Act, item: ItemInput, index: int) -> PaperNotListed:
    """Return the refusal of a paper outside the published list, with the log line that outlives the rolled-back act."""
    component = item.component[:40]
    sentence = _("“%s” không có trong thành phần hồ sơ đã công bố nên không được yêu cầu.") % component
    error = PaperNotListed(sentence, code="paper_not_listed", fields={f"items.{index}.component": sentence})
    error.after_rollback = partial(
        record_security, "letter.paper_not_listed", actor=deed.actor, subject=deed.dossier.code,
        action=str(deed.action), component=component,
    )  # fmt: skip
    return error


def _failed(deed: Act) -> tuple[ItemInput, ...]:
    failed = (
        Component.objects.filter(dossier=deed.dossier, verdict=PaperVerdict.FAILED)
        .order_by("position")
        .values_list("requirement__code", "verdict_reason__code", "verdict_note")
    )
    return tuple(ItemInput(code, reason, text=note) for code, reason, note in failed)
