"""The hall's public screens: the board, the way to one's own number, and the recorded words of the call."""

import json
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bpmc_portal.accounts.models import Office
from bpmc_portal.errors import NotFound
from desk import live
from desk.models import Queue
from desk.views.hall_page import board_page, wait_rows
from desk.voice import CHIME, CLIPS
from procedures import catalogue

CLIP_AGE = 3600
DESKS_SHOWN = 5


def board(request: HttpRequest, office: str) -> HttpResponse:
    """Draw the whole board of an office; the page keeps itself up to date from there."""
    return render(request, "desk/board.html", {"page": board_page(*_hall(office))})


def find_ticket(request: HttpRequest) -> HttpResponse:
    """Say how to follow one's number, and how busy each desk is; names nobody and no number."""
    queued = set(Queue.objects.order_by("pk").values_list("pk", flat=True))
    offices = [each.row for each in catalogue.current().offices.values() if each.row.pk in queued]
    desks = []
    for office in offices[:DESKS_SHOWN]:
        state = json.loads(live.cached(office.code)[1])
        desks.append({"office": office, "waiting": state["waiting"], "services": wait_rows(state)})
    return render(request, "desk/ticket_find.html", {"desks": desks})


def voice(request: HttpRequest, name: str) -> HttpResponse:
    """Send a clip of the spoken call: the ministry's own recording where there is one, else ours."""
    if name not in CLIPS and name != CHIME:
        raise NotFound
    own = settings.DATA_DIR / "voice" / "vi" / f"{name}.mp3"
    path = own if own.is_file() else finders.find(f"voice/vi/{name}.mp3")
    if path is None:
        raise NotFound
    with open(path, "rb") as file:  # noqa: PTH123  (a finder gives text, the setting a path)
        content = file.read()
    headers = {"Cache-Control": f"public, max-age={CLIP_AGE}"}
    return HttpResponse(content, content_type="audio/mpeg", headers=headers)


def _hall(code: str) -> tuple[Office, dict[str, Any]]:
    """Return an office with the snapshot of its queue; the same 404 for no office and no queue."""
    office = catalogue.current().offices.get(code)
    if office is None or not Queue.objects.filter(pk=office.row.pk).exists():
        raise NotFound
    return office.row, json.loads(live.cached(code)[1])
