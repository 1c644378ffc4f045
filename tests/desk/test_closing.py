"""The end of a day: who is left, who forgot to go, and a clock that goes backwards."""

import itertools
import json
from datetime import date, datetime, timedelta

import pytest
from django.core.management import call_command

from bpmc_portal.accounts.models import Office
from bpmc_portal.jobs.models import Job
from bpmc_portal.jobs.services import run, run_due
from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from desk import closing, rollups
from desk.jobs import nightly
from desk.models import DayClosing, Period, Shift, Ticket, WaitHour
from desk.services import calling, serving, shifts, tickets
from desk.services.setup import establish
from tests.world import World

MONDAY, TUESDAY = date(2025, 11, 24), date(2025, 11, 25)
A = "ld-ngoai-nuoc"


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL_ZONE)


def taken(world: World, when: datetime) -> Ticket:
    return tickets.issue(world.office, service=A, actor=None, at=when)


def call(world: World, when: datetime, counter: int = 1, who: str = "lan") -> Ticket:
    found = calling.call_next(world.office.pk, counter=counter, actor=world.users[who], at=when)
    assert found is not None
    return found


def evening(world: World) -> list[Ticket]:
    """Monday late: one served past midnight, one called, one set aside, one waiting; Tuesday's first comes at 0:30."""
    served, called, aside, waiting = (taken(world, at(MONDAY, 23, minute)) for minute in (0, 1, 2, 3))
    serving.start(call(world, at(MONDAY, 23, 50)).token, actor=world.lan, at=at(TUESDAY, 0, 5))
    call(world, at(MONDAY, 23, 51), 2, "lan2")
    serving.start(
        call(world, at(MONDAY, 23, 52), 3, "truong").token, actor=world.truong, at=at(MONDAY, 23, 53)
    )
    serving.hold(aside.token, actor=world.truong, at=at(MONDAY, 23, 54))
    return [served, called, aside, waiting, taken(world, at(TUESDAY, 0, 30))]


def test_midnight_ends_every_turn_of_the_day_and_none_of_the_next(world: World) -> None:
    turns = evening(world)
    made = closing.close_day(world.office.pk, MONDAY, at=at(TUESDAY, 3))
    found = [Ticket.objects.get(pk=each.pk) for each in turns]
    assert [each.status for each in found] == ["finished", "unserved", "finished", "unserved", "waiting"]
    assert [each.number for each in found] == ["A001", "A002", "A003", "A004", "A001"]
    assert made.figures["left"] == ["A001", "A002", "A003", "A004"]
    assert made.figures["differences"] == []
    assert (made.figures["visits"], made.figures["served"], made.figures["unserved"]) == (1, 0, 2)
    for each in found[:4]:
        last = Period.objects.filter(ticket=each).order_by("started_at", "id").last()
        assert last is not None
        assert last.ended_at == each.finished_at
        assert last.started_at <= each.finished_at
    assert found[0].finished_at == at(TUESDAY, 0, 5)  # no earlier than it began
    assert found[3].finished_at == closing.end_of(MONDAY)
    rollups.fold()
    assert rollups.differences(world.office.pk, TUESDAY) == []
    assert rollups.of_days(world.office.pk, TUESDAY).visits == 1


def test_forgotten_counters_are_closed_and_one_in_use_is_not(world: World) -> None:
    shifts.open_counter(world.office.pk, counter=1, actor=world.lan, at=at(MONDAY, 14))
    shift = shifts.open_counter(world.office.pk, counter=2, actor=world.lan2, at=at(MONDAY, 15))
    shifts.pause(shift, reason="ăn trưa", actor=world.lan2, at=at(TUESDAY, 0, 10))
    shifts.open_counter(world.office.pk, counter=3, actor=world.truong, at=at(MONDAY, 23))
    taken(world, at(TUESDAY, 0, 20))
    call(world, at(TUESDAY, 0, 25), 3, "truong")
    made = closing.close_day(world.office.pk, MONDAY, at=at(TUESDAY, 3))
    assert made.figures["forgotten_counters"] == [1, 2]
    assert Shift.objects.get(closed_at=None).counter.number == 3
    forgotten = Shift.objects.get(counter__number=1)
    assert (forgotten.closed_at, forgotten.closing) == (closing.end_of(MONDAY), {"auto": True})


def test_closing_twice_gives_what_was_written_the_first_time(world: World) -> None:
    evening(world)
    first = closing.close_day(world.office.pk, MONDAY, at=at(TUESDAY, 3))
    again = closing.close_day(world.office.pk, MONDAY, at=at(TUESDAY, 4))
    assert (again.pk, again.closed_at, again.figures) == (first.pk, at(TUESDAY, 3), first.figures)
    assert DayClosing.objects.count() == 1


def test_the_daily_tick_writes_one_job_an_office_that_closes_the_day_before(world: World) -> None:
    left = taken(world, at(MONDAY, 16))
    nightly(f"{TUESDAY}")
    nightly(f"{TUESDAY}")
    job = Job.objects.get(kind="desk.close_day")
    assert job.not_before == at(TUESDAY, 3)
    assert job.payload == {"office_id": world.office.pk, "day": f"{MONDAY}"}
    assert run(job.dedup_key)
    assert Ticket.objects.get(pk=left.pk).status == "unserved"
    assert DayClosing.objects.get().day == MONDAY


