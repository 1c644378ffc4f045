"""Background work on papers."""

from bpmc_portal.jobs.services import DESK, job
from digitization import services


@job("digitization.assign_codes", queue=DESK)
def assign_codes(document_ids: list[str]) -> None:
    """Idempotent: documents that have their code keep it."""
    services.assign_codes(document_ids)
