"""Background work of the desk."""

from datetime import date, datetime, timedelta

from bpmc_portal.jobs.services import DESK, Work, enqueue, job
from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from desk import closing
from desk.models import Queue


@job("desk.nightly", queue=DESK, on="tick.daily")
def nightly(slot: str) -> None:
    """Idempotent: one job an office and day, written once; it closes the day that has just ended, at three in the morning."""
    today = date.fromisoformat(slot)
    day = today - timedelta(days=1)
    at = datetime.combine(today, closing.CLOSES_AT, LOCAL_ZONE)
    for office_id in Queue.objects.order_by("pk").values_list("pk", flat=True):
        enqueue(
            Work("desk.close_day", f"desk.close_day:{office_id}:{day}", {"office_id": office_id, "day": f"{day}"}, not_before=at)
        )  # fmt: skip


@job("desk.close_day", queue=DESK)
def close_day(office_id: int, day: str) -> None:
    """Idempotent: a closed day stays as it was closed."""
    closing.close_day(office_id, date.fromisoformat(day))
