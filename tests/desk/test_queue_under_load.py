"""Thirty-two counters at once, two tabs at one counter, and every pair of acts that meet on one turn."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, pairwise
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from bpmc_portal.accounts.models import Role, User
from bpmc_portal.accounts.permissions import appoint
from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import local_date
from desk import rollups
from desk.models import AT_COUNTER, Period, Shift, Ticket
from desk.services import calling, serving, shifts, tickets
from desk.services.setup import OFFERS, establish
from tests.world import START, World, user

pytestmark = pytest.mark.slow
COUNTERS, EACH, BOUND = 32, 32, 2
SERVICES = [offer.code for offer in OFFERS[:3]]


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do every act in a thread of its own, all at the same moment; a refusal is given back as its code."""
    barrier = Barrier(len(acts))

    def one(act: Callable[[], Any]) -> Any:
        barrier.wait(30)
        try:
            return act()
        except DomainError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def clerks(world: World, count: int) -> list[User]:
    people = [user(f"quay{number}", f"Cán bộ quầy {number}") for number in range(1, count + 1)]
    for person in people:
        appoint(person, unit=world.office.unit, role=Role.CLERK, office=world.office, starts_on=START)
    return people


def in_order_of_the_rules(waiting: list[Ticket]) -> Iterator[str]:
    """Merge the ranks: at most two preferred ones before the ordinary one who has waited longest."""
    preferred = [each.number for each in waiting if each.rank < 2]
    ordinary = [each.number for each in waiting if each.rank == 2]
    while preferred or ordinary:
        yield from preferred[:BOUND]
        yield from ordinary[:1] if len(preferred) >= BOUND else []
        preferred, ordinary = preferred[BOUND:], ordinary[1:] if len(preferred) >= BOUND else ordinary
        if not preferred:
            yield from ordinary
            return


def test_thirty_two_counters_give_and_call_every_number_once_in_order(committed_world: World) -> None:
    office = committed_world.office
    establish(office, counters=COUNTERS)
    people = clerks(committed_world, COUNTERS)

    def take(number: int) -> None:
        for turn, service in zip(range(EACH), cycle(SERVICES), strict=False):
            priority = "elderly" if (number + turn) % 5 == 0 else ""
            tickets.issue(office, service=service, priority=priority, actor=None)

    at_once(*[lambda number=number: take(number) for number in range(COUNTERS)])
    waiting = list(Ticket.objects.order_by("place", "pk"))
    assert len(waiting) == COUNTERS * EACH
    for prefix in {each.prefix for each in waiting}:
        of_prefix = [each.serial for each in waiting if each.prefix == prefix]
        assert of_prefix == list(range(1, len(of_prefix) + 1)), (
            "numbers follow the order of taking, without a gap"
        )

    def serve(number: int) -> list[str]:
        called = []
        while (ticket := calling.call_next(office.pk, counter=number, actor=people[number - 1])) is not None:
            called.append(ticket.number)
            serving.start(ticket.token, actor=people[number - 1])
        return called

    answers = at_once(*[lambda number=number: serve(number) for number in range(1, COUNTERS + 1)])
    told = [number for called in answers for number in called]
    assert sorted(told) == sorted(each.number for each in waiting)
    by_call = list(Ticket.objects.order_by("first_called_at").values_list("number", flat=True))
    assert by_call == list(in_order_of_the_rules(waiting))
    assert max(Ticket.objects.values_list("passed_over", flat=True)) == BOUND
    one_at_a_counter()
    proven(office.pk, COUNTERS * EACH)


def one_at_a_counter() -> None:
    """At each counter every visitor came when the one before had gone."""
    spans = defaultdict(list)
    at_counter = Period.objects.filter(kind__in=AT_COUNTER).order_by("started_at", "id")
    for counter, ticket, started, ended in at_counter.values_list(
        "counter_id", "ticket_id", "started_at", "ended_at"
    ):
        spans[counter].append((started, ended, ticket))
    for spent in spans.values():
        assert all(before[1] <= after[0] for before, after in pairwise(spent))


def proven(office_id: int, visits: int) -> None:
    """Folding from many sides at once loses nothing."""
    day = local_date()
    at_once(*[lambda: [None for _ in iter(lambda: rollups.fold(100), 0)]] * 4)
    assert rollups.of_days(office_id, day).visits == visits
    assert rollups.differences(office_id, day) == []


def test_two_tabs_of_one_counter_call_one_visitor(committed_world: World) -> None:
    office, lan = committed_world.office, committed_world.lan
    for _ in range(12):
        tickets.issue(office, service=SERVICES[0], actor=None)
    seen = []
    for _ in range(12):
        answers = at_once(*[lambda: calling.call_next(office.pk, counter=1, actor=lan)] * 4)
        assert len({ticket.token for ticket in answers}) == 1
        seen.append(answers[0].number)
        serving.start(answers[0].token, actor=lan)
    assert seen == [f"A{serial:03d}" for serial in range(1, 13)]


