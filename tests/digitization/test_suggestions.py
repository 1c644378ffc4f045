"""What a paper seems to say: read off its text, taken over by a person only."""

from datetime import date

import pytest

from bpmc_portal.audit.models import SecurityEvent
from bpmc_portal.errors import DomainError, InvalidInput
from digitization import suggesting
from digitization.models import Document, Page, Suggestion
from tests.digitization import scans
from tests.world import World


def said(text: str, confidence: float | None = 96.0) -> dict[str, str]:
    """Return the guesses of one page of text, by field."""
    page = Page(number=1, text=text, confidence=confidence)
    return {str(guess.field): guess.value for guess in suggesting.guesses([page])}


def test_the_head_of_a_decision_gives_number_date_and_the_lowest_agency() -> None:
    assert said(scans.decision().text) == {
        "number": "215/QĐ-CVL", "issued_on": "2024-03-12", "issuer": "CỤC VIỆC LÀM",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("Họ và tên: Nguyễn Thị Hồng Nhung\nNgày sinh: 14/10/1986", "holder", "Nguyễn Thị Hồng Nhung"),
        ("Họ, chữ đệm và tên: TRẦN THỊ TƯ", "holder", "TRẦN THỊ TƯ"),
        ("Ngày cấp: 02/01/2020\nCó giá trị đến: 02/01/2030", "good_until", "2030-01-02"),
        ("Giấy phép có giá trị đến hết ngày 31 tháng 12 năm 2027.", "good_until", "2027-12-31"),
        ("Hà Nội, ngày 29 tháng 2 năm 2024\nGiấy phép có giá trị 01 (một) năm kể từ ngày ký.", "good_until", "2025-02-28"),
        ("Hà Nội, ngày 15 tháng 12 năm 2024\nThời hạn 12 tháng.", "good_until", "2025-12-15"),
        ("Số hiệu: 0123/2021/GCN", "number", "0123/2021/GCN"),
        ("Nơi cấp: Cục Cảnh sát quản lý hành chính", "issuer", "Cục Cảnh sát quản lý hành chính"),
    ],
)  # fmt: skip
def test_fields_are_read_in_the_ways_papers_write_them(text: str, field: str, value: str) -> None:
    assert said(text)[field] == value


def test_a_day_that_is_not_in_the_calendar_is_no_suggestion() -> None:
    assert "issued_on" not in said("Hà Nội, ngày 31 tháng 2 năm 2024")


def test_a_badly_read_page_gives_less_sure_guesses() -> None:
    sure, unsure = (
        suggesting.guesses([Page(number=1, text="Số: 12/QĐ-A", confidence=each)])[0] for each in (95, 40)
    )
    assert sure.confidence > 0.75 > unsure.confidence


def suggested(world: World, field: str = "number", value: str = "215/QĐ-CVL") -> tuple[Document, Suggestion]:
    """Return a paper of a received dossier with one suggestion."""
    document = world.received().components.get(position=1).document
    return document, Suggestion.objects.create(
        document=document, field=field, value=value, confidence=0.9, page=1
    )


def test_accepting_fills_the_paper_once_and_is_audited(world: World) -> None:
    document, number = suggested(world)
    for _time in range(2):
        suggesting.accept(document, number.pk, actor=world.lan)
    document.refresh_from_db()
    assert document.number == "215/QĐ-CVL"
    assert (
        SecurityEvent.objects.filter(act="paper_suggestion_accepted", subject=str(document.pk)).count() == 1
    )


def test_a_person_may_correct_a_date_while_accepting_it(world: World) -> None:
    document, day = suggested(world, "issued_on", "2024-03-12")
    suggesting.accept(document, day.pk, actor=world.sohoa, value="13/03/2024")
    document.refresh_from_db()
    assert document.issued_on == date(2024, 3, 13)


def test_nonsense_is_refused_in_words_and_changes_nothing(world: World) -> None:
    document, day = suggested(world, "issued_on", "2024-03-12")
    with pytest.raises(InvalidInput):
        suggesting.accept(document, day.pk, actor=world.lan, value="hôm qua")
    document.refresh_from_db()
    assert document.issued_on is None


def test_a_dismissed_suggestion_stays_away_and_survives_a_new_reading(world: World) -> None:
    document, number = suggested(world)
    suggesting.dismiss(document, number.pk, actor=world.lan)
    with pytest.raises(DomainError) as refused:
        suggesting.accept(document, number.pk, actor=world.lan)
    assert refused.value.code == "suggestion_decided"
    suggesting.renew(document, suggesting.guesses([Page(number=1, text="Số: 215/QĐ-CVL", confidence=90)]))
    assert document.suggestions.get().dismissed_at is not None


def test_an_auditor_reads_but_does_not_decide(world: World) -> None:
    document, number = suggested(world)
    with pytest.raises(DomainError) as refused:
        suggesting.accept(document, number.pk, actor=world.thanhtra)
    assert refused.value.status == 403


def test_keys_of_the_screen_are_forms_that_work_without_script(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    document, number = suggested(world)
    Page.objects.create(document=document, number=1, text="Số: 215/QĐ-CVL")
    client, address = as_user(world.lan), f"/so-hoa/giay-to/{document.pk}/"
    assert "215/QĐ-CVL" in client.get(address).content.decode()
    assert (
        client.post(f"{address}goi-y/{number.pk}/", {"viec": "nhan", "value": "215/QĐ-CVL"}).status_code
        == 303
    )
    document.refresh_from_db()
    assert document.number == "215/QĐ-CVL"
    assert as_user(world.binh).get(address).status_code == 404
