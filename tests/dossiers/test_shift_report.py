"""A clerk's day: its totals are the lists behind them, its waits those of the board, and nothing is left unsaid at the closing."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bpmc_portal.lib.vietnamese import local_date
from bpmc_portal.notices.models import Notice
from desk import live, rollups
from desk.models import Period, Shift, Ticket
from desk.services import calling, serving, shifts, tickets
from dossiers.models import IntakeDraft
from dossiers.services import drafts, shift_closing
from dossiers.services.shift_report import leftovers_of, report_of, rows_of
from procedures import catalogue
from tests.world import World

AsUser = Callable[[Any], Client]
A = "ld-ngoai-nuoc"


def served(world: World, who: str, counter: int, *, waited: int = 0, minutes: int = 0) -> Ticket:
    """Return a visitor whom somebody has served, after a wait and for so many minutes."""
    actor = world.users[who]
    made = tickets.issue(world.office, service=A, actor=None)
    Period.objects.filter(ticket=made).update(started_at=made.issued_at - timedelta(minutes=waited))
    calling.call_next(world.office.pk, counter=counter, actor=actor)
    serving.start(made.token, actor=actor)
    Period.objects.filter(ticket=made, kind="serving").update(
        started_at=timezone.now() - timedelta(minutes=minutes)
    )
    return serving.finish(made.token, actor=actor)


def held(world: World, counter: int = 3) -> Ticket:
    made = tickets.issue(world.office, service=A, actor=None)
    calling.call_next(world.office.pk, counter=counter, actor=world.lan)
    serving.start(made.token, actor=world.lan)
    return serving.hold(made.token, actor=world.lan)


def a_day(world: World) -> None:
    """Two served, one absent, two received, a paper reused, one draft."""
    served(world, "lan", 3, waited=4, minutes=6)
    served(world, "lan", 3, waited=8, minutes=10)
    gone = tickets.issue(world.office, service=A, actor=None)
    for _number in range(2):
        calling.call_next(world.office.pk, counter=3, actor=world.lan)
        serving.absent(gone.token, actor=world.lan)
    first, second = world.received(), world.received()
    second.components.filter(position=1).update(was_held=True, provided_as="reused")
    first.components.order_by("position").first().document.__class__.objects.filter(
        pk=first.components.order_by("position").first().document_id
    ).update(uploaded_by=world.lan, pages=5)


def test_each_total_is_as_long_as_the_list_it_opens(world: World, as_user: AsUser) -> None:
    a_day(world)
    report, today = report_of(world.lan, world.office, local_date()), local_date()
    assert (report.served, report.received, report.absent, report.not_asked_again) == (2, 2, 1, 1)
    assert report.scanned_pages == 5
    for what in ("served", "received", "returned", "absent", "reused"):
        wanted = report.not_asked_again if what == "reused" else getattr(report, what)
        assert len(rows_of(world.lan, today, what) or []) == wanted
    page = as_user(world.lan).get("/ca-truc/").content.decode()
    links = re.findall(
        r'href="(/ca-truc/\?ngay=[\d-]+&amp;muc=[a-z-]+)#danh-sach">\s*<span class="l">[^<]+</span><b class="v">([\d.]+)',
        page,
    )
    assert len(links) == 6
    for link, value in links:
        shown = as_user(world.lan).get(link.replace("&amp;", "&")).content.decode()
        body = shown.split('id="danh-sach"')[1].split("</section>")[0]
        if "quet" in link:
            assert f"{value} trang" in body
        else:
            assert body.count('<li class="two-cols">') == int(value)


def test_the_offices_wait_is_the_one_of_board_and_api(world: World) -> None:
    a_day(world)
    report = report_of(world.lan, world.office, local_date())
    office = catalogue.current().office("VPB")
    assert report.office_wait_s == live.snapshot(office)["average_wait_s_today"]
    assert report.office_wait_s == rollups.of_days(world.office.pk, local_date()).average_wait_s
    assert report.own_wait_s == pytest.approx(360, abs=2)
    assert json.loads(live.cached("VPB")[1])["average_wait_s_today"] == report.office_wait_s


def test_the_median_of_the_team_is_told_from_three_clerks_on(world: World) -> None:
    served(world, "lan", 1, minutes=6)
    served(world, "lan", 1, minutes=10)
    served(world, "lan2", 2, minutes=5)
    report = report_of(world.lan, world.office, local_date())
    assert report.own_handling_s == pytest.approx(480, abs=2)
    assert report.team_handling_s is None
    served(world, "truong", 3, minutes=20)
    assert report_of(world.lan, world.office, local_date()).team_handling_s == pytest.approx(480, abs=2)


def test_another_persons_day_is_not_mine(world: World) -> None:
    a_day(world)
    report = report_of(world.lan2, world.office, local_date())
    assert (report.served, report.received, report.absent, report.scanned_pages) == (0, 0, 0, 0)


def test_a_shift_closes_only_when_every_leftover_has_an_answer(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    kept = held(world)
    key = uuid4()
    drafts.save(key, {"name": "Trần Thị Tư"}, actor=world.lan, office=world.office)
    dossier = world.received()
    notice = Notice.objects.create(
        channel="sms", address="+84912345678", template="received", subject=dossier.code, title="x", body="x", dedup_key="x",
        state=Notice.State.FAILED,
    )  # fmt: skip
    page = client.get("/ca-truc/").content.decode()
    for words in ("Nháp tiếp nhận của Trần Thị Tư", "Số A001 đang tạm giữ", "Tin nhắn của hồ sơ"):
        assert words in page
    some = {f"held:{kept.token}": str(world.lan2.pk), f"notice:{notice.pk}": "done"}
    refused = client.post("/ca-truc/", some)
    assert refused.status_code == 422
    assert "Còn 1 việc chưa xong" in refused.content.decode()
    assert Shift.objects.get().closed_at is None
    answer = client.post("/ca-truc/", {**some, f"draft:{key}": str(world.lan2.pk)}, follow=True)
    assert answer.redirect_chain == [(f"/ca-truc/in/?ngay={local_date():%Y-%m-%d}", 303)]
    assert "bàn giao cho Lê Thị Lan" in answer.content.decode()
    shift = Shift.objects.get()
    assert shift.closed_at is not None
    assert {row["kind"] for row in shift.closing["left"]} == {"draft", "held", "notice"}
    assert IntakeDraft.objects.get(pk=key).user == world.lan2
    assert Ticket.objects.get(pk=kept.pk).clerk == world.lan2
    assert leftovers_of(world.lan, local_date()) == []
    assert {each.kind for each in leftovers_of(world.lan2, local_date())} == {"draft", "held"}


def test_done_ends_the_turn_and_throws_the_draft_away(world: World, as_user: AsUser) -> None:
    kept, key = held(world), uuid4()
    drafts.save(key, {}, actor=world.lan, office=world.office)
    as_user(world.lan).post("/ca-truc/", {f"held:{kept.token}": "done", f"draft:{key}": "done"})
    assert Ticket.objects.get(pk=kept.pk).status == "finished"
    assert not IntakeDraft.objects.exists()


def test_a_leftover_goes_to_nobody_outside_the_desk(world: World, as_user: AsUser) -> None:
    kept = held(world)
    assert world.minh not in shift_closing.colleagues_of(world.lan, world.office)
    refused = as_user(world.lan).post("/ca-truc/", {f"held:{kept.token}": str(world.minh.pk)})
    assert refused.status_code == 422
    assert Ticket.objects.get(pk=kept.pk).clerk == world.lan


def test_a_shift_with_a_visitor_at_the_counter_stays_open(world: World, as_user: AsUser) -> None:
    tickets.issue(world.office, service=A, actor=None)
    calling.call_next(world.office.pk, counter=3, actor=world.lan)
    refused = as_user(world.lan).post("/ca-truc/")
    assert refused.status_code == 409
    assert "Quầy 3 còn số A001" in refused.content.decode()


def test_past_days_open_and_other_words_are_not_found(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    shifts.open_counter(world.office.pk, counter=2, actor=world.lan, at=timezone.now() - timedelta(days=3))
    shifts.close_counter(Shift.objects.get(), actor=world.lan, at=timezone.now() - timedelta(days=3))
    before = local_date(timezone.now() - timedelta(days=3)).isoformat()
    assert f'href="?ngay={before}"' in client.get("/ca-truc/").content.decode()
    assert "Quầy 2:" in client.get(f"/ca-truc/?ngay={before}").content.decode()
    assert client.get("/ca-truc/?ngay=hom-qua").status_code == 404
    assert client.get("/ca-truc/?muc=khac").status_code == 200


@pytest.mark.parametrize("count", [3, 30])
def test_the_report_costs_the_same_whatever_the_day(
    world: World, as_user: AsUser, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    client = as_user(world.lan)
    for _number in range(count):
        served(world, "lan", 3)
    client.get("/ca-truc/")
    with django_assert_max_num_queries(24):
        page = client.get("/ca-truc/?muc=phuc-vu").content.decode()
    assert page.count('<li class="two-cols">') == count
