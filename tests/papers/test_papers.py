"""Issued once, kept for ever: the life of a receipt in the store."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.models import Job
from digitization import storage
from digitization.models import Blob
from dossiers.models import Dossier, IssuedPaper, Reprint
from dossiers.services import papers
from dossiers.services.intake import submit_dossier
from tests.papers.made import with_papers
from tests.world import World


def test_the_reception_issues_the_receipt_in_the_background(world: World) -> None:
    dossier = world.received()
    assert papers.issued_pdf(dossier) is None
    jobs.run_due()
    paper = IssuedPaper.objects.get(dossier=dossier)
    assert (paper.form, paper.form_version, paper.size) == ("receipt", "tt03_2025", "A5")
    assert storage.is_intact(paper.blob_id)
    assert papers.issued_pdf(dossier) == storage.read(paper.blob_id)


def test_a_second_issue_returns_the_first_paper_though_the_dossier_has_changed(world: World) -> None:
    dossier = world.received()
    first = papers.issue(dossier.pk)
    Dossier.objects.filter(pk=dossier.pk).update(applicant_name="Tên Khác")
    assert papers.issue(dossier.pk).pk == first.pk
    assert Blob.objects.count() == 1


def test_two_workers_at_once_make_one_paper(committed_world: World) -> None:
    dossier = committed_world.received()
    found: list[int] = []

    def work() -> None:
        found.append(papers.issue(dossier.pk).pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert len(set(found)) == 1
    assert IssuedPaper.objects.count() == 1


def test_the_large_sheet_is_made_when_it_is_first_asked_for(world: World) -> None:
    dossier = world.received()
    jobs.run_due()
    assert papers.issued_pdf(dossier, size="A4") is None
    assert papers.issued_pdf(dossier, size="A4") is None
    assert Job.objects.filter(kind="dossiers.issue_receipt", done_at=None).count() == 1
    jobs.run_due()
    assert (papers.issued_pdf(dossier, size="A4") or b"").startswith(b"%PDF")
    assert papers.issued_pdf(dossier, size="A4") != papers.issued_pdf(dossier)


def test_a_size_that_the_form_does_not_have_is_refused(world: World) -> None:
    dossier = world.received()
    for ask in (lambda: papers.issued_pdf(dossier, size="A3"), lambda: papers.issue(dossier.pk, size="A3")):
        with pytest.raises(DomainError) as refused:
            ask()
        assert refused.value.code == "unknown_size"


def test_a_dossier_that_waits_for_the_desk_has_no_receipt(world: World) -> None:
    dossier = submit_dossier(world.intake(channel="online"), actor=world.tu)
    assert papers.issued_pdf(dossier) is None
    assert not Job.objects.filter(kind="dossiers.issue_receipt").exists()
    with pytest.raises(DomainError) as refused:
        papers.issue(dossier.pk)
    assert refused.value.code == "not_received"


def test_a_reprint_is_numbered_has_a_reason_and_gives_the_same_bytes(world: World) -> None:
    dossier = world.received()
    jobs.run_due()
    first = papers.reprint(dossier, actor=world.lan, reason="kẹt giấy")
    second = papers.reprint(dossier, actor=world.truong, reason="  người nộp làm mất ")
    assert first == second == papers.issued_pdf(dossier)
    rows = Reprint.objects.order_by("number").values_list("number", "reason", "actor__username")
    assert list(rows) == [(1, "kẹt giấy", "lan"), (2, "người nộp làm mất", "truong")]


@pytest.mark.parametrize(
    ("reason", "code"), [("  ", "reason_missing"), ("x" * 201, "text_too_long"), ("a\x07b", "text_control")]
)
def test_a_reprint_without_a_fit_reason_is_refused_and_not_counted(
    world: World, reason: str, code: str
) -> None:
    dossier = world.received()
    jobs.run_due()
    with pytest.raises(InvalidInput) as refused:
        papers.reprint(dossier, actor=world.lan, reason=reason)
    assert refused.value.code == code
    assert not Reprint.objects.exists()


def test_a_reprint_asked_before_the_paper_is_ready_says_so(world: World) -> None:
    dossier = world.received()
    with pytest.raises(papers.PaperNotReady):
        papers.reprint(dossier, actor=world.lan, reason="kẹt giấy", size="A4")
    jobs.run_due()
    assert papers.reprint(dossier, actor=world.lan, reason="kẹt giấy", size="A4").startswith(b"%PDF")


@pytest.mark.parametrize("harm", ["lost", "changed"])
def test_a_lost_or_changed_file_is_an_error_and_never_made_again(world: World, harm: str) -> None:
    dossier = world.received()
    paper = papers.issue(dossier.pk)
    file = storage.path_of(paper.blob_id)
    if harm == "lost":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes() + b" ")
    asks: list[Callable[[], object]] = [
        lambda: papers.issued_pdf(dossier),
        lambda: papers.reprint(dossier, actor=world.lan, reason="mất"),
    ]
    for ask in asks:
        with pytest.raises(papers.PaperDamaged):
            ask()
    jobs.run_due()
    assert papers.issue(dossier.pk).blob_id == paper.blob_id
    assert not storage.is_intact(paper.blob_id)
    assert not Reprint.objects.exists()


@pytest.mark.parametrize("count", [3, 30])
def test_a_paper_costs_ten_statements_however_long_it_is(
    world: World, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    dossier = with_papers(world.received(), count)
    with django_assert_max_num_queries(10):
        papers.issue(dossier.pk)


def test_asking_for_the_small_sheet_only_reads(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    dossier = world.received()
    waiting = Job.objects.count()
    with django_assert_max_num_queries(1):
        assert papers.issued_pdf(dossier) is None
    assert Job.objects.count() == waiting
