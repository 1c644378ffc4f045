"""Tell the applicant what happened, by e-mail and text message, once an event.

A message names no person, paper, identity number, procedure or outcome: phones are shared and text messages are read by others. The
link opens the dossier's public page, which shows no more either. Deliveries and their states are bpmc_portal.notices' work.
"""

from dataclasses import dataclass, replace
from functools import partial

from bpmc_portal.jobs.services import DESK, job
from bpmc_portal.lib.vietnamese import format_date, format_datetime, to_local
from bpmc_portal.notices.models import Notice
from bpmc_portal.notices.services import notify
from dossiers import tracking
from dossiers.models import Dossier, DossierEvent, Letter
from dossiers.workflow import Action

# A text message has 160 characters: 56 of words at most, the rest for code and link. Longer codes lose their organisation's part.
LONGEST_CODE_IN_SMS = 30

# What is said after which act. "Đã có kết quả" is said of an approval and of a refusal alike: the outcome is not for a text message.
TOLD: dict[Action, str] = {
    Action.ASK_TO_FIX: "to_fix",
    Action.DECLINE: "declined",
    Action.REQUEST_SUPPLEMENT: "supplement",
    Action.REQUEST_PAYMENT: "payment",
    Action.POSTPONE: "postponed",
    Action.APPROVE: "result_ready",
    Action.REFUSE: "result_ready",
    Action.RETURN_RESULT: "returned",
    Action.STOP: "stopped",
    Action.WITHDRAW: "withdrawn",
}


@dataclass(frozen=True)
class Message:
    """The strings that the templates of `templates/notices/` may use, and nothing else of the dossier."""

    code: str
    sms_code: str
    url: str
    due: str
    due_short: str
    office: str
    address: str
    # Of a letter that asks for papers: how many, and until when ("20/10/2021").
    papers: int = 0
    answer_by: str = ""


@job("dossiers.tell_received", queue=DESK, on="dossier.received")
def tell_received(dossier_id: int) -> None:
    """Idempotent: one notice a dossier and channel, by the key of the outbox."""
    dossier = Dossier.objects.select_related("office").get(pk=dossier_id)
    _tell(dossier, "received", f"dossier:{dossier_id}:received", message_of(dossier))


def tell_act(action: Action, *, dossier_id: int, seq: int) -> None:
    """Idempotent: one notice an event and channel, by the key of the outbox.

    An event that a later one has undone before this job ran is told all the same: it did happen, and the page shows what holds now.
    """
    event = DossierEvent.objects.select_related("dossier__office").get(dossier_id=dossier_id, seq=seq)
    message = message_of(event.dossier)
    if letter := Letter.objects.filter(pk=event.data.get("letter")).first():
        answer_by = format_date(letter.respond_by) if letter.respond_by else ""
        message = replace(message, papers=letter.items.count(), answer_by=answer_by)
    _tell(event.dossier, TOLD[action], dedup_key_of(dossier_id, seq), message)


def dedup_key_of(dossier_id: int, seq: int) -> str:
    """Return the key of the notices of one event; the outbox adds the channel."""
    return f"dossier:{dossier_id}:{seq}"


for _action in TOLD:
    job(f"dossiers.tell_{_action}", queue=DESK, on=f"dossier.{_action}")(partial(tell_act, _action))


@job("dossiers.tell_message", queue=DESK)
def tell_message(message_id: int) -> None:
    """Idempotent: one notice a message and channel; what the message says stays on the page."""
    dossier = Dossier.objects.select_related("office").get(messages=message_id)
    _tell(dossier, "message", f"message:{message_id}", message_of(dossier))


def message_of(dossier: Dossier) -> Message:
    """Return what may be said about a dossier."""
    due_at = dossier.due_at or dossier.first_due_at
    due = to_local(due_at) if due_at else None
    return Message(
        code=dossier.code,
        sms_code=dossier.code
        if len(dossier.code) <= LONGEST_CODE_IN_SMS
        else "..." + "-".join(dossier.code.split("-")[-2:]),
        url=tracking.url_of(tracking.token_of(dossier.code, dossier.tracking_version)),
        due=format_datetime(due) if due else "",
        due_short=f"{due.hour}h{due.minute:02d} {format_date(due)}" if due else "",
        office=dossier.office.name,
        address=dossier.office.address,
    )


def _tell(dossier: Dossier, template: str, dedup_key: str, message: Message) -> None:
    addresses = {Notice.Channel.EMAIL: dossier.email, Notice.Channel.SMS: dossier.phone}
    context = {"message": message}
    for channel, address in addresses.items():
        if address:
            notify(
                template,
                channel=channel,
                address=address,
                subject=dossier.code,
                dedup_key=dedup_key,
                context=context,
            )
