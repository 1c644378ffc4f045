"""What the pages of handing over show: rows in words, the keys at the foot, the slip."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Applicant, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.lib.identifiers import mask
from bpmc_portal.lib.vietnamese import format_date, format_datetime
from dossiers import sla
from dossiers.forms.returning import PostForm, ReturnForm
from dossiers.models import Dossier, DossierEvent, Outcome, ReturnMethod
from dossiers.services.collecting import Signed, Who
from dossiers.services.handing_over import HandedOver, Ready, Waiting
from procedures import catalogue
from procedures.catalogue import Catalogue


def counter(
    request: HttpRequest,
    *,
    typed: str = "",
    people: Sequence[Applicant] = (),
    waiting: Waiting | None = None,
    form: ReturnForm | None = None,
) -> dict[str, Any]:
    """Return the counter's page: nothing looked for, nobody found, several people, or one person with everything at this desk."""
    held, now = catalogue.read()
    user: User = request.user  # type: ignore[assignment]
    context: dict[str, Any] = {
        "desk": principal_of(user).office_name,
        "typed": typed,
        "people": [
            {"id": each.pk, "name": each.name, "number": mask(each.identity_number)} for each in people
        ],
        "person": None,
        "form": form,
        "ready": [],
        "under_way": [],
        "returned": [],
        "keys": [{"key": "Enter", "label": _("Tìm")}, {"key": "F4", "label": _("Người tiếp theo")}],
    }
    if waiting is None:
        return context
    if waiting.ready:
        context["keys"].append({"key": "F9", "label": _("Đã trả kết quả")})
    return context | {
        "person": {"name": waiting.person.name, "number": mask(waiting.person.identity_number)},
        "representatives": representatives(waiting),
        "ready": [ready_row(each, held, form, slots=True) for each in waiting.ready],
        "chosen": sum(form.ticked(each.dossier.code) for each in waiting.ready) if form else 0,
        "under_way": [under_way_row(each, held, now) for each in waiting.under_way],
        "returned": [
            {"code": each.code, "procedure": each.procedure.name, "at": each.returned_at}
            for each in waiting.returned
        ],
    }


def parcels(rows: Sequence[Ready], form: PostForm) -> dict[str, Any]:
    """Return the list of results that go by post."""
    held = catalogue.current()
    keys = [{"key": "Enter", "label": _("Sang ô tiếp theo")}]
    if rows:
        keys.append({"key": "F9", "label": _("Ghi nhận đã gửi")})
    return {
        "form": form,
        "rows": [ready_row(each, held, form) for each in rows],
        "chosen": sum(form.ticked(each.dossier.code) for each in rows),
        "keys": keys,
    }


def representatives(waiting: Waiting) -> list[str]:
    """Return the names of those whom the finished dossiers name as representatives, each once."""
    named = [str((each.dossier.representative or {}).get("name", "")) for each in waiting.ready]
    return list(dict.fromkeys(filter(None, named)))


def ready_row(
    ready: Ready, held: Catalogue, form: ReturnForm | PostForm | None, *, slots: bool = False
) -> dict[str, Any]:
    """Return one finished dossier in words: its result, how late, what was told, and its tick and box."""
    dossier = ready.dossier
    registered = "" if dossier.return_method == ReturnMethod.DESK else dossier.get_return_method_display()
    return {
        "code": dossier.code,
        "version": dossier.version,
        "procedure": dossier.procedure.name,
        "name": dossier.applicant_name,
        "address": dossier.address,
        "finished_at": dossier.finished_at,
        "is_refused": dossier.outcome == Outcome.REFUSED,
        "outcome": dossier.get_outcome_display(),
        "late": late_words(dossier, held),
        "apology": apology_words(ready, held),
        "told": _("đã báo người nộp ngày %s") % format_date(ready.told_at) if ready.told_at else "",
        "registered": registered if slots else "",
        "is_chosen": form.ticked(dossier.code) if form else False,
        "boxed": form.boxed(dossier.code) if form else "",
        "box_id": f"box-{dossier.pk}",
        "errors": [form.row_errors[dossier.code]] if form and dossier.code in form.row_errors else [],
    }


