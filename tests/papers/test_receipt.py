"""Mẫu số 01 on paper: what stands on it, in which order, and that machines read it."""

import io
import re
import resource
import time
import unicodedata
from datetime import date, datetime
from pathlib import Path

import pypdf
import pytest
import zxingcpp

from bpmc_portal.lib import pdf
from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from digitization import storage
from dossiers import tracking
from dossiers.models import Dossier
from dossiers.print_forms import FORMS, Line, Pair, Receipt, barcode_drawing, qr_drawing
from dossiers.services import papers
from dossiers.services.commands import ApplicantInput, RepresentativeInput
from dossiers.services.intake import receive_dossier
from tests.papers.made import fonts_of, pages_of, sheets_of, text_of, with_papers
from tests.world import TU_CCCD, World

TOKEN = "123456789012345678901234"
SAMPLE = Receipt(
    title="Giấy tiếp nhận", heading="GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ", dated_at="2021-10-14T09:16:00+07:00", parent_org="BỘ",
    issuing_org="BỘ PHẬN MỘT CỬA", number="0127/BPTNTKQ", place_and_date="Hà Nội, ngày 14 tháng 10 năm 2021", copies=("một", "hai"),
    form_note="Mẫu số 01", code="000.00.00.G07-211014-0127", due_large="16 giờ 30, Thứ Năm 21/10/2021", due_place="Hà Nội",
    secret="1234 5678 9012", tracking_page="https://motcua.example.vn/tra-cuu/", qr=qr_drawing(f"https://motcua.example.vn/t/{TOKEN}/"),
    barcode=barcode_drawing(TOKEN), before_papers=((Pair("Địa chỉ:", "Hà Nội"),),), papers=(Line("1", "Đơn", "01", "", "", "", ""),),
    after_papers=(), practice="", register="", submitter="Trần Thị Tư", receiver="Nguyễn Thị Lan", notes=(),
)  # fmt: skip
IN_ORDER = (
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ", "Mã hồ sơ:",
    "Bộ phận Tiếp nhận và Trả kết quả:", "Tiếp nhận hồ sơ của:", "Địa chỉ:", "Số điện thoại:", "Số căn cước/Hộ chiếu:",
    "Nội dung yêu cầu giải quyết:", "Thành phần hồ sơ nộp gồm:", "Số lượng hồ sơ:", "Thời gian giải quyết hồ sơ theo quy định là:",
    "Thời gian nhận hồ sơ:", "Thời gian trả kết quả giải quyết hồ sơ:", "Đăng ký nhận kết quả tại:", "Vào Sổ theo dõi hồ sơ",
    "NGƯỜI NỘP HỒ SƠ", "NGƯỜI TIẾP NHẬN HỒ SƠ", "Ghi chú:", "Mẫu số 01",
)  # fmt: skip


def issued(dossier: Dossier, size: str = "A5") -> bytes:
    """Issue the receipt and return its bytes."""
    return storage.read(papers.issue(dossier.pk, size=size).blob_id)


def test_the_fields_stand_in_the_order_of_the_form(world: World) -> None:
    dossier = world.received()
    text = text_of(issued(dossier))
    places = [text.find(label) for label in IN_ORDER]
    assert -1 not in places
    assert places == sorted(places)
    secret = tracking.secret_of(dossier.code, 1)
    for expected in (
        dossier.code,
        "Trần Thị Tư",
        "0912 345 678",
        "5 ngày làm việc",
        "/tra-cuu/",
        tracking.grouped(secret),
        "Nguyễn Thị Lan",
    ):
        assert expected in text
    assert TU_CCCD not in text
    assert unicodedata.is_normalized("NFC", text)


