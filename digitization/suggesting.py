"""Suggest what a paper says of itself: number, date, holder, issuer, validity. A person accepts or dismisses; nothing is filled unasked.

The layout is that of Nghị định 30/2020/NĐ-CP: issuer top left, number below it, place and date top right.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.audit.services import record_security
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.lib import names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import parse_date
from digitization.models import Document, Page, Suggestion

Field = Suggestion.Field
_MAY = ("digitise_papers", "receive_dossiers", "process_dossiers", "register_papers")
_LENGTH = {Field.NUMBER: 60, Field.ISSUER: 300, Field.HOLDER: 200}
_DATES = (Field.ISSUED_ON, Field.GOOD_UNTIL)

# Patterns run over text without marks (`_plain`), which keeps every letter in its place.
_NUMBER = re.compile(r"\bso(?: hieu)?\s*[:.]\s*([0-9][0-9a-z./-]*(?:\s?[/-]\s?[0-9a-z-]+)*)")
_WRITTEN = r"ngay\s*(\d{1,2})\s*thang\s*(\d{1,2})\s*nam\s*(\d{4})"
_TYPED = r"(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})"
_ISSUED = (
    (re.compile(r"[,.]\s*" + _WRITTEN), 0.95),
    (re.compile(r"ngay\s*cap\s*:?\s*" + _TYPED), 0.9),
    (re.compile(_WRITTEN), 0.6),
)
_UNTIL = tuple(
    re.compile(
        r"(?:co gia tri|gia tri|thoi han|hieu luc|het han)[^.;\n]{0,40}?(?:den|het han|ngay)\D{0,12}?" + day
    )
    for day in (_WRITTEN, _TYPED)
)
_GOOD_FOR = re.compile(
    r"(?:co gia tri|thoi han)[^.;\n]{0,30}?(\d{1,2})\s*(?:\([^)]{2,20}\)\s*)?(nam|thang)\b"
)
_HOLDER = re.compile(
    r"\b(?:ho va ten|ho, chu dem va ten|ho, chu dem, ten|ho ten|cap cho(?: ong/ba| ong| ba)?|ten doanh nghiep|ten to chuc)[^:\n]{0,30}:\s*([^\n;:|]{3,120})"
)
_ISSUED_BY = re.compile(r"\b(?:noi cap|co quan cap)\s*:\s*([^\n;:|]{4,200})")
_MOTTO = re.compile(r"cong hoa xa hoi chu nghia viet nam|doc lap\s*-?\s*tu do\s*-?\s*hanh phuc")
_AGENCY = re.compile(
    r"(?:bo|cuc|so|uy ban|ubnd|van phong|cong an|tong cuc|chi cuc|trung tam|phong|cong ty|bao hiem|ban|truong|benh vien|dai hoc|toa an|vien|thanh tra|hoi|tap doan)\b"
)
_HEAD_LINES = 12
_MOST_PAGES = 2  # what a paper says of itself stands on its first leaf


@dataclass(frozen=True)
class Guess:
    """One value read off a page; dates as YYYY-MM-DD."""

    field: Field
    value: str
    confidence: float
    page: int


def guesses(pages: Sequence[Page]) -> list[Guess]:
    """Return the best guess of each field from the first pages that have text."""
    best: dict[Field, Guess] = {}
    for page in [page for page in pages if page.text.strip()][:_MOST_PAGES]:
        sure = 1.0 if page.confidence is None else max(min(page.confidence / 100, 1.0), 0.0)
        for field, value, strength in _read(page.text):
            guess = Guess(field, value[: _LENGTH.get(field, 300)], round(strength * sure, 3), page.number)
            if field not in best or guess.confidence > best[field].confidence:
                best[field] = guess
    return list(best.values())


def _read(text: str) -> list[tuple[Field, str, float]]:
    plain, found = _plain(text), []
    if number := _NUMBER.search(plain):
        value = re.sub(r"\s", "", text[slice(*number.span(1))]).strip(".-/")
        found.append((Field.NUMBER, value, 0.95 if "/" in value else 0.6))
    issued = _issued_on(plain)
    if issued is not None:
        found.append((Field.ISSUED_ON, issued[0].isoformat(), issued[1]))
    if holder := _HOLDER.search(plain):
        found.append((Field.HOLDER, " ".join(text[slice(*holder.span(1))].split()).strip(" .,"), 0.85))
    if issuer := _issuer(text):
        found.append((Field.ISSUER, *issuer))
    if until := _good_until(plain, issued[0] if issued else None):
        found.append((Field.GOOD_UNTIL, until[0].isoformat(), until[1]))
    return [each for each in found if each[1]]


def _plain(text: str) -> str:
    """Return the text without marks, small, every letter in its place."""
    return "".join((names.fold(char) or char)[:1] if char.isalpha() else char for char in text)


def _issued_on(plain: str) -> tuple[date, float] | None:
    for pattern, strength in _ISSUED:
        for match in pattern.finditer(plain):
            day = _day(match)
            if day is not None:
                return day, strength
    return None


def _good_until(plain: str, issued: date | None) -> tuple[date, float] | None:
    for pattern in _UNTIL:
        match = pattern.search(plain)
        day = _day(match) if match else None
        if day is not None:
            return day, 0.85
    lasting = _GOOD_FOR.search(plain)
    if lasting and issued is not None:
        months = int(lasting[1]) * (12 if lasting[2] == "nam" else 1)
        year, month = divmod(issued.year * 12 + issued.month - 1 + months, 12)
        first_after = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
        last = min(issued.day, (first_after - timedelta(days=1)).day)
        return date(year, month + 1, last), 0.6
    return None


def _day(match: re.Match[str]) -> date | None:
    try:
        return parse_date("/".join(match.groups()[-3:]))
    except InvalidIdentifier:
        return None


def _issuer(text: str) -> tuple[str, float] | None:
    """Return the lowest agency named in the head, without its superior above it."""
    agencies: list[str] = []
    for line in text.splitlines()[:_HEAD_LINES]:
        plain = _plain(line)
        kept = line
        for motto in reversed(list(_MOTTO.finditer(plain))):
            kept = kept[: motto.start()] + kept[motto.end() :]
        kept = " ".join(kept.split()).strip(" -–_.,")
        if _NUMBER.search(plain) or re.search(_WRITTEN, plain):
            break
        if not kept or kept != kept.upper() or not any(char.isalpha() for char in kept):
            continue
        if _AGENCY.match(_plain(kept)):
            agencies.append(kept)
        elif agencies:
            agencies[-1] = f"{agencies[-1]} {kept}"
    if agencies:
        return agencies[-1], 0.8
    named = _ISSUED_BY.search(_plain(text))
    return (" ".join(text[slice(*named.span(1))].split()).strip(" .,"), 0.8) if named else None


def renew(document: Document, found: Sequence[Guess]) -> None:
    """Write the guesses of a new reading; what a person has accepted or dismissed stays."""
    document.suggestions.filter(accepted_at=None, dismissed_at=None).delete()
    rows = [
        Suggestion(
            document=document, field=each.field, value=each.value, confidence=each.confidence, page=each.page
        )
        for each in found
    ]
    Suggestion.objects.bulk_create(rows, ignore_conflicts=True)


def may_decide(user: User) -> bool:
    """Say whether this person's work includes saying what a paper says."""
    return any(principal_of(user).units_where(permission) for permission in _MAY)


