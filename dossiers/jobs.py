"""Background work on dossiers."""

from bpmc_portal.jobs.services import DESK, job
from dossiers.services import drafts, papers


@job("dossiers.issue_receipt", queue=DESK)
def issue_receipt(dossier_id: int, size: str) -> None:
    """Idempotent: an issued paper is never made again."""
    papers.issue(dossier_id, size=size)


@job("dossiers.forget_drafts", on="tick.daily")
def forget_drafts(slot: str) -> None:
    """Idempotent: deletes the intake drafts that nobody has touched for 30 days."""
    drafts.forget_old()
