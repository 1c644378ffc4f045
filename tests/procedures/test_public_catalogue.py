"""Finding and reading procedures, as people type and as the law is known."""

import unicodedata

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from procedures import catalogue
from procedures.models import Case, ComponentRequirement, Fee, Procedure, ProcedureVersion
from procedures.search import search
from procedures.services import copy_to_draft, publish
from tests.world import World


@pytest.fixture
def two(world: World) -> World:
    Procedure.objects.filter(pk=world.procedure.pk).update(
        aliases=["xuất khẩu lao động"], national_code="1.000448"
    )
    Procedure.objects.create(
        key="NCC-02",
        name="Trợ cấp cho thương binh",
        field=world.procedure.field,
        unit=world.other,
        search_key="",
    )
    return world


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("cung ứng lao động", "QLLDNN-04"), ("cung ung lao dong", "QLLDNN-04"), ("CUNG UNG", "QLLDNN-04"), ("thuong binh", "NCC-02"),
        (unicodedata.normalize("NFD", "thương binh"), "NCC-02"), ("thuwowng binh", "NCC-02"), ("thu7o7ng binh", "NCC-02"),
        ("xuất khẩu lao động", "QLLDNN-04"), ("1.000448", "QLLDNN-04"), ("1000448", "QLLDNN-04"), ("000448", "QLLDNN-04"),
        ("qlldnn04", "QLLDNN-04"), ("tôi muốn xin trợ cấp thương binh", "NCC-02"), ("dang ky hop dong", "QLLDNN-04"),
    ],
)  # fmt: skip
def test_people_find_what_they_mean(two: World, query: str, key: str) -> None:
    assert [found.row.key for found in search(query, catalogue.current())][:1] == [key]


def test_nothing_typed_lists_everything_in_use_and_nonsense_finds_nothing(two: World) -> None:
    held = catalogue.current()
    assert len(search("  ", held)) == 2
    assert search("zzz qqq", held) == []


def test_a_search_without_hits_helps_on(two: World) -> None:
    text = Client().get("/thu-tuc/?q=zzzqqq").content.decode()
    assert "Chưa tìm thấy thủ tục nào khớp" in text
    assert "Quản lý lao động ngoài nước" in text


def test_a_search_is_escaped(two: World) -> None:
    assert "<script>alert" not in Client().get("/thu-tuc/?q=<script>alert(1)</script>").content.decode()


def test_the_pages_cost_three_statements_however_many_procedures(
    two: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 30):
        Procedure.objects.bulk_create(
            [
                Procedure(
                    key=f"X{count}-{each}",
                    name="Thêm",
                    field=two.procedure.field,
                    unit=two.other,
                    search_key="",
                )
                for each in range(count)
            ]
        )
        Client().get("/")
        for path in ("/thu-tuc/", "/thu-tuc/?q=lao+dong", "/thu-tuc/QLLDNN-04/"):
            with django_assert_max_num_queries(3):
                assert Client().get(path).status_code == 200


def test_an_unknown_fee_is_not_free(world: World) -> None:
    assert "Chưa xác định mức phí" in Client().get("/thu-tuc/").content.decode()


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "Không thu phí"), (600000, "600.000 đồng"), (None, "Chưa xác định mức phí")]
)
def test_a_fee_is_told_as_it_is(world: World, amount: int | None, words: str) -> None:
    draft = copy_to_draft(ProcedureVersion.objects.get())
    Fee.objects.create(version=draft, name="Lệ phí", amount=amount)
    draft.in_force_from = timezone.localdate()
    draft.save()
    publish(draft)
    assert words in Client().get("/thu-tuc/QLLDNN-04/").content.decode()


def test_the_page_of_a_procedure_says_what_the_law_says(two: World) -> None:
    text = Client().get("/thu-tuc/1.000448/").content.decode()
    for words in (
        "5 ngày làm việc",
        "Văn bản đăng ký hợp đồng",
        "1 bản chính",
        "Không phải nộp lại",
        "Thẩm định",
        "Bản 1, hiệu lực từ 01/01/2021",
        "Chưa đối chiếu",
        "Cục Quản lý lao động ngoài nước",
    ):
        assert words in text


def test_an_older_version_says_that_it_was_replaced(world: World) -> None:
    draft = copy_to_draft(ProcedureVersion.objects.get())
    draft.in_force_from = timezone.localdate()
    draft.save()
    publish(draft)
    text = Client().get("/thu-tuc/QLLDNN-04/?ban=1").content.decode()
    assert "được thay bằng bản 2" in text
    assert "Không có hiệu lực" in text
    assert "Bản 2, hiệu lực từ" in Client().get("/thu-tuc/QLLDNN-04/").content.decode()


def test_a_procedure_without_a_version_says_so(two: World) -> None:
    assert "chưa có bản nào được công bố" in Client().get("/thu-tuc/NCC-02/").content.decode()


def test_an_unknown_procedure_is_not_found(world: World) -> None:
    response = Client().get("/thu-tuc/KHONG-CO/")
    assert response.status_code == 404
    assert "Không có thủ tục mã “KHONG-CO”" in response.content.decode()


def test_a_paper_that_expires_is_not_promised_to_be_used_again(world: World) -> None:
    draft = copy_to_draft(ProcedureVersion.objects.get())
    ComponentRequirement.objects.filter(case__version=draft).update(is_validity_limited=True)
    draft.in_force_from = timezone.localdate()
    draft.save()
    publish(draft)
    assert "Không phải nộp lại" not in Client().get("/thu-tuc/QLLDNN-04/").content.decode()
    assert Case.objects.filter(version=draft).exists()
