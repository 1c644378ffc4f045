"""Days away: who may enter them, what is refused, and what becomes of the work."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from bpmc_portal.accounts.models import Absence, Role, User
from bpmc_portal.accounts.permissions import appoint, dismiss
from bpmc_portal.audit.models import SecurityEvent
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.lib.vietnamese import format_date, local_date
from dossiers.models import Dossier
from dossiers.services import absences, assignment
from dossiers.services.transitions import act
from dossiers.workflow import Action
from tests.world import START, World, user

SignIn = Callable[[Any], Client]


def in_days(number: int) -> date:
    return local_date() + timedelta(days=number)


def colleague(world: World) -> User:
    found = user("hoa", "Phạm Thị Hoa")
    appoint(found, unit=world.agency, role=Role.OFFICER, starts_on=START)
    return found


def test_a_leader_enters_days_for_the_unit_and_the_work_goes_to_the_others(
    world: World, as_user: SignIn
) -> None:
    hoa = colleague(world)
    dossier = world.received()
    act(dossier.code, Action.FORWARD, actor=world.minh)
    given = {
        "person": "minh",
        "starts_on": format_date(in_days(0)),
        "ends_on": format_date(in_days(2)),
        "cover": "hoa",
        "reason": "Nghỉ phép",
    }
    client = as_user(world.ha)
    page = client.post("/vang-mat/", given, follow=True).content.decode()
    assert "Đã ghi ngày vắng của Trần Quang Minh" in page
    assert "1 hồ sơ đang chạy đồng hồ" in page
    assert assignment.least_loaded(world.agency.pk, on=local_date()) == hoa
    hand_on = re.search(r'href="(/viec/hang-loat/[^"]+)"', page)
    assert hand_on is not None
    tried = client.get(hand_on[1].replace("&amp;", "&")).content.decode()
    assert dossier.code in tried
    assert "Phạm Thị Hoa <b>+1</b>" in tried
    assert SecurityEvent.objects.get(act="absence_added").subject == "minh"


def test_an_officer_enters_only_their_own_days(world: World, as_user: SignIn) -> None:
    colleague(world)
    given = {"starts_on": format_date(in_days(1)), "ends_on": format_date(in_days(1))}
    client = as_user(world.minh)
    assert client.post("/vang-mat/", {"person": "hoa", **given}).status_code == 422
    assert client.post("/vang-mat/", {"person": "minh", **given}).status_code == 303
    assert Absence.objects.get().user == world.minh
    with pytest.raises(InvalidInput, match="lãnh đạo"):
        absences.add("binh", starts_on=in_days(1), ends_on=in_days(1), actor=world.ha)
    assert "Trần Quang Minh" not in as_user(world.binh).get("/vang-mat/").content.decode()


@pytest.mark.parametrize(
    ("first", "last", "cover", "code"),
    [(2, 1, "", "absence_order"), (-3, -1, "", "absence_past"), (0, 500, "", "absence_long"), (0, 1, "minh", "absence_cover"),
     (0, 1, "binh", "absence_cover"), (0, 1, "lan", "absence_cover"), (0, 1, "khong-co", "absence_cover")],
)  # fmt: skip
def test_days_that_cannot_be_are_refused_in_words(
    world: World, first: int, last: int, cover: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        absences.add("minh", starts_on=in_days(first), ends_on=in_days(last), cover=cover, actor=world.minh)
    assert refused.value.code == code
    assert not Absence.objects.exists()


def test_the_same_days_twice_and_a_cover_who_is_away_too_are_refused(world: World) -> None:
    colleague(world)
    absences.add("minh", starts_on=in_days(1), ends_on=in_days(3), actor=world.minh)
    with pytest.raises(InvalidInput, match="đã được ghi vắng"):
        absences.add("minh", starts_on=in_days(3), ends_on=in_days(4), actor=world.ha)
    with pytest.raises(InvalidInput, match="cũng vắng"):
        absences.add("hoa", starts_on=in_days(2), ends_on=in_days(2), cover="minh", actor=world.ha)


def test_days_to_come_are_taken_back_and_days_that_run_end(world: World) -> None:
    later = absences.add("minh", starts_on=in_days(2), ends_on=in_days(3), actor=world.minh)
    running = Absence.objects.create(user=world.ha, starts_on=in_days(-2), ends_on=in_days(1))
    over = Absence.objects.create(user=world.minh, starts_on=in_days(-9), ends_on=in_days(-8))
    with pytest.raises(NotFound):
        absences.remove(later.pk, actor=world.binh)
    absences.remove(later.pk, actor=world.ha)
    absences.remove(running.pk, actor=world.ha)
    with pytest.raises(DomainError, match="đã kết thúc"):
        absences.remove(over.pk, actor=world.minh)
    running.refresh_from_db()
    assert running.ends_on == in_days(-1)
    assert set(Absence.objects.values_list("pk", flat=True)) == {running.pk, over.pk}


@pytest.mark.parametrize("way", ["account closed", "role ended"])
def test_work_of_somebody_who_left_is_shown_to_the_leader_and_shared_out(
    world: World, as_user: SignIn, way: str
) -> None:
    hoa = colleague(world)
    dossier = world.received()
    act(dossier.code, Action.FORWARD, actor=world.minh)
    client = as_user(world.ha)
    assert "Người thụ lý không còn làm việc" not in client.get("/viec/").content.decode()
    if way == "account closed":
        User.objects.filter(pk=world.minh.pk).update(is_active=False)
    else:
        dismiss(world.minh.memberships.get(), ends_on=in_days(-1))
    page = client.get("/viec/").content.decode()
    assert "Người thụ lý không còn làm việc" in page
    share_out = re.search(r'href="(/viec/hang-loat/[^"]+)"', page)
    assert share_out is not None
    tried = client.get(share_out[1].replace("&amp;", "&")).content.decode()
    assert dossier.code in tried
    assert "Phạm Thị Hoa <b>+1</b>" in tried
    assert "Người thụ lý không còn làm việc" not in as_user(hoa).get("/viec/").content.decode()
    assert Dossier.objects.get().assignee == world.minh


@pytest.mark.parametrize("number", [3, 30])
def test_the_page_costs_the_same_whoever_is_away(
    world: World, as_user: SignIn, number: int, django_assert_max_num_queries: Any
) -> None:
    for index in range(number):
        each = user(f"cv{index}", f"Chuyên viên {index}")
        appoint(each, unit=world.agency, role=Role.OFFICER, starts_on=START)
        Absence.objects.create(user=each, starts_on=in_days(0), ends_on=in_days(1))
    client = as_user(world.ha)
    client.get("/vang-mat/")
    with django_assert_max_num_queries(7):
        assert client.get("/vang-mat/").content.decode().count("Đang vắng</span>") == number
