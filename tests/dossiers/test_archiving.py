"""Each dossier that ends is sealed once in a package that others can judge: the library of BagIt, coreutils, and an XML schema."""

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from lxml import etree
from pytest_django import DjangoAssertNumQueries

from bpmc_portal.audit.models import AccessEvent
from bpmc_portal.jobs.models import Job
from bpmc_portal.jobs.services import run_due
from digitization import fixity, storage
from digitization.models import ArchivePackage, Blob, Document, PackageFile
from dossiers.models import Dossier
from dossiers.services import archiving
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.world import World

pytestmark = pytest.mark.django_db


def with_file(dossier: Dossier, position: int = 1, content: bytes = b"%PDF-1.7 ban goc") -> Document:
    """Give a paper of the dossier a file, a text layer and a copy, as digitisation leaves them."""
    document = dossier.components.get(position=position).document
    document.state, document.pages, document.reading = "stored", 3, "done"
    document.blob = storage.put([content], media_type="application/pdf")
    document.searchable = storage.put([content, b" doc duoc"], media_type="application/pdf")
    document.access_copy = storage.put([content, b" co ma"], media_type="application/pdf")
    document.number, document.issuer = "12/HĐ & <1>", "Công ty Bình Minh"
    document.save()
    return document


def ended(world: World, **files: Any) -> Dossier:
    """Return a dossier whose result was handed over."""
    dossier = world.finished()
    with_file(dossier, **files)
    run_due()
    return act(dossier.code, Action.RETURN_RESULT, actor=world.lan)


def unpacked(package: ArchivePackage, folder: Path) -> Path:
    """Unpack a package as any program would, and return the bag."""
    assert package.blob_id is not None
    with zipfile.ZipFile(io.BytesIO(storage.read(package.blob_id))) as file:
        file.extractall(folder)
    (bag,) = folder.iterdir()
    return bag


def judged(bag: Path) -> tuple[int, int]:
    """Return the verdicts of bagit's own program and of sha256sum, each a process that knows nothing of us."""
    by_bagit = subprocess.run(
        [sys.executable, "-m", "bagit", "--validate", str(bag)], capture_output=True, check=False
    )
    by_sum = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "manifest-sha256.txt"],
        cwd=bag,
        capture_output=True,
        check=False,
    )
    return by_bagit.returncode, by_sum.returncode


def test_an_ended_dossier_is_sealed_and_strangers_to_us_find_it_whole(world: World, tmp_path: Path) -> None:
    dossier = ended(world)
    run_due()
    package = ArchivePackage.objects.get()
    assert (package.dossier_code, package.state, package.number) == (dossier.code, "sealed", 1)
    bag = unpacked(package, tmp_path / "bag")
    assert judged(bag) == (0, 0)
    papers = {
        path.relative_to(bag / "data").as_posix() for path in (bag / "data").rglob("*") if path.is_file()
    }
    assert papers >= {
        "giay-to/001/ban-goc.pdf", "giay-to/001/ban-tim-kiem.pdf", "giay-to/001/ban-su-dung.pdf",
        "da-phat-hanh/receipt-A5.pdf", "metadata/ho-so.xml", "metadata/mets.xml", "metadata/premis.xml",
    }  # fmt: skip
    assert package.files == PackageFile.objects.count() == len(papers) - 4


def test_one_byte_flipped_anywhere_is_seen_by_both_judges(world: World, tmp_path: Path) -> None:
    ended(world)
    run_due()
    bag = unpacked(ArchivePackage.objects.get(), tmp_path / "bag")
    paper = bag / "data/giay-to/001/ban-goc.pdf"
    content = bytearray(paper.read_bytes())
    content[5] ^= 1
    paper.write_bytes(content)
    by_bagit, by_sum = judged(bag)
    assert by_bagit != 0
    assert by_sum != 0


def test_the_description_keeps_to_its_schema_and_tells_the_fields_of_the_circular(
    world: World, tmp_path: Path
) -> None:
    dossier = ended(world)
    run_due()
    bag = unpacked(ArchivePackage.objects.get(), tmp_path / "bag")
    schema = etree.XMLSchema(etree.parse(bag / "data/metadata/ho-so.xsd"))
    told = etree.parse(bag / "data/metadata/ho-so.xml")
    schema.assertValid(told)
    names = {"lt": "urn:motcua:luu-tru:1"}

    def text(path: str) -> str:
        return str(told.xpath(f"string({path})", namespaces=names))

    assert text("/lt:hoSo/lt:maHoSo") == dossier.code
    assert "Chưa xác định" in text("/lt:hoSo/lt:thoiHanBaoQuan")
    assert text("//lt:vanBan[1]/lt:soKyHieu") == "12/HĐ & <1>"
    assert text("//lt:vanBan[2]/lt:tinhTrangVatLy") == "Bản giấy, chưa số hoá"
    told.find(".//{*}maHoSo").text = ""
    assert not schema.validate(told)


def test_the_events_of_the_package_are_those_of_the_dossier(world: World, tmp_path: Path) -> None:
    dossier = ended(world)
    run_due()
    bag = unpacked(ArchivePackage.objects.get(), tmp_path / "bag")
    premis = etree.parse(bag / "data/metadata/premis.xml")
    kinds = [node.text for node in premis.iter("{http://www.loc.gov/premis/v3}eventType")]
    assert kinds == list(dossier.events.order_by("seq").values_list("action", flat=True))
    sums = {node.text for node in premis.iter("{http://www.loc.gov/premis/v3}messageDigest")}
    assert sums == set(PackageFile.objects.values_list("blob_id", flat=True))
    mets = etree.parse(bag / "data/metadata/mets.xml")
    links = [
        node.get("{http://www.w3.org/1999/xlink}href")
        for node in mets.iter("{http://www.loc.gov/METS/}FLocat")
    ]
    assert len(links) == len(PackageFile.objects.all())
    assert all((bag / "data/metadata" / link).is_file() for link in links)


