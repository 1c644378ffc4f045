"""Every paper of data/forms.yaml: each field stands on it, in the order of the form, on the right sheet, in letters of our own."""

import ast
import io
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.utils import timezone

from bpmc_portal.lib import pdf
from digitization import storage
from dossiers import print_forms
from dossiers.models import Letter
from dossiers.print_forms import ON_DEMAND, letter_form
from dossiers.services import papers, prints
from tests.papers import rich
from tests.papers.made import fonts_of, pages_of, text_of
from tests.papers.rich import LAW, OLD, PAPERS, printed_letter
from tests.world import World

ROOT = Path(__file__).parents[2]
SHEETS = {"A5": (148, 210), "A5L": (210, 148), "A4": (210, 297), "A4L": (297, 210)}
# `paper` in the data, where it leaves a choice: the one we took.
TAKEN = {
    "control_slip": "A4", "result_receipt": "A5", "satisfaction_survey": "A5", "digitization_receipt": "A5L", "fee_receipt": "A5L",
    "dossier_register": "A4L", "result_handover": "A4L",
}  # fmt: skip
# One page for ordinary content; the receipt has a test of its own (test_receipt.py), a register has its cover.
ONE_PAGE = set(PAPERS) - {"receipt_appointment", "dossier_register"}
DOTS = re.compile(r"…+|\{[^}]*\}")
MARK = re.compile(r"^\((design|practice|online variant)\)\s*|\s*\(nếu có\):?$")


def fields_of(form: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the fields of a form; a register has its columns instead."""
    return [
        *form.get("fields", []),
        *({"columns": [each["label"] for each in form["columns"]]} for _ in "1" if "columns" in form),
    ]


def words_of(field: dict[str, Any]) -> Iterator[str]:
    """Yield the fixed words of a field, in their order."""
    if "printed" in field:
        yield from field["printed"]
    elif "label" in field:
        plain = MARK.sub("", field["label"])
        yield from (part.strip(" :;,") for part in DOTS.split(plain) if len(part.strip(" :;,().")) > 2)
    yield from field.get("columns", [])


def is_ours(field: dict[str, Any]) -> bool:
    """Say whether the place of the field is free."""
    return field.get("source") is not None or str(field.get("label", "")).startswith("(")


@pytest.mark.parametrize("key", PAPERS)
def test_every_field_of_the_form_stands_on_the_paper_in_its_order(world: World, key: str) -> None:
    form, made = LAW[key], PAPERS[key](world)
    text = text_of(made.pdf)
    assert unicodedata.is_normalized("NFC", text)
    for words in form["title_vi"].split(" / "):
        assert words in text
    place = text.index(form["title_vi"].split(" / ")[0])
    if key == "dossier_register":
        place = text.index("STT")
    for field in fields_of(form):
        for words in words_of(field):
            found = text.find(words, 0 if is_ours(field) else place)
            assert found >= 0, words
            place = place if is_ours(field) else found
    for block in form.get("signature_blocks", []):
        if "omitted in online" not in block and "NGƯỜI NỘP HỒ SƠ" not in block:
            assert re.split(r" \(| - |:", block)[0] in text
    assert made.number in text
    assert_looks(key, form, made.pdf)


def assert_looks(key: str, form: dict[str, Any], made: bytes) -> None:
    """Check the size of the sheet, one page for ordinary content, embedded fonts of ours, the archive's mark and the language."""
    reader = pypdf.PdfReader(io.BytesIO(made))
    size = SHEETS[TAKEN.get(key, form["paper"][:2])]
    box = reader.pages[0].mediabox
    assert (round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)) == size
    assert len(reader.pages) == 1 or key not in ONE_PAGE
    assert all(fonts_of(made).values())
    assert all("Tinos" in name or "Paper" in name for name in fonts_of(made)), fonts_of(made)
    assert reader.trailer["/Root"]["/Lang"] == "vi"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"pdfaid" in reader.trailer["/Root"]["/Metadata"].get_object().get_data()


def test_the_data_and_the_registry_name_the_same_papers() -> None:
    ours = {form.key for forms in print_forms.LETTERS.values() for form in forms} - {"refusal"}
    ours |= {form.key for form in ON_DEMAND.values()} | {
        "dossier_register",
        "result_handover",
        "receipt_appointment",
        "queue_ticket",
    }
    assert ours == set(LAW)
    assert set(PAPERS) | {"queue_ticket"} == set(LAW)


@pytest.mark.parametrize(
    ("kind", "day", "key", "number"),
    [
        ("apology", date(2018, 1, 1), "apology_reappointment", "Mẫu số 04"),
        ("apology", date(2025, 9, 14), "apology_reappointment", "Mẫu số 04"),
        ("apology", date(2025, 9, 15), "apology_extension", "Mẫu số 04"),
        ("supplement", date(2025, 9, 14), "supplement_request", "Mẫu số 02"),
        ("stop", date(2025, 9, 14), "stop_notice", "Mẫu của hệ thống"),
        ("stop", date(2025, 9, 15), "stop_notice", "Mẫu số 05"),
    ],
)
def test_the_form_of_a_letter_is_that_of_its_day(kind: str, day: date, key: str, number: str) -> None:
    form = letter_form(kind, day)
    assert (form.key, form.version_on(day).number) == (key, number)


