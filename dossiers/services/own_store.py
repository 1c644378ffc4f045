"""A holder's own store (kho dữ liệu điện tử): what is held, where it served again, who looked, and what the holder says is wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Membership, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.audit.models import AccessEvent
from bpmc_portal.errors import DomainError, InvalidInput, NotFound, from_identifier
from bpmc_portal.lib import names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import local_date
from digitization.models import Document, PaperObjection
from dossiers import documents
from dossiers.models import Component, Dossier, Result, Status
from dossiers.services import held

PAGE = 30
LOOKS_SHOWN = 50
TEXT_LENGTH = 1000


@dataclass(frozen=True)
class Page:
    """One keyset page, newest first; `following` is the cursor to go on from, "" at the end."""

    papers: list[Document]
    following: str


@dataclass(frozen=True)
class Look:
    """One showing of a paper to a member of staff: by office and role, never by name, and for which dossier ("" for none)."""

    at: datetime
    place: str
    dossier: str
    count: int = 1


def papers_of(user: User) -> QuerySet[Document]:
    """Keep the papers of this person's store: coded ones of its own, results only once they are returned; `valid_until` as held.py."""
    on_its_way = Result.objects.exclude(dossier__status=Status.RETURNED).filter(document__isnull=False)
    own = Document.objects.filter(holder_id=user.applicant_id or 0, code__isnull=False)
    found = own.exclude(
        pk__in=on_its_way.filter(dossier__applicant_id=user.applicant_id or 0).values("document_id")
    )
    return held.with_validity(found).select_related("document_type", "blob")


def page_of(user: User, *, after: str = "") -> Page:
    """Return one page of the store. One statement. An unknown cursor begins at the beginning."""
    rows = papers_of(user)
    if after:
        try:
            at, _sep, pk = after.partition("~")
            rows = rows.filter(
                Q(created_at__lt=datetime.fromisoformat(at))
                | Q(created_at=datetime.fromisoformat(at), pk__lt=UUID(pk))
            )
        except (ValueError, TypeError):
            rows = papers_of(user)
    found = list(rows.order_by("-created_at", "-pk")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Page(found[:PAGE], f"{last.created_at.isoformat()}~{last.pk}" if last else "")


def paper_of(user: User, pk: UUID) -> Document:
    """Return one paper of the person's own store. Raises NotFound."""
    found: Document | None = papers_of(user).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Không tìm thấy giấy tờ này trong kho của bạn."))
    return found


def looks_at(paper: Document, *, before: int | None = None) -> list[Look]:
    """Return the last showings to staff of the paper itself, of dossiers that hold it, and of the list of its holder's papers.

    Read straight from the log of accesses, so that a look shows at once. Five statements; a run of pages turned by one person within one
    minute is one look.
    """
    asked, holder = Q(subject=f"document:{paper.pk}"), paper.holder
    if holder is not None:
        asked |= Q(subject=f"holder:{holder.identity_number}")
    papers = Component.objects.filter(document=paper).order_by("pk").values_list("dossier__code", "position")
    for code, position in papers:
        words = f"giấy tờ {position}"
        asked |= Q(subject=code) & (Q(purpose__in=("", words)) | Q(purpose__startswith=f"{words},"))
    for code in Result.objects.filter(document=paper).order_by("pk").values_list("dossier__code", flat=True):
        asked |= Q(subject=code, purpose="")
    codes = {code for code, _position in papers}
    # Only the showings of pages and answers to staff; a citizen's own look is nobody else's.
    events = AccessEvent.objects.filter(asked, actor__isnull=False, actor__applicant=None)
    rows = list(events.order_by("-pk").values_list("at", "actor_id", "subject")[: LOOKS_SHOWN * 4])
    places = _places({actor for _at, actor, _subject in rows})
    found: list[Look] = []
    last: tuple[Any, ...] = ()
    for at, actor, subject in rows:
        key = (actor, subject, at.replace(second=0, microsecond=0))
        if key == last:
            found[-1] = Look(at, found[-1].place, found[-1].dossier, found[-1].count + 1)
        else:
            found.append(Look(at, _place(places.get(actor, []), at), subject if subject in codes else ""))
        last = key
    return found[:LOOKS_SHOWN]


def _places(actors: Iterable[int]) -> dict[int, list[Membership]]:
    found: dict[int, list[Membership]] = {}
    for each in Membership.objects.filter(user_id__in=actors).select_related("unit", "office").order_by("pk"):
        found.setdefault(each.user_id, []).append(each)
    return found


def _place(memberships: list[Membership], at: datetime) -> str:
    """Say where and in what role a person worked that day: a citizen is owed the office that looked, not a clerk's name."""
    there = [each for each in memberships if each.is_in_force(local_date(at))]
    return "; ".join(
        dict.fromkeys(f"{each.office or each.unit} – {each.get_role_display()}" for each in there)
    )


@transaction.atomic
def object_to(user: User, pk: UUID, text: str, *, at: datetime) -> PaperObjection:
    """Say that something is wrong with an own paper. One may wait at a time. Raises NotFound, InvalidInput, DomainError (409)."""
    paper = paper_of(user, pk)
    Document.objects.select_for_update(of=("self",)).get(pk=paper.pk)
    words = _words(text, "text", _("Hãy ghi rõ giấy tờ sai ở đâu và đúng ra phải thế nào."))
    if PaperObjection.objects.filter(document=paper, state=PaperObjection.State.OPEN).exists():
        raise DomainError(
            _("Bạn đã gửi một phản ánh về giấy tờ này và đang chờ trả lời."),
            code="objection_open",
            status=409,
        )
    return PaperObjection.objects.create(document=paper, text=words, made_by=user, made_at=at)


def objections_for(user: User) -> QuerySet[PaperObjection]:
    """Keep the objections to papers in this person's sight: of its dossiers, of its desk, or of a register it may read."""
    seen = Q(document__in=documents.visible_documents(user).values("pk"))
    found: QuerySet[PaperObjection] = PaperObjection.objects.filter(seen)
    return found.select_related("document__holder", "document__document_type", "answered_by")


@transaction.atomic
def answer(pk: int, *, is_mended: bool, text: str, actor: User, at: datetime) -> PaperObjection:
    """Answer an objection in words that the holder reads. Raises NotFound, InvalidInput, DomainError (409) when it was answered."""
    if not objections_for(actor).filter(pk=pk).exists() or "citizen" in principal_of(actor).roles:
        raise NotFound(_("Không tìm thấy phản ánh này."))
    found = PaperObjection.objects.select_for_update(of=("self",)).get(pk=pk)
    if found.state != PaperObjection.State.OPEN:
        raise DomainError(_("Phản ánh này đã được trả lời."), code="objection_answered", status=409)
    found.answer = _words(text, "answer", _("Hãy ghi câu trả lời cho người phản ánh."))
    found.state = PaperObjection.State.MENDED if is_mended else PaperObjection.State.KEPT
    found.answered_by, found.answered_at = actor, at
    found.save(update_fields=["answer", "state", "answered_by", "answered_at"])
    return found


def _words(text: str, field: str, missing: str) -> str:
    try:
        words = names.clean_text(text, TEXT_LENGTH)
    except InvalidIdentifier as error:
        raise from_identifier(error, field) from error
    if not words:
        raise InvalidInput(missing, code="text_missing", fields={field: missing})
    return words


def own_codes(user: User, codes: Iterable[str]) -> set[str]:
    """Return which of these dossiers are the person's own, and so may be opened. One statement."""
    seen = Dossier.objects.visible_to(user).filter(code__in=list(codes))
    return set(seen.order_by("pk").values_list("code", flat=True))
