"""What the applicant reads once the one-time code has opened the letters, and before that: words only, no statement but those passed in."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Office
from bpmc_portal.lib.vietnamese import format_datetime
from digitization.wording import size_words
from dossiers.models import Dossier, Letter, Status
from dossiers.models.dossier import OPEN
from dossiers.services.lookup import TrackedDossier
from dossiers.tracked_page import office_of
from procedures.catalogue import Catalogue
from procedures.opening import HoursLine, weekly_hours


@dataclass(frozen=True)
class Gate:
    """Before the code: what is asked, and where to go without a telephone."""

    code: str
    token: str
    phone_end: str
    is_waiting: bool
    asked: int
    answer_by: str
    office: Office | None
    hours: list[HoursLine]


@dataclass(frozen=True)
class AnswerPage:
    """The letters of a dossier, the newest first; `request` is the one that waits for papers."""

    code: str
    token: str
    status: str
    letters: list[dict[str, Any]]
    request: dict[str, Any] | None
    resumed: str
    office: Office | None
    may_write: bool


def gate_of(found: TrackedDossier, held: Catalogue, token: str, *, is_waiting: bool) -> Gate:
    """Return the page that asks for the code. No paper is named yet."""
    office = office_of(found, held)
    return Gate(
        found.code, token, found.phone_end, is_waiting, (found.asked or {}).get("asked", 0) if _waits(found.status) else 0,
        format_datetime(found.respond_by) if found.respond_by else "", office.row if office else None,
        weekly_hours(office) if office else [],
    )  # fmt: skip


def page_of(
    found: TrackedDossier, dossier: Dossier, issued: list[Letter], held: Catalogue, token: str
) -> AnswerPage:
    """Return the page of the letters, the papers asked for first."""
    rows = [_letter(letter, token) for letter in issued]
    waiting = next(
        (row for row, letter in zip(rows, issued, strict=True) if _is_waiting(dossier, letter)), None
    )
    office = office_of(found, held)
    return AnswerPage(
        found.code, token, str(Status(dossier.status).label), rows, waiting, _resumed(dossier, issued),
        office.row if office else None, dossier.status in OPEN,
    )  # fmt: skip


def _waits(status: str) -> bool:
    return status == Status.AWAITING_SUPPLEMENT


def _is_waiting(dossier: Dossier, letter: Letter) -> bool:
    is_asked = letter.kind == Letter.Kind.SUPPLEMENT and letter.answered_at is None
    return _waits(dossier.status) and is_asked and bool(letter.items.all())


def _resumed(dossier: Dossier, issued: list[Letter]) -> str:
    """Say that the clock runs again, while the answered request is the last word of the unit."""
    newest = issued[0] if issued else None
    if newest is None or newest.answered_at is None or dossier.status not in OPEN or dossier.is_paused:
        return ""
    due = format_datetime(dossier.due_at) if dossier.due_at else ""
    return _("Nhận đủ lúc %(at)s. Thời gian giải quyết đã tính tiếp; hẹn trả kết quả mới: %(due)s.") % {
        "at": format_datetime(newest.answered_at),
        "due": due,
    }


def _letter(letter: Letter, token: str) -> dict[str, Any]:
    items = [_item(item) for item in letter.items.all()]
    return {
        "pk": letter.pk,
        "title": str(letter.get_kind_display()),
        "number": letter.number,
        "at": format_datetime(letter.issued_at) if letter.issued_at else "",
        "reasons": [*(letter.data.get("words") or []), *letter.text.splitlines()],
        "basis": letter.legal_basis,
        "answer_by": format_datetime(letter.respond_by) if letter.respond_by else "",
        "due_at": format_datetime(letter.due_at) if letter.due_at else "",
        "answered_at": format_datetime(letter.answered_at) if letter.answered_at else "",
        "items": items,
        "given": sum(item["is_given"] for item in items),
        "pdf": reverse("dossiers:tracked_letter", args=[token, letter.pk]),
    }


def _item(item: Any) -> dict[str, Any]:
    document = item.document
    size = size_words(document.blob.size) if document is not None and document.blob else ""
    return {
        "pk": item.pk,
        "name": item.name,
        "text": item.text,
        "remedy": item.remedy,
        "is_given": item.answered_at is not None,
        "at": format_datetime(item.answered_at) if item.answered_at else "",
        "file": f"{document.name} · {size}" if document is not None else "",
        "verdict": document.verdict if document is not None else "",
    }
