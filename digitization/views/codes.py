"""The page of codes: what waits for one, the run that gives them, and whether the series are whole."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from digitization import code_runs


def codes(request: HttpRequest) -> HttpResponse:
    """Show how far the newest run is (alone for a poll), and with `?soat=1` what is wrong with the series; POST starts a run."""
    if request.method == "POST":
        user: User = request.user  # type: ignore[assignment]
        code_runs.start(actor=user)
        messages.success(request, _("Đã giao việc cấp mã. Bạn có thể rời trang này, việc vẫn chạy tiếp."))
        return HttpResponseRedirect(reverse("digitization:codes"), status=303)
    context = _page(code_runs.progress())
    if request.headers.get("HX-Request") == "true":
        return render(request, "digitization/codes_progress.html", context)
    return render(request, "digitization/codes.html", {**context, **_checked(request)})


def _page(progress: code_runs.Progress) -> dict[str, Any]:
    run = progress.run
    return {
        "run": run,
        "earlier": progress.earlier,
        "waiting": progress.waiting,
        "stuck": progress.stuck,
        "is_running": run is not None and not run.is_over,
    }


def _checked(request: HttpRequest) -> dict[str, Any]:
    if request.GET.get("soat") != "1":
        return {"is_checked": False, "faults": [], "series": 0}
    return {"is_checked": True, "faults": list(code_runs.faults())[:200], "series": code_runs.series_count()}
