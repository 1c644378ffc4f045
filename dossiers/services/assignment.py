"""Who does the work: by load, with absence cover. One statement for one dossier, whatever the size of the unit."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Subquery
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Absence, Role, User
from bpmc_portal.accounts.permissions import Principal, principal_of
from bpmc_portal.errors import DomainError, InvalidInput
from dossiers.models.dossier import OPEN

# Officers in force, not away; the fewest open dossiers first, then who has waited longest for one.
_LEAST_LOADED = """
SELECT u.id FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id AND u.is_active
LEFT JOIN LATERAL (
  SELECT count(*) AS load FROM dossiers_dossier d WHERE d.assignee_id = u.id AND d.status = ANY(%(open)s)
) work ON true
WHERE m.unit_id = %(unit)s AND m.role = %(role)s AND m.starts_on <= %(on)s AND (m.ends_on IS NULL OR m.ends_on >= %(on)s)
  AND NOT EXISTS (SELECT 1 FROM accounts_absence a WHERE a.user_id = u.id AND a.starts_on <= %(on)s AND a.ends_on >= %(on)s)
ORDER BY work.load, u.id LIMIT 1
"""
# Everybody offers as many places as are to be given out, the k-th of which costs their load and k; the cheapest are taken.
_SHARED_OUT = """
SELECT u.id, work.load + place.n AS cost FROM accounts_user u
JOIN LATERAL (
  SELECT count(*) AS load FROM dossiers_dossier d
  WHERE d.assignee_id = u.id AND d.status = ANY(%(open)s) AND d.id <> ALL(%(given)s)
) work ON true
CROSS JOIN generate_series(1, %(number)s) AS place(n)
WHERE u.is_active AND EXISTS (
  SELECT 1 FROM accounts_membership m WHERE m.user_id = u.id AND m.unit_id = %(unit)s AND m.role = %(role)s
    AND m.starts_on <= %(on)s AND (m.ends_on IS NULL OR m.ends_on >= %(on)s)
) AND NOT EXISTS (SELECT 1 FROM accounts_absence a WHERE a.user_id = u.id AND a.starts_on <= %(on)s AND a.ends_on >= %(on)s)
ORDER BY cost, u.id LIMIT %(number)s
"""
# Who takes part in the work of some units, as JSON; the load is counted only for who hands work out.
_PEOPLE = """
(SELECT coalesce(json_agg(found ORDER BY found.name), '[]')::text FROM (
  SELECT u.id, u.username, coalesce(nullif(u.full_name, ''), u.username) AS name,
    EXISTS (SELECT 1 FROM accounts_absence a WHERE a.user_id = u.id AND a.starts_on <= %s AND a.ends_on >= %s) AS is_away,
    CASE WHEN %s THEN (
      SELECT count(*) FROM dossiers_dossier d WHERE d.assignee_id = u.id AND d.status = ANY(%s)
    ) ELSE 0 END AS load
  FROM accounts_user u WHERE u.is_active AND EXISTS (
    SELECT 1 FROM accounts_membership m WHERE m.user_id = u.id AND m.unit_id = ANY(%s) AND m.role = ANY(%s)
      AND m.starts_on <= %s AND (m.ends_on IS NULL OR m.ends_on >= %s)
  ) ORDER BY u.full_name, u.id LIMIT 200
) AS found)
"""


def least_loaded(unit_id: int, *, on: date, role: str = Role.OFFICER) -> User | None:
    """Return the officer of the unit with the least work in hand who is there that day; None when nobody is."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LEAST_LOADED, {"unit": unit_id, "role": role, "on": on, "open": [str(status) for status in OPEN]}
        )
        row = cursor.fetchone()
    return User.objects.get(pk=row[0]) if row else None


