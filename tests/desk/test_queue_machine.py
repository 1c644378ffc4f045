"""The real queue beside the model of queue_model.py: random acts of random people, over lunch breaks, nights and closed days.

Every act is done by both; they must refuse with the same code or leave the same turn. Every few steps all turns, chains, shifts and
figures are compared. Two halls with other rules share the 20,000 steps, one a worker of the test run.
"""

import itertools
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bpmc_portal.errors import DomainError
from desk import closing, rollups
from desk.models import Appointment, Period, Queue, Shift, Ticket
from desk.services import appointments, calling, serving, shifts, tickets
from desk.services.setup import OFFERS
from tests.desk.queue_model import AT_COUNTER, ZONE, Model, Refused, Turn
from tests.world import World

# A failure prints its steps as they were; Phase.shrink makes them fewer, in minutes.
EXAMPLES, STEPS, LEAST_STEPS = 132, 60, 10_000
SERVED = [offer.code for offer in OFFERS[:3]]
PEOPLE = ("lan", "lan2", "truong")
STARTS = [
    datetime(2026, 11, day, hour, minute, tzinfo=ZONE)
    for day, hour, minute in ((23, 7, 50), (24, 11, 40), (27, 17, 20))
]
# Minutes between two acts: mostly few, now and then to lunch, past it, past midnight, to the next day.
PAUSES = (0, 0, 0, 1, 1, 2, 4, 9, 16, 31, 95, 400, 900)
COMPARED_EVERY = 16
MOST_BOOKINGS = 4
who = st.sampled_from(PEOPLE)
counter = st.integers(1, 4)
turn = st.integers(0, 60)
service = st.sampled_from(SERVED)


