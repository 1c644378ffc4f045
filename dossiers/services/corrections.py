"""Put a wrong fact of a dossier right: proposed by one person, confirmed by another, old and new value kept with the proposal.

What was printed on the receipt stays in the stored paper; the correction is told in the journal by the names of the fields alone.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.lib import identifiers, names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from dossiers.models import Dossier, Proposal, ReturnMethod
from dossiers.numbering import code_key
from dossiers.services.acts import Act

FIELDS = ("applicant_name", "phone", "email", "address", "return_method")


def changes_of(dossier: Dossier, given: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return {field: {before, after}} of what really differs, cleaned. Raises InvalidInput with every sentence at once."""
    faults: dict[str, str] = {}
    changes: dict[str, dict[str, str]] = {}
    for field, typed in given.items():
        try:
            after = _cleaned(field, typed)
        except InvalidIdentifier as error:
            faults[field] = error.sentence
        except ValidationError:
            faults[field] = _("Địa chỉ e-mail cần có dạng ten@tenmien.vn. Hãy kiểm tra lại hoặc để trống.")
        else:
            before = str(getattr(dossier, field))
            if after != before:
                changes[field] = {"before": before, "after": after}
    if faults:
        raise InvalidInput(next(iter(faults.values())), code="correction_invalid", fields=faults)
    if not changes:
        sentence = _("Chưa có thông tin nào thay đổi. Hãy sửa ít nhất một ô.")
        raise InvalidInput(sentence, code="nothing_to_correct", fields={"applicant_name": sentence})
    return changes


def apply(deed: Act) -> None:
    """Write the values of the proposal that the second person confirmed."""
    proposal = Proposal.objects.filter(dossier=deed.dossier, action=deed.action).order_by("-pk").first()
    changes: dict[str, Any] = proposal.data if proposal else {}
    for field, change in changes.items():
        setattr(deed.dossier, field, change["after"])
    deed.dossier.save(update_fields=list(changes))
    deed.data["fields"] = sorted(changes)


def _cleaned(field: str, typed: str) -> str:
    if field not in FIELDS:
        raise InvalidIdentifier("field_unknown", _("Ô này không đính chính được."))
    if field == "phone":
        return identifiers.parse_phone(typed).e164 if typed.strip() else ""
    if field == "email":
        if typed.strip():
            validate_email(typed.strip())
        return typed.strip()
    if field == "return_method":
        if typed not in ReturnMethod.values:
            raise InvalidIdentifier("return_method", _("Hãy chọn cách nhận kết quả trong danh sách."))
        return typed
    if field == "applicant_name":
        return names.clean_name(typed)
    return names.clean_text(typed, 300)


@transaction.atomic
def drop(code: str, proposal_id: int, *, actor: User, at: datetime) -> Proposal:
    """Take an open proposal back: by who made it, or by a leader of the unit that handles the dossier.

    Locks the dossier, so that it cannot be confirmed at the same moment. Raises NotFound, or DomainError when it is settled or not
    this person's.
    """
    seen = Dossier.objects.visible_to(actor).select_for_update(of=("self",))
    dossier = seen.filter(code_key=code_key(code)).first()
    proposal = Proposal.objects.filter(pk=proposal_id, dossier=dossier).first() if dossier else None
    if dossier is None or proposal is None:
        raise NotFound
    if proposal.settled_at is not None:
        raise DomainError(
            _("Đề nghị này đã được xác nhận hoặc đã bỏ rồi."), code="proposal_settled", status=409
        )
    if not may_drop(proposal, dossier, actor):
        raise DomainError(
            _("Chỉ người đề nghị hoặc lãnh đạo đơn vị giải quyết bỏ được đề nghị này."),
            code="proposal_not_yours",
            status=403,
        )
    Proposal.objects.filter(pk=proposal_id).update(settled_at=at)
    return proposal


def may_drop(proposal: Proposal, dossier: Dossier, user: User) -> bool:
    """Say whether this person may take the proposal back."""
    return proposal.proposed_by_id == user.pk or principal_of(user).may("approve_dossiers", dossier.unit_id)
