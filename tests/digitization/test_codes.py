"""Document codes: grammar, series without gap or reuse, one code for ever."""

import html
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from bpmc_portal.jobs.models import Job
from digitization import codes, services
from digitization.models import Blob, CodeScheme, Document
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


@given(owner=st.text("0123456789", max_size=12), nn=st.integers(1, 10**6))
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
        ("{owner}{type}.{nn}", False),
        ("{owner}.{type}0{nn}", False),
        ("{owner}.{type}.{nn}.{owner}", False),
        ("Ministry-of-labour.{owner}.{type}.{nn}", False),
        ("MC.{owner}.{type}.{nn:04d}", True),
    ],
)
def test_a_template_that_cannot_serve_is_named(template: str, is_fit: bool) -> None:
    assert (codes.problem_with(template) is None) == is_fit


OWNERS = st.from_regex(r"([0-9]{12}|[0-9]{10}(-[0-9]{3})?|[A-Z][0-9]{7}|)", fullmatch=True)
PARTS = st.tuples(
    OWNERS, st.from_regex(r"[0-9A-Z][0-9A-Z./-]{0,8}", fullmatch=True), st.from_regex(r"[A-Z]{2}-[A-Z]{2}[0-9]{1,4}", fullmatch=True), st.integers(1, 10**5)
)  # fmt: skip


@given(
    one=PARTS,
    other=PARTS,
    template=st.sampled_from([codes.COMPONENT_TEMPLATE, codes.RESULT_TEMPLATE, "{type}/{owner}/{nn:04d}"]),
)
def test_papers_that_differ_in_owner_type_or_number_never_share_a_code(
    one: tuple[str, str, str, int], other: tuple[str, str, str, int], template: str
) -> None:
    def code(parts: tuple[str, str, str, int]) -> str:
        owner, origin, kind, nn = parts
        return codes.render(template, owner=owner, origin=origin, type_code=kind, nn=nn)

    (owner, _origin, kind, nn), (owner2, _origin2, kind2, nn2) = one, other
    assert ((owner, kind, nn) == (owner2, kind2, nn2)) or code(one) != code(other)


@given(owner=OWNERS, kind=st.from_regex(r"[A-Z]{2}[0-9]", fullmatch=True), nn=st.integers(1, 50))
def test_types_of_which_one_ends_another_are_named_because_only_they_could_clash(
    owner: str, kind: str, nn: int
) -> None:
    whole = f"005.{kind}"
    one = codes.render(codes.COMPONENT_TEMPLATE, owner=owner, origin="1.005", type_code=kind, nn=nn)
    other = codes.render(codes.COMPONENT_TEMPLATE, owner=owner, origin="1", type_code=whole, nn=nn)
    assert one == other
    assert codes.may_clash([kind, whole, "XX9"]) == [(kind, whole)]
    assert codes.may_clash([kind, "XX9"]) == []


def test_only_papers_with_a_file_are_told_of_and_in_one_statement(world: World) -> None:
    kind = DocumentType.objects.order_by("code")[0]
    blob = Blob.objects.create(sha256="a" * 64, size=1, media_type="application/pdf")
    filed = [paper(kind) for _ in range(3)]
    Document.objects.filter(pk__in=[each.pk for each in filed]).update(blob=blob, state="stored")
    assign_codes([paper(kind).pk, *(each.pk for each in filed)])
    told = (
        Job.objects.filter(kind="digitization.stamp_copy")
        .order_by("pk")
        .values_list("payload__document_id", flat=True)
    )
    assert sorted(told) == sorted(str(each.pk) for each in filed)


def test_many_coded_papers_are_told_of_by_one_job(world: World) -> None:
    kind = DocumentType.objects.order_by("code")[0]
    blob = Blob.objects.create(sha256="a" * 64, size=1, media_type="application/pdf")
    filed = [paper(kind).pk for _ in range(services.TOLD_AT_ONCE + 1)]
    Document.objects.filter(pk__in=filed).update(blob=blob, state="stored")
    assign_codes(filed)
    (told,) = Job.objects.filter(kind="digitization.tell_coded").order_by("pk")
    assert Job.objects.filter(kind="digitization.stamp_copy").count() == 0
    services.tell_coded(**told.payload)
    assert Job.objects.filter(kind="digitization.stamp_copy").count() == len(filed)


def test_a_typed_upload_whose_place_is_unknown_waits(world: World) -> None:
    kind = DocumentType.objects.order_by("code")[0]
    loose = Document.objects.create(document_type=kind)
    assert assign_codes([loose.pk]) == 0


@pytest.mark.parametrize(
    ("template", "day", "field"),
    [
        ("{owner}.{nn}", date(2999, 1, 1), "template"),
        (codes.COMPONENT_TEMPLATE, date(2020, 1, 1), "in_force_from"),
    ],
)
def test_a_scheme_that_cannot_serve_or_comes_too_late_is_refused_in_words(
    world: World, as_user: Any, template: str, day: date, field: str
) -> None:
    given_fields = {
        "kind": "component",
        "template": template,
        "in_force_from": day,
        "legal_basis": "x",
        "confidence": "x",
    }
    with pytest.raises(ValidationError) as refused:
        CodeScheme(**given_fields).full_clean()
    assert list(refused.value.message_dict) == [field]
    answer = as_user(world.quantri).post("/quan-tri/digitization/codescheme/add/", given_fields)
    assert refused.value.message_dict[field][0] in html.unescape(answer.content.decode())


def test_a_scheme_in_force_is_read_only_and_a_future_one_may_still_change(world: World, as_user: Any) -> None:
    admin = as_user(world.quantri)
    old = CodeScheme.objects.filter(kind="component").earliest("in_force_from")
    future = CodeScheme.objects.create(kind="component", template="{owner}/{type}/{nn}", in_force_from=date(2999, 1, 1), legal_basis="x", confidence="x")  # fmt: skip
    pages = [
        admin.get(f"/quan-tri/digitization/codescheme/{each.pk}/change/").content.decode()
        for each in (old, future)
    ]
    assert ["_save" in page for page in pages] == [False, True]
    assert "001160000019/MC-GT0001/1" in pages[1]