def test_the_same_end_makes_one_package_with_the_same_bytes_however_often(world: World) -> None:
    dossier = ended(world)
    run_due()
    first = ArchivePackage.objects.get()
    archiving.archive(dossier.pk, dossier.version)
    again = ArchivePackage.objects.get()
    assert again.sealed_at == first.sealed_at
    # A worker that was killed after the bytes and before the rows: the next one makes the same bytes.
    PackageFile.objects.all().delete()
    ArchivePackage.objects.all().delete()
    assert archiving.archive(dossier.pk, dossier.version).blob_id == first.blob_id  # type: ignore[union-attr]


def test_a_dossier_that_ends_a_second_time_gets_a_further_package(world: World) -> None:
    dossier = world.received()
    run_due()
    act(dossier.code, Action.WITHDRAW, actor=world.lan, params=Params(reason="Rút"))
    run_due()
    for leader in (world.ha, world.ha2):
        act(dossier.code, Action.REOPEN, actor=leader, params=Params(reason="Rút nhầm"))
    assert ArchivePackage.objects.count() == 1
    act(dossier.code, Action.WITHDRAW, actor=world.lan, params=Params(reason="Rút thật"))
    run_due()
    first, second = ArchivePackage.objects.order_by("number")
    assert (second.number, second.previous) == (2, first)
    assert first.state == second.state == "sealed"
    assert first.blob_id != second.blob_id


def test_an_open_dossier_and_one_whose_result_waits_have_no_package(world: World) -> None:
    world.received()
    world.finished()
    run_due()
    assert not ArchivePackage.objects.exists()


def test_papers_still_in_work_are_waited_for_and_sealed_after_a_day_at_most(world: World) -> None:
    dossier = world.finished()
    document = with_file(dossier)
    run_due()
    Document.objects.filter(pk=document.pk).update(reading="waiting")
    dossier = act(dossier.code, Action.RETURN_RESULT, actor=world.lan)
    run_due()
    package = ArchivePackage.objects.get()
    assert package.state == "waiting"
    assert Job.objects.filter(kind=archiving.ARCHIVE, done_at=None).count() == 1
    late = package.created_at + archiving.PATIENCE
    assert archiving.archive(dossier.pk, dossier.version, turn=1, at=late).state == "sealed"  # type: ignore[union-attr]


def test_a_lost_file_fails_the_package_in_words_and_a_restored_one_mends_it(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier = ended(world)
    lost = dossier.components.get(position=1).document.blob
    content = storage.read(lost.pk)
    storage.delete(lost.pk)
    run_due()
    package = ArchivePackage.objects.get()
    assert package.state == "failed"
    assert "giay-to/001/ban-goc.pdf" in package.fault
    assert Blob.objects.get(pk=lost.pk).fault == "lost"
    assert "Làm lại" in as_user(world.vanthu).get("/so-hoa/luu-tru/").content.decode()
    assert "Làm lại" not in as_user(world.minh).get("/so-hoa/luu-tru/").content.decode()
    storage.put([content], media_type="application/pdf")
    assert as_user(world.vanthu).post(f"/so-hoa/luu-tru/{package.pk}/lam-lai/").status_code == 303
    run_due()
    assert ArchivePackage.objects.get().state == "sealed"
    assert fixity.faults() == 0


def test_the_package_is_told_on_the_page_and_its_download_is_logged(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier = ended(world)
    run_due()
    page = as_user(world.minh).get(f"/ho-so/{dossier.code}/").content.decode()
    assert re.search(r"Đã đóng gói lưu trữ \d\d:\d\d", page) or "Đã đóng gói lưu trữ" in page
    before = AccessEvent.objects.filter(view="dossiers:package").count()
    response = as_user(world.minh).get(f"/ho-so/{dossier.code}/goi-luu-tru/")
    assert b"".join(response.streaming_content) == storage.read(str(ArchivePackage.objects.get().blob_id))  # type: ignore[attr-defined]
    assert AccessEvent.objects.filter(view="dossiers:package", subject=dossier.code).count() == before + 1
    assert as_user(world.binh).get(f"/ho-so/{dossier.code}/goi-luu-tru/").status_code == 404


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_asks_as_much_for_three_as_for_thirty(
    world: World,
    as_user: Callable[[Any], Client],
    django_assert_max_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    ended(world)
    run_due()
    one = ArchivePackage.objects.get()
    for number in range(2, count + 1):
        one.pk, one.number, one.covers_seq, one.previous_id = None, number, 100 + number, None
        one._state.adding = True
        one.save()
    client = as_user(world.vanthu)
    with django_assert_max_num_queries(10):
        page = client.get("/so-hoa/luu-tru/").content.decode()
    assert page.count("Tải gói") == count


def test_old_dossiers_are_caught_up_with_page_by_page(world: World) -> None:
    dossier = ended(world)
    run_due()
    PackageFile.objects.all().delete()
    ArchivePackage.objects.all().delete()
    Job.objects.filter(kind=archiving.ARCHIVE).delete()
    assert archiving.catch_up(limit=1) == dossier.pk
    assert archiving.catch_up(after=dossier.pk, limit=1) is None
    run_due()
    assert ArchivePackage.objects.get().state == "sealed"
