"""Publish versions, and load the calendar of days off."""

from datetime import date, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError
from procedures import flow
from procedures.deadlines import TimeLimit, Unit
from procedures.models import (
    CalendarDay,
    CalendarYear,
    Procedure,
    ProcedureVersion,
    Step,
    StepCondition,
)


class CannotPublish(DomainError):
    """The version is not whole; the sentence names every fault."""

    code = "cannot_publish"
    status = 409


def faults_of(version: ProcedureVersion) -> list[str]:
    """Return what is missing before a version may be published, as Vietnamese sentences."""
    faults = []
    if not version.limit_unit:
        faults.append(_("Chưa có thời hạn giải quyết."))
    cases = list(version.cases.order_by("position"))
    if not cases:
        faults.append(_("Chưa có trường hợp nào."))
    faults += [
        _("Trường hợp “%s” chưa có thành phần hồ sơ.") % case.name
        for case in cases
        if not case.components.exists()
    ]
    steps = list(version.steps.select_related("linked_procedure").order_by("position"))
    if not steps:
        faults.append(_("Chưa có bước xử lý nào."))
    faults += flow.problems(
        steps, limit_of(version), values={StepCondition.CASE: [case.code for case in cases]}
    )
    return faults + [fault for step in steps if (fault := _wrong_link(step, version))]


def limit_of(version: ProcedureVersion) -> TimeLimit | None:
    """Return the statutory term of a version, None when the source gives none."""
    return TimeLimit(version.limit_value or 1, Unit(version.limit_unit)) if version.limit_unit else None


def _wrong_link(step: Step, version: ProcedureVersion) -> str:
    linked = step.linked_procedure
    if linked is None:
        return ""
    if linked.pk == version.procedure_id:
        return _("Bước “%s” mở hồ sơ liên thông của chính thủ tục này.") % step.name
    if not linked.is_active:
        words = {"step": step.name, "linked": linked.name}
        return _("Bước “%(step)s” mở hồ sơ của thủ tục “%(linked)s” nay không còn dùng.") % words
    return ""


@transaction.atomic
def publish(version: ProcedureVersion, *, starts_on: date | None = None) -> ProcedureVersion:
    """Publish a draft, in force from `starts_on` if given: from then on only its end date may change.

    The version before it ends the day before. Raises CannotPublish with every fault, and DomainError when it is published already
    (`already_published`) or another published version holds from that day or later (`force_overlaps`).
    """
    version = ProcedureVersion.objects.select_for_update().get(pk=version.pk)
    if version.state == ProcedureVersion.State.PUBLISHED:
        raise DomainError(_("Bản này đã công bố."), code="already_published", status=409)
    if faults := faults_of(version):
        raise CannotPublish(" ".join(faults), extra={"faults": faults})
    version.in_force_from = starts_on or version.in_force_from
    if starts_on:
        _refuse_overlap(version)
    before = ProcedureVersion.objects.filter(
        procedure=version.procedure,
        state=ProcedureVersion.State.PUBLISHED,
        in_force_to=None,
        in_force_from__lt=version.in_force_from,
    )
    before.update(in_force_to=version.in_force_from - timedelta(days=1))
    version.state, version.published_at = ProcedureVersion.State.PUBLISHED, timezone.now()
    version.save(update_fields=["state", "published_at", "in_force_from"])
    return version


def _refuse_overlap(version: ProcedureVersion) -> None:
    published = ProcedureVersion.objects.filter(
        procedure=version.procedure_id, state=ProcedureVersion.State.PUBLISHED
    )
    in_the_way = (
        published.filter(
            models.Q(in_force_from__gte=version.in_force_from)
            | models.Q(in_force_to__gte=version.in_force_from)
        )
        .order_by("in_force_from")
        .last()
    )
    if in_the_way is not None:
        words = {"number": in_the_way.number, "from": in_the_way.in_force_from.strftime("%d/%m/%Y")}
        raise DomainError(
            _(
                "Bản số %(number)s đã công bố, hiệu lực từ %(from)s. Hãy chọn ngày hiệu lực sau thời gian của bản đó."
            )
            % words,
            code="force_overlaps",
            status=409,
        )


