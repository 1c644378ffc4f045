"""Background work on dossiers."""

from bpmc_portal.jobs.services import DESK, HEAVY, OUTBOUND, job
from dossiers.services import (
    archiving,
    bulk,
    drafts,
    filing,
    one_time,
    online_payments,
    papers,
    sentinel,
    warnings,
)


@job("dossiers.issue_receipt", queue=DESK)
def issue_receipt(dossier_id: int, size: str) -> None:
    """Idempotent: an issued paper is never made again."""
    papers.issue(dossier_id, size=size)


@job("dossiers.issue_letter", queue=DESK)
def issue_letter(letter_id: int) -> None:
    """Idempotent: an issued letter is never made again."""
    papers.issue_letter(letter_id)


@job(bulk.RUN, queue=DESK, is_external=True)
def run_bulk(run_id: str, first: int, last: int) -> None:
    """Idempotent: a dossier that is done is noted in the transaction that did it, and is not done again."""
    bulk.run_batch(run_id, first, last)


@job("dossiers.forget_codes", on="tick.daily")
def forget_codes(slot: str) -> None:
    """Idempotent: deletes the one-time codes that ended a day ago."""
    one_time.forget_old()


@job("dossiers.forget_drafts", on="tick.daily")
def forget_drafts(slot: str) -> None:
    """Idempotent: deletes the intake drafts that nobody has touched for 30 days."""
    drafts.forget_old()


@job("dossiers.watch_clocks", queue=DESK, on="tick.minute", max_attempts=2, is_external=True)
def watch_clocks(slot: str) -> None:
    """Idempotent: says nothing twice. Outside a transaction, so that each batch commits alone and a kill costs one batch, not the hour."""
    while warnings.sweep():
        pass
    warnings.close_opinions()


@job("dossiers.stand_sentinel", queue=DESK, on="tick.daily")
def stand_sentinel(slot: str) -> None:
    """Idempotent: one report a day and administrator, by the key of the outbox."""
    sentinel.report(slot)


@job("dossiers.gateway_init", queue=OUTBOUND, is_external=True)
def gateway_init(call_id: int) -> None:
    """Idempotent: an order that was sent, or may have been, is not sent again."""
    online_payments.send_init(call_id)


@job("dossiers.gateway_query", queue=OUTBOUND, is_external=True)
def gateway_query(call_id: int, turn: int) -> None:
    """Idempotent: it only asks, and what is paid is booked once."""
    online_payments.ask(call_id, turn)


@job("dossiers.file_batch", queue=HEAVY, on="digitization.batch_split")
def file_batch(batch_id: int) -> None:
    """Idempotent: writes one job a place, by its key once."""
    filing.place_batch(batch_id)


@job("dossiers.file_run", queue=HEAVY)
def file_run(batch_id: int, place: str, turn: int) -> None:
    """Idempotent: pages that lie in their paper are not filed again."""
    filing.file_run(batch_id, place, turn=turn)


def archive(dossier_id: int, seq: int, turn: int = 0) -> None:
    """Idempotent: the same end of a dossier never makes two packages."""
    archiving.archive(dossier_id, seq, turn=turn)


for _action in archiving.ENDS:
    job(archiving.ARCHIVE, queue=HEAVY, on=f"dossier.{_action}")(archive)
