"""The pages of stored files as pictures: right, bounded, and never the end of the worker."""

import io

import pikepdf
import pytest
from PIL import Image

from bpmc_portal.errors import DomainError, NotFound
from digitization import pages, storage
from digitization.models import Document
from digitization.pages import View

pytestmark = pytest.mark.django_db


def paper(content: bytes, media_type: str, count: int = 1) -> Document:
    """Return a paper with this file."""
    blob = storage.put([content], media_type=media_type)
    return Document.objects.create(name="Giấy", state="stored", blob=blob, pages=count)


def pdf(*sizes: tuple[int, int]) -> bytes:
    """Return a PDF with one empty page of each size, in points."""
    out, file = io.BytesIO(), pikepdf.new()
    for size in sizes:
        file.add_blank_page(page_size=size)
    file.save(out)
    return out.getvalue()


def photo(size: tuple[int, int], kind: str = "JPEG") -> bytes:
    """Return a red picture."""
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue()


def size_of(png: bytes) -> tuple[int, int]:
    """Return width and height of a picture."""
    return Image.open(io.BytesIO(png), formats=["PNG"]).size


@pytest.mark.parametrize(("zoom", "width"), [(1, 1000), (2, 1600), (3, 2400)])
def test_a_page_of_a_pdf_is_drawn_at_three_sizes(zoom: int, width: int) -> None:
    document = paper(pdf((595, 842), (842, 595)), "application/pdf", 2)
    across, down = size_of(pages.draw(document, View(2, zoom)))
    assert across in {width, width + 1}
    assert across > down


def test_a_turned_page_lies_on_its_side() -> None:
    across, down = size_of(pages.draw(paper(pdf((595, 842)), "application/pdf"), View(1, 1, 90)))
    assert across > down


def test_a_page_as_tall_as_a_tower_is_kept_within_bounds() -> None:
    across, down = size_of(pages.draw(paper(pdf((50, 14_000)), "application/pdf"), View(1, 3)))
    assert down <= 4201
    assert across < 100


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_photograph_is_made_smaller_never_larger(kind: str) -> None:
    media_type = f"image/{kind.lower()}"
    assert size_of(pages.draw(paper(photo((3000, 1500), kind), media_type), View()))[0] == 1000
    assert size_of(pages.draw(paper(photo((300, 150), kind), media_type), View()))[0] == 300


def test_a_page_that_is_not_there_is_not_found() -> None:
    document = paper(pdf((595, 842)), "application/pdf", 9)
    for page in (0, 2, 10, 201):
        with pytest.raises(NotFound):
            pages.draw(document, View(page))


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(b"%PDF-1.7 nothing", "application/pdf"), (photo((900, 900))[:400], "image/jpeg"), (b"", "image/png")],
)
def test_a_broken_file_is_refused_in_words(content: bytes, media_type: str) -> None:
    with pytest.raises(DomainError, match="Không hiện được trang này") as refused:
        pages.draw(paper(content, media_type), View())
    assert refused.value.code == "page_unreadable"


def test_a_picture_of_too_many_points_is_refused() -> None:
    with pytest.raises(DomainError, match="quá nặng"):
        pages.draw(paper(photo((8000, 6000), "PNG"), "image/png"), View())


def test_a_file_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import threading; threading.Event().wait()")
    monkeypatch.setattr(pages, "_SCRIPT", sleeper)
    monkeypatch.setattr(pages, "PATIENCE", 1)
    with pytest.raises(DomainError, match="Không hiện được"):
        pages.draw(paper(pdf((595, 842)), "application/pdf"), View())


def test_a_lost_file_says_so() -> None:
    document = paper(pdf((595, 842)), "application/pdf")
    storage.path_of(document.blob.sha256).unlink()
    with pytest.raises(DomainError, match="bị mất trong kho"):
        pages.draw(document, View())


@pytest.mark.parametrize("odd", ["", "-1", "0", "x", "99999", "²", "1.5"])
def test_an_address_that_makes_no_sense_shows_the_usual_view(odd: str) -> None:
    assert pages.view_of(page=odd, zoom=odd, turn=odd) == View()
