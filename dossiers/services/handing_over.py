"""Hand results over at the counter or by post: find what waits for a person, and return it all in one transaction.

Everything starts from the dossiers of the desks where the person receives (`at_desk`): what lies at another desk is not found.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Applicant, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.idempotency.services import once
from bpmc_portal.lib import identifiers
from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import format_date, format_time
from bpmc_portal.notices.models import Notice
from dossiers import tracking
from dossiers.models import Dossier, DossierEvent, ReturnMethod, Status
from dossiers.models.dossier import OPEN, DossierQuerySet
from dossiers.numbering import code_key
from dossiers.services import collecting, transitions
from dossiers.services.collecting import Delivery, Signed
from dossiers.services.transitions import IllegalTransition, Params, StaleVersion
from dossiers.workflow import Action

# More than a person carries away, and more than a clerk packs in one go.
MOST = 50
PEOPLE = 20
RETURNED_SHOWN = 3
# A typed secret is not stored anywhere: it is compared with those of the desk's work in hand, the newest first.
SECRETS_TRIED = 5000
_TOKEN = re.compile(rf"(?<!\d)\d{{{tracking.TOKEN_DIGITS}}}(?!\d)")


class AlreadyReturned(DomainError):
    """Somebody else returned one of the dossiers meanwhile; nothing was changed."""

    code = "already_returned"
    status = 409


@dataclass(frozen=True)
class Item:
    """One result to hand over: the dossier's code, its version as the clerk saw it, where the paper lay, the parcel's number."""

    code: str
    version: int
    slot: str = ""
    tracking_number: str = ""


@dataclass(frozen=True)
class Ready:
    """A finished dossier with what the applicant was told about it; an instant is None for what did not happen."""

    dossier: Dossier
    told_at: datetime | None = None
    apologised_at: datetime | None = None
    apology_sent_at: datetime | None = None


@dataclass(frozen=True)
class Waiting:
    """One person's dossiers of the desk: finished, under way, and the last ones already returned."""

    person: Applicant
    ready: list[Ready]
    under_way: list[Dossier] = field(default_factory=list)
    returned: list[Dossier] = field(default_factory=list)


@dataclass(frozen=True)
class HandedOver:
    """One handing over as it happened: its events, oldest dossier first, with dossier, procedure, office and actor loaded."""

    events: list[DossierEvent]

    @property
    def first(self) -> DossierEvent:
        """The event that speaks for all: person, collector and instant are the same."""
        return self.events[0]


def at_desk(user: User) -> DossierQuerySet:
    """Keep the visible dossiers whose results this person may hand over: those received at the person's own desks."""
    found: DossierQuerySet = Dossier.objects.visible_to(user).filter(
        office_id__in=principal_of(user).office_ids
    )
    return found


def find_people(user: User, typed: str) -> list[Applicant]:
    """Return the people whom a scan or typed text points to, none for nothing at this desk.

    In this order, the first that finds somebody: QR token, identity or tax number, that of a representative, dossier code, phone, and
    the typed 12-digit secret of a receipt.
    """
    key, seen = code_key(typed), at_desk(user)
    if token := _TOKEN.search(typed):
        return _people(seen.filter(tracking_hash=tracking.hash_of(token[0])))
    if not key:
        return []
    finished = seen.filter(status=Status.FINISHED)
    asked = [
        seen.filter(applicant__identity_number=key),
        finished.filter(representative__identity_number=key),
        seen.filter(code_key=key),
    ]
    if phone := _phone(typed):
        asked += [seen.filter(applicant__phone=phone), finished.filter(phone=phone)]
    for dossiers in asked:
        if found := _people(dossiers):
            return found
    return _people(_by_secret(seen, key))


def waiting_for(user: User, person_id: int) -> Waiting:
    """Return what lies at the desk for one person. Raises NotFound for somebody who has nothing there. At most seven statements."""
    mine = at_desk(user).filter(applicant_id=person_id).select_related("procedure")
    finished = list(mine.filter(status=Status.FINISHED).order_by("finished_at", "id")[:MOST])
    under_way = list(mine.filter(status__in=OPEN).order_by("due_at", "id")[:MOST])
    returned = list(mine.filter(status=Status.RETURNED).order_by("-returned_at", "-id")[:RETURNED_SHOWN])
    person = Applicant.objects.filter(pk=person_id).first() if finished or under_way or returned else None
    if person is None:
        raise NotFound(_("Không có hồ sơ nào của người này tại quầy."))
    return Waiting(person, _with_notices(finished), under_way, returned)


def to_post(user: User) -> list[Ready]:
    """Return the finished dossiers whose results go by post, the longest waiting first."""
    wanted = at_desk(user).filter(status=Status.FINISHED, return_method=ReturnMethod.POST)
    return _with_notices(list(wanted.select_related("procedure").order_by("finished_at", "id")[:MOST]))


def hand_over(
    items: Sequence[Item],
    *,
    actor: User,
    key: str | None,
    collector: dict[str, Any] | None = None,
    signed: str = Signed.PAPER,
    method: str = ReturnMethod.DESK,
    at: datetime | None = None,
) -> list[str]:
    """Return all these results or none, and answer their codes; the same key and content again gives the same answer.

    `collector` as in `collecting.proof`; with `method` post each item carries its tracking number instead. Locks the dossiers in the
    order of their codes. Raises InvalidInput, NotFound, AlreadyReturned (extra: code), and what the act itself refuses.
    """
    wanted = sorted(items, key=lambda item: code_key(item.code))
    codes = tuple(item.code for item in wanted)
    _check(actor, wanted, method)
    body = [[item.__dict__ for item in wanted], collector, signed, method]

    def act_on_all() -> tuple[int, list[str]]:
        for item in wanted:
            delivery = Delivery(method, signed, item.slot, item.tracking_number, codes)
            _return(item, Params(collector=collector, delivery=delivery), actor, at)
        return 200, list(codes)

    done: list[str] = once(act_on_all, actor=actor, key=key, body=body).body
    return done


