"""What a scanner puts into the watched folder becomes a stack of that clerk's desk, once; what cannot be taken is said beside it."""

import os
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from digitization import scan_folder, transfers
from digitization.models import Batch, Transfer
from tests.digitization.stacks import Sheet, pdf_of
from tests.world import World


@pytest.fixture
def scans(tmp_path: Path, settings: Settings) -> Path:
    """Return the folder of the scanners."""
    settings.SCANS_DIR, settings.DATA_DIR = tmp_path / "scans", tmp_path / "data"
    (tmp_path / "scans" / "lan").mkdir(parents=True)
    return tmp_path / "scans"


def put(folder: Path, name: str, content: bytes, *, age: float = 60) -> Path:
    """Write a file as a scanner that finished `age` seconds ago."""
    path = folder / name
    path.write_bytes(content)
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def stack(pages: int = 1) -> bytes:
    """Return a scan of so many pages."""
    return pdf_of([Sheet(f"trang {number}") for number in range(pages)])


def test_finished_scan_becomes_a_stack_of_that_desk(world: World, scans: Path) -> None:
    path = put(scans / "lan", "chồng sáng.pdf", stack(2))

    assert scan_folder.look() == [path]

    batch = Batch.objects.get()
    assert (batch.actor, batch.office, batch.name) == (world.lan, world.office, "chồng sáng.pdf")
    assert not path.exists()
    assert scan_folder.look() == []


@pytest.mark.parametrize("name", [".khoa", "~mo.pdf", "dang-quet.tmp"])
def test_file_that_is_not_finished_stays(world: World, scans: Path, name: str) -> None:
    put(scans / "lan", name, stack())
    put(scans / "lan", "vua-quet.pdf", stack(), age=1)

    assert scan_folder.look() == []
    assert len(list((scans / "lan").iterdir())) == 2


def test_link_out_of_the_folder_is_not_followed(world: World, scans: Path, tmp_path: Path) -> None:
    secret = put(tmp_path, "rieng.pdf", stack())
    (scans / "lan" / "la.pdf").symlink_to(secret)
    (scans / "lan" / "thu-muc").symlink_to(tmp_path)

    assert scan_folder.look(now=time.time() + 3600) == []
    assert not Batch.objects.exists()


def test_refused_file_lies_aside_with_the_reason(world: World, scans: Path) -> None:
    put(scans / "lan", "bang.xlsx", b"PK\x03\x04 khong phai ban quet")
    good = put(scans / "lan", "tot.pdf", stack())

    assert scan_folder.look() == [good]

    aside = scans / "lan" / scan_folder.REFUSED
    assert (aside / "bang.xlsx").exists()
    assert "Không nhận tệp nén" in (aside / "bang.xlsx.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("account", ["ai-do", "tu"])
def test_account_without_a_desk_keeps_its_file(world: World, scans: Path, account: str) -> None:
    (scans / account).mkdir()
    path = put(scans / account, "a.pdf", stack())

    assert scan_folder.look() == []
    assert path.exists()


def test_killed_after_it_was_recorded_takes_the_file_once(
    world: World, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(scans / "lan", "a.pdf", stack())

    def dies(_path: Path, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "unlink", dies)
        scan_folder.look()
    assert path.exists()

    scan_folder.look()

    assert not path.exists()
    assert (Batch.objects.count(), Transfer.objects.count()) == (1, 1)


def test_killed_in_the_middle_goes_on_where_it_stopped(
    world: World, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "CHUNK", 1000)
    path = put(scans / "lan", "a.pdf", stack())
    whole = transfers.append
    offsets: list[int] = []

    def dies_at_the_third(row: Transfer, offset: int, piece: bytes) -> int:
        offsets.append(offset)
        if len(offsets) == 3:
            raise KeyboardInterrupt
        return whole(row, offset, piece)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(transfers, "append", dies_at_the_third)
        scan_folder.look()
    assert Transfer.objects.get().received == 2000

    assert scan_folder.look() == [path]
    assert Batch.objects.count() == 1
