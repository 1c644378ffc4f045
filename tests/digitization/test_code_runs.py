"""Codes for all papers that wait: slices, progress, a run taken up again, and series that are whole or named."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.models import Job
from digitization import code_runs
from digitization.models import CodeRun, Document
from digitization.services import assign_codes
from procedures.models import DocumentType
from tests.digitization.test_codes import paper
from tests.world import World

PAGE = "/so-hoa/ma/"


def waiting(count: int) -> list[Document]:
    """Return that many papers without code, of three owners."""
    kind = DocumentType.objects.order_by("code")[0]
    return [paper(kind, owner=f"00116000001{number % 3}") for number in range(count)]


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_runs, "SLICE", 4)


@pytest.mark.parametrize(("count", "slices"), [(0, 0), (1, 1), (4, 1), (5, 2), (11, 3)])
def test_a_run_codes_everything_that_waits_in_bounded_slices(
    world: World, small_slices: None, count: int, slices: int
) -> None:
    waiting(count)
    run = code_runs.start(actor=world.sohoa)
    jobs.run_due()
    run.refresh_from_db()
    assert (run.total, run.coded, run.slices, run.slices_done) == (count, count, slices, slices)
    assert run.is_over
    assert Document.objects.filter(code=None).count() == 0
    assert list(code_runs.faults()) == []


def test_a_slice_that_is_done_again_codes_and_counts_nothing(world: World, small_slices: None) -> None:
    waiting(9)
    run = code_runs.start(actor=None)
    jobs.run_due()
    codes = list(Document.objects.order_by("pk").values_list("code", flat=True))
    for key in (
        Job.objects.filter(kind="digitization.code_slice").order_by("pk").values_list("dedup_key", flat=True)
    ):
        assert jobs.run(key) is False
    code_runs.cut(run.pk)
    run.refresh_from_db()
    assert (run.coded, run.slices_done) == (9, 3)
    assert list(Document.objects.order_by("pk").values_list("code", flat=True)) == codes


def test_papers_coded_by_a_counter_meanwhile_are_not_coded_twice(world: World, small_slices: None) -> None:
    papers = waiting(9)
    run = code_runs.start(actor=None)
    jobs.run(f"code-run:{run.pk}:cut")
    assign_codes([papers[0].pk, papers[5].pk])
    jobs.run_due()
    run.refresh_from_db()
    assert (run.total, run.coded, run.is_over) == (9, 7, True)
    assert list(code_runs.faults()) == []


def test_a_second_start_joins_the_run_and_takes_up_what_gave_up(world: World, small_slices: None) -> None:
    waiting(5)
    run = code_runs.start(actor=world.sohoa)
    jobs.run(f"code-run:{run.pk}:cut")
    Job.objects.filter(dedup_key=f"code-run:{run.pk}:1").update(dead_at=timezone.now(), attempts=5)
    jobs.run_due()
    assert code_runs.progress().stuck == 1
    assert code_runs.start(actor=None) == run
    jobs.run_due()
    run.refresh_from_db()
    assert run.is_over
    assert CodeRun.objects.count() == 1
    assert Document.objects.filter(code=None).count() == 0


def test_the_check_names_a_gap_and_a_counter_that_ran_ahead(world: World) -> None:
    waiting(6)
    code_runs.start(actor=None)
    jobs.run_due()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE digitization_document DISABLE TRIGGER code_for_ever")
        cursor.execute(
            "UPDATE digitization_document SET code_nn = 5, code = 'x' WHERE code_owner LIKE '%%0' AND code_nn = 2"
        )
        cursor.execute("ALTER TABLE digitization_document ENABLE TRIGGER code_for_ever")
    found = {fault.series: fault.sentence for fault in code_runs.faults()}
    assert len(found) == 1
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_codes", stdout=out)
    assert ended.value.code == 1
    assert "thiếu số 2, 3, 4" in out.getvalue()
    assert "sổ đếm đến 2 nhưng đã cấp đến số 5" in out.getvalue()


def test_the_commands_count_start_and_check(world: World) -> None:
    waiting(3)
    out = StringIO()
    call_command("assign_codes", stdout=out)
    call_command("assign_codes", "--all", "--here", stdout=out)
    call_command("check_codes", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "3 giấy tờ chờ mã."
    assert lines[1].endswith("đã cấp 3 mã.")
    assert lines[2] == "3 dãy mã, 0 lỗi."


def test_the_page_starts_a_run_and_polls_until_it_is_over(
    world: World, as_user: Any, small_slices: None
) -> None:
    waiting(5)
    browser = as_user(world.sohoa)
    assert "Cấp mã cho 5 giấy tờ" in browser.get(PAGE).content.decode()
    answer = browser.post(PAGE)
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    part = browser.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert "Đang đếm" in part
    assert "hx-get" in part
    jobs.run_due()
    part = browser.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert "<b>5</b> mã" in part
    assert "hx-get" not in part
    assert "3 dãy mã, không thiếu số nào" in browser.get(PAGE, {"soat": "1"}).content.decode()


@pytest.mark.parametrize("count", [3, 30])
def test_the_page_costs_the_same_however_many_papers_and_runs(
    world: World, as_user: Any, django_assert_max_num_queries: Any, count: int
) -> None:
    waiting(count)
    for _ in range(count // 3):
        CodeRun.objects.create(
            started_at=timezone.now(), finished_at=timezone.now(), started_by=world.sohoa, total=1, slices=1
        )
    browser = as_user(world.sohoa)
    with django_assert_max_num_queries(9):
        browser.get(PAGE)
