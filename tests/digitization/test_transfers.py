"""Uploads in pieces: nothing acknowledged is lost, a cut upload goes on, a finished one is recorded once."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pikepdf
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from PIL import Image

from bpmc_portal.accounts.models import User
from digitization import transfers
from digitization.models import Document, Transfer
from digitization.uploads import RefusedFile
from tests.digitization.web import Web, database_of_the_test
from tests.faults.processes import until
from tests.world import World

BEGIN = "/so-hoa/tai-len/"
MEGABYTE = 1024 * 1024


def pdf_of(size: int) -> bytes:
    """Return a PDF of one page with noise in it, at least `size` bytes long."""
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.pages[0].Contents = pdf.make_stream(b"% " + os.urandom(size).hex().encode()[:size])
        pdf.save(out, compress_streams=False)
    return out.getvalue()


def begin(client: Client, content: bytes, **more: str) -> Any:
    return client.post(
        BEGIN, {"name": r"C:\scan\don.pdf", "size": str(len(content)), "place": str(uuid4()), **more}
    )


def send(client: Client, key: str, offset: int, chunk: bytes) -> Any:
    return client.post(
        f"{BEGIN}{key}/",
        chunk,
        content_type="application/octet-stream",
        headers={"Upload-Offset": str(offset)},
    )


def whole(client: Client, content: bytes, **more: str) -> str:
    """Send a whole file and return its number, not finished yet."""
    key = begin(client, content, **more).json()["id"]
    for offset in range(0, len(content), MEGABYTE):
        assert send(client, key, offset, content[offset : offset + MEGABYTE]).status_code == 200
    return str(key)


@pytest.fixture
def lan(world: World, as_user: Any) -> Client:
    return as_user(world.lan)  # type: ignore[no-any-return]


def test_a_file_in_pieces_becomes_one_paper_described_as_the_page_shows_it(world: World, lan: Client) -> None:
    content = pdf_of(2 * MEGABYTE + 5)
    key = whole(lan, content, sha256=hashlib.sha256(content).hexdigest())
    answers = [lan.post(f"{BEGIN}{key}/xong/") for _press in range(3)]
    paper = Document.objects.get()
    assert [each.status_code for each in answers] == [201, 201, 201]
    assert {each.json()["id"] for each in answers} == {str(paper.pk)}
    assert answers[0].json()["words"] == "1 trang · 2,0 MB"
    assert set(answers[0].json()) == {"id", "name", "words", "verdict", "is_doubtful"}
    assert (paper.name, paper.uploaded_by, paper.blob.size) == ("don.pdf", world.lan, len(content))


def test_a_wrong_offset_is_answered_with_the_true_one_and_a_repeat_is_harmless(
    world: World, lan: Client
) -> None:
    content = pdf_of(3 * MEGABYTE)
    key = begin(lan, content).json()["id"]
    first, second = content[:MEGABYTE], content[MEGABYTE : 2 * MEGABYTE]
    assert send(lan, key, 0, first).json()["offset"] == MEGABYTE
    ahead = send(lan, key, 2 * MEGABYTE, second)
    assert (ahead.status_code, ahead.json()["code"], ahead.json()["offset"]) == (
        409,
        "wrong_offset",
        MEGABYTE,
    )
    assert send(lan, key, 0, first).json()["offset"] == MEGABYTE
    assert send(lan, key, MEGABYTE // 2, first).status_code == 409
    assert lan.get(f"{BEGIN}{key}/").json()["offset"] == MEGABYTE
    assert lan.post(f"{BEGIN}{key}/xong/").json()["offset"] == MEGABYTE
    assert send(lan, key, MEGABYTE, second).json()["offset"] == 2 * MEGABYTE
    assert send(lan, key, 2 * MEGABYTE, content[2 * MEGABYTE : 3 * MEGABYTE]).status_code == 200
    assert send(lan, key, 3 * MEGABYTE, content[3 * MEGABYTE :] + b"more").json()["code"] == "beyond_size"
    send(lan, key, 3 * MEGABYTE, content[3 * MEGABYTE :])
    assert lan.post(f"{BEGIN}{key}/xong/").status_code == 201


def test_a_refused_file_is_refused_with_the_same_words_for_ever_and_leaves_nothing(
    world: World, lan: Client, tmp_path: Path
) -> None:
    key = whole(lan, b"MZ" + bytes(MEGABYTE))
    refusals = [lan.post(f"{BEGIN}{key}/xong/") for _press in range(2)]
    assert [(each.status_code, each.json()["code"]) for each in refusals] == [(400, "file_type")] * 2
    assert refusals[0].json()["detail"] == refusals[1].json()["detail"]
    assert Transfer.objects.get().state == "refused"
    assert not Document.objects.exists()


def test_bytes_that_changed_on_the_way_are_refused(world: World, lan: Client) -> None:
    content = pdf_of(10)
    key = whole(lan, content, sha256="0" * 64)
    assert lan.post(f"{BEGIN}{key}/xong/").json()["code"] == "sha256_mismatch"


@pytest.mark.parametrize(("size", "code"), [("0", "file_empty"), ("x", "file_empty"), (str(20 * MEGABYTE + 1), "too_large")])  # fmt: skip
def test_a_file_that_could_not_be_taken_is_refused_before_a_byte_is_sent(
    world: World, lan: Client, size: str, code: str
) -> None:
    assert lan.post(BEGIN, {"name": "a.pdf", "size": size}).json()["code"] == code
    assert not Transfer.objects.exists()


def test_the_same_bytes_for_the_same_page_are_the_same_paper(world: World, lan: Client) -> None:
    content, place = pdf_of(100), str(uuid4())
    ids = [
        lan.post(f"{BEGIN}{whole(lan, content, place=place)}/xong/").json()["id"] for _turn in range(2)
    ] + [lan.post(f"{BEGIN}{whole(lan, content)}/xong/").json()["id"]]
    assert ids[0] == ids[1] != ids[2]


def test_nobody_else_finds_or_feeds_an_upload(world: World, lan: Client, as_user: Any) -> None:
    key = begin(lan, pdf_of(10)).json()["id"]
    other = as_user(world.lan2)
    answers = [other.get(f"{BEGIN}{key}/"), send(other, key, 0, b"%PDF"), other.post(f"{BEGIN}{key}/xong/")]
    assert [each.status_code for each in answers] == [404, 404, 404]
    assert lan.get(f"{BEGIN}{uuid4()}/").json()["detail"] == answers[0].json()["detail"]


def test_a_days_amount_is_a_bound(world: World, lan: Client, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES_A_DAY = 3 * MEGABYTE
    content = bytes(2 * MEGABYTE)
    assert begin(lan, content).status_code == 201
    refused = begin(lan, content)
    assert (refused.status_code, refused.json()["code"]) == (413, "upload_quota")
    Transfer.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert begin(lan, content).status_code == 201


def test_the_daily_sweep_takes_what_nobody_finished_and_nothing_else(
    world: World, lan: Client, django_capture_on_commit_callbacks: Any
) -> None:
    old, young = whole(lan, pdf_of(10)), whole(lan, pdf_of(20))
    (transfers.folder() / "left-behind").write_bytes(b"x")
    Transfer.objects.filter(pk=old).update(expires_at=timezone.now() - timedelta(hours=2))
    assert lan.post(f"{BEGIN}{old}/xong/").status_code == 410
    with django_capture_on_commit_callbacks(execute=True):
        assert transfers.sweep() == 2
    assert [path.name for path in transfers.folder().iterdir()] == [young]
    assert lan.get(f"{BEGIN}{old}/").status_code == 404
    assert lan.post(f"{BEGIN}{young}/xong/").status_code == 201


def test_a_disk_that_lost_acknowledged_bytes_is_not_filled_with_a_hole(world: World, lan: Client) -> None:
    content = pdf_of(2 * MEGABYTE)
    key = begin(lan, content).json()["id"]
    send(lan, key, 0, content[:MEGABYTE])
    (transfers.folder() / key).unlink()
    lost = send(lan, key, MEGABYTE, content[MEGABYTE : 2 * MEGABYTE])
    assert (lost.status_code, lost.json()["code"]) == (410, "transfer_gone")


# What a process of its own does: it takes pieces from its input and says what was acknowledged.
FEEDER = """
import base64, json, os, resource, sys
import django
django.setup()
from digitization import transfers
from digitization.models import Transfer
from bpmc_portal.errors import DomainError
limit = int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
row = Transfer.objects.get(pk=sys.argv[1])
for line in sys.stdin:
    offset, chunk = json.loads(line)
    try:
        print(json.dumps(transfers.append(row, offset, base64.b64decode(chunk))), flush=True)
    except DomainError as error:
        print(json.dumps([error.status, error.code, error.sentence]), flush=True)