def test_the_appointment_is_the_largest_type_on_the_sheet(world: World) -> None:
    sizes: dict[float, str] = {}

    def visit(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip():
            scale = round(abs(size * tm[3] * cm[3]), 1)
            sizes[scale] = sizes.get(scale, "") + text

    page = pypdf.PdfReader(io.BytesIO(issued(world.received()))).pages[0]
    page.extract_text(visitor_text=visit)
    assert re.fullmatch(r"\d+ giờ \d\d, \S+ \S+ \d\d/\d\d/\d{4}", sizes[max(sizes)].strip())


@pytest.mark.parametrize(("size", "copies"), [("A5", 1), ("A4", 2)])
def test_phones_and_scanners_read_the_printed_codes(
    world: World, tmp_path: Path, size: str, copies: int
) -> None:
    dossier = world.received()
    token = tracking.token_of(dossier.code, 1)
    [sheet] = sheets_of(issued(dossier, size), tmp_path)
    read = sorted((code.format.name, code.text) for code in zxingcpp.read_barcodes(sheet))
    assert [text for _, text in read] == sorted([token] * copies + [tracking.url_of(token)] * copies)
    first = min(
        (code for code in zxingcpp.read_barcodes(sheet) if "http" in code.text),
        key=lambda code: code.position.top_left.x,
    )
    assert first.position.top_left.x < sheet.width / 6
    assert first.position.top_left.y < sheet.height / 6


@pytest.mark.parametrize("size", ["A5", "A4"])
def test_nine_papers_stand_on_one_sheet_and_more_go_on_with_the_heading_repeated(
    world: World, size: str
) -> None:
    assert len(pages_of(issued(with_papers(world.received(), 9), size))) == 1
    many = pages_of(issued(with_papers(world.received(), 40), size))
    assert len(many) >= 2
    assert all("Bản chứng thực" in page for page in many)
    assert "Trang 2/" in many[1]


def test_long_names_and_addresses_stay_on_the_sheet(world: World) -> None:
    name = "Công Tằng Tôn Nữ Nguyễn Phúc Thị Ánh Nguyệt Minh Châu Łukasz"
    address = "Số nhà 125/36/7A, ngách 14, ngõ 208, đường Nguyễn Văn Cừ kéo dài, phường Ngọc Lâm, quận Long Biên, thành phố Hà Nội"
    person = ApplicantInput(
        "citizen",
        TU_CCCD,
        name,
        phone="0912345678",
        email="tran.thi.anh.nguyet.minh.chau@gmail.com",
        address=address,
    )
    paper = "Giấy chứng nhận đăng ký doanh nghiệp số {}"
    made = issued(with_papers(world.received(applicant=person, return_method="post"), 7, name=paper))
    assert len(pages_of(made)) == 1
    assert name in text_of(made)
    assert text_of(made).count(address) == 2
    assert all(fonts_of(made).values())


def test_a_representative_stands_at_the_desk_and_the_owner_is_named(world: World) -> None:
    person = RepresentativeInput(
        "001085000011", "Lê Văn Thay", phone="0987654321", authorisation_number="12/UQ"
    )
    text = text_of(issued(world.received(representative=person)))
    assert "Tiếp nhận hồ sơ của: Ông (Bà) Lê Văn Thay (Trực tiếp)" in text
    assert "Chủ hồ sơ: Trần Thị Tư" in text
    assert "0987 654 321" in text


def test_the_form_is_that_of_the_day_of_reception(world: World) -> None:
    form = FORMS["receipt"]
    ids = [form.version_on(day).id for day in (date(2018, 1, 1), date(2025, 9, 14), date(2025, 9, 15))]
    assert ids == ["tt01_2018", "tt01_2018", "tt03_2025"]
    old = receive_dossier(
        world.intake(), actor=world.lan, at=datetime(2021, 10, 14, 9, 16, tzinfo=LOCAL_ZONE)
    )
    text = text_of(issued(old))
    assert "Mẫu số 01, TT 01/2018/TT-VPCP" in text
    assert "TT 03/2025" not in text
    assert "9 giờ 16 phút, ngày 14 tháng 10 năm 2021" in text


def test_markup_in_a_name_of_a_paper_is_only_ink(world: World) -> None:
    made = issued(with_papers(world.received(), 3, name='<img src="file:///etc/hostname"><b>{}</b>'))
    assert '<img src="file:///etc/hostname"><b>3</b>' in text_of(made)


def test_twenty_receipts_cost_little_time_and_memory(capsys: pytest.CaptureFixture[str]) -> None:
    pdf.render("pdf/receipt.html", SAMPLE, size="A5")
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    for _ in range(20):
        pdf.render("pdf/receipt.html", SAMPLE, size="A5")
    seconds, grown = time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    with capsys.disabled():
        print(f"\n20 receipts: {seconds / 20 * 1000:.0f} ms of processor each, {grown / 1024:.0f} MB more")
    assert grown < 60 * 1024
