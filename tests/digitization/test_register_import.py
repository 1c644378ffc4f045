"""Spreadsheets of old results: judged row by row in words, written once, and compared with what the unit declared."""

import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.jobs import services as jobs
from digitization import backlog, register, register_import, register_sheet
from digitization.models import LegacyImport, LegacyResult
from digitization.register_sheet import RefusedSheet
from procedures.models import DocumentType
from tests.world import TU_CCCD, World

GOOD = [
    "1",
    "MC-KQ01",
    TU_CCCD,
    "Trần Thị Tư",
    "12/GP-LĐ",
    "05/03/2019",
    "Cục Quản lý lao động ngoài nước",
    "",
    "",
    "",
]
URL = "/so-hoa/so-cu/nhap/"


@pytest.fixture
def kind(world: World) -> DocumentType:
    return DocumentType.objects.create(code="MC-KQ01", name="Giấy phép", is_result=True)


def row(number: int, /, **changes: Any) -> list[Any]:
    """Return a good row of that register number, changed by field."""
    fields = [field for field, _heading, _required, _most in register_sheet.COLUMNS]
    values: dict[str, Any] = dict(zip(fields, GOOD, strict=True))
    values |= {"register_no": str(number), "number": f"{number}/GP-LĐ", **changes}
    return [values[field] for field in fields]


def sheet(*rows: list[Any], headings: list[str] | None = None) -> bytes:
    book = Workbook()
    book.active.append(headings or list(register_sheet.HEADINGS.values()))
    for each in rows:
        book.active.append(each)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def file(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("so-2019.xlsx", content)


def judged(world: World, content: bytes, declared: int | None = None) -> LegacyImport:
    """Return the import after the background has judged it."""
    batch = register_import.take(file(content), unit=world.agency, declared=declared, actor=world.vanthu)
    jobs.run_due()
    return LegacyImport.objects.get(pk=batch.pk)


def report(batch: LegacyImport) -> list[tuple[int, str, str]]:
    return list(batch.lines.order_by("number").values_list("number", "verdict", "words"))


def written(world: World, content: bytes, declared: int | None = None) -> LegacyImport:
    batch = judged(world, content, declared)
    register_import.apply(batch.pk, actor=world.vanthu)
    jobs.run_due()
    return LegacyImport.objects.get(pk=batch.pk)


def test_a_dry_run_says_of_every_row_what_would_happen_and_writes_nothing(
    world: World, kind: DocumentType
) -> None:
    written(world, sheet(row(1), row(2), row(20)))
    batch = judged(
        world,
        sheet(
            row(1), row(2, issuer="Bộ LĐTBXH"), row(3), row(3), row(4, number="3/GP-LĐ"), row(5, holder_name=""),
            row(6, issued_on="31/02/2019"), row(7, number="=1+1"), row(8, document_type="KHONG-CO"), row(9, number="20/GP-LĐ"),
            row(10, good_until="01/01/2018"), row(11, revoked_on="01/01/2020"), row(12, holder_number="12"),
        ),
    )  # fmt: skip
    assert batch.state == "checked"
    assert report(batch) == [
        (2, "same", ""),
        (3, "change", "Nơi cấp: “Cục Quản lý lao động ngoài nước” thành “Bộ LĐTBXH”"),
        (4, "new", ""),
        (5, "duplicate", "Trùng với dòng 4 của tệp này."),
        (6, "duplicate", "Trùng với dòng 4 của tệp này."),
        (7, "error", "Cột “Tên chủ” chưa ghi."),
        (8, "error", "Cột “Ngày cấp” không phải ngày/tháng/năm."),
        (9, "error", "Cột “Số, ký hiệu” là công thức, hãy dán thành giá trị."),
        (10, "error", "Không có loại kết quả mã “KHONG-CO” trong danh mục."),
        (11, "duplicate", "Đã có trong sổ với số vào sổ 20."),
        (12, "error", "Ngày hết giá trị trước ngày cấp."),
        (13, "error", "Ngày thu hồi và lý do thu hồi phải đi cùng nhau."),
        (
            14,
            "error",
            "Số định danh của chủ không phải số căn cước, mã số thuế hay hộ chiếu; hãy sửa hoặc để trống.",
        ),
    ]
    assert LegacyResult.objects.count() == 3


def test_only_new_and_changed_rows_are_written_and_the_sums_follow(world: World, kind: DocumentType) -> None:
    written(world, sheet(row(1), row(2)))
    batch = written(
        world,
        sheet(row(1), row(2, revoked_on="01/06/2020", revoked_why="Cấp sai"), row(3), row(4, holder_name="")),
    )
    assert (batch.state, batch.done) == ("applied", 2)
    assert list(LegacyResult.objects.order_by("register_no").values_list("register_no", "is_in_force")) == [
        ("1", True), ("2", False), ("3", True),
    ]  # fmt: skip
    assert backlog.by_unit([world.agency.pk])[world.agency.pk].all == 2
    assert list(backlog.differences(2026)) == []


def test_the_same_file_is_one_import_and_writing_twice_writes_once(world: World, kind: DocumentType) -> None:
    content = sheet(row(1))
    first = written(world, content)
    assert judged(world, content, declared=7).pk == first.pk
    register_import.apply(first.pk, actor=world.vanthu)
    jobs.run_due()
    register_import.write(first.pk)
    assert LegacyResult.objects.count() == 1
    assert LegacyImport.objects.get().declared == 7


def test_nothing_is_written_before_the_rows_were_judged_or_where_none_is_new(
    world: World, kind: DocumentType
) -> None:
    batch = register_import.take(file(sheet(row(1))), unit=world.agency, declared=None, actor=world.vanthu)
    with pytest.raises(DomainError) as early:
        register_import.apply(batch.pk, actor=world.vanthu)
    assert early.value.code == "import_not_checked"
    empty = judged(world, sheet(row(1, holder_name="")))
    with pytest.raises(InvalidInput) as nothing:
        register_import.apply(empty.pk, actor=world.vanthu)
    assert nothing.value.code == "nothing_to_write"


def test_thousands_of_rows_are_written_in_parts(world: World, kind: DocumentType) -> None:
    batch = written(world, sheet(*(row(number) for number in range(1, 2_201))), declared=2_200)
    assert (batch.rows, batch.done, LegacyResult.objects.count()) == (2_200, 2_200, 2_200)
    assert backlog.by_unit([world.agency.pk])[world.agency.pk].paper == 2_200


def test_a_declared_total_is_compared_and_the_missing_numbers_are_named(
    world: World, kind: DocumentType
) -> None:
    found = register.reconciled(written(world, sheet(row(1), row(2), row(5)), declared=5))
    assert found is not None
    assert (found.counted, found.difference, found.missing) == (3, -2, (3, 4))
    assert register.reconciled(judged(world, sheet(row(9)))) is None


def bomb() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/sharedStrings.xml", b" " * (register_sheet.LARGEST_UNPACKED + 1))
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    out = BytesIO(content)
    with zipfile.ZipFile(out, "a") as packed:
        packed.writestr(name, part)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"PK\x03\x04 cut", b"ho,ten\n1,2", bomb(),
        with_part(sheet(), "xl/worksheets/evil.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
    ],
)  # fmt: skip
def test_what_is_no_workbook_or_would_swell_is_refused_at_the_door(world: World, content: bytes) -> None:
    with pytest.raises(RefusedSheet):
        register_import.take(file(content), unit=world.agency, declared=None, actor=world.vanthu)
    assert not LegacyImport.objects.exists()


