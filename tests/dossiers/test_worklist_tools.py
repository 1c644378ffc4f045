"""What stands around the list: filters whose counts equal the rows, headings, the poll, the file, saved filters, warnings, neighbours."""

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.models import AccessEvent
from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from dossiers.models import Alert, Dossier, SavedFilter
from dossiers.services import exporting, own_list
from dossiers.services import worklist as lists
from dossiers.services.neighbours import neighbours
from dossiers.services.transitions import Params, act
from dossiers.services.worklist_tabs import bounds_of, group_of
from dossiers.workflow import Action
from procedures import catalogue
from tests.world import World

SignIn = Callable[[Any], Client]
FILTERS: list[dict[str, str]] = [
    {}, {"han": "qua-han"}, {"han": "hom-nay"}, {"han": "tuan-nay"}, {"han": "sau"}, {"nguoi": "toi"}, {"nguoi": "khong"},
    {"buoc": "tham-dinh"}, {"buoc": "trinh-ky"}, {"don_vi": "cuc-qlldnn"}, {"don_vi": "cuc-viec-lam"}, {"q": "tran thi tu"},
    {"han": "sau", "nguoi": "khong", "q": "tu"},
]  # fmt: skip


def asked(user: User, **query: str) -> lists.Asked:
    held, now = catalogue.read()
    return lists.read(query, user=user, held=held, now=now)


def busy(world: World) -> list[Dossier]:
    """Make dossiers in many states and at many distances from their appointments."""
    for days in (-30, -1, 0, 1, 3, 9, 40):
        dossier = world.received()
        Dossier.objects.filter(pk=dossier.pk).update(
            received_at=timezone.now() - timedelta(days=60),
            due_at=timezone.now() + timedelta(days=days, minutes=5),
        )
        if days % 2:
            act(dossier.code, Action.FORWARD, actor=world.minh)
        if days in (-1, 3):
            act(dossier.code, Action.FORWARD, actor=world.minh)
        if days == 40:
            act(
                dossier.code,
                Action.REQUEST_SUPPLEMENT,
                actor=world.minh,
                params=Params(reason="Thiếu bản dịch"),
            )
    world.finished()
    return list(Dossier.objects.order_by("pk"))


@pytest.mark.parametrize("who", ["minh", "ha", "lan", "vanphong", "thanhtra", "vanthu", "binh"])
def test_every_count_equals_its_list_for_every_tab_and_filter(world: World, who: str) -> None:
    busy(world)
    user = world.users[who]
    for query in FILTERS:
        counts = lists.head_of(asked(user, **query)).counts
        for slug, count in counts.items():
            page = lists.page_of(asked(user, muc=slug, **query))
            shown = lists.head_of(asked(user, muc=slug, **query)).counts[slug]
            assert shown == len(page.rows), (slug, query)
            assert count in (None, shown), (slug, query)


def test_a_count_beyond_the_bound_says_so_and_the_list_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "COUNT_LIMIT", 3)
    for number in (2, 3, 4):
        while Dossier.objects.count() < number:
            world.received()
        count = lists.head_of(asked(world.lan)).counts["tai-quay"]
        rows = len(lists.page_of(asked(world.lan)).rows)
        assert (count, rows) == (min(number, 3), number)
        assert lists.count_words(count or 0) == ("2+" if number >= 3 else "2")


def test_rows_stand_under_the_heading_of_their_appointment(world: World, as_user: SignIn) -> None:
    busy(world)
    page = as_user(world.ha).get("/viec/?muc=dang-xu-ly").content.decode()
    found = re.findall(r'class="group"><th[^>]*>([^<]+)<|id="(hs-[^"]+)"', page)
    headings = [heading for heading, _row in found if heading]
    assert headings == [
        words for words in ("Quá hạn", "Hôm nay", "Tuần này", "Sau tuần này") if words in headings
    ]
    assert headings[0] == "Quá hạn"
    assert len(found) - len(headings) == 6


