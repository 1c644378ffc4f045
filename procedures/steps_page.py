"""What the page of a procedure's steps shows, shaped for its templates: nothing here writes."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Prefetch
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.lib.names import fold
from bpmc_portal.lib.vietnamese import format_date, format_duration, format_number, local_date
from procedures import catalogue, flow, services, steps, steps_graph
from procedures.deadlines import DeadlineError, TimeLimit, compute_due
from procedures.models import Case, Procedure, ProcedureVersion, Step, StepCondition
from procedures.steps_facts import FACTS, Words
from procedures.steps_form import PublishForm, SimulationForm, StepRow, conditions_of, rows_for

OFFICE_DAY = timedelta(hours=8)
PUBLISHED = ProcedureVersion.State.PUBLISHED


def address(version: ProcedureVersion) -> str:
    """Return the page of one version."""
    return f"{reverse('steps:procedure', args=[version.procedure.key])}?ban={version.number}"


def list_page(typed: str) -> dict[str, Any]:
    """Return every procedure in use with its version in force and its drafts; two statements, however many."""
    found = Procedure.objects.filter(is_active=True).order_by("key")
    for word in fold(typed).split():
        found = found.filter(search_key__contains=word)
    versions = ProcedureVersion.objects.annotate(step_count=Count("steps")).order_by("-number")
    today, rows = local_date(), []
    for procedure in found.prefetch_related(Prefetch("versions", queryset=versions)):
        own = list(procedure.versions.all())
        rows.append(
            {
                "name": procedure.name, "key": procedure.key, "url": reverse("steps:procedure", args=[procedure.key]),
                "in_force": next((_line(each, procedure) for each in own if _holds(each, today)), None),
                "drafts": [_line(each, procedure) for each in own if each.state != PUBLISHED],
            }
        )  # fmt: skip
    return {"rows": rows, "typed": typed}


def _holds(version: ProcedureVersion, today: date) -> bool:
    ends = version.in_force_to
    return version.state == PUBLISHED and version.in_force_from <= today and (ends is None or today <= ends)


def _line(version: ProcedureVersion, procedure: Procedure) -> dict[str, Any]:
    return {
        "number": version.number,
        "url": f"{reverse('steps:procedure', args=[procedure.key])}?ban={version.number}",
        "from": version.in_force_from,
        "count": version.step_count,  # type: ignore[attr-defined]  # annotated
    }


def version_of(key: str, number: str) -> ProcedureVersion:
    """Return the version that is asked for; without a number the newest draft, else the newest published one. Raises NotFound."""
    versions = ProcedureVersion.objects.select_related("procedure").filter(procedure__key=key)
    if number:
        versions = (
            versions.filter(number=int(number)) if number.isdecimal() and len(number) < 5 else versions.none()
        )
    found = versions.order_by("state", "-number").first()
    if found is None:
        raise NotFound
    return found


def page(
    request: HttpRequest, version: ProcedureVersion, *, rows: Sequence[StepRow] | None = None, revision: str = "",
    error: DomainError | None = None, publishing: PublishForm | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the context of the page. `rows`, `revision` and `error` come back from a table that was not saved."""
    stored = list(version.steps.select_related("linked_procedure").order_by("position"))
    texts = steps.texts_of(version)
    mark = steps.revision_of(texts)
    cases = list(version.cases.order_by("position"))
    own_cases: dict[str, Words] = {case.code: case.name for case in cases}
    values: dict[str, dict[str, Words]] = {**FACTS, StepCondition.CASE: own_cases}
    is_draft = version.state != PUBLISHED
    is_conflict = error is not None and error.code == steps.ChangedMeanwhile.code
    shown = list(rows) if rows is not None else rows_for(texts, conditions_of(cases))
    return {
        "procedure": version.procedure, "version": version, "is_draft": is_draft, "versions": _versions(version),
        "limit_words": version.limit_words or _("chưa có thời hạn"), "total_words": _hours_words(stored),
        "problems": services.faults_of(version) if is_draft else [], "errors": _errors(shown, error),
        "rows": shown if is_draft else [], "revision": mark if is_conflict or not revision else revision,
        "steps": [_read(step, values) for step in stored], "is_conflict": is_conflict,
        "linkable": _linkable(version) if is_draft else [], "graph": steps_graph.draw(stored, values=values),
        "publishing": publishing or PublishForm(initial={"starts_on": local_date(), "revision": mark}),
        "crumbs": [{"label": _("Quy trình"), "url": reverse("steps:list")}, {"label": version.procedure.key, "url": ""}],
        **_simulation(request, version, stored, cases),
    }  # fmt: skip


