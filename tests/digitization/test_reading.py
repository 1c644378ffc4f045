"""Papers are read through the real jobs and programs: how well, and what happens when a program dies.

Committed worlds: a transaction that idles for as long as a page takes is ended by the server.
"""

import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jiwer
import pikepdf
import psutil
import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import Settings

from bpmc_portal.errors import DomainError
from bpmc_portal.jobs.models import Job
from bpmc_portal.jobs.services import run_due
from digitization import page_programs, reading, storage
from digitization.models import Document, Suggestion
from tests.digitization import papers, scans
from tests.world import World

SHEETS = (scans.decision(), scans.form(), scans.letter())
MOST_WRONG = 0.01  # of the letters
LEAST_WORDS = 0.97


def plain(text: str) -> str:
    """Return the text on one line."""
    return " ".join(text.split())


def test_the_300_dpi_set_is_read_with_less_than_one_letter_in_a_hundred_wrong(committed_world: World) -> None:
    content = scans.pdf(*(scans.scanned(sheet, seed=seed) for seed, sheet in enumerate(SHEETS, 11)))
    document = papers.read(papers.stored(committed_world, content, "application/pdf", pages=3))
    assert document.reading == "done"
    texts = list(document.page_set.order_by("number").values_list("text", flat=True))
    wrong = jiwer.cer([plain(sheet.text) for sheet in SHEETS], [plain(text) for text in texts])
    assert wrong <= MOST_WRONG, f"CER {wrong:.2%}"
    words = [word for sheet in SHEETS for word in sheet.text.split()]
    read = " ".join(texts).split()
    assert sum(word in read for word in words) / len(words) >= LEAST_WORDS
    with pikepdf.open(io.BytesIO(storage.read(document.searchable_id))) as copy:
        assert copy.open_metadata().pdfa_status == "2B"
        assert len(copy.pages) == 3
    assert storage.read(document.blob_id) == content
    suggested = dict(Suggestion.objects.filter(document=document).values_list("field", "value"))
    assert suggested["number"] == "215/QĐ-CVL"
    assert suggested["issued_on"] == "2024-03-12"
    assert (
        Job.objects.filter(dedup_key__startswith=f"{reading.FINISH}:{document.pk}", dead_at=None).count() == 1
    )


def test_a_picture_that_tells_no_resolution_and_stands_on_its_head_is_read(committed_world: World) -> None:
    picture = scans.scanned(scans.decision(), seed=2).rotate(180)
    document = papers.read(papers.stored(committed_world, scans.jpeg(picture, dpi=None), "image/jpeg"))
    assert document.verdict == "Trang 1 ngược chiều."
    page = document.page_set.get()
    assert jiwer.cer(plain(scans.decision().text), plain(page.text)) <= MOST_WRONG
    assert page.turn == 180


def test_a_born_digital_paper_keeps_its_text_and_is_not_drawn_again(committed_world: World) -> None:
    document = papers.read(
        papers.stored(committed_world, scans.born_digital(scans.letter()), "application/pdf")
    )
    page = document.page_set.get()
    assert document.reading == "done"
    assert page.confidence is None
    assert "Trân trọng cảm ơn sự phối hợp của quý cơ quan" in plain(page.text)
    with pikepdf.open(io.BytesIO(storage.read(document.searchable_id))) as copy:
        assert not copy.pages[0].get_images()


@contextmanager
def killing(name: str) -> Iterator[list[int]]:
    """Kill the first process of that name that this one starts while the block runs."""
    killed: list[int] = []
    is_over = threading.Event()

    def watch() -> None:
        me = psutil.Process()
        while not is_over.wait(0.01) and not killed:
            for child in me.children(recursive=True):
                try:
                    if child.name() == name and "hocr" in child.cmdline():
                        child.kill()
                        killed.append(child.pid)
                except psutil.NoSuchProcess:
                    continue

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield killed
    finally:
        is_over.set()
        thread.join()


def test_a_tesseract_that_is_killed_leaves_words_and_a_second_try_reads_the_paper(
    committed_world: World,
) -> None:
    content = scans.jpeg(scans.scanned(scans.form(), seed=4))
    document = papers.stored(committed_world, content, "image/jpeg")
    with killing("tesseract") as killed:
        document = papers.read(document)
    assert killed
    assert document.reading == "failed"
    assert document.paper_reading.fault.startswith("Máy đọc chữ dừng giữa chừng ở trang 1.")
    assert Job.objects.get(kind=reading.READ).done_at is None  # the ledger tries again by itself
    reading.read_again(document, actor=committed_world.lan)
    run_due()
    document = Document.objects.get(pk=document.pk)
    assert document.reading == "done"
    assert document.paper_reading.fault == ""
    assert storage.read(document.blob_id) == content
    assert not list((Path(settings.DATA_DIR) / "reading" / "parts").glob(f"{document.pk}-2/*"))


def test_a_job_of_an_older_run_writes_nothing(committed_world: World) -> None:
    document = papers.stored(committed_world, scans.jpeg(scans.scanned(scans.form())), "image/jpeg")
    reading.start(document.pk)
    reading.check_pages(str(document.pk), 7, 1, 1)
    assert document.page_set.get().checked_at is None


def test_a_paper_that_is_being_read_is_not_begun_twice(committed_world: World) -> None:
    document = papers.stored(committed_world, scans.jpeg(scans.scanned(scans.form())), "image/jpeg", pages=30)
    for _time in range(2):
        reading.start(document.pk)
    assert Job.objects.filter(kind=reading.CHECK).count() == 3
    with pytest.raises(DomainError) as refused:
        reading.read_again(document, actor=committed_world.lan)
    assert refused.value.code == "reading"


def test_what_a_killed_program_left_goes_after_a_week(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    room, now = page_programs.workroom(), timezone.now()
    old, fresh, part = room / "old", room / "fresh", room / "parts" / "paper-1"
    for folder in (old, fresh, part):
        folder.mkdir(parents=True)
        (folder / "in.pdf").write_bytes(b"%PDF")
    then = (now - page_programs.LEFT_FOR).timestamp() - 1
    for path in (old, part, part.parent):
        os.utime(path, (then, then))
    assert page_programs.sweep(at=now) == 2
    assert [path.name for path in room.iterdir() if path.name != "parts"] == ["fresh"]
    assert not part.exists()
