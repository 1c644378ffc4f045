"""The leaders' page: what waits for approval, the draft beside it, and many approved at once with a result for each."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import format_datetime
from dossiers import sla
from dossiers.models import Opinion, Result
from dossiers.services import bulk, signing, transitions
from dossiers.services.bulk import Deed, Pick
from dossiers.services.transitions import Params
from dossiers.views import side_rows
from dossiers.workflow import Action
from procedures import catalogue
from procedures.catalogue import Catalogue


def sign(request: HttpRequest) -> HttpResponse:
    """Show what waits for this leader's decision; POST approves what is ticked, or sends one back with a reason."""
    if request.method == "POST":
        return _send_back(request) if request.POST.get("viec") == Action.SEND_BACK else _approve(request)
    user: User = request.user  # type: ignore[assignment]
    held, now = catalogue.read()
    page = signing.page_of(user, after=request.GET.get("sau", ""))
    wanted = request.GET.get("ho_so", "")
    shown = next((row for row in page.rows if row.code == wanted), page.rows[0] if page.rows else None)
    record_access(request, shown.code if shown else "sign", purpose="sign", count=len(page.rows))
    waiting = signing.figures(user, now=now)
    names = {each.row.pk: each.row.name for each in held.each()}
    context = {
        "rows": [_row(row, held, names, now=now) for row in page.rows],
        "shown": _shown(shown, user, held, names, now=now) if shown else None,
        "waiting": waiting,
        "oldest": format_datetime(waiting.oldest_due_at) if waiting.oldest_due_at else "",
        "after": request.GET.get("sau", ""),
        "following": f"?sau={page.following}" if page.following else "",
        "idempotency_key": uuid4(),
    }
    return render(request, "dossiers/sign.html", context)


def _approve(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    picks = [pick for text in request.POST.getlist("hs") if (pick := _pick(text)) is not None]
    try:
        if not picks:
            raise DomainError(
                _("Bạn chưa chọn hồ sơ nào. Hãy đánh dấu các hồ sơ cần phê duyệt."), code="nothing_chosen"
            )
        key = request.POST.get("idempotency_key", "")
        run = bulk.start(picks, Deed(Action.APPROVE), actor=user, key=key)
    except DomainError as error:
        messages.error(request, error.sentence)
        return HttpResponseRedirect(reverse("dossiers:sign"), status=303)
    return HttpResponseRedirect(reverse("dossiers:bulk_run", args=[run]), status=303)


def _pick(text: str) -> Pick | None:
    """Read "code version revision": what the person saw. A dossier without a draft has revision 0."""
    code, version, revision = [*text.split(" "), "", ""][:3]
    if not (
        code and version.isdecimal() and revision.isdecimal() and len(version) < 10 and len(revision) < 5
    ):
        return None
    return Pick(code, int(version), int(revision))


def _send_back(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    pick = _pick(request.POST.get("mot", ""))
    back = reverse("dossiers:sign")
    if pick is None:
        messages.error(request, _("Không đọc được hồ sơ cần trả lại. Hãy tải lại trang."))
        return HttpResponseRedirect(back, status=303)
    params = Params(reason=request.POST.get("reason", ""))
    try:
        done = transitions.act(
            pick.code, Action.SEND_BACK, actor=user, expected_version=pick.version, params=params
        )
    except DomainError as error:
        messages.error(request, f"{pick.code}: {error.sentence}")
        return HttpResponseRedirect(f"{back}?ho_so={pick.code}", status=303)
    messages.success(
        request,
        _("Đã trả lại hồ sơ %(code)s cho %(who)s.") % {"code": done.code, "who": done.assignee or done.unit},
    )
    return HttpResponseRedirect(back, status=303)


def _row(row: Any, held: Catalogue, names: dict[int, str], *, now: datetime) -> dict[str, Any]:
    stand = sla.standing(
        row.status, received_at=row.received_at, due_at=row.due_at, finished_at=None, outcome="",
        now=now, calendar=sla.calendar_of(held, row.office_id),
    )  # fmt: skip
    draft = _draft(row)
    return {
        "code": row.code,
        "pick": f"{row.code} {row.version} {draft.revision if draft else 0}",
        "procedure": names.get(row.procedure_id, ""),
        "applicant": row.applicant_name,
        "draft": draft.title if draft else "",
        "state": stand.state,
        "remaining": stand.words,
    }


def _draft(row: Any) -> Result | None:
    return getattr(row, "result", None)


def _shown(row: Any, user: User, held: Catalogue, names: dict[int, str], *, now: datetime) -> dict[str, Any]:
    """Return what is needed to decide on one dossier: the draft, and a summary that stands for the file in words."""
    draft = _draft(row)
    document = draft.document if draft else None
    facts = [
        (_("Người nộp"), row.applicant_name, ""),
        (_("Trường hợp"), row.case.name, ""),
        (_("Tiếp nhận"), format_datetime(row.received_at), ""),
        (_("Hẹn trả"), format_datetime(row.due_at), ""),
        (
            _("Giấy tờ"),
            _("%s giấy tờ") % row.papers,
            _("%s không đạt") % row.failed if row.failed else "",
        ),
        (_("Người thụ lý"), str(row.assignee or "–"), ""),
        (_("Ý kiến trình"), row.proposal or _("không ghi"), ""),
    ]
    prefetch_related_objects(
        [row], Prefetch("opinions", Opinion.objects.select_related("answered_by").order_by("pk"))
    )
    return {
        **_row(row, held, names, now=now),
        "facts": [{"label": label, "value": value, "note": note} for label, value, note in facts],
        "number": draft.number if draft else "",
        "revision": draft.revision if draft else 0,
        "drafted": f"{draft.drafted_by}, {format_datetime(draft.drafted_at)}" if draft else "",
        "document": document.pk if document and document.blob_id else None,
        "pages": document.pages if document else None,
        "opinions": side_rows.opinion_rows(row, user, held, now=now),
    }
