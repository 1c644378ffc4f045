"""The register of results still in force: who sees it, how a scan becomes a paper of the store, and the figures that follow."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.jobs import services as jobs
from bpmc_portal.lib.vietnamese import local_date
from digitization import backlog, register
from digitization.backlog import Funnel
from digitization.models import Document, LegacyResult, RegisterCount, RegisterDay
from digitization.register import Wanted
from procedures.models import DocumentType
from tests.api import bodies
from tests.world import TU_CCCD, World

LIST, FIGURES = "/so-hoa/so-cu/", "/dieu-hanh/so-hoa/"


@pytest.fixture
def kind(world: World) -> DocumentType:
    return DocumentType.objects.create(code="MC-KQ01", name="Giấy phép", is_result=True)


def old(world: World, kind: DocumentType, number: int = 1, **changes: Any) -> LegacyResult:
    """Return one entry of the agency's register, bà Tư's unless said otherwise."""
    values = {
        "unit": world.agency, "register_no": str(number), "document_type": kind, "holder_number": TU_CCCD, "holder_name": "Trần Thị Tư",
        "search_key": f"tran thi tu {number}/gp-ld {number}", "number": f"{number}/GP-LĐ", "issued_on": date(2019, 3, 5),
        "issuer": "Cục Quản lý lao động ngoài nước",
    }  # fmt: skip
    return LegacyResult.objects.create(**{**values, **changes})


def scan() -> SimpleUploadedFile:
    return SimpleUploadedFile("quet.pdf", bodies.pdf(), "application/pdf")


def funnel(world: World) -> Funnel:
    return backlog.by_unit([world.agency.pk]).get(world.agency.pk, Funnel())


def test_a_scan_makes_the_result_a_coded_paper_of_its_holder(world: World, kind: DocumentType) -> None:
    result = old(world, kind, good_until=date(2999, 1, 1))
    document = register.attach(result.pk, scan(), actor=world.vanthu)
    jobs.run_due()
    document.refresh_from_db()
    assert document.code == f"{TU_CCCD}.MC-KQ01.1/GP-LĐ.01"
    assert (document.holder, document.source, document.kind) == (world.tu.applicant, "legacy", "result")
    assert (document.number, document.good_until) == ("1/GP-LĐ", date(2999, 1, 1))
    assert LegacyResult.objects.get().state == "scanned"


def test_the_state_and_the_sums_follow_the_paper_whoever_changes_it(world: World, kind: DocumentType) -> None:
    results = [old(world, kind, number) for number in (1, 2, 3)]
    assert funnel(world) == Funnel(paper=3)
    document = register.attach(results[0].pk, scan(), actor=world.vanthu)
    assert funnel(world) == Funnel(paper=2, scanned=1)
    Document.objects.filter(pk=document.pk).update(signed="valid", code=None, code_nn=None)
    assert funnel(world) == Funnel(paper=2, signed=1)
    Document.objects.filter(pk=document.pk).update(code="X.1", code_nn=1)
    assert funnel(world) == Funnel(paper=2, stored=1)
    assert RegisterDay.objects.get().results == 1
    Document.objects.filter(pk=document.pk).update(signed="broken")
    assert funnel(world) == Funnel(paper=2, scanned=1)
    assert RegisterDay.objects.get().results == 0
    assert list(backlog.differences(2026)) == []


def test_what_expires_or_is_revoked_leaves_the_denominator(world: World, kind: DocumentType) -> None:
    last_day = date(2026, 5, 31)
    results = [old(world, kind, number, good_until=last_day) for number in (1, 2)] + [old(world, kind, 3)]
    assert register.expire(last_day) == 0
    assert register.expire(last_day + timedelta(days=1)) == 2
    assert register.expire(last_day + timedelta(days=1)) == 0
    assert funnel(world).all == 1
    LegacyResult.objects.filter(pk=results[2].pk).delete()
    assert funnel(world).all == 0
    assert list(backlog.differences(2026)) == []


def test_a_sum_that_was_bent_is_named(world: World, kind: DocumentType) -> None:
    old(world, kind)
    RegisterCount.objects.update(results=5)
    assert list(backlog.differences(2026)) == [
        {"unit": "cuc-qlldnn", "part": "paper", "stored": 5, "counted": 1}
    ]


def test_a_second_scan_and_a_foreign_register_are_refused(world: World, kind: DocumentType) -> None:
    result = old(world, kind)
    with pytest.raises(DomainError) as refused:
        register.attach(result.pk, scan(), actor=world.ha)
    assert refused.value.code == "not_your_register"
    with pytest.raises(NotFound):
        register.attach(result.pk, scan(), actor=world.binh)
    register.attach(result.pk, scan(), actor=world.vanthu)
    with pytest.raises(DomainError) as again:
        register.attach(result.pk, scan(), actor=world.vanthu)
    assert again.value.code == "already_scanned"


def test_each_bar_opens_exactly_what_it_lacks(world: World, kind: DocumentType, as_user: Any) -> None:
    results = [old(world, kind, number) for number in range(1, 8)]
    for result in results[:4]:
        register.attach(result.pk, scan(), actor=world.vanthu)
    jobs.run_due()
    papers = [LegacyResult.objects.get(pk=each.pk).document_id for each in results[:4]]
    Document.objects.filter(pk__in=papers[:2]).update(signed="valid")
    page = as_user(world.vanphong).get(FIGURES).content.decode()
    assert "3 kết quả chưa quét" in page
    assert "2 kết quả đã quét, chưa ký số" in page
    assert "Chưa đủ dữ liệu" in page
    for state, count in (("paper", 3), ("scanned", 2), ("signed", 0), ("stored", 2), ("", 7)):
        found = register.listed(Wanted(state=state), user=world.vanphong)
        assert (len(found.rows), found.count) == (count, count)
    lacking = as_user(world.vanphong).get(LIST, {"trang_thai": "chua-quet"}).content.decode()
    assert "3 kết quả" in lacking
    assert all(f"{number}/GP-LĐ" in lacking for number in (5, 6, 7))
    assert "1/GP-LĐ<" not in lacking


def test_a_list_goes_on_by_key_and_is_searched_without_marks(world: World, kind: DocumentType) -> None:
    for number in range(1, register.PAGE + 3):
        old(world, kind, number, search_key=f"tran thi tu {number}")
    first = register.listed(Wanted(), user=world.ha)
    second = register.listed(Wanted(after=first.following), user=world.ha)
    assert (len(first.rows), len(second.rows), second.following) == (register.PAGE, 2, 0)
    assert not {each.pk for each in first.rows} & {each.pk for each in second.rows}
    found = register.listed(Wanted(text="Trần tư 52"), user=world.ha)
    assert ([each.register_no for each in found.rows], found.count) == (["52"], None)


@pytest.mark.parametrize("rows", [3, 30])
def test_list_and_figures_cost_the_same_however_many(
    world: World, kind: DocumentType, as_user: Any, django_assert_max_num_queries: Any, rows: int
) -> None:
    for number in range(1, rows + 1):
        old(world, kind, number)
    client = as_user(world.vanphong)
    for warm in (LIST, FIGURES):
        client.get(warm)
    with django_assert_max_num_queries(9):
        client.get(LIST)
    with django_assert_max_num_queries(11):
        client.get(FIGURES)


def test_only_units_in_sight_are_shown(world: World, kind: DocumentType, as_user: Any) -> None:
    result = old(world, kind)
    assert as_user(world.binh).get(f"{LIST}{result.pk}/").status_code == 404
    assert "1/GP-LĐ" not in as_user(world.binh).get(LIST).content.decode()
    assert as_user(world.minh).get(f"{LIST}{result.pk}/").status_code == 200
    assert as_user(world.tu).get(LIST).status_code == 403


def test_the_page_of_a_result_takes_its_scan(world: World, kind: DocumentType, as_user: Any) -> None:
    result = old(world, kind)
    client, address = as_user(world.vanthu), f"{LIST}{result.pk}/"
    assert client.post(address, {"file": SimpleUploadedFile("x.pdf", b"MZ")}).status_code == 422
    assert client.post(address, {"file": scan()}).status_code == 303
    jobs.run_due()
    assert f"{TU_CCCD}.MC-KQ01.1/GP-LĐ.01" in client.get(address).content.decode()


def every_day(_day: date) -> bool:
    return True


def test_the_forecast_needs_five_days_and_walks_working_days(world: World) -> None:
    today = date(2026, 6, 15)

    def asked(waiting: int) -> date | None:
        return backlog.forecast([world.agency.pk], waiting, today=today, is_working=every_day)

    for ago in range(1, 5):
        RegisterDay.objects.create(unit=world.agency, day=today - timedelta(days=ago), results=10)
    assert asked(100) is None
    RegisterDay.objects.create(unit=world.agency, day=today - timedelta(days=5), results=10)
    # 50 in 20 days: 100 more take 40 days.
    assert asked(100) == today + timedelta(days=40)
    assert asked(0) == today
    assert asked(1_000_000) is None
    assert asked(101) == today + timedelta(days=41)


def test_an_empty_register_has_no_denominator(world: World, as_user: Any) -> None:
    assert "Chưa xác định mẫu số" in as_user(world.vanphong).get(FIGURES).content.decode()


def test_what_expired_is_taken_out_by_the_daily_tick(world: World, kind: DocumentType) -> None:
    old(world, kind, good_until=local_date() - timedelta(days=1))
    jobs.publish("tick.daily", slot=f"{timezone.now():%Y-%m-%d}")
    jobs.run_due()
    assert not LegacyResult.objects.get().is_in_force