@pytest.mark.parametrize(
    ("now", "due", "group"),
    [
        ("2025-06-04T10:00", "2025-06-04T09:59", "qua-han"), ("2025-06-04T10:00", "2025-06-04T10:00", "hom-nay"),
        ("2025-06-04T10:00", "2025-06-04T23:59", "hom-nay"), ("2025-06-04T10:00", "2025-06-05T00:00", "tuan-nay"),
        ("2025-06-04T10:00", "2025-06-08T23:59", "tuan-nay"), ("2025-06-04T10:00", "2025-06-09T00:00", "sau"),
        ("2025-06-08T10:00", "2025-06-08T17:00", "hom-nay"), ("2025-06-08T10:00", "2025-06-09T08:00", "sau"),
    ],
)  # fmt: skip
def test_groups_end_with_the_day_and_with_sunday(now: str, due: str, group: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=LOCAL_ZONE)
    assert group_of(datetime.fromisoformat(due).replace(tzinfo=LOCAL_ZONE), bounds_of(at)) == group


def test_an_open_page_asks_cheaply_and_is_told_only_of_changes(
    world: World, as_user: SignIn, django_assert_max_num_queries: Any
) -> None:
    world.received()
    client = as_user(world.minh)
    first = client.get("/viec/so-luong/")
    assert first.json()["counts"]["chua-phan-cong"] == "1"
    with django_assert_max_num_queries(5):
        again = client.get("/viec/so-luong/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    world.received()
    later = client.get("/viec/so-luong/", headers={"If-None-Match": first["ETag"]})
    assert later.status_code == 200
    assert later.json()["counts"]["chua-phan-cong"] == "2"


def test_the_poll_of_an_open_page_keeps_no_session_alive(
    world: World, as_user: SignIn, settings: Any
) -> None:
    client = as_user(world.minh)
    client.get("/viec/")
    seen = client.session["seen_at"]
    session = client.session
    session["seen_at"] = earlier = (datetime.fromisoformat(seen) - timedelta(minutes=5)).isoformat()
    session.save()
    client.get("/viec/so-luong/")
    assert client.session["seen_at"] == earlier
    client.get("/viec/")
    assert client.session["seen_at"] != earlier


def cells(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:]), delimiter=";"))


@pytest.mark.parametrize(
    "query", ["", "?muc=qua-han", "?muc=dang-xu-ly&han=sau", "?q=tran+thi+tu&muc=dang-xu-ly"]
)
def test_the_file_holds_exactly_the_list(world: World, as_user: SignIn, query: str) -> None:
    busy(world)
    client = as_user(world.ha)
    page = client.get(f"/viec/{query}").content.decode()
    rows = cells(client.get(f"/viec/xuat/{query}"))
    assert rows[0][0] == "Mã hồ sơ"
    assert [row[0] for row in rows[1:]] == re.findall(r'id="hs-([^"]+)"', page)
    assert AccessEvent.objects.filter(purpose="export").latest("pk").count == len(rows) - 1


def test_the_file_goes_beyond_the_page_and_costs_no_statement_a_row(
    world: World, as_user: SignIn, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    for _each in range(5):
        world.received()
    client = as_user(world.lan)
    client.get("/viec/")
    with django_assert_max_num_queries(8):
        assert len(cells(client.get("/viec/xuat/"))) == 6


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+84912", "'+84912"),
        ("-2", "'-2"),
        ("@A1", "'@A1"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("Tư", "Tư"),
        ("", ""),
    ],
)
def test_no_cell_is_run_as_a_formula(cell: str, written: str) -> None:
    assert exporting.safe(cell) == written


def test_a_name_that_is_a_formula_comes_out_as_text(world: World, as_user: SignIn) -> None:
    world.received()
    Dossier.objects.update(applicant_name='=HYPERLINK("http://x";"Tư")')
    assert cells(as_user(world.lan).get("/viec/xuat/"))[1][3].startswith("'=HYPERLINK")


def test_a_saved_filter_is_an_address_that_opens_and_goes(world: World, as_user: SignIn) -> None:
    client = as_user(world.minh)
    answer = client.post(
        "/viec/bo-loc/",
        {"ten": "Quá hạn của tôi", "dia_chi": "muc=qua-han&nguoi=toi&sau=1.2&la=x"},
        follow=True,
    )
    assert "Đã lưu bộ lọc “Quá hạn của tôi”" in answer.content.decode()
    saved = SavedFilter.objects.get()
    assert saved.query == "muc=qua-han&nguoi=toi"
    assert f'href="?{saved.query.replace("&", "&amp;")}"' in client.get("/viec/").content.decode()
    assert as_user(world.ha).post(f"/viec/bo-loc/{saved.pk}/xoa/").status_code == 404
    assert client.post(f"/viec/bo-loc/{saved.pk}/xoa/").status_code == 303
    assert not SavedFilter.objects.exists()


