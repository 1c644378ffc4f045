"""The access copy: code as text and as QR on the first page, the original untouched, made again when the text layer comes."""

import io
from datetime import date

import numpy as np
import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from PIL import Image

from bpmc_portal.jobs.services import publish, run_due
from digitization import stamping, storage, verify_token
from digitization.models import Document
from digitization.services import assign_codes
from procedures.models import DocumentType
from tests.world import World

DPI = 150


def pdf(*, size: tuple[int, int] = (595, 842), turn: int = 0, pages: int = 2, text: bytes = b"") -> bytes:
    """Return a PDF whose first page is grey all over, with a text when given."""
    out, file = io.BytesIO(), pikepdf.new()
    for _number in range(pages):
        file.add_blank_page(page_size=size)
    page = file.pages[0]
    page.obj.Contents = file.make_stream(b"0.8 g 0 0 %d %d re f" % size + text)
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    if turn:
        page.obj.Rotate = turn
    file.save(out)
    return out.getvalue()


def picture(kind: str, size: tuple[int, int] = (1240, 1754)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "lightgrey").save(out, kind)
    return out.getvalue()


def coded(content: bytes, media_type: str = "application/pdf", **fields: object) -> Document:
    """Return a paper with this file and its code."""
    kind = DocumentType.objects.order_by("code")[0]
    given = {"document_type": kind, "code_owner": "001160000019", "code_origin": "1.005132", "code_type": kind.code, "name": "Đơn đề nghị cấp giấy phép"}  # fmt: skip
    blob = storage.put([content], media_type=media_type)
    document = Document.objects.create(state="stored", blob=blob, **{**given, **fields})
    assign_codes([document.pk])
    return Document.objects.get(pk=document.pk)


def stamped(document: Document) -> pypdfium2.PdfDocument:
    """Stamp the paper and open its access copy."""
    stamping.stamp(str(document.pk))
    document.refresh_from_db()
    assert document.access_copy_id is not None
    return pypdfium2.PdfDocument(storage.read(document.access_copy_id))


def seen(copy: pypdfium2.PdfDocument) -> Image.Image:
    """Return the first page as a scanner at 150 dpi would see it."""
    drawn: Image.Image = copy[0].render(scale=DPI / 72).to_pil().convert("RGB")
    return drawn


def dots(page: Image.Image, colour: tuple[int, int, int]) -> int:
    """Count the dots of one colour."""
    return int((np.asarray(page) == colour).all(axis=2).sum())


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_code_is_read_as_qr_and_as_text_at_the_visible_top_left(world: World, turn: int) -> None:
    document = coded(pdf(turn=turn))
    copy = stamped(document)
    page = seen(copy)
    (found,) = zxingcpp.read_barcodes(page)
    assert found.text == stamping.words_of(document)
    assert verify_token.url_of(document) in found.text
    assert found.position.top_left.x < found.position.top_right.x < page.width / 2
    assert found.position.bottom_left.y < page.height / 3
    words = "".join(copy[0].get_textpage().get_text_range().split())
    assert str(document.code) in words
    assert "Bảnsaođểtracứu".upper() in words.upper()
    assert len(copy) == 2


