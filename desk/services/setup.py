"""Set a desk up: its queue, what visitors come for, its counters. Afterwards all of it is changed in the admin."""

from dataclasses import dataclass
from datetime import time

from django.db import transaction

from bpmc_portal.accounts.models import Office
from desk.models import Counter, Queue, Service, SlotRule
from procedures.models import Field


@dataclass(frozen=True)
class Offer:
    """A service as it is set up: `fields` are the codes of the fields whose procedures it receives."""

    prefix: str
    code: str
    name: str
    name_en: str
    icon: str
    fields: tuple[str, ...] = ()


# The rows of the hall's machine, six at most (UX Q2).
OFFERS = (
    Offer("A", "ld-ngoai-nuoc", "Lao động ngoài nước", "Overseas employment", "send", ("qlldnn",)),
    Offer("B", "viec-lam-atld", "Việc làm, an toàn lao động", "Employment and work safety", "shield-check", ("viec-lam", "atld", "laodong-tienluong", "bhxh")),
    Offer("C", "nguoi-co-cong-xa-hoi", "Người có công, xã hội", "Merit and social protection", "users", ("ncc", "btxh")),
    Offer("D", "gdnn-khac", "Giáo dục nghề nghiệp, việc khác", "Vocational education and other matters", "files", ("gdnn", "knt", "khieu-nai", "tdkt", "khac")),
    Offer("T", "nhan-ket-qua", "Nhận kết quả", "Collect a result", "badge-check"),
)  # fmt: skip
SLOT_HOURS = ((time(8, 0), time(11, 0)), (time(13, 30), time(16, 30)))


@transaction.atomic
def establish(office: Office, *, counters: int = 6, offers: tuple[Offer, ...] = OFFERS) -> Queue:
    """Give an office a queue, services with bookable slots and numbered counters; what is there already stays as it is."""
    queue, _created = Queue.objects.get_or_create(office=office)
    fields = {field.code: field for field in Field.objects.order_by("code")}
    for position, offer in enumerate(offers, 1):
        service, created = Service.objects.get_or_create(
            office=office, code=offer.code,
            defaults={
                "prefix": offer.prefix, "name": offer.name, "name_en": offer.name_en, "icon": offer.icon, "position": position,
            },
        )  # fmt: skip
        if created:
            service.fields.set([fields[code] for code in offer.fields if code in fields])
            SlotRule.objects.bulk_create(
                SlotRule(service=service, weekday=weekday, starts_at=starts, ends_at=ends)
                for weekday in range(5)
                for starts, ends in SLOT_HOURS
            )
    for number in range(1, counters + 1):
        Counter.objects.get_or_create(office=office, number=number)
    return queue