"""


class Feeder:
    """A process that appends to one upload; it may be killed or be given a disk that is too small."""

    def __init__(self, transfer: Transfer, *, limit: int = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", FEEDER, str(transfer.pk), str(limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "bpmc_portal.settings",
                "DATA_DIR": str(transfers.folder().parent),
                "DATABASE_URL": database_of_the_test(),
            },
        )

    def give(self, offset: int, chunk: bytes) -> None:
        """Hand over a piece without waiting for the answer."""
        self.process.stdin.write(json.dumps([offset, base64.b64encode(chunk).decode()]) + "\n")  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]

    def answer(self) -> Any:
        """Return the next answer."""
        return json.loads(self.process.stdout.readline())  # type: ignore[union-attr]

    def stop(self) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.communicate()


def open_for(user: User, content: bytes, name: str = "a.pdf") -> Transfer:
    return transfers.begin(
        name=name, size=len(content), actor=user, sha256=hashlib.sha256(content).hexdigest()
    )


def test_an_upload_whose_server_is_killed_at_sixty_per_cent_goes_on_where_it_stopped(
    committed_world: World,
) -> None:
    content = pdf_of(10 * MEGABYTE)
    transfer = open_for(committed_world.lan, content)
    feeder = Feeder(transfer)
    acknowledged = 0
    while acknowledged < len(content) * 0.6:
        feeder.give(acknowledged, content[acknowledged : acknowledged + MEGABYTE])
        acknowledged = feeder.answer()
    feeder.give(acknowledged, content[acknowledged : acknowledged + MEGABYTE])
    feeder.stop()
    transfer.refresh_from_db()
    assert transfer.received in {acknowledged, acknowledged + MEGABYTE}
    kept = (transfers.folder() / str(transfer.pk)).read_bytes()
    assert kept[: transfer.received] == content[: transfer.received]
    offset = transfer.received
    while offset < len(content):
        offset = transfers.append(transfer, offset, content[offset : offset + MEGABYTE])
    done = transfers.finish(transfer)
    assert done.document is not None
    assert done.document.blob_id == hashlib.sha256(content).hexdigest()
    assert not list(transfers.folder().iterdir())


def test_a_disk_without_room_keeps_no_half_piece_and_takes_it_when_there_is_room_again(
    committed_world: World,
) -> None:
    content = pdf_of(2 * MEGABYTE)
    transfer = open_for(committed_world.lan, content)
    feeder = Feeder(transfer, limit=MEGABYTE + 1000)
    try:
        feeder.give(0, content[:MEGABYTE])
        assert feeder.answer() == MEGABYTE
        feeder.give(MEGABYTE, content[MEGABYTE : 2 * MEGABYTE])
        status, code, sentence = feeder.answer()
    finally:
        feeder.stop()
    assert (status, code) == (507, "disk_full")
    assert "hết chỗ" in sentence
    assert (transfers.folder() / str(transfer.pk)).stat().st_size == MEGABYTE
    for offset in range(MEGABYTE, len(content), MEGABYTE):
        transfers.append(transfer, offset, content[offset : offset + MEGABYTE])
    assert transfers.finish(transfer).document is not None


def test_two_who_finish_at_once_record_one_paper(committed_world: World) -> None:
    content = pdf_of(10)
    transfer = open_for(committed_world.lan, content)
    transfers.append(transfer, 0, content)
    start, papers = Barrier(4), []

    def finish() -> None:
        start.wait()
        try:
            papers.append(transfers.finish(transfer).document_id)
        finally:
            connection.close()

    threads = [Thread(target=finish) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(papers) == 4
    assert len(set(papers)) == Document.objects.count() == 1


def test_a_stack_is_judged_by_its_head_and_handed_to_the_batches(committed_world: World) -> None:
    wrong = transfers.begin(name="a.zip", size=4, actor=committed_world.sohoa, purpose="batch")
    transfers.append(wrong, 0, b"PK\x03\x04")
    with pytest.raises(RefusedFile):
        transfers.finish(wrong)
    content = pdf_of(100)
    stack = transfers.begin(
        name="xap.pdf", size=len(content), actor=committed_world.sohoa, purpose="batch", place=str(uuid4())
    )
    transfers.append(stack, 0, content)
    numbers = {transfers.finish(stack).batch for _turn in range(2)}
    assert len(numbers) == 1
    assert numbers != {""}


def _resident(pid: int) -> int:
    line = next(
        each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmRSS")
    )
    return int(line.split()[1]) * 1024


def large_pdf(chunk: bytes, count: int) -> bytes:
    """Return a whole PDF of one page that carries this content so many times."""
    pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"
    content = b"<</Length %d>>stream\n%b\nendstream" % (len(chunk), chunk)
    parts, places = [b"%PDF-1.7\n"], []
    for number, body in enumerate((b"<</Type/Catalog/Pages 2 0 R>>", *pages, *[content] * count), 1):
        places.append(sum(map(len, parts[-1:])) + (places[-1] if places else 0))
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = sum(map(len, parts))
    size = len(places) + 1
    parts.append(
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, end)
    )
    return b"".join(parts)


@pytest.mark.slow
def test_two_hundred_megabytes_go_through_a_server_whose_memory_stays_flat(
    committed_world: World, tmp_path: Path
) -> None:
    chunk = os.urandom(MEGABYTE)
    stack = large_pdf(chunk, 199)
    with Web(tmp_path) as web:
        session = web.sign_in(committed_world.sohoa)
        for _warm in range(3):  # what a first request loads is no upload's memory
            key = session.begin(MEGABYTE)
            session.send(key, 0, chunk)
        idle, most = _resident(web.pid), 0
        key = session.begin(len(stack), purpose="batch")
        for offset in range(0, len(stack), MEGABYTE):
            piece = stack[offset : offset + MEGABYTE]
            assert session.send(key, offset, piece) == offset + len(piece)
            most = max(most, _resident(web.pid))
        done = session.finish(key)
        most = max(most, _resident(web.pid))
        until(lambda: Transfer.objects.filter(pk=key, state="done").exists(), seconds=5, what=str(done))
    print(f"idle {idle / MEGABYTE:.1f} MB, most {most / MEGABYTE:.1f} MB")
    assert most - idle <= 30 * MEGABYTE


def test_a_scan_of_few_dots_says_so_in_the_answer(world: World, lan: Client) -> None:
    out = BytesIO()
    Image.new("L", (400, 600), 200).save(out, "PNG")
    answer = lan.post(f"{BEGIN}{whole(lan, out.getvalue())}/xong/")
    assert answer.json()["is_doubtful"] is True