@pytest.mark.parametrize(
    ("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("TIFF", "image/tiff")]
)
def test_a_picture_becomes_a_page_with_the_code_above_it(world: World, kind: str, media_type: str) -> None:
    document = coded(picture(kind), media_type)
    page = seen(stamped(document))
    assert page.height / page.width == pytest.approx(297 / 210, rel=0.01)
    (found,) = zxingcpp.read_barcodes(page)
    assert str(document.code) in found.text


def test_nothing_of_the_first_page_is_covered_and_nothing_of_the_original_changes(world: World) -> None:
    content = pdf(text=b" 0 g BT /F1 24 Tf 40 800 Td (CONG HOA XA HOI) Tj ET")
    document = coded(content)
    copy = stamped(document)
    assert document.blob_id is not None
    assert storage.read(document.blob_id) == content
    assert "CONG HOA XA HOI" in copy[0].get_textpage().get_text_range()
    grey_before = dots(seen(pypdfium2.PdfDocument(content)), (204, 204, 204))
    assert dots(seen(copy), (204, 204, 204)) == pytest.approx(grey_before, rel=0.01)


@pytest.mark.parametrize("size", [(243, 153), (420, 595), (2384, 3370)])
def test_a_card_and_a_poster_get_a_code_of_the_same_size(world: World, size: tuple[int, int]) -> None:
    document = coded(pdf(size=size, pages=1))
    (found,) = zxingcpp.read_barcodes(seen(stamped(document)))
    assert str(document.code) in found.text
    across = found.position.top_right.x - found.position.top_left.x
    assert 30 < across / DPI * 25.4 < 41


def test_the_same_paper_gives_the_same_bytes(world: World) -> None:
    document = coded(pdf())
    stamped(document)
    first = document.access_copy_id
    stamped(document)
    assert document.access_copy_id == first


def test_a_paper_without_code_or_without_file_gets_no_copy(world: World) -> None:
    kind = DocumentType.objects.order_by("code")[0]
    blob = storage.put([pdf()], media_type="application/pdf")
    uncoded = Document.objects.create(state="stored", blob=blob, document_type=kind)
    on_paper = Document.objects.create(document_type=kind, code_type=kind.code)
    assign_codes([on_paper.pk])
    for document in (uncoded, on_paper):
        stamping.stamp(str(document.pk))
        document.refresh_from_db()
        assert document.access_copy_id is None


def test_the_qr_says_what_the_circular_asks_for(world: World) -> None:
    dossier = world.received()
    document = dossier.components.order_by("position")[0].document
    assign_codes([document.pk])
    document.refresh_from_db()
    words = stamping.words_of(document)
    said = dict(line.split(": ", 1) for line in words.splitlines()[:-1])
    assert said["Mã hồ sơ"] == dossier.code
    assert said["Mã giấy tờ"] == document.code
    assert said["Mã TTHC"] == world.procedure.code
    assert said["Chủ giấy tờ"] == "001160000019"
    assert "Hệ thống" in said
    assert "Thời gian" in said
    assert words.splitlines()[-1] == verify_token.url_of(document)


def test_the_qr_of_a_result_says_how_long_and_where_it_is_good(world: World) -> None:
    document = coded(pdf(), kind="result", code_origin="123/GP-LĐTBXH", good_until=date(2028, 5, 31))
    words = stamping.words_of(document)
    assert "Số, ký hiệu: 123/GP-LĐTBXH" in words
    assert "Hiệu lực đến: 31/05/2028" in words
    assert "Phạm vi: toàn quốc" in words


def test_the_copy_is_made_again_of_the_searchable_file(world: World) -> None:
    document = coded(pdf())
    assert run_due() >= 1
    document.refresh_from_db()
    first = document.access_copy_id
    assert first is not None
    document.searchable = storage.put(
        [pdf(text=b" BT /F1 12 Tf 40 700 Td (LOP CHU) Tj ET")], media_type="application/pdf"
    )
    document.save(update_fields=["searchable"])
    publish("digitization.read", document_id=str(document.pk))
    run_due()
    document.refresh_from_db()
    assert document.access_copy_id not in {first, None}
    again = pypdfium2.PdfDocument(storage.read(str(document.access_copy_id)))
    assert "LOP CHU" in again[0].get_textpage().get_text_range()


def test_a_signed_form_is_drawn_and_carries_no_signature_any_more(world: World) -> None:
    out, file = io.BytesIO(), pikepdf.open(io.BytesIO(pdf()))
    look = file.make_stream(
        b"1 0 0 rg 0 0 100 50 re f",
        pikepdf.Dictionary(
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=pikepdf.Array([0, 0, 100, 50])
        ),
    )
    field = file.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Sig,
            T="S",
            F=4,
            Rect=pikepdf.Array([50, 50, 150, 100]),
            AP=pikepdf.Dictionary(N=look),
            V=pikepdf.Dictionary(Type=pikepdf.Name.Sig),
        )
    )
    file.pages[0].obj.Annots = pikepdf.Array([field])
    file.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]), SigFlags=3)
    file.save(out)
    document = coded(out.getvalue())
    copy = stamped(document)
    assert dots(seen(copy), (255, 0, 0)) > 1000
    with pikepdf.open(io.BytesIO(storage.read(str(document.access_copy_id)))) as made:
        assert "/AcroForm" not in made.Root
        assert "/Annots" not in made.pages[0].obj or not made.pages[0].obj.Annots


def test_a_file_that_cannot_be_merged_is_told_to_the_ledger_and_leaves_no_copy(world: World) -> None:
    document = coded(b"%PDF-1.7 and nothing else")
    with pytest.raises(stamping.StampFailed):
        stamping.stamp(str(document.pk))
    document.refresh_from_db()
    assert document.access_copy_id is None
