"""Messages between the people of a dossier and its applicant, with when the other side read them."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from bpmc_portal.jobs.services import Work, enqueue
from dossiers.models import Dossier, Message
from dossiers.services.notes import checked_text, works_on

# What an applicant may send before anybody has read it.
MOST_UNREAD = 20


@transaction.atomic
def write(dossier: Dossier, *, author: User | None, text: str, at: datetime) -> Message:
    """Write one message; `author` None is the applicant, whom the caller has recognised by the token or the account.

    Who answers has read what stands above. The applicant is told of the first unread message only, without its content. Raises
    InvalidInput for an empty or long text, DomainError for staff who only look on and for an applicant with 20 unread messages.
    """
    clean = checked_text(text)
    if author is not None and not works_on(author, dossier):
        raise DomainError(
            _("Chỉ người tham gia giải quyết hồ sơ được nhắn cho người nộp."),
            code="message_not_yours",
            status=409,
        )
    is_staff = author is not None
    waiting = Message.objects.filter(dossier=dossier, author__isnull=not is_staff, read_at=None)
    unread = waiting.count()
    if not is_staff and unread >= MOST_UNREAD:
        raise DomainError(
            _("Bạn đã gửi nhiều tin chưa được đọc. Hãy chờ trả lời hoặc gọi Bộ phận Một cửa."),
            code="too_many_messages",
            status=429,
        )
    mark_read(dossier, by_staff=is_staff, at=at)
    message = Message.objects.create(dossier=dossier, author=author, text=clean, at=at)
    if is_staff and not unread:
        enqueue(Work("dossiers.tell_message", f"message:{message.pk}", {"message_id": message.pk}))
    return message


def mark_read(dossier: Dossier, *, by_staff: bool, at: datetime) -> int:
    """Note that one side has read everything the other wrote until `at`; return how many were new to it."""
    theirs = Message.objects.filter(dossier=dossier, author__isnull=by_staff, read_at=None, at__lte=at)
    return theirs.update(read_at=at)


def thread(dossier: Dossier) -> QuerySet[Message]:
    """Return the messages of a dossier, oldest first."""
    found: QuerySet[Message] = Message.objects.filter(dossier=dossier)
    return found.select_related("author").order_by("pk")
