"""Each flaw of a page is named in words, and a good page has none; measured on scans through the real program."""

import pytest
from PIL import Image, ImageFilter

from digitization import checking
from digitization.models import Document, Page
from tests.digitization import papers, scans
from tests.world import World

BLURRED_IN_THE_MIDDLE = (800, 1200, 1700, 2300)


def with_a_dim_middle() -> Image.Image:
    """Return a page on whose middle the scanner's glass was dirty."""
    page = scans.scanned(scans.letter(), seed=9)
    page.paste(
        page.crop(BLURRED_IN_THE_MIDDLE).filter(ImageFilter.GaussianBlur(5)), BLURRED_IN_THE_MIDDLE[:2]
    )
    return page


def checked(world: World, content: bytes, media_type: str, pages: int) -> list[Page]:
    """Return the pages of a file as the checks see them."""
    document: Document = papers.stored(world, content, media_type, pages=pages)
    found = checking.check(document, first=1, last=pages)
    checking.mark_duplicates(found)
    return found


def test_every_flaw_is_named_and_the_good_page_is_not(committed_world: World) -> None:
    other, form = scans.Sheet("".join(f"<h2>{line}</h2>" for line in scans.LETTER), ""), scans.form()
    found = checked(
        committed_world,
        scans.pdf(
            scans.scanned(form, seed=1),
            with_a_dim_middle(),
            scans.scanned(scans.decision(), seed=3).rotate(180),
            scans.scanned(scans.Sheet("", "")),
            scans.scanned(form, seed=5),
            scans.scanned(other, seed=6, skew=4.5, blur=5),
        ),
        "application/pdf",
        6,
    )
    assert [page.words for page in found] == [
        "",
        "Trang 2 mờ vùng giữa.",
        "Trang 3 ngược chiều.",
        "Trang 4 trắng.",
        "Trang 5 trùng trang 1.",
        "Trang 6 mờ cả trang. Trang 6 bị nghiêng.",
    ]
    assert all(page.dpi == 300 for page in found)
    assert checking.verdict_of(found).startswith("Trang 2 mờ vùng giữa. Trang 3 ngược chiều.")


def test_a_coarse_photograph_is_told_from_a_good_one(committed_world: World) -> None:
    coarse = scans.jpeg(scans.scanned(scans.form(), dpi=120, blur=0.2), dpi=120)
    assert (
        checked(committed_world, coarse, "image/jpeg", 1)[0].words
        == "Trang 1 chỉ có 120 dpi, cần từ 200 dpi."
    )
    good = scans.jpeg(scans.scanned(scans.form(), dpi=300), dpi=None)
    assert checked(committed_world, good, "image/jpeg", 1)[0].words == ""


def test_the_form_of_another_person_is_no_duplicate_once_both_are_read() -> None:
    twins = [
        Page(number=number, picture_hash="f0" * 32, text=text, read_at="2026-01-05")
        for number, text in enumerate(("Số: 215", "Số: 216", "Số 215"), 1)
    ]
    assert [page.number for page in checking.mark_duplicates(twins)] == [3]


@pytest.mark.parametrize(("count", "is_cut"), [(2, False), (40, True)])
def test_the_verdict_of_a_long_paper_fits_and_counts_the_rest(count: int, is_cut: bool) -> None:
    told = checking.verdict_of(
        [Page(number=each, words=f"Trang {each} trắng.") for each in range(1, count + 1)]
    )
    assert len(told) <= 300
    assert ("trang khác" in told) is is_cut
