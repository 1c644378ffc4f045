"""The page of appointments: the day by slot, booking by telephone, check-in on time, early and late."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bpmc_portal.accounts.models import Office
from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import LOCAL_ZONE, local_date
from bpmc_portal.notices.models import Notice
from desk.models import Appointment, Rank, Ticket
from desk.services import appointments, telephone, tickets
from tests.world import World

AsUser = Callable[[Any], Client]
A = "ld-ngoai-nuoc"
NINE = datetime(2026, 11, 24, 9, 0, tzinfo=LOCAL_ZONE)


def booked(
    world: World, at: datetime, *, phone: str = "0912345678", name: str = "Trần Thị Tư"
) -> Appointment:
    """Return a booking of that slot, whatever the rules of slots say."""
    service = world.office.services.get(code=A)
    return Appointment.objects.create(
        office=world.office, service=service, slot_at=at, name=name, phone=phone.replace("0", "+84", 1), code=appointments._free_code(world.office),
        token=tickets.new_token(), booked_at=timezone.now(),
    )  # fmt: skip


def test_a_caller_gets_a_slot_and_its_code_by_text_message(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    page = client.get("/lich-hen/", {"dich-vu": A}).content.decode()
    slot = appointments.slots(world.office, A)[3].at
    assert slot.isoformat() in page
    given = {
        "service": A,
        "slot_at": slot.isoformat(),
        "name": "Trần Thị Tư",
        "phone": "0912 345 678",
        "procedure": "",
    }
    answer = client.post("/lich-hen/", given, follow=True)
    made = Appointment.objects.get()
    assert answer.redirect_chain == [(f"/lich-hen/?ngay={local_date(slot).isoformat()}", 303)]
    assert f"Mã hẹn: {made.code}" in answer.content.decode()
    assert (made.slot_at, made.phone, made.booked_by) == (slot, "+84912345678", world.lan)
    notice = Notice.objects.get()
    assert (notice.channel, notice.address) == ("sms", "+84912345678")
    assert made.code in notice.title
    assert "Tư" not in notice.title + notice.body
    assert len(notice.title) <= 160
    assert "T. T. Tư" in answer.content.decode()
    assert "Trần Thị Tư" not in answer.content.decode()


def test_what_is_missing_or_wrong_is_said_beside_its_box(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    slot = appointments.slots(world.office, A)[0].at.isoformat()
    refused = client.post("/lich-hen/", {"service": A, "slot_at": "", "name": "", "phone": ""})
    assert refused.status_code == 422
    for sentence in ("Hãy chọn giờ hẹn.", "Hãy nhập họ và tên người đến.", "Hãy nhập số điện thoại."):
        assert sentence in refused.content.decode()
    wrong = client.post("/lich-hen/", {"service": A, "slot_at": slot, "name": "Trần Thị Tư", "phone": "12"})
    assert wrong.status_code == 422
    assert 'id="id_phone_error"' in wrong.content.decode()
    gone = client.post(
        "/lich-hen/",
        {"service": A, "slot_at": "2020-01-01T08:00:00+07:00", "name": "Tư", "phone": "0912345678"},
    )
    assert "Giờ hẹn này không còn" in gone.content.decode()
    assert not Appointment.objects.exists()


def test_early_by_ten_minutes_waits_for_its_slot(world: World) -> None:
    mine = booked(world, NINE)
    ticket = appointments.check_in(mine, actor=world.lan, at=NINE - timedelta(minutes=10))
    assert (ticket.ready_at, ticket.rank) == (NINE, Rank.APPOINTMENT)
    assert ticket.wait_from == NINE


def test_late_by_more_than_fifteen_minutes_is_an_ordinary_turn(world: World) -> None:
    in_time = appointments.check_in(booked(world, NINE), actor=world.lan, at=NINE + timedelta(minutes=15))
    assert in_time.rank == Rank.APPOINTMENT
    late_at = NINE + timedelta(minutes=16)
    late = appointments.check_in(booked(world, NINE, phone="0912345679"), actor=world.lan, at=late_at)
    assert (late.rank, late.ready_at) == (Rank.ORDINARY, late_at)


@pytest.mark.parametrize("typed", ["code", "token", "phone", "row"])
def test_who_comes_is_found_by_code_qr_telephone_or_row(world: World, as_user: AsUser, typed: str) -> None:
    mine = booked(world, timezone.now())
    given = {
        "code": {"code": mine.code}, "token": {"code": mine.token}, "phone": {"code": "0912 345 678"}, "row": {"appointment": str(mine.pk)},
    }[typed]  # fmt: skip
    page = as_user(world.lan).post("/lich-hen/den/", given, follow=True).content.decode()
    ticket = Ticket.objects.get()
    assert f"số {ticket.number}" in page
    assert "Đã đến" in page
    assert ticket.appointment == mine


def test_a_telephone_with_two_bookings_asks_which(world: World) -> None:
    now = timezone.now()
    booked(world, now)
    booked(world, now + timedelta(minutes=1))
    with pytest.raises(DomainError) as refused:
        telephone.todays(world.office, "0912345678")
    assert refused.value.code in {"appointment_several", "appointment_unknown"}


def test_an_unknown_code_is_refused_in_words(world: World, as_user: AsUser) -> None:
    page = as_user(world.lan).post("/lich-hen/den/", {"code": "999999"}, follow=True).content.decode()
    assert "Không có lịch hẹn mang mã này" in page
    assert not Ticket.objects.exists()


def test_a_booking_is_cancelled_once_and_never_after_the_visitor_came(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    mine = booked(world, timezone.now())
    assert "Đã huỷ lịch hẹn" in client.post(f"/lich-hen/{mine.pk}/huy/", follow=True).content.decode()
    mine.refresh_from_db()
    assert mine.status == "cancelled"
    came = booked(world, timezone.now(), phone="0912345679")
    appointments.check_in(came, actor=world.lan)
    assert "không huỷ được" in client.post(f"/lich-hen/{came.pk}/huy/", follow=True).content.decode()


def test_a_booking_of_another_desk_is_not_found(world: World, as_user: AsUser) -> None:
    other = Office.objects.create(code="KHAC", name="Bộ phận khác", unit=world.other)
    mine = booked(world, timezone.now())
    Appointment.objects.filter(pk=mine.pk).update(office=other)
    client = as_user(world.lan)
    assert client.post(f"/lich-hen/{mine.pk}/huy/").status_code == 404
    assert client.post("/lich-hen/den/", {"appointment": str(mine.pk)}).status_code in {303, 404}
    assert not Ticket.objects.exists()


def test_an_address_that_is_no_day_is_not_found(world: World, as_user: AsUser) -> None:
    assert as_user(world.lan).get("/lich-hen/?ngay=32-13").status_code == 404


@pytest.mark.parametrize("count", [3, 30])
def test_the_day_costs_the_same_however_many_have_booked(
    world: World, as_user: AsUser, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    now = timezone.now()
    for number in range(count):
        booked(world, now, phone=f"09123456{number:02d}")
    client = as_user(world.lan)
    client.get("/lich-hen/", {"dich-vu": A})
    with django_assert_max_num_queries(17):
        page = client.get("/lich-hen/", {"dich-vu": A}).content.decode()
    assert page.count('name="appointment"') == count
