"""The sandbox of uploaded files: what a file that took its judge over could do is stopped, and nothing of ours dies with it."""

import io
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from bpmc_portal.errors import DomainError
from digitization import sandbox, sandbox_check, storage, uploads
from digitization.models import Blob, Document
from digitization.sandbox import Box, FileDied, Program
from tests.api import bodies
from tests.world import World

PROBES = Program(
    "tests.digitization.probes",
    ("tests/__init__.py", "tests/digitization/__init__.py", "tests/digitization/probes.py"),
)


@pytest.fixture(scope="module")
def walled() -> Iterator[Box]:
    """Return a box of probes inside bubblewrap."""
    assert sandbox.is_available(), "bubblewrap does not work on this machine"
    box = Box(PROBES)
    yield box
    box.close()


@pytest.fixture(scope="module")
def bare() -> Iterator[Box]:
    """Return a box of probes where bubblewrap is missing."""
    box = Box(PROBES, is_walled=False)
    yield box
    box.close()


def probe(box: Box, operation: str, *, seconds: float = 10, **options: Any) -> dict[str, Any]:
    """Let a probe try something on a small file."""
    with sandbox.opened(io.BytesIO(b"%PDF")) as source:
        return box.ask(operation, source, seconds=seconds, options=options)


def test_files_of_the_host_cannot_be_read(walled: Box, settings: Any, tmp_path: Path) -> None:
    blob = Path(settings.DATA_DIR) / "secret"
    blob.write_bytes(b"secret")
    host = [str(blob), "/etc/passwd", "/etc/shadow", "/etc/hostname", "/proc/1/environ", "/proc/self/environ"]
    project = [
        str(Path(sandbox.__file__).with_name("uploads.py")),
        "/box/digitization/uploads.py",
        "/box/bpmc_portal/settings.py",
    ]
    assert probe(walled, "read", paths=[*host, *project]) == {"read": []}
    assert probe(walled, "read", paths=["/box/tests/digitization/probes.py"])["read"]


def test_nothing_can_be_written_outside(walled: Box, tmp_path: Path) -> None:
    paths = [str(tmp_path / "new"), "/new", "/box/new", "/usr/lib/new", "/box/digitization/sandbox_server.py"]
    assert probe(walled, "write", paths=paths) == {"written": []}
    assert not (tmp_path / "new").exists()


def test_the_temporary_folder_is_its_own(walled: Box) -> None:
    assert probe(walled, "write", paths=["/tmp/probe-of-the-sandbox"])["written"]
    assert not Path("/tmp/probe-of-the-sandbox").exists()


def test_there_is_no_environment_and_no_process_of_the_host(walled: Box) -> None:
    seen = probe(walled, "look")
    assert not {"SECRET_KEY", "TRACKING_KEY", "DATABASE_URL", "DATA_DIR"} & set(seen["environment"])
    assert not {"proc", "home", "var", "sys"} & set(seen["folders"])
    assert seen["pid"] < 1000


