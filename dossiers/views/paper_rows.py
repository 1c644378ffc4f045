"""The papers of a dossier as rows with their verdicts, and the paper that is being looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.lib.vietnamese import format_date, format_datetime
from digitization import pages
from digitization.pages import View
from dossiers.models import Component, Dossier, PaperVerdict, Verdict
from dossiers.services import verdicts

Row = dict[str, Any]
_KINDS = {PaperVerdict.PASSED: "ok", PaperVerdict.FAILED: "late"}
# What the addresses of the viewer say; everything else in an address belongs to the list one came from and is kept.
VIEW_KEYS = ("giay", "trang", "phong", "xoay")


@dataclass(frozen=True)
class Opened:
    """The row whose form of a failed paper stands open: what was chosen and typed so far, and what was wrong with it."""

    position: int
    reason: str = ""
    note: str = ""
    error: str = ""


def rows_of(
    dossier: Dossier, user: User, *, current: int | None, opened: Opened | None, query: Mapping[str, str]
) -> list[Row]:
    """Return one row a paper. Two statements, three while a form is open."""
    papers = dossier.components.select_related("document__blob", "verdict_reason").order_by("position")
    given: dict[int, list[Verdict]] = {}
    for verdict in verdicts.history_of(dossier):
        given.setdefault(verdict.component_id, []).append(verdict)
    may_judge = verdicts.may_judge(user, dossier)
    return [
        _row(
            paper,
            dossier,
            given.get(paper.pk, []),
            may_judge=may_judge,
            is_current=paper.position == current,
            opened=opened if opened and opened.position == paper.position and may_judge else None,
            query=query,
        )
        for paper in papers
    ]


def _row(
    paper: Component,
    dossier: Dossier,
    given: list[Verdict],
    *,
    may_judge: bool,
    is_current: bool,
    opened: Opened | None,
    query: Mapping[str, str],
) -> Row:
    pages_words = _("%d trang") % paper.document.pages if paper.document.pages else ""
    how = [paper.get_provided_as_display(), _("%d bản") % paper.copies, pages_words]
    place = [dossier.code, paper.position]
    return {
        "number": paper.position,
        "name": paper.name,
        "note": " · ".join(filter(None, how)),
        "code": paper.document.code or "",
        "signed": paper.document.signed_words if paper.document.signed not in {"", "none"} else "",
        "component": paper,
        "has_file": paper.document.blob_id is not None,
        "is_current": is_current,
        "url": f"?{urlencode({**_kept(query), 'giay': paper.position})}#xem",
        "part_url": reverse("dossiers:paper", args=place),
        "verdict_url": reverse("dossiers:verdict", args=place),
        "verdict": paper.verdict,
        "verdict_text": paper.get_verdict_display(),
        "kind": _KINDS.get(PaperVerdict(paper.verdict), "") if paper.verdict else "",
        "reason": paper.verdict_reason.text if paper.verdict_reason else "",
        "officer_note": paper.verdict_note,
        "history": [_given(each) for each in given] if len(given) > 1 else [],
        "by": _given(given[0]) if given else None,
        "seen": given[0].pk if given else 0,
        "may_judge": may_judge,
        "opened": opened,
        "reasons": list(verdicts.reasons()) if opened else [],
    }


def _given(verdict: Verdict) -> Row:
    return {
        "what": verdict.get_verdict_display() if verdict.verdict else _("Bỏ kết luận"),
        "who": str(verdict.actor),
        "when": format_datetime(verdict.at),
        "day": format_date(verdict.at),
        "why": " ".join(filter(None, (verdict.reason.text if verdict.reason else "", verdict.note))),
    }


def chosen(dossier: Dossier, query: Mapping[str, str]) -> int | None:
    """Return the position of the paper that the address asks for, None when it does not say."""
    typed = query.get("giay", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 4 else None


def first_with_file(rows: list[Row]) -> Row | None:
    """Return the paper to look at when nobody has chosen: the first that has a file."""
    return next((row for row in rows if row["has_file"]), rows[0] if rows else None)


def viewer_of(dossier: Dossier, paper: Component, query: Mapping[str, str]) -> Row:
    """Return the viewer of one paper: the picture's address and the addresses of every next view of it."""
    document = paper.document
    view = pages.view_of(
        page=query.get("trang", "1"), zoom=query.get("phong", "1"), turn=query.get("xoay", "0")
    )
    last = min(document.pages or 1, pages.MOST_PAGES)
    page = min(view.page, last)
    view = View(page, view.zoom, view.turn)
    turned = (view.turn + 90) % 360, (view.turn - 90) % 360
    link = _Links(dossier, paper, _kept(query))
    return {
        "number": paper.position,
        "name": paper.name,
        "has_file": document.blob_id is not None,
        "document": document.pk if document.blob_id else None,
        "has_copy": document.access_copy_id is not None,
        "is_read": bool(document.reading),
        "quality": document.verdict if document.blob_id else "",
        "page": page,
        "pages": last,
        "is_cut": (document.pages or 0) > pages.MOST_PAGES,
        "zoom": view.zoom,
        "image": f"{reverse('dossiers:page_image', args=[dossier.code, paper.position, page])}?{urlencode({'phong': view.zoom, 'xoay': view.turn})}",
        "previous": link.to(View(page - 1, view.zoom, view.turn)) if page > 1 else None,
        "next": link.to(View(page + 1, view.zoom, view.turn)) if page < last else None,
        "closer": link.to(View(page, view.zoom + 1, view.turn)) if view.zoom < max(pages.WIDTHS) else None,
        "farther": link.to(View(page, view.zoom - 1, view.turn)) if view.zoom > min(pages.WIDTHS) else None,
        "right": link.to(View(page, view.zoom, turned[0])),
        "left": link.to(View(page, view.zoom, turned[1])),
    }


@dataclass(frozen=True)
class _Links:
    dossier: Dossier
    paper: Component
    kept: dict[str, str]

    def to(self, view: View) -> dict[str, str]:
        """Return the whole page's address of a view and that of the viewer alone."""
        asked = {"trang": view.page, "phong": view.zoom, "xoay": view.turn}
        part = reverse("dossiers:paper", args=[self.dossier.code, self.paper.position])
        whole = urlencode({**self.kept, "giay": self.paper.position, **asked})
        return {"url": f"?{whole}#xem", "part": f"{part}?{urlencode({**self.kept, **asked})}"}


def _kept(query: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in query.items() if key not in VIEW_KEYS}
