"""Clerks who scan: each uploads the files of a dossier and then sends its intake, every call until its outcome is known."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Lock
from typing import Any

from PIL import Image

from tests.faults.conftest import Prepared
from tests.faults.processes import HOST, Portal, all_of, until

PAPERS = ("01", "02", "03")
_UNSURE = {500, 502, 503, 504}
_BOUNDARY = "a-line-that-is-in-no-picture"


@dataclass
class Told:
    """What the clerks were told: the paper and the hash of each upload, the code of each intake, and what was refused."""

    papers: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    dossiers: dict[str, set[str]] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    unknown: int = 0
    refused: list[tuple[int, Any]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)


class Uploaders:
    """`count` clerks; each takes in `each` dossiers of three uploaded files. Every other upload is sent again though it was answered."""

    def __init__(self, portal: Portal, prepared: Prepared, *, count: int, each: int) -> None:
        self.portal, self.prepared = portal, prepared
        self.count, self.each = count, each
        self.told = Told()

    @property
    def uploads(self) -> int:
        """How many papers there must be in the end."""
        return self.count * self.each * len(PAPERS)

    @contextmanager
    def working(self) -> Iterator[Callable[[], None]]:
        """Let them work in the background; the given function waits until all are done. Raises what a clerk raised."""
        with (
            ThreadPoolExecutor(self.count) as desks,
            all_of(desks.submit(self._clerk, number) for number in range(self.count)) as finish,
        ):
            yield finish

    def have_sent(self, share: float) -> None:
        """Wait until that share of the uploads is acknowledged."""
        wanted = int(self.uploads * share)
        until(
            lambda: len(self.told.papers) >= wanted,
            seconds=600,
            what=lambda: f"{wanted} uploads; {self.told.refused[:1]} {self.portal.log('web')}",
        )

    def _clerk(self, number: int) -> None:
        for turn in range(self.each):
            papers = [self._upload(f"upload-{number}-{turn}-{paper}") for paper in PAPERS]
            components = [
                {"component": paper, "provided_as": "file", "document": pk}
                for paper, pk in zip(PAPERS, papers, strict=True)
            ]
            body = json.dumps({**self.prepared.body, "components": components}).encode()
            key = f"intake-{number}-{turn}"
            answer = self._call(key, "/api/v1/dossiers/", body, "application/json")
            with self.told.lock:
                self.told.dossiers.setdefault(key, set()).add(answer["code"])

    def _upload(self, key: str) -> str:
        content = picture_of(key)
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="scan.png"\r\nContent-Type: image/png\r\n\r\n'
        body = head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
        for _time in range(2 if key.endswith("1") else 1):
            answer = self._call(key, "/api/v1/documents/", body, f"multipart/form-data; boundary={_BOUNDARY}")
            with self.told.lock:
                self.told.sent[key] = hashlib.sha256(content).hexdigest()
                self.told.papers.setdefault(key, set()).add((answer["id"], answer["sha256"]))
        return str(answer["id"])

    def _call(self, key: str, path: str, body: bytes, media_type: str) -> Any:
        """Send until the outcome is known and return the answer."""
        headers = {
            "Authorization": f"Token {self.prepared.tokens['lan']}",
            "Idempotency-Key": key,
            "Content-Type": media_type,
        }
        answers: list[Any] = []

        def is_known() -> bool:
            try:
                with closing(HTTPConnection(HOST, self.portal.port, timeout=30)) as connection:
                    connection.request("POST", path, body, headers)
                    response = connection.getresponse()
                    status, text = response.status, response.read()
            except (OSError, HTTPException):
                status, text = 503, b""
            with self.told.lock:
                self.told.unknown += status in _UNSURE
                if status not in _UNSURE | {201}:
                    self.told.refused.append((status, text[:300]))
            if status == 201:
                answers.append(json.loads(text))
            elif status not in _UNSURE:
                raise AssertionError(f"{key}: {status} {text[:300]!r}")
            return bool(answers)

        until(is_known, seconds=120, what=f"the outcome of {key}")
        return answers[-1]


def picture_of(key: str) -> bytes:
    """Return a small picture that no other key has."""
    out = io.BytesIO()
    Image.frombytes("RGB", (16, 16), hashlib.shake_256(key.encode()).digest(768)).resize((320, 240)).save(
        out, "PNG"
    )
    return out.getvalue()


def check_uploads(portal: Portal, clerks: Uploaders) -> None:
    """Every key has one paper, every paper is in one dossier, and the store has the bytes that were sent."""
    told = clerks.told
    assert told.refused == []
    assert len(told.papers) == clerks.uploads
    assert {key: found for key, found in told.papers.items() if len(found) != 1} == {}
    assert {key: found for key, found in told.dossiers.items() if len(found) != 1} == {}
    acknowledged = {pk: sha256 for found in told.papers.values() for pk, sha256 in found}
    stored = {str(pk): blob for pk, blob in portal.sql("SELECT id, blob_id FROM digitization_document")}
    assert stored == acknowledged
    blobs = Path(portal.env["DATA_DIR"]) / "blobs"
    for key, ((_pk, sha256),) in told.papers.items():
        content = (blobs / sha256[:2] / sha256[2:4] / sha256).read_bytes()
        assert hashlib.sha256(content).hexdigest() == sha256 == told.sent[key]
    assert portal.value("SELECT count(*) FROM dossiers_dossier") == clerks.count * clerks.each
    assert portal.value("SELECT count(*) - count(DISTINCT document_id) FROM dossiers_component") == 0
