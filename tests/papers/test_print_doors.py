"""The doors to printed papers: who opens them, what they send, and what they say instead."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bpmc_portal.audit.models import AccessEvent
from bpmc_portal.errors import InvalidInput, NotFound
from bpmc_portal.lib.vietnamese import local_date
from dossiers.list_forms import REGISTER_HEADINGS
from dossiers.models import Dossier, Letter
from dossiers.services import papers, prints
from dossiers.views.print_rows import rows_of
from tests.papers import rich
from tests.papers.made import text_of
from tests.world import World

Sign = Callable[[Any], Client]


def test_an_officer_opens_a_slip_and_a_stranger_finds_nothing(world: World, as_user: Sign) -> None:
    dossier = world.received()
    address = f"/ho-so/{dossier.code}/giay/phieu-kiem-soat/"
    answer = as_user(world.minh).get(address)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("inline")
    assert dossier.code in text_of(answer.content)
    assert AccessEvent.objects.filter(actor=world.minh, subject=dossier.code).exists()
    assert as_user(world.binh).get(address).status_code == 404
    assert as_user(world.tu).get(address).status_code == 403


@pytest.mark.parametrize("slug", ["khong-co", "bien-lai", "bien-nhan-tra-ket-qua"])
def test_a_paper_that_makes_no_sense_yet_is_not_there(world: World, as_user: Sign, slug: str) -> None:
    dossier = world.received()
    assert as_user(world.lan).get(f"/ho-so/{dossier.code}/giay/{slug}/").status_code == 404


def test_a_letter_opens_as_it_was_issued_and_waits_until_it_is_made(world: World, as_user: Sign) -> None:
    written = rich.letter(world, Letter.Kind.SUPPLEMENT)
    address = f"/ho-so/{written.dossier.code}/thu/{written.pk}/pdf/"
    waiting = as_user(world.minh).get(address)
    assert (waiting.status_code, waiting["Refresh"]) == (202, "1")
    papers.issue_letter(written.pk)
    assert as_user(world.minh).get(address).content == papers.letter_pdf(written)
    assert as_user(world.binh).get(address).status_code == 404
    other = world.received()
    assert as_user(world.minh).get(f"/ho-so/{other.code}/thu/{written.pk}/pdf/").status_code == 404


def test_the_card_lists_what_can_be_printed_and_nothing_to_a_citizen(world: World) -> None:
    written = rich.letter(world, Letter.Kind.SUPPLEMENT)
    rows = rows_of(written.dossier, world.minh)
    assert rows[0]["href"] == f"/ho-so/{written.dossier.code}/thu/{written.pk}/pdf/"
    assert written.number in rows[0]["note"]
    assert "bien-lai" not in " ".join(row["href"] for row in rows)
    done = rich.finished(world)
    assert {"bien-lai", "bien-nhan-tra-ket-qua"} <= {
        row["href"].split("/")[-2] for row in rows_of(done, world.lan)
    }
    assert rows_of(done, world.tu) == []


def test_the_register_is_chosen_by_field_and_month_and_sent_as_pdf_or_csv(
    world: World, as_user: Sign
) -> None:
    first, second = world.received(), world.received()
    lan, month = as_user(world.lan), f"{local_date():%Y-%m}"
    page = lan.get("/so-theo-doi/", {"linh-vuc": "qlldnn", "thang": month}).content.decode()
    assert "2 hồ sơ" in page
    answer = lan.get("/so-theo-doi/", {"linh-vuc": "qlldnn", "thang": month, "tep": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0] == REGISTER_HEADINGS
    assert [row[:2] for row in rows[1:]] == [["1", first.code], ["2", second.code]]
    made = lan.get("/so-theo-doi/", {"linh-vuc": "qlldnn", "thang": month, "tep": "pdf"})
    assert second.code in text_of(made.content)
    assert AccessEvent.objects.filter(subject=f"register:qlldnn:{month}", count=2).count() == 2
    assert lan.get("/so-theo-doi/", {"linh-vuc": "qlldnn", "tep": "pdf", "phan": "2"}).status_code == 404
    assert as_user(world.minh).get("/so-theo-doi/").status_code == 403


def test_a_volume_holds_one_field_one_desk_and_one_month(world: World) -> None:
    dossier = world.received()
    volume = rich.volume_of(world)
    assert list(prints.register_of(world.lan, volume)) == [dossier]
    past = (volume.first - timedelta(days=1)).replace(day=1)
    before = prints.volume_of(world.lan, field=volume.field, month=past)
    assert (before.last - before.first).days in range(27, 31)
    assert before.last + timedelta(days=1) == volume.first
    assert not prints.register_of(world.lan, before)
    with pytest.raises(NotFound):
        prints.volume_of(world.minh, field=volume.field, month=past)


def test_a_large_volume_is_printed_in_parts_whose_numbers_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [world.received().code for _ in range(3)]
    monkeypatch.setattr(prints, "PART", 2)
    text = text_of(prints.register_pdf(world.lan, rich.volume_of(world), part=2, at=timezone.now()))
    assert codes[2] in text
    assert codes[0] not in text
    assert f"3 {codes[2]}" in text
    assert "phần 2/2" in text


@pytest.mark.parametrize("count", [3, 30])
def test_a_part_of_the_register_costs_four_statements(
    world: World, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        world.received()
    volume = rich.volume_of(world)
    with django_assert_max_num_queries(4):
        prints.register_pdf(world.lan, volume, part=1, at=timezone.now())


def test_the_hand_over_list_is_of_one_unit_and_of_what_waits(world: World, as_user: Sign) -> None:
    done, waiting = world.finished(), world.received()
    lan = as_user(world.lan)
    page = lan.get("/tra-ket-qua/ban-giao/").content.decode()
    assert done.code in page
    assert waiting.code not in page
    made = lan.get("/tra-ket-qua/ban-giao/", {"tep": "pdf", "ma": [done.code, waiting.code]})
    assert done.code in text_of(made.content)
    assert waiting.code not in text_of(made.content)
    nothing = lan.get("/tra-ket-qua/ban-giao/", {"tep": "pdf"})
    assert nothing.status_code == 422
    assert "Hãy chọn ít nhất một kết quả" in nothing.content.decode()
    assert lan.get("/tra-ket-qua/ban-giao/", {"tep": "pdf", "ma": "x"}).status_code == 404
    Dossier.objects.filter(pk=world.finished().pk).update(unit=world.other)
    with pytest.raises(InvalidInput) as refused:
        prints.handover_pdf(
            world.lan, list(Dossier.objects.values_list("code", flat=True)), at=timezone.now()
        )
    assert refused.value.code == "different_units"
