"""One turn from the machine to the end, and every way off that road."""

from datetime import datetime, timedelta

import pytest

from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from desk import rollups
from desk.models import Period, Ticket, WaitDelta
from desk.services import calling, serving, shifts, tickets
from tests.world import World

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=LOCAL_ZONE)
A = "ld-ngoai-nuoc"


def after(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def taken(world: World, minutes: float, **more: object) -> Ticket:
    return tickets.issue(world.office, **{"service": A, "actor": None, "at": after(minutes), **more})  # type: ignore[arg-type]


def call(world: World, minutes: float, counter: int = 1, who: str = "lan") -> Ticket | None:
    return calling.call_next(world.office.pk, counter=counter, actor=world.users[who], at=after(minutes))


def chain(ticket: Ticket) -> list[tuple[str, int, int | None]]:
    """Return (kind, from, to) in minutes after nine."""

    def minutes(at: datetime | None) -> int | None:
        return None if at is None else round((at - NINE).total_seconds() / 60)

    rows = Period.objects.filter(ticket=ticket).order_by("started_at", "id")
    return [(each.kind, minutes(each.started_at) or 0, minutes(each.ended_at)) for each in rows]


def test_a_turn_is_a_chain_of_periods_and_its_wait_is_their_sum(world: World) -> None:
    ticket = taken(world, 0)
    assert (ticket.number, ticket.ahead, len(ticket.token)) == ("A001", 0, 24)
    called = call(world, 6)
    assert called is not None
    assert called.pk == ticket.pk
    serving.start(ticket.token, actor=world.lan, at=after(7))
    done = serving.finish(ticket.token, actor=world.lan, at=after(12))
    assert chain(ticket) == [("waiting", 0, 6), ("called", 6, 7), ("serving", 7, 12)]
    assert done.wait_s == 7 * 60
    figures = rollups.of_days(world.office.pk, NINE.date())
    assert (figures.visits, figures.average_wait_s, figures.served, figures.serve_s) == (1, 420, 1, 300)
    assert rollups.fold() == 2
    assert not WaitDelta.objects.exists()
    assert rollups.of_days(world.office.pk, NINE.date()) == figures
    assert rollups.differences(world.office.pk, NINE.date()) == []


def test_the_longest_waiting_is_passed_over_twice_and_no_more(world: World) -> None:
    ordinary = [taken(world, number).number for number in range(3)]
    preferred = [taken(world, 3 + number, priority="elderly").number for number in range(5)]
    order = []
    for number in range(8):
        ticket = call(world, 10 + number)
        assert ticket is not None
        serving.start(ticket.token, actor=world.lan, at=after(10 + number))
        order.append(ticket.number)
    assert preferred[0] == "U001"
    assert order == ["U001", "U002", "A001", "U003", "U004", "A002", "U005", "A003"]
    assert ordinary == ["A001", "A002", "A003"]
    assert call(world, 20) is None


def test_calling_again_gives_the_number_that_is_being_called(world: World) -> None:
    taken(world, 0), taken(world, 1)
    first = call(world, 2)
    assert first is not None
    again = call(world, 3)
    assert again is not None
    assert again.pk == first.pk
    assert serving.start(first.token, actor=world.lan, at=after(4)).status == "serving"
    following = call(world, 5)
    assert following is not None
    assert following.number == "A002"
    first.refresh_from_db()
    assert first.status == "finished"


def test_an_absent_visitor_goes_back_once_and_is_out_the_second_time(world: World) -> None:
    numbers = [taken(world, minute).number for minute in range(6)]
    first = call(world, 10)
    assert first is not None
    assert first.number == numbers[0]
    back = serving.absent(first.token, actor=world.lan, at=after(12))
    assert back.status == "waiting"
    order = []
    for minute in range(20, 26):
        ticket = call(world, minute)
        assert ticket is not None
        order.append(ticket.number)
        if ticket.number != "A001":
            serving.start(ticket.token, actor=world.lan, at=after(minute))
        else:
            out = serving.absent(ticket.token, actor=world.lan, at=after(minute))
            assert out.status == "no_show"
    assert order == ["A002", "A003", "A004", "A001", "A005", "A006"]
    assert rollups.of_days(world.office.pk, NINE.date()).no_shows == 1
    came = calling.recall(first.token, actor=world.lan2, counter=2, at=after(40))
    assert came.status == "called"
    assert rollups.of_days(world.office.pk, NINE.date()).no_shows == 0


def test_a_called_number_cannot_be_finished_and_the_refusal_says_what_may_be_done(world: World) -> None:
    ticket = taken(world, 0)
    call(world, 1)
    with pytest.raises(DomainError) as refused:
        serving.finish(ticket.token, actor=world.lan, at=after(2))
    assert refused.value.code == "ticket_state"
    assert refused.value.status == 409
    assert "start" in refused.value.extra["allowed"]


def test_a_counter_where_somebody_sits_is_refused_and_may_be_taken_over(world: World) -> None:
    taken(world, 0)
    ticket = call(world, 1)
    assert ticket is not None
    with pytest.raises(DomainError) as refused:
        call(world, 2, who="lan2")
    assert refused.value.code == "counter_taken"
    assert "Nguyễn Thị Lan" in refused.value.sentence
    shifts.open_counter(world.office.pk, counter=1, actor=world.lan2, take_over=True, at=after(3))
    assert serving.start(ticket.token, actor=world.lan2, at=after(4)).clerk_id == world.lan2.pk
    assert shifts.current_shift(world.lan) is None


def test_the_lunch_break_is_no_waiting_for_who_sat_through_it(world: World) -> None:
    ticket = taken(world, 170)  # 11:50, the desk closes at 12:00 and opens again at 13:30
    call(world, 275)  # 13:35
    done = serving.start(ticket.token, actor=world.lan, at=after(276))
    assert chain(ticket)[:4] == [
        ("waiting", 170, 180),
        ("closed", 180, 270),
        ("waiting", 270, 275),
        ("called", 275, 276),
    ]
    assert done.wait_s == (10 + 5 + 1) * 60
    rollups.fold()
    assert rollups.differences(world.office.pk, NINE.date()) == []


def test_a_transfer_keeps_the_place_and_the_figures_of_the_first_service(world: World) -> None:
    first = taken(world, 0)
    taken(world, 1, service="viec-lam-atld")
    call(world, 2)
    serving.start(first.token, actor=world.lan, at=after(3))
    moved = serving.transfer(
        first.token, service="viec-lam-atld", reason="sai dịch vụ", actor=world.lan, at=after(4)
    )
    assert (moved.status, moved.number) == ("waiting", "A001")
    again = call(world, 5)
    assert again is not None
    assert again.pk == first.pk
    serving.start(first.token, actor=world.lan, at=after(6))
    serving.finish(first.token, actor=world.lan, at=after(9))
    rollups.fold()
    assert rollups.differences(world.office.pk, NINE.date()) == []
    sums = rollups.by_service(world.office.pk, NINE.date())
    assert [(each.visits, each.served) for each in sums.values()] == [(1, 0), (0, 1)]
