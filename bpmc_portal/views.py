"""What the portal itself answers: health, robots, and how a visitor wants to see the pages."""

import shutil
from collections.abc import Container
from functools import cache
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from bpmc_portal import health
from bpmc_portal.jobs.services import oldest_wait_seconds

LEAST_FREE_DISK = 0.10
VIEW_COOKIE = "mc_view"
A_YEAR = 365 * 24 * 3600
_ROBOTS = "User-agent: *\nDisallow: /t/\nDisallow: /so/\nDisallow: /tra-cuu/\nDisallow: /dang-nhap/\nDisallow: /quan-tri/\nDisallow: /api/\n"


def healthz(request: HttpRequest) -> JsonResponse:
    """Say that the process answers. Touches nothing else, so that a database outage does not restart web servers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether this server can do its work now: 200, or 503 with the check that failed."""
    checks: dict[str, Any] = {
        "database": False,
        "migrations": False,
        "disk": is_disk_roomy(settings.DATA_DIR),
    }
    wait: float | None = None
    found: dict[str, int] = {}
    try:
        checks["database"] = is_database_writable()
        checks["migrations"] = not pending_migrations()
        wait = round(oldest_wait_seconds(), 1)
        found = health.notes()
    except DatabaseError:
        checks["database"] = False
    is_ready = all(checks.values())
    notes = {"oldest_job_wait_s": wait, "doorbell": "rings" if is_doorbell_heard() else "silent", **found}
    return JsonResponse({"ready": is_ready, "checks": checks, **notes}, status=200 if is_ready else 503)


def is_database_writable() -> bool:
    """Open a transaction and ask whether the server would take a write: a standby or a read-only primary would not."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'")
        return bool(cursor.fetchone()[0])


def pending_migrations() -> set[tuple[str, str]]:
    """Return the migrations of the code that the database does not know yet."""
    return _known_migrations() - set(MigrationRecorder(connection).applied_migrations())


@cache
def _known_migrations() -> set[tuple[str, str]]:
    # The files of a running process do not change, and reading them takes longer than the whole probe may.
    return set(MigrationLoader(None).disk_migrations or ())


def is_disk_roomy(place: Path) -> bool:
    """Say whether more than a tenth of the disk that holds the files is free."""
    while not place.exists():
        place = place.parent
    usage = shutil.disk_usage(place)
    return usage.free / usage.total > LEAST_FREE_DISK


def is_doorbell_heard() -> bool:
    """Say whether Redis answers. Without it work is only slower, so this never makes a server unready."""
    try:
        with redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=1) as doorbell:
            return bool(doorbell.ping())
    except (redis.RedisError, OSError):
        return False


def robots(request: HttpRequest) -> HttpResponse:
    """Keep search engines away from tracking, sign-in and staff pages."""
    return HttpResponse(_ROBOTS, content_type="text/plain")


def set_view(request: HttpRequest) -> HttpResponse:
    """Remember large print with strong contrast, or forget it, and go back to the page."""
    return _remember(request, VIEW_COOKIE, request.GET.get("mode", ""), {"large"})


def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language to speak, and go back to the page."""
    wanted = request.GET.get("language", "")
    return _remember(request, settings.LANGUAGE_COOKIE_NAME, wanted, dict(settings.LANGUAGES))


def _remember(request: HttpRequest, cookie: str, wanted: str, choices: Container[str]) -> HttpResponse:
    """Keep a wish in the browser, or forget it when it is none of the choices.

    By GET, for nothing is changed here: a page that sends no referrer would post with `Origin: null`, which CSRF refuses.
    """
    back = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    response = HttpResponseRedirect(back if is_ours else reverse("home"), status=303)
    if wanted in choices:
        response.set_cookie(
            cookie, wanted, max_age=A_YEAR, secure=settings.SECURE, httponly=True, samesite="Lax"
        )
    else:
        response.delete_cookie(cookie, samesite="Lax")
    return response
