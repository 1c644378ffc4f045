"""The papers of a dossier under the eyes of the officer: the viewer, one page as a picture, the verdict on a paper."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError, NotFound
from digitization import pages
from digitization.pages import View
from dossiers.models import Component, Dossier
from dossiers.services import verdicts
from dossiers.views import paper_rows
from dossiers.views.detail import back_to, scoped, show
from dossiers.views.paper_rows import Opened


def paper(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """Draw the viewer of one paper; without htmx, go to the page that shows it."""
    dossier = scoped(request, code, purpose=_("giấy tờ %d") % position)
    if not is_htmx(request):
        asked = request.GET.copy()
        asked["giay"] = str(position)
        return HttpResponseRedirect(
            f"{reverse('dossiers:detail', args=[dossier.code])}?{asked.urlencode()}#xem"
        )
    viewer = paper_rows.viewer_of(dossier, paper_of(dossier, position), request.GET.dict())
    return render(request, "dossiers/detail/viewer.html", {"viewer": viewer, "is_part": True})


def page_image(request: HttpRequest, code: str, position: int, page: int) -> HttpResponse:
    """Answer with one page as PNG. Every look is asked of the gate and logged, also one that the browser has kept."""
    words = _("giấy tờ %(paper)d, trang %(page)d") % {"paper": position, "page": page}
    dossier = scoped(request, code, purpose=words)
    asked = pages.view_of(
        page=str(page), zoom=request.GET.get("phong", "1"), turn=request.GET.get("xoay", "0")
    )
    document = paper_of(dossier, position).document
    view = View(page, asked.zoom, asked.turn)
    etag = pages.etag_of(document, view)
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(pages.draw(document, view), content_type="image/png")
    response["ETag"], response["Cache-Control"] = etag, "private, no-cache"
    return response


def verdict(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """Give a verdict on one paper and answer with its row, or with the page. A failed paper without reason opens its form."""
    user: User = request.user  # type: ignore[assignment]
    dossier = scoped(request, code, purpose=_("giấy tờ %d") % position)
    wanted, reason = request.POST.get("verdict", ""), request.POST.get("reason", "")
    opened: Opened | None = Opened(position, reason, request.POST.get("note", "")[: verdicts.NOTE_LENGTH])
    if wanted == "failed" and "reason" not in request.POST:
        return _again(request, dossier, _prefilled(dossier, position), position)
    try:
        seen = int(request.POST["seen"]) if request.POST.get("seen", "").isdigit() else None
        verdicts.judge(
            code,
            position,
            wanted,
            actor=user,
            reason=reason,
            note=request.POST.get("note", ""),
            seen=seen,
        )
    except NotFound:
        raise
    except DomainError as error:
        opened = Opened(position, reason, request.POST.get("note", ""), error.sentence)
        return _again(request, dossier, opened, position, status=422, error=error)
    if is_htmx(request):
        return _row(request, dossier, position)
    address = back_to(request, dossier, giay=position)
    return HttpResponseRedirect(f"{address}#giay-{position}", status=303)


def _prefilled(dossier: Dossier, position: int) -> Opened:
    paper = paper_of(dossier, position)
    code = paper.verdict_reason.code if paper.verdict_reason else ""
    return Opened(position, code, paper.verdict_note)


def _again(
    request: HttpRequest,
    dossier: Dossier,
    opened: Opened,
    position: int,
    *,
    status: int = 200,
    error: DomainError | None = None,
) -> HttpResponse:
    """Show the row again, with its form open where a form helps and with the sentence of a refusal."""
    user: User = request.user  # type: ignore[assignment]
    is_shut = error is not None and request.POST.get("verdict") != "failed"
    if not verdicts.may_judge(user, dossier) or is_shut:
        sentence = error.sentence if error else _("Bạn không kết luận được giấy tờ của hồ sơ này.")
        if is_htmx(request):
            return _row(request, dossier, position, error=sentence, status=422)
        messages.error(request, sentence)
        return HttpResponseRedirect(f"{back_to(request, dossier)}#giay-{position}", status=303)
    if is_htmx(request):
        return _row(request, dossier, position, opened=opened, status=status)
    return show(request, dossier, opened=opened, status=status)


def _row(
    request: HttpRequest,
    dossier: Dossier,
    position: int,
    *,
    opened: Opened | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    rows = paper_rows.rows_of(dossier, user, current=None, opened=opened, query=request.GET.dict())
    row = next((each for each in rows if each["number"] == position), None)
    if row is None:
        raise NotFound(_("Hồ sơ không có giấy tờ số %d.") % position)
    context = {"paper": row, "is_part": True, "error": error}
    return render(request, "dossiers/detail/paper_row.html", context, status=status)


def paper_of(dossier: Dossier, position: int) -> Component:
    """Return one paper of the dossier with its document, or raise NotFound."""
    found: Component | None = (
        dossier.components.select_related("document__blob", "verdict_reason")
        .filter(position=position)
        .first()
    )
    if found is None:
        raise NotFound(_("Hồ sơ không có giấy tờ số %d.") % position)
    return found


def is_htmx(request: HttpRequest) -> bool:
    """Say whether a part of the page asks, not the browser's own window."""
    return request.headers.get("HX-Request") == "true"
