"""Where the pages of a scanned stack belong: separator places are resolved to the papers of dossiers of the desk that scanned them.

A place is `<dossier code>:<position>` (a dossier's own sheets) or `<procedure key>:<component code>` (a checklist's sheets, printed
before there is a dossier). The stack itself is digitization's; it takes a place for opaque text.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import InvalidInput, NotFound
from bpmc_portal.idempotency import services as idempotency
from bpmc_portal.jobs.services import Work, enqueue
from digitization import batches, separators, tray
from digitization.models import Batch, BatchPage
from dossiers.models import Component, Dossier
from dossiers.numbering import code_key

# A stack scanned from the intake page may be read before the clerk presses F9: looked at again, in minutes.
LOOK_AGAIN = (1, 4, 15, 60)
# A dossier code ends in day and number (dossiers.numbering.format_code); a procedure's key does not.
_OF_DOSSIER = re.compile(r".+-\d{6}-\d{4,}:([1-9]\d{0,2})")


@dataclass(frozen=True)
class Assigned:
    """What was put where by hand: the keys of the pages, and the position of the paper (0 for several)."""

    pages: list[int]
    position: int


def place_for(dossier: Dossier, position: int) -> str:
    """Return the place that a dossier's separator sheet names."""
    return f"{dossier.code}:{position}"


def checklist_place(procedure_key: str, component_code: str) -> str:
    """Return the place that a checklist's separator sheet names."""
    return f"{procedure_key}:{component_code}"


def place_batch(batch_id: int) -> None:
    """Write one job a place of a stack that was split; what bears no place waits in the tray already."""
    enqueue(*(_work(batch_id, place, turn=0) for place in batches.places_of(batch_id)))


def file_run(batch_id: int, place: str, *, turn: int = 0) -> None:
    """File the pages of one place, or let them wait in the tray with the reason. Called by the job, inside its transaction."""
    batch = Batch.objects.select_related("actor").get(pk=batch_id)
    paper = _paper_of(batch, place)
    if paper is not None:
        tray.file_run(batch_id, place, paper.document, actor=batch.actor)
        return
    is_checklist = not _position(place)
    why = BatchPage.Why.CHECKLIST if is_checklist else BatchPage.Why.UNKNOWN
    tray.hold(tray.of_place(batch_id, place), why)
    if is_checklist and batch.draft is not None and turn < len(LOOK_AGAIN):
        enqueue(_work(batch_id, place, turn=turn + 1))


def in_reach(user: User, code: str) -> Dossier:
    """Return a dossier received at a desk where this person works, by its code or by what its separator says. Raises NotFound."""
    code = separators.place_of(code.strip()).rpartition(":")[0] or code
    found: Dossier | None = (
        Dossier.objects.filter(office_id__in=principal_of(user).office_ids, code_key=code_key(code))
        .select_related("procedure")
        .first()
    )
    if found is None or found.received_at is None:
        raise NotFound(
            _("Không có hồ sơ mã “%s” tại Bộ phận Một cửa của bạn. Hãy kiểm tra lại mã.") % code[:60]
        )
    return found


def papers_of(dossier: Dossier) -> list[Component]:
    """Return the papers of a dossier with their documents, in order; one statement."""
    return list(dossier.components.select_related("document", "requirement").order_by("position"))


@transaction.atomic
def assign(dossier: Dossier, position: int, pages: list[int], *, actor: User) -> Assigned:
    """Put waiting pages to paper `position` of a dossier in reach. Raises InvalidInput, AlreadyFiled, Moved."""
    paper = next((each for each in papers_of(dossier) if each.position == position), None)
    if paper is None:
        sentence = _("Hồ sơ không có giấy tờ số %d. Hãy bấm số của một giấy tờ trong danh sách.") % position
        raise InvalidInput(sentence, code="no_such_paper", fields={"act": sentence})
    found = tray.assign(pages, paper.document, actor=actor)
    return Assigned([page.pk for page in found], position)


@transaction.atomic
def assign_by_sheets(dossier: Dossier, *, actor: User) -> Assigned:
    """Put every waiting page that follows a checklist sheet of the dossier's procedure to its paper. Raises InvalidInput for none."""
    documents = {
        checklist_place(dossier.procedure.key, each.requirement.code): each.document
        for each in papers_of(dossier)
        if each.document.blob_id is None
    }
    pages: dict[str, list[int]] = {}
    for key, place in tray.waiting(actor).filter(place__in=documents).values_list("pk", "place"):
        pages.setdefault(place, []).append(key)
    if not pages:
        sentence = _("Trong khay không có trang nào đứng sau tờ phân cách của thủ tục này.")
        raise InvalidInput(sentence, code="no_sheets", fields={"act": sentence})
    done = [tray.assign(keys, documents[place], actor=actor) for place, keys in sorted(pages.items())]
    return Assigned([page.pk for pages in done for page in pages], 0)


def _work(batch_id: int, place: str, *, turn: int) -> Work:
    at = timezone.now() + timedelta(minutes=LOOK_AGAIN[turn - 1]) if turn else None
    payload = {"batch_id": batch_id, "place": place, "turn": turn}
    return Work("dossiers.file_run", f"dossiers.file_run:{batch_id}:{place}:{turn}", payload, not_before=at)


def _position(place: str) -> int:
    """Return the position that a dossier's sheet names, 0 for a sheet of a checklist."""
    named = _OF_DOSSIER.fullmatch(place)
    return int(named[1]) if named else 0


def _paper_of(batch: Batch, place: str) -> Component | None:
    """Return the paper of a place among the dossiers of the desk that scanned it; a stranger's place is nobody's."""
    head, _colon, tail = place.rpartition(":")
    found = Component.objects.select_related("document").filter(dossier__office_id=batch.office_id)
    if position := _position(place):
        return found.filter(dossier__code_key=code_key(head), position=position).first()
    answer = idempotency.answer_of(str(batch.draft), actor=batch.actor) if batch.draft else {}
    own = found.filter(dossier__code_key=code_key(answer.get("code", "")))
    return own.filter(dossier__procedure__key=head, requirement__code=tail).first()
