"""A stack of many papers files itself; what cannot be placed waits in the tray; a kill at any moment doubles nothing."""

import io
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pikepdf
import pytest
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone

from bpmc_portal.audit.models import SecurityEvent
from bpmc_portal.errors import DomainError
from bpmc_portal.idempotency.models import RememberedAnswer
from bpmc_portal.jobs.models import Job
from digitization import batches, separators, storage, tray
from digitization.filing import AlreadyFiled, keep_file
from digitization.models import Batch, BatchPage, Document
from digitization.separators import Leaf
from dossiers.models import Component, Dossier
from dossiers.services import filing
from dossiers.services.commands import ComponentInput
from tests.digitization.stacks import OURS, Sheet, pdf_of, tiff_of, work
from tests.world import World

PDF = "application/pdf"
State, Why = BatchPage.State, BatchPage.Why


def sent(world: World, sheets: Sequence[Sheet], *, draft: Any = None, content: bytes = b"") -> Batch:
    """Send a stack from Lan's desk and split and file it."""
    blob = storage.put([content or pdf_of(sheets)], media_type=PDF)
    batch = batches.begin(blob, name="chong.pdf", office=world.office, actor=world.lan, draft=draft)
    work()
    batch.refresh_from_db()
    return batch


def three_papers(world: World) -> Dossier:
    """Return a received dossier of three papers, none with a file."""
    given = (ComponentInput("01", "original"), ComponentInput("02", "copy"), ComponentInput("03", "copy"))
    return world.received(components=given)


def paper(dossier: Dossier, position: int) -> Document:
    """Return the document of a paper as it stands."""
    found: Component = dossier.components.select_related("document__blob").get(position=position)
    return found.document


def waiting(batch: Batch) -> list[tuple[int, str]]:
    """Return the numbers of the pages that wait, with the reason."""
    return list(batch.sheets.filter(state=State.WAITING).order_by("number").values_list("number", "why"))


def pages_in(batch: Batch, document: Document) -> list[int]:
    """Return the numbers of the pages that lie in a paper, and check that its file has as many."""
    numbers = list(batch.sheets.filter(document=document).order_by("number").values_list("number", flat=True))
    with pikepdf.open(io.BytesIO(storage.read(document.blob_id or ""))) as pdf:
        assert len(pdf.pages) == len(numbers) == document.pages
    return numbers


def run_of(dossier: Dossier, position: int, *texts: str, has_back: bool = False) -> list[Sheet]:
    """Return a separator and the pages behind it."""
    back = [Sheet()] if has_back else []
    return [Sheet(place=filing.place_for(dossier, position)), *back, *(Sheet(text) for text in texts)]


def test_sixty_pages_with_twelve_separators_of_four_dossiers_file_themselves(world: World) -> None:
    dossiers = [three_papers(world) for _count in range(4)]
    sheets: list[Sheet] = []
    expected: dict[tuple[str, int], list[int]] = {}
    for number in range(12):
        dossier, position = dossiers[number % 4], number // 4 + 1
        run = run_of(dossier, position, *(f"{number}.{page}" for page in range(3)), has_back=number % 3 == 0)
        run += [Sheet(f"{number}.{page}") for page in range(3, 8 - len(run) + 1)][: 5 - len(run)]
        expected[dossier.code, position] = [
            len(sheets) + place + 1 for place, sheet in enumerate(run) if sheet.text
        ]
        sheets += run
    assert len(sheets) == 60
    batch = sent(world, sheets)
    assert (batch.state, batch.pages, batch.pages_read) == (Batch.State.SPLIT, 60, 60)
    assert waiting(batch) == []
    for dossier in dossiers:
        for position in (1, 2, 3):
            document = paper(dossier, position)
            assert document.state == Document.State.STORED
            assert pages_in(batch, document) == expected[dossier.code, position]
    work("digitization.assign_codes")
    assert not Document.objects.filter(code=None).exists()
    assert Job.objects.filter(dedup_key__startswith="digitization.split_batch:").count() == 6
    assert SecurityEvent.objects.filter(act="paper_filed").count() == 12
    assert not batch.sheets.exclude(state=State.FILED).exclude(state=State.DROPPED).exists()
    assert not batch.sheets.exclude(picture=b"").exists()


