"""Background work on papers."""

from django.utils import timezone

from bpmc_portal.jobs.services import DESK, HEAVY, job
from bpmc_portal.lib.vietnamese import local_date
from digitization import (
    batches,
    code_runs,
    destruction,
    fixity,
    page_programs,
    reading,
    register,
    register_import,
    scan_folder,
    services,
    signing,
    stamping,
    transfers,
    tray,
    verification,
    verifying,
)


@job(signing.LOOK_AT, queue=HEAVY, on="digitization.stored", is_external=True)
def verify_signatures(document_id: str) -> None:
    """Idempotent: what was found in a file is noted again. Outside a transaction, because a program of its own reads the file."""
    verifying.look_at(document_id)


@job("digitization.forget_verifications", on="tick.daily")
def forget_verifications(slot: str) -> None:
    """Idempotent: deletes the budgets of the public page whose hour is over."""
    verification.forget_old()


@job("digitization.assign_codes", queue=DESK)
def assign_codes(document_ids: list[str]) -> None:
    """Idempotent: documents that have their code keep it."""
    services.assign_codes(document_ids)


@job("digitization.tell_coded", queue=HEAVY)
def tell_coded(document_ids: list[str]) -> None:
    """Idempotent: a job that is written stays as it is."""
    services.tell_coded(document_ids)


@job("digitization.cut_code_run", queue=DESK)
def cut_code_run(run_id: int) -> None:
    """Idempotent: a run is cut once."""
    code_runs.cut(run_id)


@job("digitization.code_slice", queue=DESK)
def code_slice(run_id: int, first: str, before: str | None) -> None:
    """Idempotent: codes and the mark on the run commit with the job; documents that have their code keep it."""
    code_runs.code_slice(run_id, first=first, before=before)


# A paper may get its code, its file and its text layer in any order; whatever comes last makes the copy that stays.
@job("digitization.stamp_copy", queue=HEAVY, on="digitization.coded")
def stamp_copy(document_id: str) -> None:
    """Idempotent: the same paper gives the same bytes, which are stored once."""
    stamping.stamp(document_id)


@job("digitization.stamp_stored", queue=HEAVY, on="digitization.stored")
def stamp_stored(document_id: str) -> None:
    """Idempotent, as stamp_copy: a paper that was coded while it was still on paper."""
    stamping.stamp(document_id)


@job("digitization.stamp_read", queue=HEAVY, on="digitization.read")
def stamp_read(document_id: str) -> None:
    """Idempotent, as stamp_copy: made again of the searchable file."""
    stamping.stamp(document_id)


@job("digitization.stamp_signed", queue=HEAVY, on="digitization.signed")
def stamp_signed(document_id: str, sha256: str) -> None:
    """Idempotent, as stamp_copy: made again of the signed file."""
    stamping.stamp(document_id)


@job("digitization.split_batch", queue=HEAVY)
def split_batch(batch_id: int, first: int) -> None:
    """Idempotent: a part that was read is not read again."""
    batches.read_part(batch_id, first)


@job("digitization.file_assigned", queue=HEAVY)
def file_assigned(document_id: str) -> None:
    """Idempotent: files the pages that still wait for it, and there are none after."""
    tray.file_assigned(document_id)


# Outside a transaction: judging a stack takes seconds, and every piece commits by itself.
@job("digitization.take_scans", queue=HEAVY, on="tick.minute", max_attempts=1, is_external=True)
def take_scans(slot: str) -> None:
    """Idempotent: a file has one key, and is taken once under it."""
    scan_folder.look()


@job("digitization.sweep_workroom", on="tick.daily")
def sweep_workroom(slot: str) -> None:
    """Idempotent: what is gone is gone."""
    page_programs.sweep(at=timezone.now())


@job("digitization.sweep_transfers", on="tick.daily")
def sweep_transfers(slot: str) -> None:
    """Idempotent: forgets uploads that nobody finished in a day, with their files."""
    transfers.sweep()


@job(register_import.CHECK, queue=HEAVY, is_external=True)
def check_register(import_id: str) -> None:
    """Idempotent: begins again while nothing is finished. Outside a transaction, so that its progress shows."""
    register_import.check(import_id)


@job(register_import.APPLY, queue=HEAVY, is_external=True)
def apply_register(import_id: str) -> None:
    """Idempotent: a row that is written is noted in the transaction that wrote it."""
    register_import.write(import_id)


@job("digitization.expire_register", on="tick.daily")
def expire_register(slot: str) -> None:
    """Idempotent: what has expired is taken out of force once."""
    register.expire(local_date())


# Outside a transaction: what was hashed stays noted when the worker is killed, and the files of others are not locked meanwhile.
@job("digitization.check_files", queue=HEAVY, on="tick.minute", max_attempts=2, is_external=True)
def check_files(slot: str) -> None:
    """Idempotent: a file that was just seen is not due; an orphan goes once."""
    now = timezone.now()
    fixity.check_slice(at=now)
    fixity.sweep_orphans(fixity.prefix_of(now), at=now)


@job(destruction.CERTIFY, queue=HEAVY)
def certify_destruction(destruction_id: int) -> None:
    """Idempotent: a list that is done stays as it is."""
    destruction.certify(destruction_id)


@job(destruction.ERASE, queue=HEAVY)
def erase_files(blobs: list[str]) -> None:
    """Idempotent: what is gone is gone."""
    destruction.erase(blobs)


@job("digitization.read_document", queue=DESK, on="digitization.stored")
def read_document(document_id: str) -> None:
    """Idempotent: a paper that was begun is not begun again."""
    reading.start(document_id)


# Outside a transaction: a page takes seconds, and a transaction that idles that long is ended.
@job(reading.CHECK, queue=HEAVY, max_attempts=3, is_external=True)
def check_pages(document_id: str, run: int, first: int, last: int) -> None:
    """Idempotent: pages that were checked are not checked again."""
    reading.check_pages(document_id, run, first, last)


@job(reading.READ, queue=HEAVY, max_attempts=3, is_external=True)
def read_pages(document_id: str, run: int, first: int, last: int) -> None:
    """Idempotent: pages that were read are not read again."""
    reading.read_pages(document_id, run, first, last)


@job(reading.FINISH, queue=HEAVY, max_attempts=3, is_external=True)
def finish_reading(document_id: str, run: int) -> None:
    """Idempotent: a reading that is done is not joined again."""
    reading.finish(document_id, run)
