"""The way of a dossier as its owner sees it: what is done, where it is, and the steps of its procedure still ahead."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bpmc_portal.lib.vietnamese import format_date, format_datetime, format_time
from dossiers.models import Status
from dossiers.models.dossier import OPEN, PAUSED
from dossiers.services.lookup import TrackedDossier
from procedures.catalogue import Version
from procedures.models import Step

# Step names are data of the procedure; these are the usual ones, so that they are translated.
_USUAL = (
    gettext_noop("Đang thẩm định"), gettext_noop("Đang trình ký"), gettext_noop("Thẩm định"), gettext_noop("Trình ký"),
    gettext_noop("Đang lấy ý kiến"), gettext_noop("Lấy ý kiến"), gettext_noop("Đang phân công"), gettext_noop("Phân công"),
)  # fmt: skip
_NOW = "Đang "
Row = dict[str, str]


def headline_of_step(found: TrackedDossier, version: Version) -> str:
    """Return the headline of a dossier under way: "Hồ sơ đang được thẩm định"."""
    step = next((step for step in version.steps if step.pk == found.step_id), None)
    if step is None or not step.citizen_name.startswith(_NOW):
        return _("Hồ sơ đã được tiếp nhận") if found.status == Status.RECEIVED else _("Hồ sơ đang được xử lý")
    return _("Hồ sơ đang được %s") % _lower(_(_bare(step)))


def _bare(step: Step) -> str:
    """Return the name of a step that is not under way: "Đang thẩm định" → "Thẩm định"."""
    name = step.citizen_name.removeprefix(_NOW)
    return name[:1].upper() + name[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def steps_of(found: TrackedDossier, version: Version, *, reused: int) -> list[Row]:
    """Return the rows of the progress list, done ones first; a dossier that ended early has no steps ahead."""
    entered = _entered(found)
    rows = _beginnings(found, entered, reused)
    if found.status in OPEN or found.status in (Status.FINISHED, Status.RETURNED):
        rows += _version_steps(found, version, entered)
        rows.append(_result_row(found))
    elif found.status in (Status.DRAFT, Status.SUBMITTED, Status.FIXING):
        rows.append(
            {
                "state": "current",
                "title": str(Status(found.status).label),
                "when": _since(entered.get(found.status)),
            }
        )
        rows.append({"state": "todo", "title": _("Tiếp nhận"), "when": _("Chưa bắt đầu")})
    else:
        rows.append(
            {
                "state": "current",
                "title": str(Status(found.status).label),
                "when": _at(entered.get(found.status)),
            }
        )
    return rows


def _entered(found: TrackedDossier) -> dict[Any, datetime]:
    """Return when each status, and each step by its key, was last entered."""
    moments: dict[Any, datetime] = {}
    step = None
    for event in found.events or ():
        moments[event["to_status"]] = event["at"]
        if event["to_step"] and event["to_step"] != step:
            step = event["to_step"]
            moments[step] = event["at"]
    return moments


def _beginnings(found: TrackedDossier, entered: dict[Any, datetime], reused: int) -> list[Row]:
    rows: list[Row] = []
    if found.channel == "online" and found.received_at is not None and Status.SUBMITTED in entered:
        rows.append(
            {"state": "done", "title": _("Đã nộp trực tuyến"), "when": _at(entered[Status.SUBMITTED])}
        )
    if found.received_at is not None:
        note = _("Bạn không phải nộp lại %s giấy tờ đã có trong kho dữ liệu.") % reused if reused else ""
        rows.append(
            {"state": "done", "title": _("Đã tiếp nhận"), "when": _at(found.received_at), "note": note}
        )
    return rows


def _version_steps(found: TrackedDossier, version: Version, entered: dict[Any, datetime]) -> list[Row]:
    here = next((step.position for step in version.steps if step.pk == found.step_id), 0)
    is_decided = found.status in (Status.FINISHED, Status.RETURNED)
    first = version.steps[0].position if version.steps else 0
    rows: list[Row] = []
    for step in version.steps:
        when = _at(entered.get(step.pk))
        if is_decided or step.position < here:
            rows.append({"state": "done", "title": _(_bare(step)), "when": when})
        elif step.position == (here or first):
            rows += _current_rows(found, step, entered)
        else:
            rows.append({"state": "todo", "title": _(_bare(step)), "when": _("Chưa bắt đầu")})
    return rows


def _current_rows(found: TrackedDossier, step: Step, entered: dict[Any, datetime]) -> list[Row]:
    if found.status in PAUSED:
        waiting = {
            "state": "current",
            "title": str(Status(found.status).label),
            "when": _since(entered.get(found.status)),
        }
        return [
            waiting,
            {"state": "todo", "title": _(_bare(step)), "when": _("Tiếp tục khi bạn thực hiện xong")},
        ]
    if found.step_id is None:
        return [
            {"state": "current", "title": _(_bare(step)), "when": _("Đang chờ phân công người giải quyết")}
        ]
    return [{"state": "current", "title": _(step.citizen_name), "when": _since(entered.get(step.pk))}]


def _result_row(found: TrackedDossier) -> Row:
    if found.status == Status.RETURNED:
        return {"state": "done", "title": _("Đã trả kết quả"), "when": _at(found.returned_at)}
    if found.status == Status.FINISHED:
        return {
            "state": "current",
            "title": _("Trả kết quả"),
            "when": _("Có kết quả từ %s") % format_datetime(found.finished_at),
        }
    if found.due_at is None or found.status in PAUSED:
        return {"state": "todo", "title": _("Trả kết quả"), "when": _("Chưa bắt đầu")}
    when = _("Hẹn trước %(time)s, %(day)s") % {
        "time": format_time(found.due_at),
        "day": format_date(found.due_at),
    }
    return {"state": "todo", "title": _("Trả kết quả"), "when": when}


def _at(moment: datetime | None) -> str:
    return format_datetime(moment) if moment else ""


def _since(moment: datetime | None) -> str:
    return _("Từ %s") % format_datetime(moment) if moment else ""
