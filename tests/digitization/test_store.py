"""The store behind an S3 interface, against a real server process on loopback: the same promises as the folder."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.test import Client

from digitization import storage
from digitization.models import Blob, Document
from digitization.s3_store import Bucket
from tests.digitization.test_transfers import pdf_of
from tests.faults.processes import HOST, free_port, until
from tests.world import World
from tools.processes import start, stop, tail

KEYS = {"AWS_ACCESS_KEY_ID": "khoa", "AWS_SECRET_ACCESS_KEY": "bi-mat-cua-kho-thu"}
NAME = "giay-to"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Run an S3 server of its own process."""
    port, log = free_port(), tmp_path_factory.mktemp("s3") / "s3.log"
    process = start(
        [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)],
        log=log,
        env={**os.environ, **KEYS},
    )

    def answers() -> bool:
        asked = HTTPConnection(HOST, port, timeout=5)
        try:
            asked.request("GET", "/")
            return asked.getresponse().status < 500
        except OSError:
            return False
        finally:
            asked.close()

    until(answers, seconds=60, what=lambda: tail(log))
    yield port, process
    stop(process, signal.SIGTERM)


@pytest.fixture
def bucket(
    server: tuple[int, Any], settings: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Any:
    """Return the bucket itself, seen past our code; every test has a prefix of its own."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    endpoint = f"http://{HOST}:{server[0]}"
    found = boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1").Bucket(NAME)
    found.create()
    settings.BLOB_STORE = f"s3://{NAME}/{request.node.name[:40]}?endpoint={endpoint}"
    return found


def keys(bucket: Any) -> list[str]:
    """Return the ends of the names in the bucket that this test may have put there."""
    return [each.key.rsplit("/", 1)[-1] for each in bucket.objects.all()]


def test_bytes_go_to_the_bucket_once_and_come_back_the_same(db: None, bucket: Any, tmp_path: Path) -> None:
    content = os.urandom(300_000)
    first = storage.put([content[:1000], content[1000:]], media_type="application/pdf")
    again = storage.put([content], media_type="application/pdf")
    assert first.pk == again.pk == hashlib.sha256(content).hexdigest()
    assert Blob.objects.get().size == len(content)
    assert keys(bucket).count(first.pk) == 1
    assert storage.read(first.pk) == content
    assert storage.store().size(first.pk) == len(content)
    with storage.local_path(first.pk) as path:
        assert path.read_bytes() == content
    assert not [each for each in tmp_path.rglob("*") if each.is_file()]


def test_a_large_stack_goes_in_parts(db: None, bucket: Any) -> None:
    content = os.urandom(18 * 1024 * 1024)
    blob = storage.put([content], media_type="application/pdf")
    assert storage.is_intact(blob.pk)


def test_changed_lost_and_deleted_bytes_are_noticed(db: None, bucket: Any) -> None:
    blob = storage.put([b"noi dung"], media_type="text/plain")
    assert storage.is_intact(blob.pk)
    name = next(each.key for each in bucket.objects.all() if each.key.endswith(blob.pk))
    bucket.Object(name).put(Body=b"noi dunG")
    assert not storage.is_intact(blob.pk)
    storage.delete(blob.pk)
    assert not storage.is_intact(blob.pk)
    with pytest.raises(FileNotFoundError):
        storage.open(blob.pk)
    with pytest.raises(FileNotFoundError), storage.local_path(blob.pk):
        pytest.fail("there is nothing to read")
    storage.delete(blob.pk)


def test_a_store_that_does_not_answer_leaves_no_row_and_no_rest(
    db: None, bucket: Any, settings: Any, tmp_path: Path
) -> None:
    settings.BLOB_STORE = f"s3://{NAME}?endpoint=http://{HOST}:{free_port()}"
    with pytest.raises(storage.StoreUnavailable, match="tạm thời"):
        storage.put([b"noi dung"], media_type="text/plain")
    assert not Blob.objects.exists()
    assert not [each for each in tmp_path.rglob("*") if each.is_file()]


def test_a_bucket_that_is_not_there_refuses_in_words(db: None, bucket: Any, settings: Any) -> None:
    settings.BLOB_STORE = settings.BLOB_STORE.replace(NAME, "khong-co-kho", 1)
    with pytest.raises(storage.StoreUnavailable):
        storage.put([b"noi dung"], media_type="text/plain")
    assert not Blob.objects.exists()


@pytest.mark.parametrize("address", ["kho", "http://kho/a", "s3:///a"])
def test_an_address_that_names_no_bucket_is_refused_at_once(address: str) -> None:
    with pytest.raises(ValueError, match="BLOB_STORE"):
        Bucket(address)


def test_a_paper_in_the_bucket_is_shown_and_handed_out(
    world: World, bucket: Any, as_user: Any, api: Any
) -> None:
    content = pdf_of(100)
    paper = Document.objects.create(
        holder=world.received().applicant,
        state="stored",
        blob=storage.put([content], media_type="application/pdf"),
        pages=1,
        uploaded_by=world.lan,
    )
    client: Client = api(world.lan)
    answer = client.get(f"/api/v1/documents/{paper.pk}/content/")
    assert b"".join(answer.streaming_content) == content  # type: ignore[attr-defined]
    assert answer["Content-Length"] == str(len(content))
    storage.delete(paper.blob_id or "")
    assert client.get(f"/api/v1/documents/{paper.pk}/content/").json()["code"] == "file_lost"
