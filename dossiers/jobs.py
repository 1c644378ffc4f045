"""Background work on dossiers."""

from bpmc_portal.jobs.services import DESK, job
from dossiers.services import papers


@job("dossiers.issue_receipt", queue=DESK)
def issue_receipt(dossier_id: int, size: str) -> None:
    """Idempotent: an issued paper is never made again."""
    papers.issue(dossier_id, size=size)
