"""The screen of stacks: send a scan, see how far it is, and put what could not be placed into the papers of a dossier by one key."""

import re
from collections.abc import Callable
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError, InvalidInput
from digitization import tray as service
from digitization.models import BatchPage, Document
from digitization.views.batches import list_of
from dossiers.models import Component, Dossier
from dossiers.services import filing

_AFTER = re.compile(r"(\d{1,17})-(\d{1,6})")
_MOST_KEYS = 9
_UNDO: dict[str, Callable[..., Any]] = {"xep": service.take_back, "bo": service.restore}


def tray(request: HttpRequest) -> HttpResponse:
    """Show the stacks and the tray, with the papers of the dossier named by `?ho-so=`."""
    user: User = request.user  # type: ignore[assignment]
    dossier, refused = _chosen(request, user)
    after = _AFTER.fullmatch(request.GET.get("sau", ""))
    rows, following = service.page_of(user, after=(int(after[1]), int(after[2])) if after else None)
    if rows:
        record_access(request, "batch_tray", count=len(rows))
    context = {
        "list": {**list_of(user, request.GET.get("truoc", "")), "is_empty": not rows},
        "today": service.counts(user),
        "runs": runs_of(rows),
        "shown": len(rows),
        "after": request.GET.get("sau", "") if after else "",
        "following": following,
        "code": dossier.code if dossier else request.GET.get("ho-so", "")[:60],
        "dossier": dossier,
        "refused": refused,
        "papers": [paper_row(paper) for paper in filing.papers_of(dossier)] if dossier else [],
        "toast": toast_of(request.GET.get("vua", ""), dossier),
        "keys": keys_of(),
    }
    return render(request, "digitization/batch_tray.html", context)


def act(request: HttpRequest) -> HttpResponse:
    """Do one thing with the chosen pages: put them to a paper, turn them, or take them out of the tray."""
    user: User = request.user  # type: ignore[assignment]
    wanted, done = request.POST.get("viec", ""), ""
    try:
        pages = _keys(request.POST.getlist("trang"))
        if wanted in {"xoay-trai", "xoay-phai"}:
            service.turn(pages, by=-90 if wanted == "xoay-trai" else 90, actor=user)
        elif wanted == "bo":
            done = _done("bo", [page.pk for page in service.remove(pages, actor=user)])
        else:
            put = _put(request, user, wanted, pages)
            done = _done("xep", put.pages, put.position)
    except DomainError as error:
        messages.error(request, error.sentence)
    return _back(request.POST, done)


def undo(request: HttpRequest) -> HttpResponse:
    """Take back what was just done, as the toast's button says."""
    user: User = request.user  # type: ignore[assignment]
    what, _position, keys = _undo_parts(request.GET.get("vua", ""))
    try:
        if what not in _UNDO:
            raise InvalidInput(_("Không có việc nào để hoàn tác."), code="nothing_to_undo")
        _UNDO[what](keys, actor=user)
        messages.success(request, _("Đã hoàn tác: các trang trở lại khay."))
    except service.Moved:
        messages.error(request, _("Đã quá lúc hoàn tác: các trang đã vào giấy tờ hoặc người khác đã xếp."))
    except DomainError as error:
        messages.error(request, error.sentence)
    return _back(request.GET, "")


def _put(request: HttpRequest, user: User, wanted: str, pages: list[int]) -> filing.Assigned:
    code = request.POST.get("ho-so", "").strip()
    if not code:
        sentence = _("Hãy nhập hoặc quét mã hồ sơ trước khi xếp trang.")
        raise InvalidInput(sentence, code="dossier_missing", fields={"ho-so": sentence})
    dossier = filing.in_reach(user, code)
    if wanted == "theo-to":
        return filing.assign_by_sheets(dossier, actor=user)
    position = wanted.removeprefix("giay-")
    if not (position.isascii() and position.isdigit() and len(position) <= 3):
        raise InvalidInput(_("Không có việc này. Hãy tải lại trang."), code="unknown_act")
    return filing.assign(dossier, int(position), pages, actor=user)