def test_a_name_twice_none_and_the_thirty_first_are_refused_in_words(world: World, as_user: SignIn) -> None:
    client = as_user(world.minh)

    def said(name: str) -> str:
        return str(
            client.post(
                "/viec/bo-loc/", {"ten": name, "dia_chi": "muc=qua-han"}, follow=True
            ).content.decode()
        )

    assert "Hãy đặt tên cho bộ lọc" in said("  ")
    said("Một")
    assert "Bạn đã có bộ lọc tên “Một”" in said("Một")
    assert "nhiều nhất là 60" in said("x" * 61)
    for number in range(own_list.MOST_FILTERS - 1):
        said(f"Bộ {number}")
    assert "Bạn đã lưu 30 bộ lọc" in said("Nữa")
    assert SavedFilter.objects.count() == 30


def alert(user: User, dossier: Dossier, level: str) -> Alert:
    now = timezone.now()
    return Alert.objects.create(dossier=dossier, user=user, level=level, about=now, at=now)


def test_unread_warnings_stand_above_the_list_until_they_are_read(world: World, as_user: SignIn) -> None:
    dossier = world.received()
    first = alert(world.minh, dossier, "soon")
    client = as_user(world.minh)
    page = client.get("/viec/").content.decode()
    assert "1 cảnh báo chưa xem" in page
    later = alert(world.minh, dossier, "overdue")
    client.post("/viec/canh-bao/da-xem/", {"den": first.pk})
    later.refresh_from_db()
    assert later.seen_at is None
    client.post("/viec/canh-bao/da-xem/", {"den": later.pk})
    assert "cảnh báo chưa xem" not in client.get("/viec/").content.decode()


def test_a_warning_about_what_one_may_not_see_any_more_is_not_shown(world: World, as_user: SignIn) -> None:
    foreign = alert(world.binh, world.received(), "soon")
    assert "cảnh báo chưa xem" not in as_user(world.binh).get("/viec/").content.decode()
    as_user(world.minh).post("/viec/canh-bao/da-xem/", {"den": foreign.pk})
    foreign.refresh_from_db()
    assert foreign.seen_at is None


def test_neighbours_walk_the_whole_list_and_lead_back_to_the_row(
    world: World, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    start = timezone.now() + timedelta(days=30)
    for index in range(5):
        Dossier.objects.filter(pk=world.received().pk).update(due_at=start + timedelta(hours=index // 2))
    codes = list(Dossier.objects.order_by("due_at", "id").values_list("code", flat=True))
    held, now = catalogue.read()
    code, query, seen = codes[0], "muc=tai-quay", []
    while True:
        with django_assert_max_num_queries(2):
            found = neighbours(world.lan, code, query, held=held, now=now)
        assert found is not None
        seen.append((code, f"{found.place}/{found.total}"))
        back = urlsplit(found.back)
        assert back.fragment == f"hs-{code}"
        listed = lists.page_of(
            asked(world.lan, **{name: values[0] for name, values in parse_qs(back.query).items()})
        )
        assert code in [row[1] for row in listed.rows]
        if not found.following:
            break
        address = urlsplit(found.following)
        code, query = address.path.split("/")[2], parse_qs(address.query)["tu"][0]
    assert seen == [(each, f"{index}/5") for index, each in enumerate(codes, 1)]
    assert f"/{codes[3]}/" in found.previous


def test_a_dossier_that_left_the_list_still_has_the_neighbours_of_its_place(world: World) -> None:
    for index in range(3):
        Dossier.objects.filter(pk=world.received().pk).update(
            due_at=timezone.now() + timedelta(days=30 + index)
        )
    first, middle, last = Dossier.objects.order_by("due_at")
    act(middle.code, Action.FORWARD, actor=world.minh)
    held, now = catalogue.read()
    found = neighbours(world.minh, middle.code, "muc=chua-phan-cong", held=held, now=now)
    assert found is not None
    assert (found.place, found.total) == ("–", "2")
    assert f"/{first.code}/" in found.previous
    assert f"/{last.code}/" in found.following
    assert neighbours(world.binh, middle.code, "muc=cua-toi", held=held, now=now) is None
    assert neighbours(world.minh, middle.code, "", held=held, now=now) is None