def test_closing_one_office_leaves_another_as_it_is(world: World) -> None:
    other = Office.objects.create(code="CVL", name="Bộ phận Một cửa Cục Việc làm", unit=world.other)
    establish(other, counters=1)
    theirs = tickets.issue(other, service=A, actor=None, at=at(MONDAY, 16))
    mine = taken(world, at(MONDAY, 16))
    closing.close_day(world.office.pk, MONDAY, at=at(TUESDAY, 3))
    assert Ticket.objects.get(pk=mine.pk).status == "unserved"
    assert Ticket.objects.get(pk=theirs.pk).status == "waiting"
    assert not DayClosing.objects.filter(office=other).exists()


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(hours=2), timedelta(days=1)])
def test_a_clock_that_goes_backwards_makes_no_negative_time(world: World, back: timedelta) -> None:
    """Every act is done earlier than the one before; the chain stands still instead of running back."""
    now = at(MONDAY, 10)
    first, second = taken(world, now), taken(world, now)
    call(world, now)
    serving.absent(first.token, actor=world.lan, at=now)
    shift = shifts.current_shift(world.lan)
    assert shift is not None
    shifts.pause(shift, reason="ăn trưa", actor=world.lan, at=now)
    shifts.resume(shift, actor=world.lan, at=now - back)
    Ticket.objects.filter(pk=first.pk).update(ready_at=now - 5 * back)
    serving.undo_absent(first.token, actor=world.lan, at=now - back)
    calling.recall(first.token, actor=world.lan, at=now - 2 * back)
    serving.start(first.token, actor=world.lan, at=now - 3 * back)
    serving.hold(first.token, actor=world.lan, at=now - 4 * back)
    Ticket.objects.filter(pk=second.pk).update(ready_at=now - 5 * back)
    call(world, now - 4 * back)
    serving.start(second.token, actor=world.lan, at=now - 5 * back)
    serving.finish(second.token, actor=world.lan, at=now - 5 * back)
    serving.start(first.token, actor=world.lan, at=now - 5 * back)
    done = serving.finish(first.token, actor=world.lan, at=now - 5 * back)
    assert (done.status, done.wait_s) == ("finished", 0)
    for ticket in (first, second):
        links = list(Period.objects.filter(ticket=ticket).values_list("started_at", "ended_at"))
        assert all(ended is not None and ended >= started for started, ended in links)
        assert all(before[1] == after[0] for before, after in itertools.pairwise(links))
    rollups.fold()
    for day in (MONDAY, *(MONDAY - timedelta(days=step) for step in range(1, 6))):
        assert rollups.differences(world.office.pk, day) == []


def test_a_visitor_called_before_the_hour_of_the_appointment_is_served_in_real_time(world: World) -> None:
    ticket = taken(world, at(MONDAY, 9))
    ready = at(MONDAY, 10)
    Ticket.objects.filter(pk=ticket.pk).update(ready_at=ready, place=ready, rank=1)
    Period.objects.filter(ticket=ticket).update(kind="early", ended_at=ready)
    Period.objects.create(ticket=ticket, kind="waiting", started_at=ready)
    calling.recall(ticket.token, actor=world.lan, counter=1, at=at(MONDAY, 9, 10))
    serving.start(ticket.token, actor=world.lan, at=at(MONDAY, 9, 12))
    done = serving.finish(ticket.token, actor=world.lan, at=at(MONDAY, 9, 30))
    assert done.wait_s == 120
    assert rollups.of_days(world.office.pk, MONDAY).serve_s == 18 * 60
    chain = Period.objects.filter(ticket=ticket).order_by("started_at", "id")
    assert [each.kind for each in chain] == ["early", "waiting", "called", "serving"]


def test_who_is_called_as_the_desk_opens_waited_only_before_it_closed(world: World) -> None:
    ticket = taken(world, at(MONDAY, 11, 50))
    call(world, at(MONDAY, 13, 30))
    done = serving.start(ticket.token, actor=world.lan, at=at(MONDAY, 13, 31))
    chain = Period.objects.filter(ticket=ticket).order_by("started_at", "id").values_list("kind", flat=True)
    assert list(chain) == ["waiting", "closed", "called", "serving"]
    assert done.wait_s == 11 * 60


def test_recount_says_every_difference_as_json_and_ends_with_1(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for day in (MONDAY - timedelta(days=365), MONDAY):
        ticket = taken(world, at(day, 9))
        call(world, at(day, 9, 10))
        serving.start(ticket.token, actor=world.lan, at=at(day, 9, 10))
        serving.finish(ticket.token, actor=world.lan, at=at(day, 9, 20))
        closing.close_day(world.office.pk, day, at=at(day + timedelta(days=1), 3))
    call_command("recount", "--year", "2025")
    assert capsys.readouterr().out == ""
    WaitHour.objects.filter(visits=1).update(wait_s=601, visits=2)
    with pytest.raises(SystemExit) as ended:
        call_command("recount", "--year", "2025")
    assert ended.value.code == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        {
            "indicator": "desk.waits", "office": "VPB", "day": "2025-11-24", "service": A, "hour": 9,
            "stored": {"visits": 2, "wait_s": 601}, "counted": {"visits": 1, "wait_s": 600},
        }
    ]  # fmt: skip
    with pytest.raises(SystemExit):
        call_command("recount", "--year", "2024")


def test_a_closed_day_stays_proven_when_its_job_comes_again(world: World) -> None:
    evening(world)
    nightly(f"{TUESDAY}")
    run_due()
    assert DayClosing.objects.get().figures["differences"] == []