@pytest.mark.parametrize("act", ["cancel", "defer"])
def test_a_visitor_who_gives_up_while_being_called_is_one_or_the_other(
    committed_world: World, act: str
) -> None:
    office, lan = committed_world.office, committed_world.lan
    for _ in range(15):
        mine = tickets.issue(office, service=SERVICES[0], actor=None)
        called, done = at_once(
            lambda: calling.call_next(office.pk, counter=1, actor=lan),
            lambda: getattr(serving, act)(mine.token),  # noqa: B023  (done within the turn of the loop)
        )
        now = Ticket.objects.get(pk=mine.pk)
        assert (called is not None) == (now.status == "called")
        if act == "cancel":
            assert (done == "ticket_state") == (now.status == "called")
        links = list(Period.objects.filter(ticket=now).values_list("started_at", "ended_at"))
        assert all(before[1] == after[0] for before, after in pairwise(links))
        assert (links[-1][1] is None) == (now.status != "cancelled")
        if now.status != "cancelled":
            calling.call_next(office.pk, counter=1, actor=lan)
            serving.start(mine.token, actor=lan)
            serving.finish(mine.token, actor=lan)


def test_a_counter_taken_over_while_calling_keeps_visitor_and_clerk_together(committed_world: World) -> None:
    office, lan, lan2 = committed_world.office, committed_world.lan, committed_world.lan2
    for turn in range(16):
        old, new = (lan, lan2) if turn % 2 else (lan2, lan)
        tickets.issue(office, service=SERVICES[0], actor=None)
        shifts.open_counter(office.pk, counter=1, actor=old, take_over=True)
        at_once(
            lambda: calling.call_next(office.pk, counter=1, actor=old),  # noqa: B023
            lambda: shifts.open_counter(office.pk, counter=1, actor=new, take_over=True),  # noqa: B023
        )
        assert Shift.objects.get(closed_at=None).user == new
        there = calling.call_next(office.pk, counter=1, actor=new)
        assert there is not None
        assert serving.start(there.token, actor=new).clerk_id == new.pk
        serving.finish(there.token, actor=new)


def test_two_who_sit_down_at_one_counter_at_once_are_told_who_was_first(committed_world: World) -> None:
    office, lan, lan2 = committed_world.office, committed_world.lan, committed_world.lan2
    for counter in range(1, 7):
        first, second = at_once(
            lambda: shifts.open_counter(office.pk, counter=counter, actor=lan),  # noqa: B023
            lambda: calling.call_next(office.pk, counter=counter, actor=lan2),  # noqa: B023
        )
        assert (first == "counter_taken") != (second == "counter_taken")
        shifts.close_counter(Shift.objects.get(counter__number=counter, closed_at=None), actor=lan)


def test_a_counter_left_while_calling_is_left_empty_or_not_left(committed_world: World) -> None:
    office, lan = committed_world.office, committed_world.lan
    for _ in range(10):
        tickets.issue(office, service=SERVICES[0], actor=None)
        shift = shifts.open_counter(office.pk, counter=1, actor=lan)
        _called, left = at_once(
            lambda: calling.call_next(office.pk, counter=1, actor=lan),
            lambda: shifts.close_counter(shift, actor=lan),  # noqa: B023
        )
        there = Ticket.objects.filter(status="called").first()
        assert there is not None
        open_shift = Shift.objects.filter(closed_at=None).first()
        assert open_shift is not None
        assert (left == "counter_busy") == (open_shift.pk == shift.pk)
        serving.start(there.token, actor=lan)
        serving.finish(there.token, actor=lan)


def test_of_two_visitors_brought_to_one_counter_at_once_one_is_told_to_wait(committed_world: World) -> None:
    office, lan = committed_world.office, committed_world.lan
    for _ in range(12):
        aside = tickets.issue(office, service=SERVICES[0], actor=None)
        calling.call_next(office.pk, counter=1, actor=lan)
        serving.start(aside.token, actor=lan)
        serving.hold(aside.token, actor=lan)
        following = tickets.issue(office, service=SERVICES[0], actor=None)
        answers = at_once(
            lambda: calling.call_next(office.pk, counter=1, actor=lan),
            lambda: serving.start(aside.token, actor=lan),  # noqa: B023
            lambda: serving.serve_direct(office.pk, service=SERVICES[0], reason="post", actor=lan),
        )
        there = Ticket.objects.get(status__in=AT_COUNTER)
        assert {each for each in answers if isinstance(each, str)} <= {"counter_busy"}
        assert there.pk in {each.pk for each in answers if isinstance(each, Ticket)}
        for left in Ticket.objects.filter(status__in=AT_COUNTER):
            serving.finish(
                serving.start(left.token, actor=lan).token if left.status == "called" else left.token,
                actor=lan,
            )
        for token in (aside.token, following.token):
            if tickets.of_token(token).status in ("waiting", "held"):
                serving.cancel(token)