def test_a_page_without_a_place_waits_and_one_key_files_it(world: World) -> None:
    dossier = three_papers(world)
    batch = sent(world, [Sheet("trang lẻ 1"), Sheet("trang lẻ 2"), *run_of(dossier, 1, "đơn")])
    assert waiting(batch) == [(1, Why.NO_PLACE), (2, Why.NO_PLACE)]
    keys = list(batch.sheets.filter(state=State.WAITING).order_by("number").values_list("pk", flat=True))
    tray.turn(keys[:1], by=-90, actor=world.sohoa)
    filing.assign(dossier, 2, keys[1:], actor=world.sohoa)
    filing.assign(dossier, 2, keys[:1], actor=world.sohoa)
    work()
    assert paper(dossier, 2).state == Document.State.PAPER  # it can still be taken back
    later = timezone.now() + tray.UNDO_FOR + timedelta(seconds=1)
    tray.file_assigned(paper(dossier, 2).pk, at=later)
    tray.file_assigned(paper(dossier, 2).pk, at=later)
    assert pages_in(batch, paper(dossier, 2)) == [1, 2]
    with pikepdf.open(io.BytesIO(storage.read(paper(dossier, 2).blob_id or ""))) as pdf:
        assert [page.get("/Rotate", 0) for page in pdf.pages] == [270, 0]
    assert Job.objects.filter(dedup_key__contains=str(paper(dossier, 2).pk), kind="digitization.file_assigned").count() == 2  # fmt: skip


def test_what_a_person_did_in_the_tray_can_be_taken_back(world: World) -> None:
    dossier = three_papers(world)
    batch = sent(world, [Sheet("một"), Sheet("hai")])
    keys = list(batch.sheets.order_by("number").values_list("pk", flat=True))
    filing.assign(dossier, 1, keys, actor=world.lan)
    assert waiting(batch) == []
    tray.take_back(keys, actor=world.lan)
    tray.remove(keys[:1], actor=world.lan)
    assert waiting(batch) == [(2, Why.NO_PLACE)]
    with pytest.raises(tray.Moved):
        tray.remove(keys, actor=world.lan)
    tray.restore(keys[:1], actor=world.lan)
    tray.file_assigned(paper(dossier, 1).pk, at=timezone.now() + timedelta(minutes=1))
    assert len(waiting(batch)) == 2
    assert paper(dossier, 1).state == Document.State.PAPER


def test_runs_for_one_paper_are_joined_and_a_paper_with_a_file_is_left_alone(world: World) -> None:
    first, second = three_papers(world), three_papers(world)
    blob = storage.put([pdf_of([Sheet("đã có")])], media_type=PDF)
    keep_file(paper(second, 1), blob, pages=1, actor=world.lan)
    stack = [*run_of(first, 1, "a"), *run_of(second, 1, "b"), *run_of(first, 1, "c", "d")]
    batch = sent(world, stack)
    assert pages_in(batch, paper(first, 1)) == [2, 6, 7]
    assert waiting(batch) == [(4, Why.HAS_FILE)]
    assert paper(second, 1).blob_id == blob.pk
    with pytest.raises(AlreadyFiled):
        filing.assign(second, 1, [batch.sheets.get(number=4).pk], actor=world.lan)


def test_a_strangers_place_and_an_unknown_one_wait_in_the_tray(world: World) -> None:
    dossier = three_papers(world)
    elsewhere = Sheet(place="000.00.00.G99-261124-0001:1")
    batch = sent(
        world, [elsewhere, Sheet("x"), Sheet(place=f"{dossier.code}:9"), Sheet("y"), Sheet(place="bậy"), Sheet("z")]
    )  # fmt: skip
    assert waiting(batch) == [(2, Why.UNKNOWN), (4, Why.UNKNOWN), (6, Why.CHECKLIST)]
    assert not tray.waiting(world.minh).exists()
    with pytest.raises(tray.Moved):
        tray.remove([batch.sheets.get(number=2).pk], actor=world.minh)


def test_sheets_of_a_checklist_find_the_dossier_that_was_received_meanwhile(world: World) -> None:
    draft, place = uuid4(), filing.checklist_place(world.procedure.key, "02")
    batch = sent(world, [Sheet(place=place), Sheet("hợp đồng")], draft=draft)
    assert waiting(batch) == [(2, Why.CHECKLIST)]
    dossier = three_papers(world)
    RememberedAnswer.objects.create(
        actor=world.lan, key=str(draft), request_hash="-", status=201, answer={"code": dossier.code}
    )
    Job.objects.filter(kind="dossiers.file_run", done_at=None).update(not_before=timezone.now())
    work()
    assert pages_in(batch, paper(dossier, 2)) == [2]


def test_one_key_places_all_pages_of_a_checklist_in_the_chosen_dossier(world: World) -> None:
    places = [filing.checklist_place(world.procedure.key, code) for code in ("02", "01")]
    batch = sent(world, [Sheet(place=places[0]), Sheet("một"), Sheet(place=places[1]), Sheet("hai")])
    dossier = three_papers(world)
    assert len(filing.assign_by_sheets(dossier, actor=world.lan).pages) == 2
    for position in (1, 2):
        tray.file_assigned(paper(dossier, position).pk, at=timezone.now() + timedelta(minutes=1))
    assert (pages_in(batch, paper(dossier, 1)), pages_in(batch, paper(dossier, 2))) == ([4], [2])
    with pytest.raises(DomainError):
        filing.assign_by_sheets(dossier, actor=world.lan)


