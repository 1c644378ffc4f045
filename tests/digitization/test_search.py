"""The words of papers are found with or without marks, only in papers in sight, at the same cost for few and many."""

import pytest

from digitization import searching
from digitization.models import Document, Page
from dossiers import documents
from tests.world import World


def paper(world: World, text: str) -> Document:
    """Return a paper of a received dossier with one page of that text."""
    document: Document = world.received().components.get(position=1).document
    Page.objects.create(document=document, number=1, text=text, search=searching.vector_of(text))
    return document


@pytest.mark.parametrize(
    ("typed", "is_found"),
    [
        ("giấy phép hoạt động", True), ("giay phep hoat dong", True), ("GIAY PHEP", True), ("phép hoạt độ", True),
        ('"dich vu viec lam"', True), ('"viec lam dich vu"', False), ("215/QĐ-CVL", True), ("215 qd cvl", True),
        ("giay phep xay dung", False), ("  & | !  ", False), ("')) :* <->", False),
    ],
)  # fmt: skip
def test_words_are_found_as_people_type_them(world: World, typed: str, is_found: bool) -> None:
    paper(world, "Số: 215/QĐ-CVL\nVề việc cấp giấy phép hoạt động dịch vụ việc làm")
    answer = searching.search(typed, among=Document.objects.all())
    assert bool(answer.found) is is_found


def test_the_snippet_marks_the_words_in_their_own_spelling(world: World) -> None:
    paper(world, "Điều 1. Cấp giấy phép\ncho Công ty Sông Hồng.")
    pieces = searching.search("giay phep", among=Document.objects.all()).found[0].pieces
    assert [text for text, is_hit in pieces if is_hit] == ["giấy", "phép"]
    assert "".join(text for text, _is_hit in pieces) == "Điều 1. Cấp giấy phép cho Công ty Sông Hồng."


def test_a_stranger_finds_nothing(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    paper(world, "Người lao động đi làm việc ở nước ngoài")
    assert "lao động" in as_user(world.minh).get("/so-hoa/tim/?q=lao+dong").content.decode()
    assert searching.search("lao dong", among=documents.visible_documents(world.binh)).found == []


@pytest.mark.parametrize("count", [3, 30])
def test_a_page_of_results_costs_the_same_and_leads_to_the_next(
    world: World, as_user, django_assert_max_num_queries, count: int
) -> None:  # type: ignore[no-untyped-def]
    for number in range(count):
        paper(world, f"Hợp đồng số {number}")
    client = as_user(world.minh)
    client.get("/so-hoa/tim/")
    with django_assert_max_num_queries(4):
        first = searching.search("hop dong", among=documents.visible_documents(world.minh))
    with django_assert_max_num_queries(8):
        shown = client.get("/so-hoa/tim/?q=hop+dong").content.decode()
    assert ("truoc=" in shown) is (count > searching.SIZE)
    second = searching.search(
        "hop dong", among=documents.visible_documents(world.minh), before=first.older or 0
    )
    assert len(first.found) + len(second.found) == count
