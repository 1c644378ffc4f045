"""The catalogue as a process keeps it: procedures in force, offices and their calendars, read once until the stamp changes.

A published version never changes, so holding it in memory is safe; whatever else may change (a new version, a day off, opening
hours) changes the stamp by a database trigger, and the next request reads anew. One request pays one statement.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from threading import Lock

from django.db import connection
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Office, OfficeHours, Unit
from bpmc_portal.errors import DomainError, NotFound
from procedures.deadlines import TimeLimit, WorkingCalendar
from procedures.deadlines import Unit as LimitKind
from procedures.models import (
    CalendarDay,
    CalendarYear,
    Case,
    ComponentRequirement,
    Fee,
    LegalBasis,
    Procedure,
    ProcedureVersion,
    Step,
)


class NoVersionInForce(DomainError):
    """The procedure exists, but no published version holds on that day."""

    code = "no_version_in_force"
    status = 409


@dataclass(frozen=True)
class Version:
    """A published version with all it contains, ready to read."""

    row: ProcedureVersion
    cases: dict[str, "CaseInForce"]
    steps: tuple[Step, ...]
    fees: tuple[Fee, ...]
    legal_bases: tuple[LegalBasis, ...]

    @property
    def limit(self) -> TimeLimit | None:
        """The statutory term, None when the source gives none."""
        if not self.row.limit_unit:
            return None
        return TimeLimit(self.row.limit_value or 1, LimitKind(self.row.limit_unit))

    def case(self, code: str | None) -> "CaseInForce":
        """Return a case by its code; without one, the only or the default case."""
        wanted = code or ("default" if "default" in self.cases else next(iter(self.cases)))
        found = self.cases.get(wanted)
        if found is None:
            names = ", ".join(self.cases)
            raise DomainError(
                _("Thủ tục này không có trường hợp “%s”. Các trường hợp: %s.") % (wanted, names),
                code="unknown_case",
            )
        return found


@dataclass(frozen=True)
class CaseInForce:
    """A case with its papers in order."""

    row: Case
    components: dict[str, ComponentRequirement]


@dataclass(frozen=True)
class ProcedureInForce:
    """A procedure with its published versions, newest first."""

    row: Procedure
    versions: tuple[Version, ...]

    def version_on(self, day: date) -> Version | None:
        """Return the version in force on that local day."""
        for version in self.versions:
            if version.row.in_force_from <= day and (
                version.row.in_force_to is None or day <= version.row.in_force_to
            ):
                return version
        return None


@dataclass(frozen=True)
class OfficeInForce:
    """A desk with its calendar and the identifier that starts its dossier codes."""

    row: Office
    calendar: WorkingCalendar
    org_code: str


@dataclass(frozen=True)
class Catalogue:
    """Everything of one stamp."""

    stamp: int
    procedures: dict[str, ProcedureInForce]
    offices: dict[str, OfficeInForce]
    units: dict[int, Unit]

    def procedure(self, code: str) -> ProcedureInForce:
        """Return a procedure by national code or own key; NotFound with a sentence otherwise."""
        found = self.procedures.get(code.strip())
        if found is None or not found.row.is_active:
            raise DomainError(
                _("Không có thủ tục mã “%s”. Hãy chọn lại trong danh mục thủ tục.") % code[:60],
                code="unknown_procedure",
                status=404,
            )
        return found

    def version(self, code: str, on: date) -> tuple[ProcedureInForce, Version]:
        """Return a procedure and its version in force on that day."""
        procedure = self.procedure(code)
        version = procedure.version_on(on)
        if version is None:
            raise NoVersionInForce(
                _("Thủ tục “%s” chưa có bản nào có hiệu lực vào ngày %s. Hãy liên hệ %s.")
                % (procedure.row.name, on.strftime("%d/%m/%Y"), self.units[procedure.row.unit_id].name)
            )
        return procedure, version

    def office(self, code: str | None) -> OfficeInForce:
        """Return a desk by its code; without one, the first desk of the ministry."""
        found = self.offices.get(code) if code else next(iter(self.offices.values()), None)
        if found is None:
            raise DomainError(
                _("Không có Bộ phận Một cửa mã “%s”.") % (code or "")[:40], code="unknown_office", status=404
            )
        return found

    def office_by_id(self, pk: int) -> OfficeInForce:
        """Return a desk by its primary key."""
        for office in self.offices.values():
            if office.row.pk == pk:
                return office
        raise NotFound

    def version_by_id(self, pk: int) -> Version:
        """Return a published version by its primary key."""
        found = self._versions_by_id.get(pk)
        if found is None:
            raise NotFound
        return found

    @cached_property
    def _versions_by_id(self) -> dict[int, Version]:
        return {version.row.pk: version for procedure in self.each() for version in procedure.versions}

    def each(self) -> Iterator[ProcedureInForce]:
        """Yield every procedure once, in the order of their keys."""
        seen: set[int] = set()
        for procedure in self.procedures.values():
            if procedure.row.pk not in seen:
                seen.add(procedure.row.pk)
                yield procedure


_held: Catalogue | None = None
_lock = Lock()


def read() -> tuple[Catalogue, datetime]:
    """Return the catalogue in force and the database clock, in one statement while nothing has changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value, now() FROM procedures_cataloguestamp")
        stamp, now = cursor.fetchone()
    return of_stamp(stamp), now


