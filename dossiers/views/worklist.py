"""The worklist: what to do next, so that nothing goes late."""

from hashlib import sha256

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_access
from bpmc_portal.lib.vietnamese import local_date
from dossiers.services import exporting
from dossiers.services import worklist as lists
from dossiers.views import worklist_page
from procedures import catalogue


def worklist(request: HttpRequest) -> HttpResponse:
    """Show one list of the person's work, or go straight to the dossier whose whole code was typed or scanned."""
    user: User = request.user  # type: ignore[assignment]
    text = request.GET.get("q", "").strip()
    if text and (code := lists.code_of_exact(user, text)):
        return HttpResponseRedirect(reverse("dossiers:detail", args=[code]))
    held, now = catalogue.read()
    asked = lists.read(request.GET.dict(), user=user, held=held, now=now)
    record_access(request, f"worklist:{asked.tab.slug}", count=lists.PAGE)
    context = worklist_page.page(asked, held, cursor=worklist_page.cursor_in(request.GET))
    return render(request, "dossiers/worklist.html", context)


def counts(request: HttpRequest) -> HttpResponse:
    """Answer the counts of the lists as JSON by their slugs, for the open page that asks every 15 seconds; 304 while they stand."""
    user: User = request.user  # type: ignore[assignment]
    held, now = catalogue.read()
    asked = lists.read(request.GET.dict(), user=user, held=held, now=now)
    head = lists.head_of(asked)
    state = {
        "counts": {tab.slug: worklist_page.count_words(head.counts[tab.slug]) for tab in asked.tabs},
        "alerts": len(head.alerts),
    }
    tag = f'"{sha256(repr(state).encode()).hexdigest()[:24]}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag, "Cache-Control": "no-cache, private"})
    return JsonResponse(state, headers={"ETag": tag, "Cache-Control": "no-cache, private"})


def export(request: HttpRequest) -> HttpResponseBase:
    """Send the whole list with its filters as a file of semicolon-separated values; logged with the number of rows first."""
    user: User = request.user  # type: ignore[assignment]
    held, now = catalogue.read()
    asked = lists.read(request.GET.dict(), user=user, held=held, now=now)
    record_access(request, f"worklist:{asked.tab.slug}", purpose="export", count=asked.rows().count())
    name = f"ho-so-{asked.tab.slug}-{local_date(now):%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(
        exporting.lines(asked, held), content_type="text/csv; charset=utf-8", headers=headers
    )