def _chosen(request: HttpRequest, user: User) -> tuple[Dossier | None, str]:
    code = request.GET.get("ho-so", "").strip()
    if not code:
        return None, ""
    try:
        dossier = filing.in_reach(user, code)
    except DomainError as error:
        return None, error.sentence
    record_access(request, dossier.code, purpose="tray")
    return dossier, ""


def _keys(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 18]


def _done(what: str, keys: list[int], position: int = 0) -> str:
    return f"{what}.{position}.{'-'.join(map(str, sorted(keys)))}"


def _undo_parts(text: str) -> tuple[str, int, list[int]]:
    what, position, keys = [*text.split("."), "", ""][:3]
    return what, int(position) if position.isdecimal() and len(position) < 4 else 0, _keys(keys.split("-"))


def _back(given: QueryDict, done: str) -> HttpResponse:
    """Return to the same dossier and the same page of the tray."""
    asked = {
        "ho-so": given.get("ho-so", "")[:60],
        "sau": given.get("sau", "")[:24],
        "vua": done,
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    return HttpResponseRedirect(f"{reverse('dossiers:tray')}{'?' if query else ''}{query}", status=303)


def keys_of() -> list[dict[str, str]]:
    """Return the keys of the screen, for the bar below it."""
    rows = (
        ("F8", _("Chọn tệp")), ("F4", _("Mã hồ sơ")), ("←↑↓→", _("Đi")), ("Shift", _("Chọn dải")), ("A", _("Cả nhóm")),
        ("Enter", _("Xem lớn")), ("1–9", _("Xếp vào giấy")), ("[ ]", _("Xoay")), ("Del", _("Bỏ")), ("U", _("Hoàn tác")),
    )  # fmt: skip
    return [{"key": key, "label": label} for key, label in rows]


def toast_of(text: str, dossier: Dossier | None) -> dict[str, str]:
    """Say what was just done, with the address that takes it back."""
    what, position, keys = _undo_parts(text)
    if what not in _UNDO or not keys:
        return {}
    count = {"n": len(keys), "position": position}
    if what == "bo":
        words = ngettext("Đã bỏ %(n)d trang khỏi khay", "Đã bỏ %(n)d trang khỏi khay", len(keys))
    elif position:
        words = ngettext("Đã xếp %(n)d trang vào giấy tờ số %(position)d", "Đã xếp %(n)d trang vào giấy tờ số %(position)d", len(keys))  # fmt: skip
    else:
        words = ngettext("Đã xếp %(n)d trang theo tờ phân cách", "Đã xếp %(n)d trang theo tờ phân cách", len(keys))  # fmt: skip
    asked = {"vua": text, "ho-so": dossier.code if dossier else ""}
    return {"text": words % count, "undo": f"{reverse('dossiers:tray_undo')}?{urlencode(asked)}"}


def runs_of(pages: list[BatchPage]) -> list[dict[str, Any]]:
    """Group waiting pages by stack and run, as they lay behind one another."""
    return [
        {
            "id": f"run-{batch_id}-{run}",
            "title": found[0].batch.name,
            "why": str(found[0].get_why_display()),
            "place": found[0].place,
            "pages": [
                {
                    "pk": page.pk,
                    "number": page.number,
                    "turn": page.turn,
                    "picture": reverse("digitization:batch_page", args=[page.batch_id, page.number]),
                }
                for page in found
            ],
        }
        for (batch_id, run, _why), found in (
            (key, list(rows))
            for key, rows in groupby(pages, key=lambda page: (page.batch_id, page.run, page.why))
        )
    ]


def paper_row(paper: Component) -> dict[str, Any]:
    """Put one paper of the chosen dossier into words."""
    is_open = paper.document.state == Document.State.PAPER
    count = paper.document.pages or 0
    return {
        "position": paper.position,
        "name": paper.name,
        "note": f"{paper.get_provided_as_display()} · {_('%d bản') % paper.copies}",
        "key": str(paper.position) if paper.position <= _MOST_KEYS else "",
        "is_open": is_open,
        "words": _("chưa có tệp") if is_open else ngettext("%d trang", "%d trang", count) % count,
    }