class QueueMachine(RuleBasedStateMachine):
    """Drives one hall; `world`, `bound` and `back` are put in by the test."""

    world: ClassVar[World]
    bound: ClassVar[int]
    back: ClassVar[int]
    steps: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.office = self.world.office
        Queue.objects.filter(pk=self.office.pk).update(preferred_bound=self.bound, back_places=self.back)
        offered = [offer.code for offer in OFFERS]
        self.model = Model(bound=self.bound, back=self.back, offered=offered, head="truong")
        self.tokens: list[str] = []
        self.booked: list[tuple[Appointment, int | None]] = []
        self.days: set[date] = set()
        self.since_compared = 0

    def teardown(self) -> None:
        """Compare a last time, then forget the hall."""
        try:
            self.compare()
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    @initialize(start=st.sampled_from(STARTS), first=st.lists(st.tuples(service, st.booleans()), max_size=8))
    def fill(self, start: datetime, first: list[tuple[str, bool]]) -> None:
        """Let some people come."""
        self.now = start
        self.days.add(self.now.date())
        for wanted, is_preferred in first:
            self.take(wanted, is_preferred, 0, 7)

    def later(self, minutes: int, seconds: int) -> None:
        """Move the clock; two acts are never at the same instant."""
        self.now += timedelta(minutes=minutes, seconds=seconds + 1)
        self.days.add(self.now.date())
        type(self).steps += 1
        self.since_compared += 1

    def both(self, real: Callable[[], Any], modelled: Callable[[], Any]) -> tuple[Any, Any]:
        """Do an act in both worlds and return what each gave; a refusal must be the same."""
        refused, done, answer, expected = "", "", None, None
        try:
            answer = real()
        except DomainError as error:
            refused = error.code
        try:
            expected = modelled()
        except Refused as error:
            done = str(error)
        assert refused == done, f"the queue said {refused or 'yes'}, the model {done or 'yes'}"
        return answer, expected

    def both_on(self, index: int, real: Callable[[str], Ticket], modelled: Callable[[Turn], Any]) -> None:
        """Do an act on one of the last turns, and compare that turn."""
        if not self.tokens:
            return
        index = len(self.tokens) - 1 - index % len(self.tokens)
        token, mine = self.tokens[index], self.model.turns[index]
        answer, _ = self.both(lambda: real(token), lambda: modelled(mine))
        if answer is not None:
            self.same(answer, mine)

    def same(self, ticket: Ticket, mine: Turn) -> None:
        """Compare one turn, field by field."""
        name = {None: None, **self.names}
        found = {
            "status": ticket.status, "rank": ticket.rank, "place": ticket.place, "ready": ticket.ready_at, "passed": ticket.passed_over,
            "counter": name[ticket.counter_id], "for_counter": name[ticket.for_counter_id], "clerk": self.people.get(ticket.clerk_id),
            "called": ticket.called_at, "calls": ticket.calls, "started": ticket.started_at, "finished": ticket.finished_at,
            "wait": ticket.wait_s, "absences": ticket.absences, "ahead": ticket.ahead, "number": ticket.number,
            "service": self.services[ticket.service_id], "forced": ticket.is_forced, "day": ticket.day, "issued": ticket.issued_at,
        }  # fmt: skip
        assert found == {key: mine[key] for key in found}, ticket.number

    names: ClassVar[dict[int, int]]
    people: ClassVar[dict[int | None, str]]
    services: ClassVar[dict[int, str]]

    def came(self, ticket: Ticket, mine: Turn) -> None:
        """Keep a new turn, with what was promised to it."""
        mine |= {"low": ticket.low_s, "high": ticket.high_s}
        self.tokens.append(ticket.token)
        self.same(ticket, mine)

    @rule(
        wanted=service,
        is_preferred=st.booleans(),
        minutes=st.sampled_from(PAUSES),
        seconds=st.integers(0, 59),
    )
    def take(self, wanted: str, is_preferred: bool, minutes: int, seconds: int) -> None:
        """Let somebody take a number."""
        self.later(minutes, seconds)
        more = {"priority": "elderly"} if is_preferred else {}
        ticket = tickets.issue(self.office, service=wanted, actor=None, at=self.now, **more)
        prefix = "U" if is_preferred else OFFERS[SERVED.index(wanted)].prefix
        self.came(ticket, self.model.give(wanted, prefix, 0 if is_preferred else 2, self.now, self.now))

    @rule(people=st.lists(st.tuples(service, st.booleans()), min_size=3, max_size=8))
    def crowd(self, people: list[tuple[str, bool]]) -> None:
        """Let a bus arrive."""
        for wanted, is_preferred in people:
            self.take(wanted, is_preferred, 0, 3)

    @rule(number=counter, clerk=who, times=st.integers(1, 5), minutes=st.sampled_from((0, 1, 2, 9, 95)))
    def work(self, number: int, clerk: str, times: int, minutes: int) -> None:
        """Let a clerk call and serve one after the other."""
        clerk = self.model.shifts.get(number, {"who": clerk})["who"]
        for _ in range(times):
            self.call(number, clerk, minutes, 11)
            self.go_on(number, "start", 5)

    @rule(wanted=service, slot=st.integers(0, 7), seconds=st.integers(0, 59))
    def book(self, wanted: str, slot: int, seconds: int) -> None:
        """Let somebody book one of the next free hours."""
        self.later(0, seconds)
        if len(self.booked) == MOST_BOOKINGS:
            return
        free = appointments.slots(self.office, wanted, days=5, at=self.now)
        if free:
            phone = f"0912{len(self.booked):06d}"
            slot_at = free[slot % len(free)].at
            made = appointments.book(
                self.office, service=wanted, slot_at=slot_at, name="Trần Văn Hẹn", phone=phone, at=self.now
            )
            self.booked.append((made, None))

    @rule(number=counter, clerk=who, back=st.sampled_from(("recall", "undo_absent", "finish")))
    def miss(self, number: int, clerk: str, back: str) -> None:
        """Let somebody miss two calls, and come back."""
        clerk = self.model.shifts.get(number, {"who": clerk})["who"]
        self.call(number, clerk, 1, 1)
        mine = self.model.at(number)
        if mine is None:
            return
        index = len(self.tokens) - 1 - mine["id"]
        self.press(index, "absent", clerk, 0, 40)
        self.recall(index, number, clerk, 1)
        self.press(index, "absent", clerk, 2, 1)
        if back == "recall":
            self.recall(index, number, clerk, 9)
        else:
            self.press(index, back, clerk, 9, 0)

    @rule(wanted=service, clerk=who, then=st.sampled_from(("recall", "cancel", "work")))
    def come_early(self, wanted: str, clerk: str, then: str) -> None:
        """Let somebody book the next hour, come at once, and be called before it, give up, or see others called."""
        bookings = len(self.booked)
        self.book(wanted, 0, 1)
        if len(self.booked) == bookings:
            return
        self.check_in(bookings, 0, 1)
        if self.booked[bookings][1] is None:
            return
        if then == "recall":
            self.recall(0, 4, clerk, 1)
        elif then == "cancel":
            self.cancel(0, 9)
        self.work(4, clerk, 2, 1)

    @rule(index=st.integers(0, 20), minutes=st.sampled_from(PAUSES), seconds=st.integers(0, 59))
    def check_in(self, index: int, minutes: int, seconds: int) -> None:
        """Let somebody who booked come early, on time, late, or on another day; coming twice gives one number."""
        self.later(minutes, seconds)
        if not self.booked:
            return
        index %= len(self.booked)
        made, known = self.booked[index]
        answer, mine = self.both(
            lambda: appointments.check_in(made, actor=None, at=self.now), lambda: self.checked_in(made, known)
        )
        if answer is not None and known is None:
            self.booked[index] = made, mine["id"]
            self.came(answer, mine)
        elif answer is not None:
            assert answer.token == self.tokens[known or 0]

    def checked_in(self, made: Appointment, known: int | None) -> Turn:
        """Say what the rules of appointments say."""
        if known is not None:
            return self.model.turns[known]
        if made.slot_at.astimezone(ZONE).date() != self.now.date():
            raise Refused("appointment_over")
        if made.slot_at - self.now > timedelta(hours=2):
            raise Refused("appointment_early")
        is_late = self.now - made.slot_at > timedelta(minutes=15)
        ready = self.now if is_late else max(self.now, made.slot_at.astimezone(ZONE))
        prefix = OFFERS[SERVED.index(made.service.code)].prefix
        return self.model.give(made.service.code, prefix, 2 if is_late else 1, self.now, ready)

    @rule(number=counter, clerk=who, minutes=st.sampled_from(PAUSES), seconds=st.integers(0, 59))
    def call(self, number: int, clerk: str, minutes: int, seconds: int) -> None:
        """Call the next."""
        self.later(minutes, seconds)
        actor = self.world.users[clerk]
        answer, mine = self.both(
            lambda: calling.call_next(self.office.pk, counter=number, actor=actor, at=self.now),
            lambda: self.model.call_next(number, clerk, self.now),
        )
        assert (answer is None) == (mine is None)
        if answer is not None:
            assert answer.token == self.tokens[mine["id"]], "another visitor's turn"
            self.same(answer, mine)

    @rule(
        number=counter,
        act=st.sampled_from(("start", "start", "finish", "hold", "absent")),
        seconds=st.integers(0, 59),
    )
    def go_on(self, number: int, act: str, seconds: int) -> None:
        """Let the clerk of a counter go on with who is there."""
        mine = self.model.at(number)
        if mine is not None and (act, mine["status"]) != ("start", "serving"):
            self.press(len(self.tokens) - 1 - mine["id"], act, mine["clerk"], 0, seconds)

    @rule(
        index=turn, act=st.sampled_from(("start", "finish", "hold", "absent", "undo_absent", "undo_absent")), clerk=who,
        minutes=st.sampled_from(PAUSES), seconds=st.integers(0, 59),
    )  # fmt: skip
    def press(self, index: int, act: str, clerk: str, minutes: int, seconds: int) -> None:
        """Let somebody press something on any turn."""
        self.later(minutes, seconds)
        real = getattr(serving, act)
        self.both_on(
            index,
            lambda token: real(token, actor=self.world.users[clerk], at=self.now),
            lambda mine: getattr(self.model, act)(mine, clerk, self.now),
        )

    @rule(index=turn, number=st.none() | counter, clerk=who, minutes=st.sampled_from(PAUSES))
    def recall(self, index: int, number: int | None, clerk: str, minutes: int) -> None:
        """Call again, or bring somebody back."""
        self.later(minutes, 30)
        self.both_on(
            index,
            lambda token: calling.recall(token, actor=self.world.users[clerk], counter=number, at=self.now),
            lambda mine: self.model.recall(mine, clerk, number, self.now),
        )

    @rule(index=turn, wanted=st.none() | service, number=st.none() | counter, clerk=who)
    def transfer(self, index: int, wanted: str | None, number: int | None, clerk: str) -> None:
        """Send somebody on."""
        self.later(1, 1)
        if wanted or number:
            self.both_on(
                index,
                lambda token: serving.transfer(
                    token, service=wanted, counter=number, actor=self.world.users[clerk], at=self.now
                ),
                lambda mine: self.model.transfer(mine, wanted, number, clerk, self.now),
            )

    @rule(index=turn, seconds=st.integers(0, 59))
    def defer(self, index: int, seconds: int) -> None:
        """Ask to keep the place."""
        self.later(0, seconds)
        self.both_on(
            index,
            lambda token: serving.defer(token, at=self.now),
            lambda mine: self.model.defer(mine, self.now),
        )

    @rule(index=turn, seconds=st.integers(0, 59))
    def cancel(self, index: int, seconds: int) -> None:
        """Give a number up."""
        self.later(0, seconds)
        self.both_on(
            index,
            lambda token: serving.cancel(token, at=self.now),
            lambda mine: self.model.cancel(mine, self.now),
        )

    @rule(wanted=service, clerk=who)
    def serve_direct(self, wanted: str, clerk: str) -> None:
        """Serve a letter."""
        self.later(0, 3)
        answer, mine = self.both(
            lambda: serving.serve_direct(
                self.office.pk, service=wanted, reason="post", actor=self.world.users[clerk], at=self.now
            ),
            lambda: self.model.serve_direct(wanted, clerk, self.now),
        )
        if answer is not None:
            self.came(answer, mine)

    @rule(
        number=counter,
        clerk=who,
        wanted=st.lists(service, min_size=1, max_size=3, unique=True),
        takes=st.booleans(),
    )
    def open_counter(self, number: int, clerk: str, wanted: list[str], takes: bool) -> None:
        """Sit down at a counter, or take it over."""
        self.later(0, 5)
        actor = self.world.users[clerk]
        self.both(
            lambda: shifts.open_counter(
                self.office.pk, counter=number, actor=actor, services=wanted, take_over=takes, at=self.now
            ),
            lambda: self.model.open_counter(number, clerk, wanted, self.now, take_over=takes),
        )

    @rule(clerk=who, act=st.sampled_from(("close", "pause", "resume")))
    def leave(self, clerk: str, act: str) -> None:
        """Close the counter, go for a break, or come back."""
        self.later(0, 5)
        actor, number = self.world.users[clerk], self.model.place_of(clerk)
        shift = shifts.current_shift(actor)
        assert (shift and shift.counter.number) == number
        if shift is None or number is None:
            return
        if act == "close":
            self.both(
                lambda: shifts.close_counter(shift, actor=actor, at=self.now),
                lambda: self.model.close_counter(number),
            )
        elif act == "pause":
            shifts.pause(shift, reason="ăn trưa", actor=actor, at=self.now)
            self.model.shifts[number]["paused"] = True
        else:
            shifts.resume(shift, actor=actor, at=self.now)
            self.model.shifts[number]["paused"] = False

    @rule(limit=st.sampled_from((1, 3, 1000)))
    def fold(self, limit: int) -> None:
        """Fold, some of it or all."""
        self.later(0, 1)
        rollups.fold(limit)

    @rule(is_late=st.booleans())
    def close_day(self, is_late: bool) -> None:
        """Close the day that is over, at once after midnight or a day late."""
        self.later(0, 1)
        day = self.now.date() - timedelta(days=2 if is_late else 1)
        if day >= min(self.days):
            made = closing.close_day(self.office.pk, day, at=self.now)
            self.model.close_day(day)
            assert made.figures["differences"] == []
            self.days |= {each["finished"].date() for each in self.model.turns if each["finished"]}

    @invariant()
    def compare_now_and_then(self) -> None:
        """Compare everything every few steps."""
        if self.since_compared >= COMPARED_EVERY:
            self.compare()

    def compare(self) -> None:
        """All turns, chains, counters, shifts and figures are the model's."""
        self.since_compared = 0
        rows = {ticket.token: ticket for ticket in Ticket.objects.order_by("pk")}
        assert list(rows) == self.tokens
        chains: dict[int, list[list[Any]]] = {}
        for key, *link in Period.objects.order_by("ticket", "started_at", "id").values_list(
            "ticket_id", "kind", "started_at", "ended_at"
        ):
            chains.setdefault(key, []).append(link)
        for ticket, mine in zip(rows.values(), self.model.turns, strict=True):
            self.same(ticket, mine)
            assert chains[ticket.pk] == mine["chain"], ticket.number
            self.is_whole(ticket, chains[ticket.pk])
        at_counters = [row.counter_id for row in rows.values() if row.status in AT_COUNTER]
        assert len(at_counters) == len(set(at_counters))
        self.compare_shifts()
        self.compare_figures()

    def is_whole(self, ticket: Ticket, chain: list[list[Any]]) -> None:
        """No gap, nothing negative, open exactly as long as the turn, nobody passed over too often."""
        assert chain[0][1] == ticket.issued_at
        assert all(before[2] == after[1] for before, after in itertools.pairwise(chain))
        assert all(ended is None or ended >= started for _, started, ended in chain)
        assert chain[-1][2] == ticket.finished_at
        assert (ticket.finished_at is None) == (ticket.status in ("waiting", "held", *AT_COUNTER))
        assert ticket.wait_s is None or ticket.wait_s >= 0
        assert ticket.passed_over <= self.bound

    def compare_shifts(self) -> None:
        """Who sits where, serving what, on a break or not."""
        found = {
            shift.counter.number: (
                self.people[shift.user_id],
                [self.services[each] for each in shift.service_ids],
                any(each.ended_at is None for each in shift.breaks.all()),
            )
            for shift in Shift.objects.filter(closed_at=None)
            .select_related("counter")
            .prefetch_related("breaks")
            .order_by("pk")
        }
        shifts_of_model = self.model.shifts.items()
        assert found == {n: (each["who"], each["services"], each["paused"]) for n, each in shifts_of_model}

    def compare_figures(self) -> None:
        """Sums and averages are the model's, folded or not; what is folded whole equals the recount."""
        day = (
            max(self.days) if self.steps % 2 else min(self.days, key=lambda each: (each.day * self.steps) % 7)
        )
        sums = rollups.of_days(self.office.pk, day)
        assert {**asdict(sums), "average": sums.average_wait_s} == self.model.figures(day)
        counted = rollups.recount(self.office.pk, day).values()
        for name in rollups.SUMMED:
            assert sum(getattr(each, name) for each in counted) == getattr(sums, name), name


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("bound", "back"), [(2, 3), (1, 1)])
def test_the_queue_does_what_the_model_does(
    committed_world: World, bound: int, back: int, record_property: Callable[[str, object], None]
) -> None:
    machine = QueueMachine
    machine.world, machine.bound, machine.back, machine.steps = committed_world, bound, back, 0
    office = committed_world.office
    machine.names = dict(office.counters.values_list("pk", "number"))
    machine.services = dict(office.services.values_list("pk", "code"))
    machine.people = {committed_world.users[name].pk: name for name in PEOPLE}
    run_state_machine_as_test(
        seed(bound)(machine),
        settings=settings(
            max_examples=EXAMPLES, phases=[Phase.generate], stateful_step_count=STEPS, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    record_property("steps", machine.steps)
    print(f"{machine.steps} steps of a hall with bound {bound} and {back} places back")
    assert machine.steps >= LEAST_STEPS