def _versions(version: ProcedureVersion) -> list[dict[str, Any]]:
    """Return the tabs of the procedure's versions, newest first."""
    return [
        {
            "label": _("Bản %(n)s · %(state)s")
            % {
                "n": each.number,
                "state": _("hiệu lực từ %s") % format_date(each.in_force_from)
                if each.state == PUBLISHED
                else _("nháp"),
            },
            "url": f"{reverse('steps:procedure', args=[version.procedure.key])}?ban={each.number}",
            "current": each.pk == version.pk,
        }
        for each in ProcedureVersion.objects.filter(procedure=version.procedure_id).order_by("-number")
    ]


def _hours_words(stored: Sequence[Step]) -> str:
    return format_number(sum(step.norm_hours for step in stored), decimals=1).removesuffix(",0")


def _errors(rows: Sequence[StepRow], error: DomainError | None) -> list[dict[str, str]]:
    """Return every fault of what was typed, each with the box it stands in."""
    found = [{"id": "steps", "text": error.sentence}] if error else []
    for row in rows:
        for bound in row if row.is_bound else ():
            label = bound.field.widget.attrs.get("aria-label", bound.label)
            box = f"{bound.auto_id}_0" if bound.name == "when" else bound.auto_id
            found += [{"id": box, "text": f"{label}: {text}"} for text in bound.errors]
    return found


def _read(step: Step, values: flow.Values) -> dict[str, Any]:
    return {
        "row": step, "role": step.get_role_display(), "hours": format_number(step.norm_hours, decimals=1).removesuffix(",0"),
        "condition": steps_graph.condition_words(step, values) or _("mọi hồ sơ"), "next": ", ".join(step.next_codes),
        "linked": step.linked_procedure.name if step.linked_procedure else "",
    }  # fmt: skip


def _linkable(version: ProcedureVersion) -> list[tuple[str, str]]:
    others = Procedure.objects.filter(is_active=True).exclude(pk=version.procedure_id)
    return list(others.order_by("key").values_list("key", "name"))


def _simulation(
    request: HttpRequest, version: ProcedureVersion, stored: Sequence[Step], cases: Sequence[Case]
) -> dict[str, Any]:
    """Run the dossier that the address describes along the stored steps."""
    held, now = catalogue.read()
    is_asked = request.method == "GET" and "received_on" in request.GET
    form = SimulationForm(request.GET if is_asked else None, cases=cases, now=now)
    empty = {"simulation": form, "legs": [], "sim_due": None, "sim_error": "", "sim_end": ""}
    if not is_asked or not form.is_valid():
        return empty
    limit, calendar = services.limit_of(version), held.office(None).calendar
    at = form.received_at()
    try:
        legs = flow.simulate(stored, form.facts(), at, limit, calendar)
        due_at = compute_due(at, limit, calendar).due_at if limit else None
    except DeadlineError as error:
        return {**empty, "sim_error": error.sentence}
    if not legs:
        return {**empty, "sim_error": _("Hồ sơ này không qua bước nào.")}
    return {
        **empty,
        "legs": [_leg(leg) for leg in legs],
        "sim_due": due_at,
        "sim_end": _end_words(legs[-1], limit),
    }


def _leg(leg: flow.Leg) -> dict[str, Any]:
    return {
        "name": leg.step.name, "role": leg.step.get_role_display(), "from": leg.starts_at, "until": leg.ends_at,
        "hours": format_number(leg.step.norm_hours, decimals=1).removesuffix(",0"), "margin": _margin_words(leg.margin),
        "is_late": leg.margin is not None and leg.margin < timedelta(0),
    }  # fmt: skip


def _margin_words(margin: timedelta | None) -> str:
    if margin is None:
        return _("chưa có thời hạn")
    if margin < timedelta(0):
        return _("quá hạn %s") % format_duration(-margin, day=OFFICE_DAY)
    return _("còn %s") % format_duration(margin, day=OFFICE_DAY) if margin else _("vừa hết hạn")


def _end_words(last: flow.Leg, limit: TimeLimit | None) -> str:
    if limit is None or last.margin is None:
        return _("Bản này chưa có thời hạn giải quyết nên chưa so được với hạn.")
    if last.margin < timedelta(0):
        return _("Làm hết định mức thì hồ sơ này %s.") % _margin_words(last.margin)
    return _("Làm hết định mức, hồ sơ này xong trước hẹn trả: %s (giờ làm việc).") % _margin_words(
        last.margin
    )
