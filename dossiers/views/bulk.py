"""One act on many dossiers: the dry run, and the page on which it is seen being done."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError
from dossiers.forms.work import BulkForm, BulkStartForm, picked, ticked
from dossiers.models import BulkItem
from dossiers.services import bulk as service
from dossiers.services import worklist as lists
from dossiers.services.bulk import Deed, DryRun, Pick, Progress
from dossiers.workflow import TRANSITIONS, Action
from procedures import catalogue


def bulk(request: HttpRequest) -> HttpResponse:
    """Show what the act would do with each chosen dossier; POST starts it."""
    if request.method == "POST":
        return _start(request)
    form = BulkForm(request.GET)
    if not form.is_valid():
        return _refused(request, str(next(iter(form.errors.values()))[0]))
    picks = _picks(request)
    if not picks:
        return _refused(
            request, _("Bạn chưa chọn hồ sơ nào. Hãy đánh dấu các hồ sơ trong danh sách rồi làm lại.")
        )
    try:
        run = service.dry_run(picks, form.deed(), actor=_user(request))
    except DomainError as error:
        return _refused(request, error.sentence)
    record_access(request, "bulk", purpose=form.deed().action, count=len(run.rows))
    return render(request, "dossiers/bulk.html", _dry_run_page(run, picks, _back(request)))


def bulk_run(request: HttpRequest, run: UUID) -> HttpResponse:
    """Show how far a run is, with a result for each dossier; POST tries once more what was refused or got stuck."""
    user = _user(request)
    if request.method == "POST":
        service.retry(run, actor=user)
        return HttpResponseRedirect(reverse("dossiers:bulk_run", args=[run]), status=303)
    progress = service.progress(run, user=user)
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, f"dossiers/bulk_{'progress' if is_part else 'run'}.html", _run_page(progress))


def _start(request: HttpRequest) -> HttpResponse:
    form = BulkStartForm(request.POST)
    if not form.is_valid() or not form.picks():
        return _refused(request, _("Danh sách hồ sơ đã chọn không đọc được. Hãy chọn lại từ danh sách việc."))
    key = str(form.cleaned_data["idempotency_key"])
    try:
        run = service.start(form.picks(), form.deed(), actor=_user(request), key=key)
    except DomainError as error:
        return _refused(request, error.sentence)
    return HttpResponseRedirect(reverse("dossiers:bulk_run", args=[run]), status=303)


def _user(request: HttpRequest) -> User:
    user: User = request.user  # type: ignore[assignment]
    return user


def _picks(request: HttpRequest) -> list[Pick]:
    """Return the ticked dossiers, or all of the list whose address came along."""
    if request.GET.get("tat_ca") != "1":
        return picked(request.GET.getlist("hs"))
    held, now = catalogue.read()
    return service.picks_of(lists.read(request.GET.dict(), user=_user(request), held=held, now=now))


def _back(request: HttpRequest) -> str:
    """Return the list from which the dossiers were chosen."""
    query = {name: str(value) for name, value in request.GET.items() if name in lists.PARAMETERS and value}
    return f"{reverse('dossiers:worklist')}{'?' if query else ''}{urlencode(query)}"


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(
        request, "dossiers/bulk_refused.html", {"sentence": sentence, "back": _back(request)}, status=422
    )


def _dry_run_page(run: DryRun, picks: list[Pick], back: str) -> dict[str, Any]:
    versions = {pick.code: pick.version for pick in picks}
    fit = [Pick(each.code, versions.get(each.code, each.version)) for each in run.fit]
    form = BulkStartForm(initial={"viec": str(run.deed.action), "giao": run.deed.assignee, "hs": ticked(fit)})
    return {
        "title": deed_words(run.deed),
        "form": form,
        "fit": [row for row in run.rows if not row.sentence],
        "unfit": [row for row in run.rows if row.sentence],
        "missing": run.missing,
        "takers": run.takers,
        "back": back,
        "is_full": len(picks) == service.MOST,
        "most": service.MOST,
    }


def deed_words(deed: Deed) -> str:
    """Name what is done with all of them."""
    if deed.is_shared:
        return _("Giao việc, chia đều theo tải")
    label = str(TRANSITIONS[deed.action].label)
    return f"{label}: {deed.assignee}" if deed.assignee else label


def _run_page(progress: Progress) -> dict[str, Any]:
    run = progress.run
    return {
        "run": run,
        "title": deed_words(Deed(Action(run.action), run.params.get("assignee", ""))),
        "total": progress.total,
        "waiting": progress.waiting,
        "done": progress.done,
        "refused": progress.refused,
        "passed": progress.total - progress.waiting,
        "is_over": not progress.waiting,
        "items": [
            {
                "code": each.dossier.code,
                "state": _KINDS[each.state],
                "words": each.get_state_display(),
                "sentence": each.sentence,
            }
            for each in sorted(
                progress.items, key=lambda item: (item.state != BulkItem.State.REFUSED, item.position)
            )
        ],
    }


_KINDS = {
    BulkItem.State.WAITING.value: "",
    BulkItem.State.DONE.value: "ok",
    BulkItem.State.REFUSED.value: "late",
}