def test_a_sheet_with_other_headings_or_too_many_rows_is_refused_in_words(
    world: World, kind: DocumentType, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = judged(world, sheet(["x"], headings=["Họ tên"]))
    assert (strange.state, strange.words[:32]) == ("refused", "Thiếu hoặc thừa cột: Số vào sổ, ")
    monkeypatch.setattr(register_sheet, "MOST_ROWS", 2)
    assert judged(world, sheet(row(1), row(2), row(3))).words == "Mỗi tệp nhiều nhất 2 dòng. Hãy chia nhỏ."


def test_a_macro_is_carried_by_no_row(world: World, kind: DocumentType) -> None:
    batch = judged(world, with_part(sheet(row(1)), "xl/vbaProject.bin", b"\xd0\xcf\x11\xe0macro"))
    assert report(batch) == [(2, "new", "")]


def test_the_template_can_be_filled_in_and_sent_back(world: World, kind: DocumentType, as_user: Any) -> None:
    answer = as_user(world.vanthu).get("/so-hoa/so-cu/mau/")
    book = load_workbook(BytesIO(answer.content))
    book.worksheets[0].append(GOOD)
    out = BytesIO()
    book.save(out)
    assert report(judged(world, out.getvalue())) == [(2, "new", "")]


def test_the_pages_take_a_file_judge_it_and_write_it(world: World, kind: DocumentType, as_user: Any) -> None:
    client = as_user(world.vanthu)
    sent = client.post(
        URL, {"unit": "cuc-qlldnn", "declared": "3", "file": file(sheet(row(1), row(2, holder_name="")))}
    )
    assert sent.status_code == 303
    assert "Đang kiểm tra" in client.get(sent["Location"]).content.decode()
    jobs.run_due()
    page = client.get(sent["Location"]).content.decode()
    assert "Ghi 1 dòng vào sổ" in page
    assert "Cột “Tên chủ” chưa ghi." in page
    assert client.post(f"{sent['Location']}ghi/").status_code == 303
    jobs.run_due()
    page = client.get(sent["Location"]).content.decode()
    assert "Đã ghi 1 dòng vào sổ" in page
    assert "Số vào sổ còn thiếu: 2, 3" in " ".join(page.split())
    assert client.post(URL, {"unit": "cuc-viec-lam", "file": file(sheet(row(1)))}).status_code == 422


def test_an_import_of_another_unit_is_not_to_be_found(world: World, kind: DocumentType, as_user: Any) -> None:
    batch = judged(world, sheet(row(1)))
    assert as_user(world.sohoa).get(f"{URL}{batch.pk}/").status_code == 404
    assert as_user(world.minh).get(f"{URL}{batch.pk}/").status_code == 403
