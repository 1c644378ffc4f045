"""Days away and who covers: entered by the person or by a leader of their unit, honoured when work is given out."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Absence, Role, User
from bpmc_portal.accounts.permissions import Principal, principal_of
from bpmc_portal.audit.services import record_security
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.lib import names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import format_date, local_date
from dossiers.models.dossier import RUNNING
from dossiers.services import assignment

# Nobody is away for longer than this without a leader ending the role; a slip of the year is caught by it.
LONGEST = timedelta(days=400)
REASON_LENGTH = 200
_LOADS = "SELECT assignee_id, count(*) FROM dossiers_dossier WHERE assignee_id = ANY(%s) AND unit_id = ANY(%s) AND status = ANY(%s) GROUP BY 1"


@dataclass(frozen=True)
class Away:
    """One absence, the open work that runs on meanwhile, and whether it may still be taken back."""

    row: Absence
    load: int
    is_now: bool
    is_mine: bool


def led_by(user: User) -> frozenset[int]:
    """Return the units in which the person enters absences for others."""
    return principal_of(user).units_where("approve_dossiers")


def people_of(user: User) -> list[dict[str, Any]]:
    """Return for whom the person may enter an absence, and who may cover: colleagues of the units, as assignment.people_sql. One statement."""
    principal = principal_of(user)
    return assignment.people(principal.units_where("process_dossiers"), on=principal.on)


def shown_to(user: User) -> list[Away]:
    """Return absences that have not ended: one's own, and for a leader those of the units led. Two statements."""
    on = local_date()
    rows = list(
        _in_sight(user)
        .filter(ends_on__gte=on)
        .select_related("user", "cover")
        .order_by("starts_on", "user__full_name", "pk")
    )
    units = sorted(led_by(user))
    running = [str(status) for status in RUNNING]
    with connection.cursor() as cursor:
        cursor.execute(_LOADS, [[row.user_id for row in rows], units, running])
        loads: dict[int, int] = dict(cursor.fetchall())
    return [Away(row, loads.get(row.user_id, 0), row.starts_on <= on, row.user_id == user.pk) for row in rows]


def _in_sight(user: User) -> QuerySet[Absence, Absence]:
    on = local_date()
    led = User.objects.filter(
        Q(memberships__ends_on=None) | Q(memberships__ends_on__gte=on),
        memberships__unit_id__in=sorted(led_by(user)), memberships__starts_on__lte=on, memberships__role__in=_WORKERS,
    )  # fmt: skip
    return Absence.objects.filter(Q(user=user) | Q(user__in=led.values("pk")))


_WORKERS = (Role.OFFICER, Role.LEADER)


@transaction.atomic
def add(
    username: str, *, starts_on: date, ends_on: date, cover: str = "", reason: str = "", actor: User
) -> Absence:
    """Enter an absence. Raises InvalidInput with a sentence a field: not one's own nor of one's unit, past, too long, twice, cover unfit."""
    person = _person(username, actor)
    # Two windows may not enter the same days twice: one person's absences are changed one at a time.
    User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if ends_on < starts_on:
        raise _refused("absence_order", "ends_on", _("Ngày cuối phải từ ngày đầu trở đi."))
    if ends_on < local_date():
        raise _refused(
            "absence_past", "ends_on", _("Những ngày này đã qua. Hãy ghi ngày cuối từ hôm nay trở đi.")
        )
    if ends_on - starts_on > LONGEST:
        raise _refused(
            "absence_long",
            "ends_on",
            _("Một lần vắng dài tối đa %s ngày. Hãy kiểm tra lại năm.") % LONGEST.days,
        )
    clash = Absence.objects.filter(user=person, starts_on__lte=ends_on, ends_on__gte=starts_on).first()
    if clash is not None:
        words = {"person": person, "from": format_date(clash.starts_on), "to": format_date(clash.ends_on)}
        raise _refused(
            "absence_twice", "starts_on", _("%(person)s đã được ghi vắng từ %(from)s đến %(to)s.") % words
        )
    row = Absence.objects.create(
        user=person, starts_on=starts_on, ends_on=ends_on, reason=_clean(reason),
        cover=_cover(cover, person, on=max(starts_on, local_date())) if cover else None,
    )  # fmt: skip
    record_security("absence_added", actor=actor, subject=person.username, **_facts(row))
    return row


@transaction.atomic
def remove(pk: int, *, actor: User) -> Absence:
    """Take an absence back; one that has begun ends with yesterday. Raises NotFound, `absence_over`."""
    row = _in_sight(actor).filter(pk=pk).select_related("user").first()
    if row is None:
        raise NotFound
    today = local_date()
    if row.ends_on < today:
        raise DomainError(_("Lần vắng này đã kết thúc nên không bỏ được."), code="absence_over", status=409)
    record_security("absence_removed", actor=actor, subject=row.user.username, **_facts(row))
    if row.starts_on < today:
        Absence.objects.filter(pk=row.pk).update(ends_on=today - timedelta(days=1))
    else:
        Absence.objects.filter(pk=row.pk).delete()
    return row


def _person(username: str, actor: User) -> User:
    """Return who is away: oneself, or a colleague of a unit that one leads."""
    if username == actor.username:
        return actor
    allowed = {each["username"] for each in assignment.people(led_by(actor), on=local_date())}
    found = User.objects.filter(username=username).first() if username in allowed else None
    if found is None:
        raise _refused(
            "absence_person",
            "person",
            _("Bạn chỉ ghi được ngày vắng của mình hoặc của người trong đơn vị bạn lãnh đạo."),
        )
    return found


def _cover(username: str, person: User, *, on: date) -> User:
    """Return who covers: somebody else who may process in a unit where the absent person does."""
    cover = User.objects.filter(username=username, is_active=True).first()
    units = Principal.of(person, on=on).units_where("process_dossiers")
    is_fit = (
        cover is not None
        and cover != person
        and units & Principal.of(cover, on=on).units_where("process_dossiers")
    )
    if cover is None or not is_fit:
        raise _refused(
            "absence_cover", "cover", _("Người làm thay phải là người khác, đang thụ lý hồ sơ cùng đơn vị.")
        )
    if Absence.objects.filter(user=cover, starts_on__lte=on, ends_on__gte=on).exists():
        raise _refused(
            "cover_away", "cover", _("%s cũng vắng vào ngày đó. Hãy chọn người làm thay khác.") % cover
        )
    return cover


def _facts(row: Absence) -> dict[str, Any]:
    return {"starts_on": row.starts_on.isoformat(), "ends_on": row.ends_on.isoformat(), "cover": row.cover_id}


def _clean(reason: str) -> str:
    try:
        return names.clean_text(reason, REASON_LENGTH).strip()
    except InvalidIdentifier as error:
        raise _refused(error.code, "reason", error.sentence) from error


def _refused(code: str, field: str, sentence: str) -> InvalidInput:
    return InvalidInput(sentence, code=code, fields={field: sentence})
