"""The policy: who may do what in which unit. Nobody else calls django-guardian.

Grants are rows Group × Unit (UnitGrant). A membership puts a person into the group ("team") of its unit and role between two
dates, and the dates are honoured by the query itself, so that a role that ended yesterday gives nothing today.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from bpmc_portal.accounts.models import Membership, Office, Role, Unit, UnitGrant, User
from bpmc_portal.lib.vietnamese import local_date

ROLE_PERMISSIONS: dict[Role, tuple[str, ...]] = {
    Role.CLERK: ("receive_dossiers",),
    Role.DESK_HEAD: ("receive_dossiers", "supervise_desk", "view_figures"),
    Role.OFFICER: ("view_dossiers", "process_dossiers"),
    Role.LEADER: ("view_dossiers", "process_dossiers", "approve_dossiers", "view_figures"),
    Role.REGISTRY: ("view_dossiers", "register_papers"),
    Role.DIGITISER: ("digitise_papers",),
    Role.MINISTRY_OFFICE: ("view_dossiers", "view_figures"),
    Role.AUDITOR: ("view_dossiers", "audit_access", "view_figures"),
    Role.ADMIN: (),
    Role.KIOSK: (),
}
# These roles look over the whole tree below their unit; the others only at their own unit.
WHOLE_TREE = frozenset({Role.LEADER, Role.MINISTRY_OFFICE, Role.AUDITOR})

_POLICY_SQL = """
SELECT m.role, m.unit_id, u.name, m.office_id, o.name, p.codename, g.content_object_id
FROM accounts_membership m
JOIN accounts_unit u ON u.id = m.unit_id
LEFT JOIN accounts_office o ON o.id = m.office_id
LEFT JOIN accounts_unitgrant g ON g.group_id = m.team_id
LEFT JOIN auth_permission p ON p.id = g.permission_id
WHERE m.user_id = %s AND m.starts_on <= %s AND (m.ends_on IS NULL OR m.ends_on >= %s)
ORDER BY m.id
"""


@dataclass
class Principal:
    """What one user may do on one day, read in one statement and kept for one request."""

    user: User | AnonymousUser
    on: date
    roles: set[str] = field(default_factory=set)
    office_ids: set[int] = field(default_factory=set)
    unit_ids: set[int] = field(default_factory=set)
    grants: dict[str, set[int]] = field(default_factory=dict)
    unit_name: str = ""
    office_name: str = ""

    @classmethod
    def of(cls, user: User | AnonymousUser, *, on: date | None = None) -> "Principal":
        """Read the memberships and grants in force. Anonymous and citizens have none and cost no statement."""
        principal = cls(user, on or local_date())
        if not user.is_authenticated or not user.is_active:
            principal.roles.add("anonymous")
            return principal
        if user.applicant_id is not None:
            principal.roles.add("citizen")
            return principal
        with connection.cursor() as cursor:
            cursor.execute(_POLICY_SQL, [user.pk, principal.on, principal.on])
            for role, unit_id, unit_name, office_id, office_name, codename, granted_id in cursor.fetchall():
                principal.roles.add(role)
                principal.unit_ids.add(unit_id)
                principal.unit_name = principal.unit_name or unit_name
                principal.office_name = principal.office_name or office_name or ""
                if office_id is not None:
                    principal.office_ids.add(office_id)
                if codename is not None:
                    principal.grants.setdefault(codename, set()).add(granted_id)
        if not principal.roles:
            principal.roles.add("no_role")
        return principal

    def units_where(self, permission: str) -> frozenset[int]:
        """Return the ids of the units on which the permission is held today."""
        return frozenset(self.grants.get(permission, ()))

    def may(self, permission: str, unit_id: int) -> bool:
        """Say whether the permission is held on that unit today."""
        return unit_id in self.grants.get(permission, ())

    @cached_property
    def office(self) -> Office | None:
        """Return the desk where this person works, the first of the list when there are several."""
        if not self.office_ids:
            return None
        return (
            Office.objects.select_related("unit")
            .filter(pk__in=self.office_ids)
            .order_by("position", "code")
            .first()
        )


def principal_of(user: User | AnonymousUser) -> Principal:
    """Return the user's principal, read once and kept on the user object, which lives as long as the request."""
    principal: Principal | None = getattr(user, "_principal", None)
    if principal is None or principal.on != local_date():
        principal = Principal.of(user)
        user._principal = principal  # type: ignore[union-attr]
    return principal


def may(user: User | AnonymousUser, permission: str, unit: Unit | int) -> bool:
    """Say whether the user holds the permission on the unit today."""
    return principal_of(user).may(permission, unit if isinstance(unit, int) else unit.pk)


def units_where(user: User | AnonymousUser, permission: str) -> frozenset[int]:
    """Return the ids of all units on which the user holds the permission today."""
    return principal_of(user).units_where(permission)


def still_holds(permission: str, *, user: str, unit: str, on: date) -> Exists:
    """Say in SQL whether the account in column `user` of a list's rows works and holds the permission on the unit in column `unit`."""
    held = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=on),
        user=OuterRef(user),
        user__is_active=True,
        starts_on__lte=on,
        team__unitgrant__permission__codename=permission,
        team__unitgrant__content_object=OuterRef(unit),
    )
    return Exists(held)


@transaction.atomic
def appoint(
    user: User,
    *,
    unit: Unit,
    role: Role,
    office: Office | None = None,
    starts_on: date,
    ends_on: date | None = None,
) -> Membership:
    """Give a person a role in a unit between two dates, creating the team and its unit grants when they are new."""
    team, created = Group.objects.get_or_create(name=f"{role.value}@{unit.code}")
    if created:
        grant(team, ROLE_PERMISSIONS[role], _units_below(unit) if role in WHOLE_TREE else [unit])
    user.groups.add(team)
    return Membership.objects.create(
        user=user, unit=unit, role=role, office=office, team=team, starts_on=starts_on, ends_on=ends_on
    )


@transaction.atomic
def dismiss(membership: Membership, *, ends_on: date) -> None:
    """End a membership with that day; it takes effect on the next request after it."""
    membership.ends_on = ends_on
    membership.save(update_fields=["ends_on"])
    if (
        ends_on < local_date()
        and not membership.team.memberships.filter(user=membership.user, ends_on=None).exists()
    ):
        membership.user.groups.remove(membership.team)


def grant(team: Group, codenames: Iterable[str], units: Iterable[Unit]) -> None:
    """Write guardian's Group × Unit rows."""
    permissions = Permission.objects.filter(
        content_type__app_label="accounts", content_type__model="unit", codename__in=list(codenames)
    )
    units = list(units)
    UnitGrant.objects.bulk_create(
        [
            UnitGrant(group=team, permission=permission, content_object=unit)
            for permission in permissions.order_by("pk")
            for unit in units
        ],
        ignore_conflicts=True,
    )


def _units_below(unit: Unit) -> list[Unit]:
    """Return the unit and every unit under it. The tree is a few dozen rows deep in memory, read only when a team is made."""
    by_parent: dict[int | None, list[Unit]] = {}
    for each in Unit.objects.order_by("pk"):
        by_parent.setdefault(each.parent_id, []).append(each)
    found, queue = [], [unit]
    while queue:
        found.append(queue.pop())
        queue.extend(by_parent.get(found[-1].pk, ()))
    return found
