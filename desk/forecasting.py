"""What to expect: the middle half of the waits of the last 20 working days at this hour, made once a night."""

from datetime import date

from django.db import transaction

from bpmc_portal.lib.vietnamese import to_local
from desk.models import Forecast, Origin, Ticket
from desk.waits import ANY_BUCKET, Sample, bucket_of, ranges, working_days_before
from procedures.catalogue import OfficeInForce


@transaction.atomic
def learn(office: OfficeInForce, day: date) -> int:
    """Make the forecasts of an office anew from the 20 working days that end with `day`; return how many stand."""
    first = working_days_before(office.calendar, day)
    turns = Ticket.objects.filter(office=office.row, day__range=(first, day), wait_s__isnull=False)
    samples: dict[int, list[Sample]] = {}
    seen = turns.exclude(origin=Origin.DIRECT).order_by("pk")
    for service_id, taken_at, ahead, wait_s in seen.values_list(
        "service_id", "wait_from", "ahead", "wait_s"
    ).iterator():
        samples.setdefault(service_id, []).append(Sample(to_local(taken_at).hour, ahead, wait_s or 0))
    Forecast.objects.filter(service__office=office.row).delete()
    made = [
        Forecast(
            service_id=service_id, hour=each.hour, bucket=each.bucket, low_s=each.low_s, high_s=each.high_s, samples=each.samples
        )
        for service_id, seen_here in sorted(samples.items())
        for each in ranges(seen_here)
    ]  # fmt: skip
    Forecast.objects.bulk_create(made)
    return len(made)


def expected_now(office_id: int, hour: int, ahead: dict[int, int]) -> dict[int, tuple[int, int]]:
    """Return (P25, P75) in seconds by service id for visitors who take a number at this hour with so many ahead.

    A service without five samples of its own is left out: "chưa đủ dữ liệu".
    """
    wanted = {service_id: bucket_of(count) for service_id, count in ahead.items()}
    found: dict[int, tuple[int, int]] = {}
    rows = Forecast.objects.filter(service__office=office_id, hour=hour).order_by("service_id", "bucket")
    for service_id, bucket, low_s, high_s in rows.values_list("service_id", "bucket", "low_s", "high_s"):
        if bucket in (ANY_BUCKET, wanted.get(service_id)):
            found[service_id] = (low_s, high_s)
    return found


def expected(service_id: int, hour: int, ahead: int) -> tuple[int, int] | None:
    """Return (P25, P75) in seconds for one visitor of a service, None without enough data."""
    rows = Forecast.objects.filter(service=service_id, hour=hour, bucket__in=(ANY_BUCKET, bucket_of(ahead)))
    return rows.order_by("-bucket").values_list("low_s", "high_s").first()
