"""Document codes: grammar, series without gap or reuse, one code for ever."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from digitization import codes
from digitization.models import CodeScheme, Document
from digitization.services import assign_codes
from procedures.models import DocumentType
from tests.world import World


def paper(kind: DocumentType, owner: str = "001160000019") -> Document:
    """Return a stored paper without a code."""
    return Document.objects.create(
        document_type=kind, code_owner=owner, code_origin="QLLDNN-04", code_type=kind.code, name=kind.name
    )


def test_numbers_run_per_owner_and_type(world: World) -> None:
    first, second = DocumentType.objects.order_by("code")[:2]
    papers = [paper(first), paper(first), paper(second), paper(first, owner="0100233488")]
    assert assign_codes([each.pk for each in papers]) == 4
    found = sorted(Document.objects.values_list("code_owner", "code_type", "code_nn"))
    assert [nn for _, _, nn in found] == [1, 2, 1, 1]


def test_a_paper_keeps_its_code_however_often_it_is_asked(world: World) -> None:
    one = paper(DocumentType.objects.order_by("code")[0])
    assign_codes([one.pk])
    before = Document.objects.get(pk=one.pk).code
    assert assign_codes([one.pk]) == 0
    assert Document.objects.get(pk=one.pk).code == before


def test_an_unknown_paper_is_left_alone(world: World) -> None:
    assert assign_codes([uuid4()]) == 0


def test_a_holder_without_identifier_has_an_empty_owner_part(world: World) -> None:
    one = paper(DocumentType.objects.order_by("code")[0], owner="")
    assign_codes([one.pk])
    assert Document.objects.get(pk=one.pk).code == ".QLLDNN-04.MC-GT0001.01"


def test_a_new_scheme_serves_from_its_day(world: World) -> None:
    CodeScheme.objects.create(
        kind="component",
        template="{type}/{owner}/{nn:04d}",
        in_force_from=date(2026, 1, 1),
        legal_basis="x",
        confidence="x",
    )
    one = paper(DocumentType.objects.order_by("code")[0])
    assign_codes([one.pk])
    assert Document.objects.get(pk=one.pk).code == "MC-GT0001/001160000019/0001"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE digitization_document SET code = 'x'",
        "UPDATE digitization_document SET code = NULL, code_nn = NULL",
        "DELETE FROM digitization_document",
    ],
)
def test_a_code_is_never_changed_or_taken_back(world: World, statement: str) -> None:
    from django.db import connection

    assign_codes([paper(DocumentType.objects.order_by("code")[0]).pk])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_hundred_papers_cost_few_statements(world: World, django_assert_max_num_queries: object) -> None:
    kind = DocumentType.objects.order_by("code")[0]
    papers = [paper(kind).pk for _ in range(100)]
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        assert assign_codes(papers) == 100


@given(owner=st.from_regex(r"[0-9]{0,12}", fullmatch=True), nn=st.integers(1, 10**6))
def test_the_code_carries_its_parts_whatever_their_length(owner: str, nn: int) -> None:
    code = codes.render(
        codes.COMPONENT_TEMPLATE, owner=owner, origin="1.005132", type_code="MC-GT0001", nn=nn
    )
    assert code == f"{owner}.1.005132.MC-GT0001.{nn:02d}"


@pytest.mark.parametrize(
    ("template", "is_fit"),
    [
        (codes.COMPONENT_TEMPLATE, True),
        (codes.RESULT_TEMPLATE, True),
        ("{owner}.{nn}", False),
        ("{owner}.{type}", False),
        ("{owner}{type}{nn}{x}", False),
        ("{owner.a}{type}{nn}", False),
    ],
)
def test_a_template_that_cannot_serve_is_named(template: str, is_fit: bool) -> None:
    assert (codes.problem_with(template) is None) == is_fit