@transaction.atomic
def accept(document: Document, suggestion_id: int, *, actor: User, value: str = "") -> Suggestion:
    """Take a suggestion over into the paper, as read or as corrected by `value`. Audited.

    Locks the paper. Idempotent: the same once more changes nothing. Raises NotFound, InvalidInput, DomainError 403 and 409.
    """
    paper, suggestion = _locked(document, suggestion_id, actor)
    wanted = _cleaned(Field(suggestion.field), value or suggestion.value)
    if suggestion.dismissed_at is not None:
        raise _decided()
    if suggestion.accepted_at is not None:
        if suggestion.value == wanted:
            return suggestion
        raise _decided()
    if (
        suggestion.field != Field.HOLDER
    ):  # a holder is a person with a number, not a name: it only stays on record
        setattr(paper, suggestion.field, date.fromisoformat(wanted) if suggestion.field in _DATES else wanted)
        paper.save(update_fields=[suggestion.field])
    suggestion.value, suggestion.accepted_by, suggestion.accepted_at = wanted, actor, timezone.now()
    suggestion.save(update_fields=["value", "accepted_by", "accepted_at"])
    record_security("paper_suggestion_accepted", actor=actor, subject=str(paper.pk), field=suggestion.field)
    return suggestion


@transaction.atomic
def dismiss(document: Document, suggestion_id: int, *, actor: User) -> Suggestion:
    """Put a suggestion aside; the paper stays as it is. Audited, idempotent. Raises NotFound, DomainError 403 and 409."""
    paper, suggestion = _locked(document, suggestion_id, actor)
    if suggestion.accepted_at is not None:
        raise _decided()
    if suggestion.dismissed_at is None:
        suggestion.dismissed_at = timezone.now()
        suggestion.save(update_fields=["dismissed_at"])
        record_security(
            "paper_suggestion_dismissed", actor=actor, subject=str(paper.pk), field=suggestion.field
        )
    return suggestion


def _locked(document: Document, suggestion_id: int, actor: User) -> tuple[Document, Suggestion]:
    if not may_decide(actor):
        sentence = _(
            "Bạn không có quyền ghi nội dung của giấy tờ. Hãy nhờ cán bộ số hoá hoặc người xử lý hồ sơ."
        )
        raise DomainError(sentence, code="forbidden", status=403)
    paper = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    found = Suggestion.objects.filter(document=paper, pk=suggestion_id).first()
    if found is None:
        raise NotFound(_("Gợi ý này không còn: giấy tờ đã được đọc lại. Hãy mở lại trang."))
    return paper, found


def _cleaned(field: Field, value: str) -> str:
    try:
        if field in _DATES:
            return parse_date(value).isoformat()
        kept = names.clean_text(value, _LENGTH[field])
    except InvalidIdentifier as error:
        raise InvalidInput(error.sentence, code=error.code, fields={"value": error.sentence}) from error
    if not kept:
        sentence = _("Chưa có nội dung. Hãy nhập nội dung hoặc bỏ gợi ý này.")
        raise InvalidInput(sentence, code="value_missing", fields={"value": sentence})
    return kept


def _decided() -> DomainError:
    sentence = _("Gợi ý này đã có người quyết định. Hãy mở lại trang để xem.")
    return DomainError(sentence, code="suggestion_decided", status=409)