def test_a_tiff_of_many_pages_is_split_too(world: World) -> None:
    dossier = three_papers(world)
    content = tiff_of([*run_of(dossier, 1, "a", "b"), *run_of(dossier, 2, "c")])
    blob = storage.put([content], media_type="image/tiff")
    batch = batches.begin(blob, name="chong.tif", office=world.office, actor=world.lan)
    work()
    assert pages_in(batch, paper(dossier, 1)) == [2, 3]
    assert pages_in(batch, paper(dossier, 2)) == [5]


@pytest.mark.parametrize("content", [b"%PDF-1.7\nnothing more", b"%PDF-1.4\n" + b"\x00" * 5000])
def test_an_unreadable_scan_is_refused_in_words_and_files_nothing(world: World, content: bytes) -> None:
    batch = sent(world, [], content=content)
    assert (batch.state, batch.sheets.count()) == (Batch.State.FAILED, 0)
    assert "Hãy quét" in batch.fault


def test_a_part_that_is_repeated_adds_nothing(world: World) -> None:
    dossier = three_papers(world)
    batch = sent(world, run_of(dossier, 1, "a", "b"))
    batches.read_part(batch.pk, 1)
    filing.file_run(batch.pk, filing.place_for(dossier, 1))
    assert batch.sheets.count() == 3
    assert pages_in(batch, paper(dossier, 1)) == [2, 3]


def kinds(leaves: Iterable[Leaf]) -> list[str]:
    """Return kind, run and place of each page as one word."""
    return [f"{each.kind[0]}{each.run}{each.place}" for each in separators.sort(leaves)]


def test_only_the_white_back_of_a_separator_is_dropped_and_a_lost_page_ends_the_run() -> None:
    white = Leaf(0, is_blank=True)
    stack = [Leaf(1), Leaf(2, "A"), white, white, Leaf(5), Leaf(6, is_unread=True), Leaf(7), Leaf(8, "B"), Leaf(9)]  # fmt: skip
    assert kinds(stack) == ["p1", "s2A", "b2A", "p2A", "p2A", "p3", "p3", "s4B", "p4B"]
    assert separators.place_of("MC1:x") == "x"
    assert [separators.place_of(text) for text in ("mc1:x", "https://x", "MC1:" + "x" * 121, "MC1:a\nb")] == [""] * 4  # fmt: skip


WORKER = """
import django, sys, time
django.setup()
from bpmc_portal.jobs import services
from bpmc_portal.jobs.models import Job
kinds = sys.argv[1].split(",")
print("ready", flush=True)
while keys := list(Job.objects.filter(kind__in=kinds, done_at=None).order_by("pk").values_list("dedup_key", flat=True)):
    Job.objects.filter(done_at=None).update(not_before="2020-01-01T00:00Z", attempts=0)
    for key in keys:
        services.run(key)
"""


def test_workers_killed_at_any_moment_lose_and_double_nothing(committed_world: World, tmp_path: Path) -> None:
    world, chance = committed_world, random.Random(5)
    dossier = three_papers(world)
    stack = [*run_of(dossier, 1, *"abcdefg"), *run_of(dossier, 2, *"hijklmn"), Sheet(place="x:1"), Sheet("o"), *run_of(dossier, 3, *"pqrstu")]  # fmt: skip
    blob = storage.put([pdf_of(stack)], media_type=PDF)
    batch = batches.begin(blob, name="chong.pdf", office=world.office, actor=world.lan)
    name = connection.settings_dict["NAME"]
    address = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    given = {**os.environ, "DATABASE_URL": address, "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "bpmc_portal.settings"}  # fmt: skip
    kills = 0
    for turn in range(5):
        worker = subprocess.Popen([sys.executable, "-c", WORKER, ",".join(OURS)], env=given, cwd=configured.BASE_DIR, stdout=subprocess.PIPE)  # fmt: skip
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"ready\n"
        try:
            worker.wait(timeout=60 if turn == 4 else chance.uniform(0.05, 0.9))
        except subprocess.TimeoutExpired:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
            kills += 1
        worker.stdout.close()
    assert kills >= 2
    batch.refresh_from_db()
    assert (batch.state, batch.pages_read, batch.sheets.count()) == (
        Batch.State.SPLIT,
        len(stack),
        len(stack),
    )
    found = [pages_in(batch, paper(dossier, position)) for position in (1, 2, 3)]
    assert found == [list(range(2, 9)), list(range(10, 17)), list(range(20, 26))]
    assert waiting(batch) == [(18, Why.CHECKLIST)]
    assert SecurityEvent.objects.filter(act="paper_filed").count() == 3
    assert Job.objects.filter(kind="digitization.stored").count() == 0
