"""The administrator's pages of steps: which procedures there are, the steps of one version, its draft and its publishing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import format_date
from procedures import steps, steps_page
from procedures.models import ProcedureVersion
from procedures.steps_form import PublishForm, StepRow, conditions_of, rows_from

PAGE = "procedures/steps/page.html"
LONGEST_SEARCH = 100


def list_(request: HttpRequest) -> HttpResponse:
    """List the procedures in use, with the version in force and the drafts of each."""
    typed = request.GET.get("q", "")[:LONGEST_SEARCH].strip()
    return render(request, "procedures/steps/list.html", steps_page.list_page(typed))


def procedure(request: HttpRequest, key: str) -> HttpResponse:
    """Show the steps of a version and run a dossier through them; POST saves the table of a draft with the button that was pressed."""
    version = steps_page.version_of(key, request.GET.get("ban", ""))
    if request.method == "POST":
        return _save(request, version)
    return render(request, PAGE, steps_page.page(request, version))


def draft(request: HttpRequest, key: str) -> HttpResponse:
    """Open the procedure's draft, made from this version when there is none."""
    version = steps_page.version_of(key, request.GET.get("ban", ""))
    found = steps.draft_of(version, actor=_user(request), request=request)
    messages.success(request, _("Đây là bản nháp số %d. Sửa xong thì công bố.") % found.number)
    return HttpResponseRedirect(steps_page.address(found), status=303)


def publish(request: HttpRequest, key: str) -> HttpResponse:
    """Publish a draft from a day on; what stands against it comes back with the page."""
    version = steps_page.version_of(key, request.GET.get("ban", ""))
    form = PublishForm(request.POST)
    if not form.is_valid():
        return render(request, PAGE, steps_page.page(request, version, publishing=form), status=422)
    starts_on = form.cleaned_data["starts_on"]
    try:
        steps.publish(
            version,
            starts_on=starts_on,
            revision=form.cleaned_data["revision"],
            actor=_user(request),
            request=request,
        )
    except DomainError as error:
        version.refresh_from_db()
        context = steps_page.page(request, version, error=error)
        return render(request, PAGE, context, status=422 if error.status == 400 else error.status)
    words = {"n": version.number, "day": format_date(starts_on)}
    messages.success(request, _("Đã công bố bản số %(n)s, hiệu lực từ %(day)s.") % words)
    return HttpResponseRedirect(steps_page.address(version), status=303)


def _save(request: HttpRequest, version: ProcedureVersion) -> HttpResponse:
    do, revision = request.POST.get("do", "save"), request.POST.get("revision", "")
    typed = rows_from(request.POST, conditions_of(version.cases.order_by("position")))
    kept = _without_dropped(typed, do)
    # Every line is judged, not only up to the first wrong one, so that all faults come at once.
    if [row for row in kept if not row.is_valid()]:
        context = steps_page.page(request, version, rows=typed, revision=revision)
        return render(request, PAGE, context, status=422)
    texts = [row.text() for row in kept]
    try:
        wanted = texts if do.startswith("drop:") else steps.moved(texts, do)
        steps.save(version, wanted, revision=revision, actor=_user(request), request=request)
    except DomainError as error:
        version.refresh_from_db()
        context = steps_page.page(request, version, rows=typed, revision=revision, error=error)
        return render(request, PAGE, context, status=422 if error.status == 400 else error.status)
    messages.success(request, _("Đã lưu quy trình: %d bước.") % len(wanted))
    return HttpResponseRedirect(f"{steps_page.address(version)}#steps", status=303)


def _without_dropped(rows: list[StepRow], do: str) -> list[StepRow]:
    """Leave out the line that is thrown away: it need not be right."""
    return [row for row in rows if do != f"drop:{str(row.prefix).removeprefix('b')}"]


def _user(request: HttpRequest) -> User:
    user: User = request.user  # type: ignore[assignment]
    return user
