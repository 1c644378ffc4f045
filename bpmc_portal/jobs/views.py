"""The operator's page of background work: what waits, what gave up and why, and the button that tries again."""

from django.contrib import messages
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal import health
from bpmc_portal.errors import NotFound
from bpmc_portal.jobs import services
from bpmc_portal.jobs.models import Job

SHOWN = 50


def list_(request: HttpRequest) -> HttpResponse:
    """Show dead jobs, jobs that failed and will be tried again, and how much waits by kind."""
    open_jobs = Job.objects.filter(done_at=None, dead_at=None)
    context = {
        "dead": Job.objects.filter(dead_at__isnull=False, done_at=None).order_by("-dead_at")[:SHOWN],
        "failed": open_jobs.filter(attempts__gt=0).exclude(last_error="").order_by("not_before")[:SHOWN],
        "waiting": open_jobs.values("kind", "queue")
        .annotate(total=Count("pk"), oldest=Min("not_before"))
        .order_by("kind", "queue"),
        "oldest_minutes": round(services.oldest_wait_seconds() / 60, 1),
        "now": timezone.now(),
        "shown": SHOWN,
        "file_faults": health.notes().get("file_faults", 0),
    }
    return render(request, "jobs/list.html", context)


def requeue(request: HttpRequest, job_id: int) -> HttpResponse:
    """Give a job new tries."""
    job = Job.objects.filter(pk=job_id, done_at=None).first()
    if job is None:
        raise NotFound(_("Việc này không còn chờ nữa. Hãy tải lại trang."))
    services.requeue(job_id)
    messages.success(request, _("Đã cho “%s” chạy lại.") % job.kind)
    return HttpResponseRedirect(reverse("jobs:list"), status=303)
