"""What the officer finds in each paper: the standing verdict on the paper, and every one that was ever given."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, InvalidInput, NotFound, from_identifier
from bpmc_portal.lib import names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from dossiers.models import Component, Dossier, PaperVerdict, Reason, Verdict
from dossiers.numbering import code_key
from dossiers.services.acts import StaleVersion
from procedures import catalogue

NOTE_LENGTH = 1000


def may_judge(user: User, dossier: Dossier) -> bool:
    """Say whether this person may give verdicts on the papers of the dossier now: who processes it, while it is open."""
    return dossier.is_open and principal_of(user).may("process_dossiers", dossier.unit_id)


def judge(
    code: str,
    position: int,
    verdict: str,
    *,
    actor: User,
    reason: str = "",
    note: str = "",
    expected_version: int | None = None,
    seen: int | None = None,
    at: datetime | None = None,
) -> Component:
    """Give a verdict on one paper, "" to take it back, and return the paper as it stands now.

    Locks the dossier, so that no letter is written from a half of two verdicts. `reason` is the code of a reason of use "paper", and
    a failed paper needs one. `seen` is the key of the last verdict the caller saw on this paper, 0 for none. Raises NotFound,
    StaleVersion, InvalidInput, and DomainError when the dossier is not open or not this person's to judge.
    """
    now = catalogue.read()[1]
    with transaction.atomic():
        dossier = _lock(code, actor)
        paper = dossier.components.select_related("document").filter(position=position).first()
        if paper is None:
            raise NotFound(_("Hồ sơ không có giấy tờ số %d.") % position)
        _check(dossier, paper, actor, expected_version=expected_version, seen=seen)
        return _write(paper, verdict, _reason(verdict, reason), note, actor=actor, at=at or now)


def history_of(dossier: Dossier) -> QuerySet[Verdict]:
    """Return every verdict on the papers of the dossier, newest first."""
    found: QuerySet[Verdict] = Verdict.objects.filter(component__dossier=dossier)
    return found.select_related("actor", "reason").order_by("-pk")


def reasons() -> QuerySet[Reason]:
    """Return the reasons for which a paper may fail, in the order of the catalogue."""
    found: QuerySet[Reason] = Reason.objects.filter(use=Reason.Use.PAPER, is_active=True)
    return found.order_by("position", "code")


def _lock(code: str, actor: User) -> Dossier:
    dossier: Dossier | None = (
        Dossier.objects.select_for_update(of=("self",))
        .visible_to(actor)
        .filter(code_key=code_key(code))
        .first()
    )
    if dossier is None:
        raise NotFound(_("Không tìm thấy hồ sơ này. Hãy kiểm tra lại mã hồ sơ."))
    return dossier


def _check(
    dossier: Dossier, paper: Component, actor: User, *, expected_version: int | None, seen: int | None
) -> None:
    last = (
        Verdict.objects.filter(component=paper).order_by("-pk").values_list("pk", flat=True).first()
        if seen is not None
        else None
    )
    if (expected_version not in (None, dossier.version)) or (seen is not None and seen != (last or 0)):
        raise StaleVersion(
            _("Người khác vừa thay đổi hồ sơ hoặc kết luận của giấy tờ này. Hãy xem lại rồi kết luận."),
            extra={"version": dossier.version},
        )
    if not may_judge(actor, dossier):
        sentence = (
            _("Chỉ đơn vị đang giải quyết hồ sơ được kết luận giấy tờ. Bạn có thể ghi chú nội bộ.")
            if dossier.is_open
            else _("Hồ sơ không còn trong giai đoạn giải quyết nên không kết luận giấy tờ được nữa.")
        )
        raise DomainError(sentence, code="verdict_not_open", status=409)


def _reason(verdict: str, code: str) -> Reason | None:
    """Return the coded reason of a failed paper; the others have none."""
    if verdict not in ("", *PaperVerdict.values):
        sentence = _("Kết luận chỉ có thể là: %s.") % ", ".join(PaperVerdict.values)
        raise InvalidInput(sentence, code="unknown_value", fields={"verdict": sentence})
    if verdict != PaperVerdict.FAILED:
        return None
    found = reasons().filter(code=code.strip()).first() if code.strip() else None
    if found is None:
        sentence = _("Hãy chọn lý do giấy tờ không đạt trong danh mục.")
        raise InvalidInput(sentence, code="reason_unknown", fields={"reason": sentence})
    return found


def _write(
    paper: Component, verdict: str, reason: Reason | None, note: str, *, actor: User, at: datetime
) -> Component:
    try:
        said = names.clean_text(note, NOTE_LENGTH) if verdict else ""
    except InvalidIdentifier as error:
        raise from_identifier(error, "note") from error
    if (paper.verdict, paper.verdict_reason_id, paper.verdict_note) == (verdict, reason and reason.pk, said):
        return paper  # pressed twice: nothing new was said
    paper.verdict, paper.verdict_reason, paper.verdict_note = verdict, reason, said
    paper.save(update_fields=["verdict", "verdict_reason", "verdict_note"])
    Verdict.objects.create(component=paper, verdict=verdict, reason=reason, note=said, actor=actor, at=at)
    return paper
