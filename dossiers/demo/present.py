"""The working day in progress, relative to the moment at which the demo is built: through the services, act by act."""

from datetime import datetime, timedelta

from django.db.models import Min

from bpmc_portal.lib.vietnamese import local_date, to_local
from desk import rollups
from desk.models import Appointment, Service, Ticket
from desk.services import appointments, calling, serving, shifts, tickets
from dossiers.demo.people import People
from dossiers.demo.plans import midnight
from procedures.catalogue import OfficeInForce

# Who came lately: minutes ago of taking, calling, beginning and ending; the counter; what for.
SERVED = (
    (36.0, 31.0, 30.4, 20.0, 2, "ld-ngoai-nuoc"), (35.0, 28.0, 27.5, None, 3, "viec-lam-atld"), (33.0, 26.0, 25.4, 3.6, 4, "gdnn-khac"),
    (30.0, 22.5, 21.9, 1.3, 5, "ld-ngoai-nuoc"), (25.5, 19.5, 19.0, 11.0, 2, "nhan-ket-qua"), (19.0, 10.6, 10.1, None, 2, "viec-lam-atld"),
    (17.5, 6.3, 5.8, None, 3, "ld-ngoai-nuoc"), (16.0, 3.2, 2.6, None, 4, "nguoi-co-cong-xa-hoi"), (15.0, 0.8, None, None, 5, "viec-lam-atld"),
)  # fmt: skip
# Who waits now, in the order of taking; the one of counter 3 who was set aside; then an elderly visitor, and one with an appointment.
WAITING = (
    (14.0, "viec-lam-atld"), (12.2, "ld-ngoai-nuoc"), (10.5, "gdnn-khac"), (8.4, "ld-ngoai-nuoc"), (6.1, "nhan-ket-qua"),
    (3.9, "viec-lam-atld"), (1.6, "nguoi-co-cong-xa-hoi"),
)  # fmt: skip
HELD = (6.8, 3)
ELDERLY, BOOKED = (0.5, "nhan-ket-qua"), (0.3, "ld-ngoai-nuoc")
# The scene begins so many minutes ago; soon after midnight it is played faster, because a day's numbers are the day's.
SPAN_MIN = 40.0
SLOT_EVERY_MIN, BOOKINGS = 15, 14


def play(office: OfficeInForce, people: People, *, now: datetime) -> None:
    """Open counters 2 to 5, let visitors come and be served until `now`, and book the next days. Folds the figures."""
    scene = _Scene(office, people, now)
    acts: list[tuple[float, str, int | str]] = [
        (SPAN_MIN - number / 10, "open", number) for number in scene.clerks
    ]
    for taken, called, began, ended, counter, service in SERVED:
        acts += [(taken, "take", service), (called, "call", counter)]
        acts += [
            (ago, verb, counter) for ago, verb in ((began, "start"), (ended, "finish")) if ago is not None
        ]
    acts += [(taken, "take", service) for taken, service in WAITING]
    acts += [
        (HELD[0], "hold", HELD[1]),
        (ELDERLY[0], "take_elderly", ELDERLY[1]),
        (BOOKED[0], "arrive", BOOKED[1]),
    ]
    for ago, verb, what in sorted(acts, key=lambda each: -each[0]):
        getattr(scene, verb)(what, now - timedelta(minutes=ago * scene.pace))
    scene.book_ahead()
    while rollups.fold():
        pass


class _Scene:
    """Who is where. Each act takes what it is about, a counter's number or a service's code, and the moment."""

    def __init__(self, office: OfficeInForce, people: People, now: datetime) -> None:
        self.office, self.people, self.now = office.row, people, now
        self.pace = min(1.0, (now - midnight(local_date(now))) / timedelta(minutes=SPAN_MIN + 1))
        self.clerks = {number: people.users[f"lan{number}"] for number in (2, 3, 4, 5)}
        self.at_counter: dict[int, str] = {}

    def open(self, counter: int, at: datetime) -> None:
        shifts.open_counter(self.office.pk, counter=counter, actor=self.clerks[counter], at=self._opened(at))

    def take(self, service: str, at: datetime, priority: str = "") -> None:
        tickets.issue(
            self.office, service=service, priority=priority, actor=self.people.users["kiosk"], at=at
        )

    def take_elderly(self, service: str, at: datetime) -> None:
        self.take(service, at, "elderly")

    def call(self, counter: int, at: datetime) -> None:
        ticket = calling.call_next(self.office.pk, counter=counter, actor=self.clerks[counter], at=at)
        if ticket is not None:
            self.at_counter[counter] = ticket.token

    def start(self, counter: int, at: datetime) -> None:
        serving.start(self.at_counter[counter], actor=self.clerks[counter], at=at)

    def finish(self, counter: int, at: datetime) -> None:
        serving.finish(self.at_counter.pop(counter), actor=self.clerks[counter], at=at)

    def hold(self, counter: int, at: datetime) -> None:
        note = "Điền lại tờ khai"
        serving.hold(self.at_counter.pop(counter), actor=self.clerks[counter], note=note, at=at)

    def arrive(self, service: str, at: datetime) -> None:
        """Let somebody come whose slot was the last quarter of an hour, and who may be called at once."""
        local = to_local(at)
        slot = local.replace(minute=local.minute // SLOT_EVERY_MIN * SLOT_EVERY_MIN, second=0, microsecond=0)
        who = self.people.citizens[7]
        booked = Appointment.objects.create(
            office=self.office, service=Service.objects.get(office=self.office, code=service), slot_at=slot, name=who.name,
            phone="+84" + who.phone[1:], code="260415", token=tickets.new_token(), booked_at=slot - timedelta(days=2, hours=3),
        )  # fmt: skip
        appointments.check_in(booked, actor=self.people.users["kiosk"], at=at)

    def book_ahead(self) -> None:
        """Book some of the free slots of the next days."""
        for number in range(BOOKINGS):
            service = ("ld-ngoai-nuoc", "viec-lam-atld", "gdnn-khac", "nhan-ket-qua")[number % 4]
            free = appointments.slots(self.office, service, days=8, at=self.now)
            if not free:
                return
            who = self.people.citizens[11 + 3 * number]
            slot = free[(number * 17) % len(free)].at
            appointments.book(
                self.office, service=service, slot_at=slot, name=who.name, phone=who.phone, at=self.now
            )

    def _opened(self, at: datetime) -> datetime:
        """Return when the shift began: before the first visitor of today."""
        today = local_date(self.now)
        first = Ticket.objects.filter(office=self.office, day=today).aggregate(at=Min("issued_at"))["at"]
        return max(midnight(today), min(at, first or at) - timedelta(minutes=4 * self.pace))
