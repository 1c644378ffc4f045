"""From the scanner's glass to a word that is found again: sixty pages of four dossiers, read in earnest. Takes minutes: `make faults`."""

import io

import img2pdf
import pytest

from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.models import Job
from digitization import batches, searching, storage
from digitization.models import Batch, Document
from dossiers.models import Dossier
from dossiers.services import filing
from dossiers.services.commands import ComponentInput
from tests.digitization import scans, stacks
from tests.world import World

GIVEN = (ComponentInput("01", "original"), ComponentInput("02", "copy"), ComponentInput("03", "copy"))
DPI, BLURRED = 200, (2, 1)  # the second page of the third paper


def separator(dossier: Dossier, position: int, seed: int) -> bytes:
    """Return a separator sheet as scanned."""
    return stacks.scanned(stacks.Sheet(place=filing.place_for(dossier, position)), seed)


def page(paper: int, number: int) -> bytes:
    """Return a page that bears a number of its own, as scanned."""
    words = f"<h1>Tờ khai số {paper:02d}{number:02d}</h1>" + "".join(
        f"<p>{line}</p>" for line in scans.LETTER[:3]
    )
    blur = 5.0 if (paper, number) == BLURRED else 0.6
    picture = scans.scanned(
        scans.Sheet(words, ""), seed=100 * paper + number, dpi=DPI, skew=(number - 1.5) * 0.8, blur=blur
    )
    return scans.jpeg(picture, dpi=DPI)


@pytest.mark.faults
@pytest.mark.timeout(1200)
def test_every_page_is_filed_coded_read_and_found_and_the_desk_goes_on_meanwhile(
    committed_world: World,
) -> None:
    world = committed_world
    dossiers = [world.received(components=GIVEN) for _count in range(4)]
    places = [(dossier, position) for position in (1, 2, 3) for dossier in dossiers]
    sheets = [
        sheet
        for paper, (dossier, position) in enumerate(places)
        for sheet in (separator(dossier, position, paper), *(page(paper, number) for number in range(4)))
    ]
    assert len(sheets) == 60
    blob = storage.put([img2pdf.convert(sheets)], media_type="application/pdf")
    batch = batches.begin(blob, name="chong.pdf", office=world.office, actor=world.lan)
    jobs.run(Job.objects.get(kind="digitization.split_batch").dedup_key)
    batch.refresh_from_db()
    assert batch.state == Batch.State.READING
    meanwhile = world.received()  # F9, while the stack is still read
    while jobs.run_due():
        pass

    batch.refresh_from_db()
    assert (batch.state, batch.pages) == (Batch.State.SPLIT, 60)
    assert not batch.sheets.filter(state="waiting").exists()
    assert meanwhile.components.count() > 0
    for paper, (dossier, position) in enumerate(places):
        document: Document = dossier.components.select_related("document").get(position=position).document
        assert (document.pages, document.reading, bool(document.code)) == (4, "done", True)
        assert document.searchable_id is not None
        assert ("Trang 2 mờ cả trang." in document.verdict) is (paper == BLURRED[0])
        for number in range(4):
            if (paper, number) != BLURRED:
                found = searching.search(
                    f'"to khai so {paper:02d}{number:02d}"', among=Document.objects.all()
                ).found
                assert [(each.page.document_id, each.page.number) for each in found] == [
                    (document.pk, number + 1)
                ]
    assert not Job.objects.filter(dead_at__isnull=False).exists()
    with io.BytesIO(storage.read(document.searchable_id or "")) as file:
        assert file.read(5) == b"%PDF-"
