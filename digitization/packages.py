"""Archive packages: a BagIt folder (RFC 8493) in a ZIP, the same bytes for the same dossier whoever makes it and whenever.

Written here rather than by a library, straight into the ZIP: nothing is unpacked on the way, and the library stays an independent
judge of what we wrote (tests/dossiers/test_archiving.py).
"""

import hashlib
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import IO
from uuid import UUID

from digitization import package_metadata, storage
from digitization.models import Blob

MEDIA_TYPE = "application/zip"
PIECE = 1 << 16
# ZIP knows no earlier day; one fixed day makes the bytes depend on the dossier alone.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
EXTENSIONS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "image/heic": "heic",
    "application/zip": "zip",
}


@dataclass(frozen=True)
class File:
    """One file of the payload, below `data/`; `use` says what it is: original, searchable, access, issued."""

    path: str
    blob: Blob
    use: str
    document_id: UUID | None = None


@dataclass(frozen=True)
class Paper:
    """One paper of the dossier as TT 02/2019/TT-BNV describes a document; `files` is empty for what lies on paper only."""

    identifier: str
    position: int
    kind: str
    name: str
    number: str = ""
    issued_on: date | None = None
    issuer: str = ""
    pages: int | None = None
    trust: str = ""
    files: tuple[File, ...] = ()


@dataclass(frozen=True)
class Happening:
    """One event of the dossier's chain."""

    seq: int
    kind: str
    words: str
    at: datetime
    agent: str
    unit: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Contents:
    """Everything that a package tells of a dossier."""

    code: str
    number: int
    title: str
    org: str
    unit: str
    retention: str
    started_on: date
    closed_on: date
    keywords: tuple[str, ...]
    papers: tuple[Paper, ...]
    events: tuple[Happening, ...]

    @property
    def files(self) -> list[File]:
        """All files of the payload in the order of their paths."""
        return sorted((each for paper in self.papers for each in paper.files), key=lambda each: each.path)

    @property
    def bag(self) -> str:
        """The name of the folder and of the file: safe on every file system."""
        plain = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in self.code)
        return f"{plain}-{self.number}"


@dataclass(frozen=True)
class Package:
    """A package in the store."""

    blob: Blob
    manifest_sha256: str
    files: int


class DamagedFile(Exception):
    """A file of the dossier is lost or changed: the package would keep something else than what was handed in."""

    def __init__(self, file: File) -> None:
        super().__init__(file.path)
        self.file = file


def extension_of(media_type: str) -> str:
    """Return the ending of a file's name by its type."""
    return EXTENSIONS.get(media_type, "bin")


def build(contents: Contents) -> Package:
    """Write the package into the store and return it. Raises DamagedFile, and OSError when the disk refuses."""
    with tempfile.TemporaryFile() as rough:
        manifest = _write(contents, rough)
        rough.seek(0)
        blob = storage.put(iter(lambda: rough.read(PIECE), b""), media_type=MEDIA_TYPE)
    return Package(blob, hashlib.sha256(manifest).hexdigest(), len(contents.files))


def _write(contents: Contents, target: IO[bytes]) -> bytes:
    """Write the ZIP and return the manifest of SHA-256, which is the seal."""
    texts = package_metadata.of(contents)
    sums: dict[str, tuple[str, str]] = {}
    octets = 0
    with zipfile.ZipFile(target, "w") as bag:
        for path, text in texts.items():
            sums[f"data/{path}"] = _add(bag, f"{contents.bag}/data/{path}", BytesIO(text))
            octets += len(text)
        for file in contents.files:
            sums[f"data/{file.path}"] = _copy(bag, f"{contents.bag}/data/{file.path}", file)
            octets += file.blob.size
        manifests = [_manifest(sums, index) for index in (0, 1)]
        tags = {
            "bag-info.txt": _info(contents, octets=octets, streams=len(sums)),
            "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
            "manifest-sha256.txt": manifests[0],
            "manifest-sha512.txt": manifests[1],
        }
        tag_sums = {name: _add(bag, f"{contents.bag}/{name}", BytesIO(text)) for name, text in tags.items()}
        for index, name in enumerate(("tagmanifest-sha256.txt", "tagmanifest-sha512.txt")):
            _add(bag, f"{contents.bag}/{name}", BytesIO(_manifest(tag_sums, index)))
    return manifests[0]


def _copy(bag: zipfile.ZipFile, name: str, file: File) -> tuple[str, str]:
    try:
        with storage.open(file.blob.sha256) as source:
            sums = _add(bag, name, source)
    except FileNotFoundError as error:
        raise DamagedFile(file) from error
    if sums[0] != file.blob.sha256:
        raise DamagedFile(file)
    return sums


def _add(bag: zipfile.ZipFile, name: str, source: IO[bytes]) -> tuple[str, str]:
    """Copy into the ZIP without compression (scans are compressed already) and return both sums."""
    entry = zipfile.ZipInfo(name, date_time=_ZIP_TIME)
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    short, long = hashlib.sha256(), hashlib.sha512()
    with bag.open(entry, "w", force_zip64=True) as target:
        for piece in _pieces(source):
            short.update(piece)
            long.update(piece)
            target.write(piece)
    return short.hexdigest(), long.hexdigest()


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    while piece := source.read(PIECE):
        yield piece


def _manifest(sums: dict[str, tuple[str, str]], index: int) -> bytes:
    return _lines(f"{found[index]}  {path}" for path, found in sorted(sums.items()))


def _info(contents: Contents, *, octets: int, streams: int) -> bytes:
    return _lines(
        (
            f"Source-Organization: {contents.org}",
            f"External-Identifier: {contents.code}",
            f"External-Description: {contents.title}",
            f"Bagging-Date: {contents.closed_on:%Y-%m-%d}",
            f"Internal-Sender-Identifier: {contents.bag}",
            f"Payload-Oxum: {octets}.{streams}",
        )
    )


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{' '.join(line.splitlines())}\n" for line in lines).encode()
