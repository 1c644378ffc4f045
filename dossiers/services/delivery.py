"""What became of the messages that tell of a letter, and the telephone call that stands in for one that did not arrive."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.notices.models import Notice
from dossiers.models import Dossier, DossierEvent, Letter
from dossiers.notices import dedup_key_of

ON_THE_WAY = frozenset({Notice.State.PENDING, Notice.State.SENDING})
_LOOKS: dict[str, str] = {
    Notice.State.SENT: "ok",
    Notice.State.FAILED: "late",
    Notice.State.UNKNOWN: "warn",
}


@dataclass(frozen=True)
class Told:
    """One message: by which channel and what became of it; `kind` colours it."""

    channel: str
    state: str
    kind: str


@dataclass(frozen=True)
class Sent:
    """One letter as the dossier page lists it. `needs_call`: nothing has reached the applicant and nobody has telephoned."""

    letter: Letter
    told: tuple[Told, ...]
    asked: int
    given: int
    needs_call: bool


def letters_of(dossier: Dossier) -> list[Sent]:
    """Return the letters and drafts of a dossier, the newest first, with what became of their messages. Three statements."""
    rows = (
        Letter.objects.filter(dossier=dossier)
        .exclude(state=Letter.State.DROPPED)
        .select_related("issued_by", "called_by")
        .annotate(asked=Count("items"), given=Count("items", filter=Q(items__answered_at__isnull=False)))
        .order_by("-pk")
    )
    letters = list(rows)
    if not letters:
        return []
    events = DossierEvent.objects.filter(dossier=dossier, data__has_key="letter").order_by("seq")
    first: dict[int, str] = {}
    for letter_id, seq in events.values_list("data__letter", "seq"):
        # The first event that names a letter is the act that wrote it; a later one answers it.
        first.setdefault(letter_id, dedup_key_of(dossier.pk, seq))
    keys = [f"{key}:{channel}" for key in first.values() for channel in Notice.Channel.values]
    notices = {each.dedup_key: each for each in Notice.objects.filter(dedup_key__in=keys).order_by("pk")}
    return [
        _sent(letter, [notices.get(f"{first.get(letter.pk)}:{each}") for each in Notice.Channel.values])
        for letter in letters
    ]


def note_call(dossier: Dossier, letter_id: int, *, actor: User, at: datetime) -> Letter:
    """Note that somebody has telephoned about a letter. Raises NotFound, DomainError when a call is noted already."""
    with transaction.atomic():
        letter = (
            Letter.objects.select_for_update()
            .filter(pk=letter_id, dossier=dossier, state=Letter.State.ISSUED)
            .first()
        )
        if letter is None:
            raise NotFound
        if letter.called_at is not None:
            raise DomainError(_("Cuộc gọi về thư này đã được ghi trước đó."), code="call_noted", status=409)
        letter.called_at, letter.called_by = at, actor
        letter.save(update_fields=["called_at", "called_by"])
    return letter


def _sent(letter: Letter, notices: list[Notice | None]) -> Sent:
    there = [each for each in notices if each is not None]
    told = tuple(
        Told(str(each.get_channel_display()), str(each.get_state_display()), _LOOKS.get(each.state, ""))
        for each in there
    )
    is_hopeless = all(each.state not in {Notice.State.SENT, *ON_THE_WAY} for each in there)
    needs_call = (
        letter.state == Letter.State.ISSUED
        and is_hopeless
        and not letter.called_at
        and not letter.answered_at
    )
    return Sent(letter, told, letter.asked, letter.given, needs_call)  # type: ignore[attr-defined]  # annotated