def shared_out(given: Sequence[int], unit_id: int, *, on: date) -> list[int]:
    """Return who takes each of these dossiers (keys) of a unit, in one statement: one account's key a dossier, in the same order.

    Fair by load: whoever would have the least takes the next. What is given out counts for nobody before. Officers who are there
    that day; a leader when there is none. Raises `nobody_to_assign`.
    """
    for role in (Role.OFFICER, Role.LEADER):
        with connection.cursor() as cursor:
            cursor.execute(
                _SHARED_OUT,
                {
                    "unit": unit_id, "role": str(role), "on": on, "number": len(given), "given": list(given),
                    "open": [str(status) for status in OPEN],
                },
            )  # fmt: skip
            takers = [row[0] for row in cursor.fetchall()]
        if takers:
            return takers
    raise nobody_there()


def people_sql(units: Iterable[int], *, on: date, with_load: bool) -> tuple[str, tuple[Any, ...]]:
    """Return one expression with its values: who works in these units, as JSON [{id, username, name, is_away, load}]."""
    roles, statuses = [str(Role.OFFICER), str(Role.LEADER)], [str(status) for status in OPEN]
    return _PEOPLE, (on, on, with_load, statuses, sorted(units), roles, on, on)


def people(units: Iterable[int], *, on: date, with_load: bool = False) -> list[dict[str, Any]]:
    """Return who works in these units, as people_sql. One statement."""
    sql, params = people_sql(units, on=on, with_load=with_load)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", params)
        found: list[dict[str, Any]] = json.loads(cursor.fetchone()[0])
    return found


def nobody_there() -> DomainError:
    """Say that the unit has nobody who takes work today."""
    return DomainError(
        _("Hôm nay đơn vị không có chuyên viên nào nhận việc. Hãy chọn đích danh người thụ lý."),
        code="nobody_to_assign",
        status=409,
    )


def check_hand_over(assignee_id: int | None, unit_id: int, *, actor: User) -> None:
    """Refuse what only a leader may do: officers take what is free and hand on what is theirs. Raises `assign_not_yours`."""
    if assignee_id in (None, actor.pk) or principal_of(actor).may("approve_dossiers", unit_id):
        return
    raise DomainError(
        _("Hồ sơ đang do người khác thụ lý. Chỉ lãnh đạo đơn vị được giao lại."),
        code="assign_not_yours",
        status=409,
    )


def owner_for(unit_id: int, *, actor: User | None, on: date) -> User | None:
    """Return who takes up a dossier that nobody has: the officer who acts, else by load, else a leader of the unit, else who acts."""
    if actor is not None:
        principal = principal_of(actor)
        if Role.OFFICER in principal.roles and principal.may("process_dossiers", unit_id):
            return actor
    return least_loaded(unit_id, on=on) or least_loaded(unit_id, on=on, role=Role.LEADER) or actor


def chosen(username: str, unit_id: int, *, on: date) -> tuple[User, User | None]:
    """Return who shall do the work, and whom they stand in for when the chosen one is away that day.

    Raises InvalidInput when the person has left, does not work on dossiers of this unit, or is away without cover.
    """
    away = Absence.objects.filter(user=OuterRef("pk"), starts_on__lte=on, ends_on__gte=on)
    cover_of = away.order_by(F("cover").asc(nulls_last=True), "pk").values("cover")[:1]
    people_of = User.objects.annotate(is_away=Exists(away), cover_key=Subquery(cover_of))
    wanted = people_of.filter(username=username, is_active=True).first()
    if wanted is None or not _may_process(wanted, unit_id, on):
        raise _refused(
            "assignee_unknown",
            _(
                "Người này không thụ lý hồ sơ của đơn vị hoặc đã thôi việc. Hãy chọn người khác trong danh sách."
            ),
        )
    if not wanted.is_away:
        return wanted, None
    cover = User.objects.filter(pk=wanted.cover_key, is_active=True).first()
    if cover is None or not _may_process(cover, unit_id, on):
        raise _refused(
            "assignee_away", _("%s đang vắng mặt và chưa có người làm thay. Hãy chọn người khác.") % wanted
        )
    return cover, wanted


def _may_process(user: User, unit_id: int, on: date) -> bool:
    return Principal.of(user, on=on).may("process_dossiers", unit_id)


def _refused(code: str, sentence: str) -> InvalidInput:
    return InvalidInput(sentence, code=code, fields={"assignee": sentence})
