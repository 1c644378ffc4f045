"""The worklists: who sees what, in what order, at what price."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bpmc_portal.accounts.models import User
from dossiers import sla
from dossiers.models import Dossier, Status
from dossiers.services import worklist as lists
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from procedures import catalogue
from tests.world import World


def asked(user: User, **query: str) -> lists.Asked:
    """Read an address of the worklist as this person."""
    held, now = catalogue.read()
    return lists.read(query, user=user, held=held, now=now)


def slugs_and_counts(user: User) -> dict[str, int | None]:
    return lists.head_of(asked(user)).counts


def test_tabs_follow_the_grants_and_count_what_they_hold(world: World) -> None:
    first, second, third = (world.received() for _each in range(3))
    act(first.code, Action.FORWARD, actor=world.minh)
    act(second.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, params=Params(reason="Thiếu bản dịch"))
    Dossier.objects.filter(pk=third.pk).update(
        received_at=timezone.now() - timedelta(days=20), due_at=timezone.now() - timedelta(days=9)
    )
    assert slugs_and_counts(world.minh) == {
        "cua-toi": 1, "tra-lai": 0, "chua-phan-cong": 1, "dang-xu-ly": 2, "duoc-hoi": 0, "cho-bo-sung": 1, "hom-nay": 0, "sap-den-han": 0,
        "qua-han": 1, "duoc-chia-se": 0,
    }  # fmt: skip
    assert slugs_and_counts(world.lan) == {
        "tai-quay": 2, "cho-tra": 0, "cho-bo-sung": 1, "hom-nay": 0, "sap-den-han": 0, "qua-han": 1, "duoc-chia-se": 0,
    }  # fmt: skip
    assert set(slugs_and_counts(world.binh).values()) == {0}


def test_a_finished_dossier_waits_at_the_desk_to_be_handed_out(world: World) -> None:
    dossier = world.received()
    for action, actor in (
        (Action.FORWARD, world.minh),
        (Action.FORWARD, world.minh),
        (Action.APPROVE, world.ha),
    ):
        act(dossier.code, action, actor=actor)
    assert slugs_and_counts(world.lan)["cho-tra"] == 1
    assert slugs_and_counts(world.minh)["cua-toi"] == 0


def test_a_unit_that_was_asked_finds_the_dossier_in_a_list_of_its_own(world: World) -> None:
    dossier = world.received()
    act(dossier.code, Action.FORWARD, actor=world.minh)
    act(
        dossier.code,
        Action.ASK_OPINION,
        actor=world.minh,
        params=Params(reason="Có trùng thị trường không?", opinion_unit=world.other.code),
    )
    assert slugs_and_counts(world.binh)["duoc-hoi"] == 1


@pytest.mark.parametrize(
    ("left", "term", "soon"), [(1, 30, True), (5, 30, True), (7, 30, False), (3, 10, False)]
)
def test_near_means_the_same_for_a_row_and_for_a_set_of_rows(
    world: World, left: int, term: int, soon: bool
) -> None:
    now = timezone.now()
    due = now + timedelta(days=left)
    dossier = world.received()
    Dossier.objects.update(received_at=due - timedelta(days=term), due_at=due)
    eight_hours = now + timedelta(days=1, hours=1)
    assert sla.is_soon(due - timedelta(days=term), due, now=now, soon=eight_hours) is soon
    assert Dossier.objects.filter(sla.nearly_due(now, eight_hours), pk=dossier.pk).exists() is soon


def spread(world: World, number: int, *, days: int = 3) -> list[str]:
    """Receive dossiers whose appointments come in the order of their codes, two by two at the same instant."""
    start = timezone.now() + timedelta(days=days)
    codes = []
    for index in range(number):
        dossier = world.received()
        Dossier.objects.filter(pk=dossier.pk).update(due_at=start + timedelta(hours=index // 2))
        codes.append(dossier.code)
    return codes


def test_pages_meet_without_a_gap_or_a_double_in_both_directions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 3)
    codes = spread(world, 8)
    pages, after = [], ""
    for _page in range(3):
        page = lists.page_of(asked(world.lan, sau=after))
        pages.append(page)
        after = page.following
    assert [row[1] for page in pages for row in page.rows] == codes
    assert pages[0].previous == ""
    assert pages[2].following == ""
    back = lists.page_of(asked(world.lan, truoc=pages[2].previous))
    assert [row[1] for row in back.rows] == codes[3:6]
    first = lists.page_of(asked(world.lan, truoc=back.previous))
    assert [row[1] for row in first.rows] == codes[:3]
    assert first.previous == ""


@pytest.mark.parametrize(
    "cursor", ["x", "1", ".", "9" * 60, "-1.5", "99999999999999999999.99999999999999999999"]
)
def test_a_cursor_that_is_not_ours_breaks_nothing(world: World, as_user, cursor: str) -> None:  # type: ignore[no-untyped-def]
    world.received()
    assert as_user(world.lan).get("/viec/", {"sau": cursor}).status_code == 200


@pytest.mark.parametrize("number", [3, 30])
@pytest.mark.parametrize(
    ("who", "query"),
    [("lan", ""), ("ha", "?muc=dang-xu-ly"), ("ha", "?muc=dang-xu-ly&han=sau&nguoi=khong&q=tran thi tu")],
)
def test_the_page_costs_eight_statements_whatever_the_volume(
    world: World, as_user, who: str, query: str, number: int, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    spread(world, number, days=30)
    client: Client = as_user(world.users[who])
    client.get("/viec/")
    with django_assert_max_num_queries(8):
        answer = client.get(f"/viec/{query}")
    assert answer.content.decode().count('scope="row"') == number


@pytest.mark.parametrize(
    "text", ["tran thi tu", "traanf thij tuw", "0912 345 678", "001160000019", "Trần Thị Tư"]
)
def test_search_finds_the_person_however_it_is_typed(world: World, as_user, text: str) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    assert dossier.code in as_user(world.lan).get("/viec/", {"q": text}).content.decode()
    assert (
        "Không có hồ sơ nào khớp"
        in as_user(world.lan).get("/viec/", {"q": "nguyen van khac"}).content.decode()
    )


def test_a_whole_code_opens_the_dossier_and_a_strangers_does_not(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    typed = dossier.code.replace(".", " ").lower()
    assert as_user(world.lan).get("/viec/", {"q": typed})["Location"] == f"/ho-so/{dossier.code}/"
    assert as_user(world.binh).get("/viec/", {"q": typed}).status_code == 200


def test_an_overdue_row_says_so_in_words_and_a_paused_one_is_not_overdue(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    Dossier.objects.update(
        received_at=timezone.now() - timedelta(days=90), due_at=timezone.now() - timedelta(days=80, hours=1)
    )
    assert "Quá hạn 80 ngày" in as_user(world.lan).get("/viec/").content.decode()
    act(dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, params=Params(reason="Thiếu bản dịch"))
    assert "Quá hạn 80 ngày" not in as_user(world.lan).get("/viec/").content.decode()
    page = as_user(world.lan).get("/viec/?muc=cho-bo-sung").content.decode()
    assert "Tạm dừng tính giờ" in page
    assert "chờ đến" in page
    assert "Quá hạn 80 ngày" not in page


def test_counts_stop_at_a_hundred() -> None:
    assert [lists.count_words(number) for number in (0, 99, 100)] == ["0", "99", "99+"]


def test_what_stands_above_the_rows_takes_one_statement(world: World) -> None:
    slugs_and_counts(world.minh)
    given = asked(world.minh)
    with CaptureQueriesContext(connection) as seen:
        lists.head_of(given)
    assert len(seen) == 1
    assert (
        seen.captured_queries[0]["sql"].count(f"LIMIT {lists.COUNT_LIMIT}") == len(given.tabs) + 1
    )  # and the alerts
    assert Status.RECEIVED in seen.captured_queries[0]["sql"]
