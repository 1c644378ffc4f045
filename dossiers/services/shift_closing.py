"""Close a shift: each thing that is left is done or goes to a colleague, and the shift keeps what was agreed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Membership, Office, User
from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.lib.vietnamese import local_date
from desk.models import Shift
from desk.services import holding, serving, shifts
from digitization.models import Document
from dossiers.models import IntakeDraft
from dossiers.services import drafts
from dossiers.services.shift_report import Leftover, leftovers_of

DONE = "done"


def colleagues_of(user: User, office: Office) -> list[User]:
    """Return who else receives at the desk today."""
    today = local_date()
    there = Membership.objects.filter(office=office, role__in=("clerk", "desk_head"), starts_on__lte=today)
    working = there.exclude(ends_on__lt=today).values("user")
    return list(
        User.objects.filter(pk__in=working, is_active=True).exclude(pk=user.pk).order_by("full_name", "pk")
    )


@transaction.atomic
def close_shift(
    shift: Shift, *, answers: Mapping[str, str], actor: User, at: datetime | None = None
) -> Shift:
    """Close a shift with one answer a leftover ("draft:KEY" → "done" or a colleague's id) and write it into `Shift.closing`.

    A draft or a turn goes to the colleague's own list; done means thrown away, ended, told in another way. Raises `leftovers` when
    an answer is missing, `counter_busy` while somebody is called or served, `counter_closed` for another's or an ended shift.
    """
    mine = Shift.objects.select_for_update(of=("self",)).select_related("counter__office").get(pk=shift.pk)
    if mine.user_id != actor.pk or mine.closed_at is not None:
        raise DomainError(
            _("Ca này không còn mở. Hãy tải lại trang báo cáo."), code="counter_closed", status=409
        )
    left = leftovers_of(actor, local_date(mine.opened_at))
    colleagues = {str(each.pk): each for each in colleagues_of(actor, mine.counter.office)}
    missing = {
        name_of(each): _("Hãy chọn: đã xong, hoặc bàn giao cho ai.")
        for each in left
        if answers.get(name_of(each)) not in (DONE, *colleagues)
    }
    if missing:
        raise InvalidInput(
            _("Còn %d việc chưa xong hoặc chưa bàn giao nên chưa đóng ca được.") % len(missing),
            code="leftovers",
            fields=missing,
        )
    kept = [_settle(each, colleagues.get(answers[name_of(each)]), actor) for each in left]
    return shifts.close_counter(mine, actor=actor, leftovers={"left": kept}, at=at)


def name_of(leftover: Leftover) -> str:
    """Name the box of a leftover."""
    return f"{leftover.kind}:{leftover.key}"


def _settle(leftover: Leftover, to: User | None, actor: User) -> dict[str, Any]:
    """Do what was answered and return how it is remembered."""
    if leftover.kind == "draft":
        _settle_draft(leftover.key, to, actor)
    elif leftover.kind == "held":
        if to is None:
            serving.cancel(leftover.key, actor=actor)
        else:
            holding.pass_on([leftover.key], to=to, actor=actor)
    return {
        "kind": leftover.kind, "key": leftover.key, "words": leftover.words,
        "to": to.pk if to else None, "to_name": to.full_name if to else "",
    }  # fmt: skip


def _settle_draft(key: str, to: User | None, actor: User) -> None:
    draft = IntakeDraft.objects.select_for_update().get(pk=key, user=actor)
    if to is None:
        drafts.discard(draft.pk, actor=actor)
        return
    # The scans go along: only who uploaded a paper that belongs to no dossier yet may use it.
    Document.objects.filter(pk__in=list(draft.files.values()), uploaded_by=actor, code=None).update(
        uploaded_by=to
    )
    draft.user = to
    draft.save(update_fields=["user"])