def handed_over(user: User, code: str) -> HandedOver:
    """Return the handing over to which a returned dossier belongs. Raises NotFound. Two statements."""
    events = DossierEvent.objects.filter(action=Action.RETURN_RESULT)
    first = events.filter(dossier__in=at_desk(user).filter(code_key=code_key(code))).first()
    if first is None:
        raise NotFound(_("Hồ sơ này chưa được trả kết quả tại quầy."))
    keys = [code_key(each) for each in first.data.get("together") or [code]]
    whole = events.filter(dossier__in=at_desk(user).filter(code_key__in=keys)).select_related(
        "actor", "dossier__procedure", "dossier__applicant", "dossier__office__unit__parent"
    )
    return HandedOver(list(whole.order_by("dossier_id")))


def _check(actor: User, items: Sequence[Item], method: str) -> None:
    """Refuse an empty or overlong choice, results of several people in one hand, and one parcel number for two."""
    if not items:
        sentence = _("Hãy chọn ít nhất một kết quả để trả.")
        raise InvalidInput(sentence, code="nothing_chosen", fields={"items": sentence})
    if len(items) > MOST:
        raise InvalidInput(_("Mỗi lần trả nhiều nhất %d kết quả.") % MOST, code="too_many_chosen")
    if method == ReturnMethod.POST:
        numbers = [_parcel(item) for item in items]
        twice = next(
            (item for item, number in zip(items, numbers, strict=True) if numbers.count(number) > 1), None
        )
        if twice is not None:
            sentence = _("Hai hồ sơ có cùng số hiệu bưu gửi. Mỗi hồ sơ một bưu gửi.")
            raise InvalidInput(
                sentence, code="tracking_twice", fields={f"tracking_number.{twice.code}": sentence}
            )
        return
    keys = [code_key(item.code) for item in items]
    owners = (
        at_desk(actor)
        .filter(code_key__in=keys)
        .order_by("applicant_id")
        .values_list("applicant_id", flat=True)
    )
    if len(owners.distinct()) > 1:
        raise InvalidInput(
            _("Các hồ sơ đã chọn là của nhiều người. Hãy trả riêng cho từng người."), code="different_people"
        )


def _parcel(item: Item) -> str:
    """Return the item's parcel number; a refusal names the item."""
    try:
        return collecting.tracking_number_of(item.tracking_number)
    except InvalidInput as error:
        fields = {f"tracking_number.{item.code}": error.sentence}
        raise InvalidInput(error.sentence, code=error.code, fields=fields) from error


def _return(item: Item, params: Params, actor: User, at: datetime | None) -> None:
    if not at_desk(actor).filter(code_key=code_key(item.code)).exists():
        raise NotFound(_("Không tìm thấy hồ sơ %s tại quầy này.") % item.code)
    try:
        transitions.act(
            item.code, Action.RETURN_RESULT, actor=actor, expected_version=item.version, params=params, at=at
        )
    except (StaleVersion, IllegalTransition) as error:
        raise _overtaken(item.code) or error from error


def _overtaken(code: str) -> AlreadyReturned | None:
    """Say who returned the dossier meanwhile, None when something else happened to it."""
    returns = DossierEvent.objects.filter(dossier__code_key=code_key(code), action=Action.RETURN_RESULT)
    event = returns.select_related("actor").first()
    if event is None:
        return None
    sentence = _(
        "Hồ sơ %(code)s đã được %(who)s trả lúc %(time)s ngày %(day)s. Chưa ghi gì thêm; hãy xem lại danh sách rồi trả phần còn lại."
    )
    words = {"code": code, "who": event.actor, "time": format_time(event.at), "day": format_date(event.at)}
    return AlreadyReturned(sentence % words, extra={"code_returned": code})


def _people(dossiers: DossierQuerySet) -> list[Applicant]:
    ids = dossiers.order_by().values("applicant_id")
    return list(Applicant.objects.filter(pk__in=ids).order_by("sort_key", "pk")[:PEOPLE])


def _by_secret(seen: DossierQuerySet, key: str) -> DossierQuerySet:
    """Keep the one dossier in hand or waiting whose receipt carries this secret."""
    if not tracking.is_well_formed(key):
        return seen.none()
    in_hand = seen.filter(Q(status=Status.FINISHED) | Q(status__in=OPEN)).order_by("-id")
    rows = in_hand.values_list("pk", "code", "tracking_version")[:SECRETS_TRIED]
    return seen.filter(pk__in=[pk for pk, code, version in rows if tracking.matches(key, code, version)])


def _phone(typed: str) -> str:
    try:
        return identifiers.parse_phone(typed).e164
    except InvalidIdentifier:
        return ""


def _with_notices(dossiers: list[Dossier]) -> list[Ready]:
    """Join what the applicants were told: apologies as acts, and which messages really left. Two statements."""
    acts = DossierEvent.objects.filter(dossier__in=dossiers, action=Action.POSTPONE).order_by("seq")
    apologies = dict(acts.values_list("dossier_id", "at"))
    sent = Notice.objects.filter(
        subject__in=[each.code for each in dossiers],
        template__in=("result_ready", "postponed"),
        state=Notice.State.SENT,
    )
    told = {
        (code, template): at
        for code, template, at in sent.order_by("sent_at").values_list("subject", "template", "sent_at")
    }
    return [
        Ready(
            each,
            told.get((each.code, "result_ready")),
            apologies.get(each.pk),
            told.get((each.code, "postponed")),
        )
        for each in dossiers
    ]