def late_words(dossier: Dossier, held: Catalogue) -> str:
    """Tell how late the result came, "" for one that came in time."""
    if not (dossier.finished_at and dossier.due_at) or dossier.finished_at <= dossier.due_at:
        return ""
    length = sla.length_words(dossier.due_at, dossier.finished_at, sla.calendar_of(held, dossier.office_id))
    return _("Trễ %s") % length if length else _("Trễ hạn")


def apology_words(ready: Ready, held: Catalogue) -> str:
    """Tell whether an apology was made and whether it really left; "" for a result in time that needed none."""
    if ready.apologised_at is None:
        return _("chưa gửi thư xin lỗi") if late_words(ready.dossier, held) else ""
    if ready.apology_sent_at is None:
        return _("đã xin lỗi và hẹn lại ngày %s, tin chưa gửi được") % format_date(ready.apologised_at)
    return _("đã gửi thư xin lỗi ngày %s") % format_date(ready.apology_sent_at)


def under_way_row(dossier: Dossier, held: Catalogue, now: datetime) -> dict[str, Any]:
    """Return one dossier without a result yet: where it stands, when it is due, and whether the applicant will be told."""
    stand = sla.standing(
        dossier.status, received_at=dossier.received_at, due_at=dossier.due_at, finished_at=dossier.finished_at, outcome=dossier.outcome,
        now=now, calendar=sla.calendar_of(held, dossier.office_id),
    )  # fmt: skip
    steps = held.version_by_id(dossier.version_of_procedure_id).steps
    return {
        "code": dossier.code,
        "procedure": dossier.procedure.name,
        "where": next((step.name for step in steps if step.pk == dossier.step_id), "")
        or dossier.get_status_display(),
        "due": format_datetime(dossier.due_at) if dossier.due_at else "",
        "state": stand.state,
        "remaining": stand.words,
        # E-mail is the only channel that really delivers; a result is announced there by itself (dossiers/notices.py).
        "email": dossier.email,
    }


def done(handed: HandedOver) -> dict[str, Any]:
    """Return what was handed over, for the page after it and for the slip."""
    first = handed.first
    is_post = first.data.get("collected_by") == Who.POST
    office, data = first.dossier.office, first.data
    return {
        "code": first.dossier.code,
        "at": first.at,
        "office": office,
        "parent_org": (office.unit.parent or office.unit).name,
        "person": first.dossier.applicant_name,
        "number": mask(first.dossier.applicant.identity_number),
        "is_post": is_post,
        "who": Who(data.get("collected_by") or Who.APPLICANT).label,
        "collector": data.get("collector_name") or first.dossier.applicant_name,
        "authorisation": authorisation_words(data),
        "is_other": bool(data.get("collected_by_other")),
        "signed": Signed(data.get("signed") or Signed.PAPER).label,
        "is_on_pad": data.get("signed") == Signed.PAD,
        "clerk": first.actor,
        "rows": [_done_row(event) for event in handed.events],
        "slots": any(event.data.get("slot") for event in handed.events),
        "keys": [
            {"key": "F9", "label": _("In giấy biên nhận")},
            {"key": "F4", "label": _("Người tiếp theo")},
        ],
    }


def authorisation_words(data: dict[str, Any]) -> str:
    """Write the authorisation as it stands on the slip, "" when nobody else collected."""
    if not data.get("authorisation_number"):
        return ""
    words: str = _("số %s") % str(data["authorisation_number"])
    if data.get("authorised_on"):
        words += _(" ngày %s") % format_date(datetime.fromisoformat(data["authorised_on"]).date())
    return words


def _done_row(event: DossierEvent) -> dict[str, Any]:
    dossier = event.dossier
    return {
        "code": dossier.code,
        "procedure": dossier.procedure.name,
        "outcome": dossier.get_outcome_display(),
        "name": dossier.applicant_name,
        "address": dossier.address,
        "slot": event.data.get("slot", ""),
        "tracking_number": event.data.get("tracking_number", ""),
    }
