"""Notes among colleagues on one dossier: never shown to the applicant, never changed."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, InvalidInput, from_identifier
from bpmc_portal.lib import names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from dossiers.models import Dossier, Note

TEXT_LENGTH = 2000
_WORK = ("process_dossiers", "approve_dossiers", "register_papers")


def works_on(user: User, dossier: Dossier) -> bool:
    """Say whether this person has a hand in the dossier: of the competent unit or the receiving desk, or asked for an opinion."""
    principal = principal_of(user)
    if any(principal.may(permission, dossier.unit_id) for permission in _WORK):
        return True
    if dossier.office_id in principal.office_ids and principal.units_where("receive_dossiers"):
        return True
    asked = principal.units_where("process_dossiers")
    return any(each.unit_id in asked and each.answered_at is None for each in dossier.opinions.all())


def write(dossier: Dossier, *, author: User, text: str, at: datetime) -> Note:
    """Write one note down. Raises InvalidInput for an empty or long text, DomainError for who only looks on."""
    if not works_on(author, dossier):
        raise DomainError(
            _("Chỉ người tham gia giải quyết hồ sơ được ghi chú."), code="note_not_yours", status=409
        )
    return Note.objects.create(dossier=dossier, text=checked_text(text), author=author, at=at)


def thread(dossier: Dossier) -> QuerySet[Note]:
    """Return the notes of a dossier, newest first."""
    found: QuerySet[Note] = Note.objects.filter(dossier=dossier)
    return found.select_related("author").order_by("-pk")


def checked_text(text: str) -> str:
    """Return a text as it is stored; an empty one or one beyond 2,000 characters is refused."""
    if len(text) > TEXT_LENGTH:
        sentence = _("Nội dung dài %(length)d ký tự, nhiều nhất là 2.000. Hãy rút gọn.") % {
            "length": len(text)
        }
        raise InvalidInput(sentence, code="text_too_long", fields={"text": sentence})
    try:
        clean = names.clean_text(text, TEXT_LENGTH)
    except InvalidIdentifier as error:
        raise from_identifier(error, "text") from error
    if not clean:
        sentence = _("Hãy ghi nội dung rồi gửi.")
        raise InvalidInput(sentence, code="text_missing", fields={"text": sentence})
    return clean