def of_stamp(stamp: int) -> Catalogue:
    """Return the catalogue of a stamp that the caller has just read in a statement of its own."""
    global _held
    held = _held
    if held is None or held.stamp != stamp:
        with _lock:
            held = _load(stamp)
            _held = held
    return held


def current() -> Catalogue:
    """Return the catalogue in force."""
    return read()[0]


def _load(stamp: int) -> Catalogue:
    units = {unit.pk: unit for unit in Unit.objects.order_by("pk")}
    procedures: dict[str, ProcedureInForce] = {}
    versions = _load_versions()
    for row in Procedure.objects.select_related("field", "unit").order_by("key"):
        found = ProcedureInForce(row, tuple(versions.get(row.pk, ())))
        procedures[row.key] = found
        if row.national_code:
            procedures[row.national_code] = found
    return Catalogue(stamp, procedures, _load_offices(units), units)


def _load_versions() -> dict[int, list[Version]]:
    cases: dict[int, dict[str, CaseInForce]] = {}
    by_case: dict[int, dict[str, ComponentRequirement]] = {}
    published = {"version__state": ProcedureVersion.State.PUBLISHED}
    requirements = ComponentRequirement.objects.filter(case__version__state=ProcedureVersion.State.PUBLISHED)
    for component in requirements.select_related("document_type").order_by("case_id", "position"):
        by_case.setdefault(component.case_id, {})[component.code] = component
    for case in Case.objects.filter(**published).order_by("version_id", "position"):
        cases.setdefault(case.version_id, {})[case.code] = CaseInForce(case, by_case.get(case.pk, {}))
    steps: dict[int, list[Step]] = {}
    for step in Step.objects.filter(**published).order_by("version_id", "position"):
        steps.setdefault(step.version_id, []).append(step)
    fees: dict[int, list[Fee]] = {}
    for fee in Fee.objects.filter(**published).order_by("version_id", "pk"):
        fees.setdefault(fee.version_id, []).append(fee)
    bases: dict[int, list[LegalBasis]] = {}
    for basis in LegalBasis.objects.filter(**published).order_by("version_id", "position"):
        bases.setdefault(basis.version_id, []).append(basis)
    found: dict[int, list[Version]] = {}
    for row in (
        ProcedureVersion.objects.filter(state=ProcedureVersion.State.PUBLISHED)
        .select_related("result_type")
        .order_by("procedure_id", "-number")
    ):
        version = Version(
            row,
            cases.get(row.pk, {}),
            tuple(steps.get(row.pk, ())),
            tuple(fees.get(row.pk, ())),
            tuple(bases.get(row.pk, ())),
        )
        found.setdefault(row.procedure_id, []).append(version)
    return found


def _load_offices(units: dict[int, Unit]) -> dict[str, OfficeInForce]:
    days_off: dict[date, str] = {}
    worked: dict[date, str] = {}
    for day in CalendarDay.objects.order_by("on"):
        (worked if day.kind == CalendarDay.Kind.SWAP_WORK else days_off)[day.on] = day.reason
    years = list(CalendarYear.objects.order_by("year"))
    hours: dict[int, dict[int, list[tuple[time, time]]]] = {}
    for session in OfficeHours.objects.order_by("office_id", "weekday", "opens_at"):
        hours.setdefault(session.office_id, {}).setdefault(session.weekday, []).append(
            (session.opens_at, session.closes_at)
        )
    offices = {}
    for row in Office.objects.filter(is_open=True).select_related("unit").order_by("position", "code"):
        calendar = WorkingCalendar(
            hours={weekday: tuple(sessions) for weekday, sessions in hours.get(row.pk, {}).items()},
            days_off=days_off,
            working_days=worked,
            years=frozenset(year.year for year in years),
            provisional_years=frozenset(year.year for year in years if year.is_provisional),
        )
        offices[row.code] = OfficeInForce(row, calendar, _org_code(row.unit, units))
    return offices


def _org_code(unit: Unit, units: dict[int, Unit]) -> str:
    """Return the organisation identifier of the unit or of the nearest unit above it that has one."""
    seen: Unit | None = unit
    while seen is not None:
        if seen.org_code:
            return seen.org_code
        seen = units.get(seen.parent_id) if seen.parent_id else None
    return ""