@transaction.atomic
def copy_to_draft(version: ProcedureVersion) -> ProcedureVersion:
    """Return a new draft with everything the version says, numbered after the last; its day of force is left to the editor.

    Locks the procedure, so that two copies get two numbers. The national comparison starts anew.
    """
    procedure = Procedure.objects.select_for_update().get(pk=version.procedure_id)
    last = procedure.versions.aggregate(last=Max("number"))["last"] or 0
    cases = list(version.cases.prefetch_related("components").order_by("position"))
    parts: list[Any] = [
        *version.steps.order_by("position"),
        *version.fees.order_by("pk"),
        *version.legal_bases.order_by("position"),
    ]
    draft = ProcedureVersion.objects.get(pk=version.pk)
    draft.pk, draft.number, draft.state, draft.published_at = (
        None,
        last + 1,
        ProcedureVersion.State.DRAFT,
        None,
    )
    draft.in_force_to, draft.is_verified, draft._state.adding = None, False, True
    draft.save()
    for case in cases:
        components = list(case.components.all())
        case.pk, case.version, case._state.adding = None, draft, True
        case.save()
        for component in components:
            component.pk, component.case, component._state.adding = None, case, True
            component.save()
    for part in parts:
        part.pk, part.version, part._state.adding = None, draft, True
        part.save()
    return draft


_REASONS = {
    "fixed_new_year": "Tết Dương lịch",
    "tet": "Tết Nguyên đán",
    "hung_kings": "Giỗ Tổ Hùng Vương",
    "reunification": "Ngày Chiến thắng 30/4",
    "labour_day": "Quốc tế Lao động 1/5",
    "national_day": "Quốc khánh 2/9",
    "culture_day": "Ngày Văn hóa Việt Nam 24/11",
    "swap": "Hoán đổi ngày làm việc",
}


@transaction.atomic
def load_calendar(table: dict[str, Any]) -> dict[str, int]:
    """Load the cited table of days off (procedures/data/holidays.yaml). Idempotent; returns how many rows were written.

    Rows that stand already as the table says are left alone, so that the catalogue's stamp does not move for nothing.
    """
    years = [
        CalendarYear(
            year=year,
            is_provisional=content["confidence"] == "estimate",
            source=str(content.get("source", ""))[:300],
            note=str(content.get("note", "")),
        )
        for year, content in table["years"].items()
    ]
    days = [day for content in table["years"].values() for day in _days_of(content)]
    return {
        "years": _put(CalendarYear, "year", ("is_provisional", "source", "note"), years),
        "days": _put(CalendarDay, "on", ("kind", "reason", "is_provisional"), days),
    }


def _days_of(content: dict[str, Any]) -> list[CalendarDay]:
    off = [
        CalendarDay(
            on=day["date"], kind=day["kind"], reason=_reason(day), is_provisional=bool(day.get("provisional"))
        )
        for day in content["days_off"]
    ]
    worked = [
        CalendarDay(
            on=day["date"], kind=CalendarDay.Kind.SWAP_WORK, reason=f"Làm bù ngày {day['repays']:%d/%m/%Y}"
        )
        for day in content["working_weekends"]
    ]
    return off + worked


def _put(model: type[models.Model], key: str, columns: tuple[str, ...], rows: list[Any]) -> int:
    """Write the rows that are new or differ, in one statement; return how many."""
    standing = {row[0]: row[1:] for row in model._default_manager.values_list(key, *columns)}
    news = [
        row
        for row in rows
        if standing.get(getattr(row, key)) != tuple(getattr(row, column) for column in columns)
    ]
    if news:
        model._default_manager.bulk_create(
            news, update_conflicts=True, unique_fields=[key], update_fields=list(columns)
        )
    return len(news)


def _reason(day: dict[str, Any]) -> str:
    name = _REASONS[day["rule"]]
    return f"Nghỉ bù {name}" if day["kind"] == CalendarDay.Kind.COMPENSATORY else name