@pytest.mark.parametrize(
    ("slug", "day", "number"),
    [("phieu-kiem-soat", date(2025, 9, 14), "05"), ("phieu-kiem-soat", date(2025, 9, 15), "06")],
)
def test_the_control_slip_changed_its_number(slug: str, day: date, number: str) -> None:
    assert ON_DEMAND[slug].version_on(day).number == f"Mẫu số {number}"


def test_a_letter_is_made_once_and_handed_out_as_it_was(world: World) -> None:
    written = rich.letter(world, Letter.Kind.SUPPLEMENT)
    with pytest.raises(papers.PaperNotReady):
        papers.letter_pdf(written)
    first = papers.issue_letter(written.pk)
    assert first.form == "supplement_request"
    assert papers.issue_letter(written.pk).pk == first.pk
    assert papers.letter_pdf(written) == storage.read(first.blob_id)
    storage.path_of(first.blob_id).write_bytes(b"x")
    with pytest.raises(papers.PaperDamaged):
        papers.letter_pdf(written)


def test_an_old_apology_cites_the_old_circular_and_both_appointments(world: World) -> None:
    text = text_of(printed_letter(world, Letter.Kind.APOLOGY, at=OLD).pdf)
    assert "TT 01/2018/TT-VPCP" in text
    assert "TT 03/2025" not in text
    assert "17 giờ 30 phút, ngày 21 tháng 10 năm 2021" in text
    assert "vào ngày 28 tháng 10 năm 2021" in text


def test_a_request_before_the_receipt_says_so_and_markup_is_only_ink(world: World) -> None:
    text = text_of(printed_letter(world, Letter.Kind.FIX).pdf)
    assert "kiểm tra đầu vào" in text
    assert "Trang 3 <thiếu> & mờ" in text
    assert "BỘ PHẬN MỘT CỬA VĂN PHÒNG BỘ" in text


def test_the_written_refusal_names_reasons_and_the_way_to_complain(world: World) -> None:
    text = text_of(printed_letter(world, Letter.Kind.REFUSE).pdf)
    assert "THÔNG BÁO TỪ CHỐI GIẢI QUYẾT HỒ SƠ" in text
    assert "1. Nội dung không hợp lệ. 2. Nội dung chưa đầy đủ. 3. Hợp đồng thiếu trang 3" in text
    assert "khiếu nại" in text


def test_the_control_slip_tells_hands_paper_and_timeliness_but_no_confidential_unit(world: World) -> None:
    dossier = rich.finished(world)
    dossier.opinions.update(is_confidential=True)
    text = text_of(prints.of_dossier(dossier, "phieu-kiem-soat", at=timezone.now()))
    assert "1. Giao: Người nộp hồ sơ 2. Nhận: Bộ phận Một cửa Văn phòng Bộ" in text
    assert "giao bản giấy; Bản vẽ khổ lớn" in text
    assert "Trước hạn" in text
    assert "Cục Việc làm" not in text


def test_the_same_hour_gives_the_same_bytes(world: World) -> None:
    dossier, at = rich.finished(world), timezone.now()
    for slug in ("phieu-kiem-soat", "bien-lai"):
        assert prints.of_dossier(dossier, slug, at=at) == prints.of_dossier(dossier, slug, at=at)
    written = rich.letter(world, Letter.Kind.STOP)
    stored = storage.read(papers.issue_letter(written.pk).blob_id)
    again = Letter.objects.select_related(*papers.LETTER_LOADED).get(pk=written.pk)
    form = letter_form(written.kind, date(2026, 1, 1))
    version = form.versions[-1]
    built = form.build(again, form=form, version=version, size="A4")
    assert pdf.render(form.template, built, size="A4") == stored


def test_each_page_of_a_paper_made_on_demand_tells_its_hour_and_number(world: World) -> None:
    for page in pages_of(rich.printed_register(world).pdf):
        assert re.search(r"In lúc \d\d:\d\d, \d\d/\d\d/\d{4}", page)
        assert re.search(r"Trang \d/\d", page)


def test_money_is_written_in_words_on_the_information_copy(world: World) -> None:
    text = text_of(rich.printed_slip(world, "bien-lai").pdf)
    assert "Năm triệu bốn trăm năm mươi nghìn đồng" in text
    assert "không thay thế biên lai điện tử" in text
    assert "001160000019" not in text


def test_every_share_of_a_table_has_its_rule() -> None:
    calls = (
        node
        for file in ROOT.glob("dossiers/*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
    )
    shares = {ast.literal_eval(call.args[1]) for call in calls if getattr(call.func, "id", "") == "Column"}
    assert shares
    assert shares == set(
        map(int, re.findall(r"\.w(\d+) \{ width: \1%; \}", (ROOT / "static/css/sheets.css").read_text()))
    )