def test_the_file_itself_cannot_be_changed(walled: Box, tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(b"%PDF-1.7")
    with path.open("r+b") as file, sandbox.opened(file) as source:
        assert walled.ask("rewrite", source) == {"changed": [], "begins": "%PDF"}
    assert path.read_bytes() == b"%PDF-1.7"
    assert path.stat().st_mode & 0o777 != 0o777
    assert probe(walled, "rewrite") == {"changed": [], "begins": "%PDF"}


@pytest.mark.parametrize("kind", ["walled", "bare"])
def test_nobody_is_called(kind: str, request: pytest.FixtureRequest) -> None:
    box = request.getfixturevalue(kind)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        assert probe(box, "connect", port=listener.getsockname()[1]) == {"connected": False}
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize("kind", ["walled", "bare"])
def test_no_process_is_born_and_none_is_killed(kind: str, request: pytest.FixtureRequest) -> None:
    box = request.getfixturevalue(kind)
    assert probe(box, "multiply") == {"born": 0, "started": False}
    assert probe(box, "kill") == {"killed": []}
    assert probe(box, "look")["pid"]


@pytest.mark.parametrize("kind", ["walled", "bare"])
def test_four_gigabytes_are_not_given(kind: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(FileDied, match="MemoryError"):
        probe(request.getfixturevalue(kind), "fill")


def test_who_never_ends_is_ended_and_does_not_hold_up_the_others(walled: Box) -> None:
    ends: list[float] = []

    def spin() -> None:
        with pytest.raises(FileDied, match="-9"):
            probe(walled, "spin", seconds=1.5)
        ends.append(time.monotonic())

    begin = time.monotonic()
    hung = threading.Thread(target=spin)
    hung.start()
    assert probe(walled, "look")
    assert time.monotonic() - begin < 1.4
    hung.join()
    assert 1.4 < ends[0] - begin < 6


def test_a_crash_and_a_flood_of_words_cost_only_their_file(walled: Box) -> None:
    for _ in range(3):
        with pytest.raises(FileDied):
            probe(walled, "crash")
        with pytest.raises(FileDied):
            probe(walled, "ramble")
    assert probe(walled, "look")


def paper() -> uploads.Judgement:
    """Judge a good file."""
    content = bodies.pdf()
    return uploads.judge(io.BytesIO(content), size=len(content))


def the_box() -> Box:
    """Return the box of judges of this process."""
    paper()
    return sandbox._boxes[sandbox.JUDGE]


def test_a_killed_sandbox_starts_again_with_the_next_file() -> None:
    for _ in range(3):
        before = the_box().pid
        os.killpg(before, signal.SIGKILL)
        assert paper().pages == 2
        assert the_box().pid != before


def test_a_sandbox_killed_in_the_middle_loses_nothing(world: World) -> None:
    box = the_box()
    os.killpg(box.pid, signal.SIGSTOP)
    killer = threading.Timer(0.3, os.killpg, (box.pid, signal.SIGKILL))
    killer.start()
    content = bodies.pdf()
    upload = uploads.take(_uploaded(content), document_type="", holder="", actor=world.lan)
    killer.join()
    document = uploads.record(upload, actor=world.lan)
    assert storage.read(str(document.blob_id)) == content
    assert (Document.objects.count(), Blob.objects.count()) == (1, 1)


def test_a_sandbox_that_cannot_run_refuses_in_words(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.close_all()
    with monkeypatch.context() as broken:
        broken.setattr(sandbox, "JUDGE", Program("digitization.no_such_program", ()))
        with pytest.raises(DomainError, match="thử lại") as refused:
            paper()
    assert (refused.value.code, refused.value.status) == ("sandbox_down", 503)
    assert paper().pages == 2


def test_without_bubblewrap_limits_must_do_unless_it_is_required(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sandbox_check.sandbox_works(None) == []
    sandbox.close_all()
    sandbox.is_available.cache_clear()
    monkeypatch.setenv("PATH", "/nonexistent")
    try:
        assert [each.id for each in sandbox_check.sandbox_works(None)] == ["digitization.W001"]
        assert paper().pages == 2
        sandbox.close_all()
        settings.SANDBOX = "required"
        assert [each.id for each in sandbox_check.sandbox_works(None)] == ["digitization.E001"]
        with pytest.raises(DomainError, match="bubblewrap") as refused:
            paper()
        assert (refused.value.code, refused.value.status) == ("sandbox_absent", 503)
    finally:
        sandbox.close_all()
        sandbox.is_available.cache_clear()


def test_a_forked_worker_has_a_sandbox_of_its_own() -> None:
    mine = the_box().pid
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            other = the_box().pid
            os.write(theirs, f"{other}".encode())
            sandbox.close_all()
        finally:
            os._exit(0)
    os.close(theirs)
    assert os.waitpid(child, 0)[1] == 0
    with os.fdopen(ours) as pipe:
        other = int(pipe.read())
    assert other != mine
    assert the_box().pid == mine


def test_the_sandbox_ends_with_its_process() -> None:
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(theirs, f"{the_box().pid}".encode())
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(theirs)
    os.waitpid(child, 0)
    with os.fdopen(ours) as pipe:
        orphan = int(pipe.read())
    assert _ends_within(orphan, 10)


def _ends_within(pid: int, seconds: float) -> bool:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return sandbox._is_readable(handle, seconds)
    finally:
        os.close(handle)


def heic(size: tuple[int, int] = (1600, 1200)) -> bytes:
    """Return a phone's photograph: lying on its side by EXIF, with a place."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Phone"
    out = io.BytesIO()
    pillow_heif.from_pillow(picture).save(out, quality=80, exif=exif.tobytes())
    return out.getvalue()


def _uploaded(content: bytes) -> Any:
    return SimpleUploadedFile("IMG_0001.HEIC", content)


def test_a_photograph_of_a_phone_becomes_an_upright_picture_without_its_data(world: World) -> None:
    content = heic()
    upload = uploads.take(_uploaded(content), document_type="", holder="", actor=world.lan)
    assert (upload.judgement.media_type, upload.blob.media_type) == ("image/jpeg", "image/jpeg")
    with Image.open(io.BytesIO(storage.read(upload.blob.pk)), formats=["JPEG"]) as picture:
        assert picture.size == (1200, 1600)
        assert not picture.getexif()
        red, _, blue = picture.getpixel((600, 100))  # type: ignore[misc]
        assert blue > red
        original = picture.info["comment"].decode().removeprefix("original sha256 ")
    assert storage.read(original) == content
    paper = uploads.record(upload, actor=world.lan)
    assert paper.photo == Blob.objects.get(pk=original)
    assert paper.photo.media_type == "image/heic"


def test_a_large_file_passes_through_without_filling_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.pdf"
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(200 * 1024 * 1024)
    before = _resident()
    with path.open("rb") as file, pytest.raises(uploads.RefusedFile) as refused:
        uploads.judge(file, size=path.stat().st_size, most=path.stat().st_size)
    assert refused.value.code == "pdf_unreadable"
    assert _resident() - before < 30 * 1024


def _resident() -> int:
    """Return the largest memory of this process so far, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
