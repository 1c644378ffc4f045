"""Write notices into the outbox and drain it. Delivery is an external effect: PENDING → SENDING → SENT, or UNKNOWN when no answer came."""

import logging
from collections.abc import Callable
from contextlib import suppress
from email.utils import parseaddr
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from bpmc_portal.jobs.services import OUTBOUND, Work, enqueue, job
from bpmc_portal.notices.models import Notice

log = logging.getLogger(__name__)

SMTP_TIMEOUT = 30


def notify(
    template: str, *, channel: str, address: str, subject: str, dedup_key: str, context: dict[str, Any]
) -> None:
    """Compose a message from `templates/notices/{template}.{channel}.txt` (first line is the title) and write it down once."""
    text = render_to_string(f"notices/{template}.{channel}.txt", context).strip()
    title, _, body = text.partition("\n")
    notice, created = Notice.objects.get_or_create(
        dedup_key=f"{dedup_key}:{channel}",
        defaults={
            "channel": channel,
            "address": address,
            "template": template,
            "subject": subject,
            "title": title[:200],
            "body": body.strip() or title,
        },
    )
    if created:
        enqueue(Work("notices.deliver", f"notice:{notice.pk}", {"notice_id": notice.pk}))


class NotSent(Exception):
    """The message certainly did not leave: the server was not reached, or asked us to come back later."""


@job("notices.deliver", queue=OUTBOUND, is_external=True)
def deliver(notice_id: int) -> None:
    """Send one notice. SENDING commits before the wire is touched; a repeat that meets it says UNKNOWN and never sends blindly.

    What certainly did not leave goes back to PENDING and the error goes to the job ledger, which comes again.
    """
    with transaction.atomic():
        notice = Notice.objects.select_for_update().get(pk=notice_id)
        if notice.state == Notice.State.SENDING:
            Notice.objects.filter(pk=notice_id).update(state=Notice.State.UNKNOWN)
        if notice.state != Notice.State.PENDING:
            return
        Notice.objects.filter(pk=notice_id).update(state=Notice.State.SENDING)
    try:
        state, error = _CHANNELS[notice.channel](notice)
    except NotSent as reason:
        Notice.objects.filter(pk=notice_id).update(state=Notice.State.PENDING, last_error=str(reason)[:500])
        raise
    sent_at = timezone.now() if state == Notice.State.SENT else None
    Notice.objects.filter(pk=notice_id).update(state=state, last_error=error, sent_at=sent_at)


def _send_email(notice: Notice) -> tuple[str, str]:
    connection = get_connection(timeout=SMTP_TIMEOUT)
    # The same identifier on every try lets a mailbox, and whoever reconciles an UNKNOWN, see that two messages are one.
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {"Message-ID": f"<notice-{notice.pk}@{domain}>", "Auto-Submitted": "auto-generated"}
    message = EmailMessage(
        notice.title, notice.body, to=[notice.address], headers=headers, connection=connection
    )
    try:
        connection.open()
    except (SMTPException, OSError) as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error
    try:
        message.send()
    except (SMTPRecipientsRefused, SMTPResponseException, ValueError) as error:
        return _refused(error)
    except (SMTPException, OSError) as error:
        # The connection broke somewhere after the greeting: the message may have been taken.
        return Notice.State.UNKNOWN, f"{type(error).__name__}: {error}"[:500]
    finally:
        with suppress(SMTPException, OSError):
            connection.close()
    return Notice.State.SENT, ""


def _refused(error: Exception) -> tuple[str, str]:
    """The server answered no, or the address cannot be written into a header. A 4xx answer asks to come back; anything else is final."""
    codes = (
        [code for code, _text in error.recipients.values()]
        if isinstance(error, SMTPRecipientsRefused)
        else [getattr(error, "smtp_code", 0)]
    )
    if codes and all(400 <= code < 500 for code in codes):
        raise NotSent(f"{type(error).__name__}: {error}") from error
    return Notice.State.FAILED, f"{type(error).__name__}: {error}"[:500]


def _send_sms(notice: Notice) -> tuple[str, str]:
    # No gateway is connected yet. In the demo the message is read on the console; elsewhere "sent" would be a lie, and the link is a secret.
    if not settings.DEMO:
        return Notice.State.FAILED, "no gateway is configured"
    log.info("sms (%s characters): %s", len(notice.body), notice.body)
    return Notice.State.SENT, ""


_CHANNELS: dict[str, Callable[[Notice], tuple[str, str]]] = {
    Notice.Channel.EMAIL: _send_email,
    Notice.Channel.SMS: _send_sms,
}
