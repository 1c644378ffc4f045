"""Say what a file is, by its bytes and structure. Runs inside the sandbox only (sandbox.py) and imports nothing of the project.

An operation takes the file and an output as descriptors and returns a small dictionary. Of a file that cannot be taken it is
`{"refused": code, …}`; the sentences stand in uploads.py.
"""

import os
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from digitization import conversion
from digitization.judging_images import judge_heic, judge_image
from digitization.judging_pdf import judge_pdf
from digitization.judging_rules import Refused

_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
# What the refusal can be more helpful about than "not one of ours".
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "office"),
    (b"PK\x03\x04", "archive"),
    (b"PK\x05\x06", "archive"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"#!", "program"),
)
_OFFICE_MARKS = (b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis")
# Words that no picture of a scanner or a phone holds: each makes it a page, a script or another document for somebody.
_FOREIGN = (b"<script", b"<html>", b"<html ", b"<!doctype", b"<svg xmlns", b"<iframe", b"<?php\n", b"<?php ", b"<?php\r", b"<?php\t", b"%pdf-1.", b"%pdf-2.")  # fmt: skip
_CHUNK = 1024 * 1024
_OVERLAP = 16
_PDF_HEAD = 1024  # bytes in which readers of web pages and of PDF look for a beginning
_PDF_TAIL = 4096


def judge(source: int, _: int | None, __: Mapping[str, Any]) -> dict[str, Any]:
    """Return media type, pages and, of a picture, width and height; or the refusal."""
    try:
        with os.fdopen(source, "rb", closefd=False) as file:
            return _judged(file)
    except Refused as refused:
        return {"refused": refused.code, **refused.figures}


def convert(source: int, target: int | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """Write a HEIC photograph as an upright JPEG; return its width and height, or the refusal."""
    if target is None:
        raise ValueError("nowhere to write to")
    try:
        with os.fdopen(source, "rb", closefd=False) as file, os.fdopen(target, "wb", closefd=False) as out:
            return conversion.to_jpeg(file, out, origin=str(options["origin"]))
    except Refused as refused:
        return {"refused": refused.code, **refused.figures}


OPERATIONS: dict[str, Callable[[int, int | None, Mapping[str, Any]], dict[str, Any]]] = {
    "judge": judge,
    "convert": convert,
}


def media_type_of(head: bytes) -> str | None:
    """Return the type that the first bytes claim, None for what is not taken."""
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if found is None and head[4:8] == b"ftyp":
        brands = {head[8:12], *(head[at : at + 4] for at in range(16, min(len(head), 64), 4))}
        if head[8:12] in _HEIC_BRANDS and not brands & _AVIF_BRANDS:
            return "image/heic"
    return found


def _judged(file: BinaryIO) -> dict[str, Any]:
    head = file.read(4096)
    media_type = media_type_of(head)
    if media_type is None:
        raise Refused("file_type", kind=_other_kind(head))
    if _is_archive(file):
        raise Refused("file_mixed")
    if media_type == "application/pdf":
        _refuse_foreign_ends(file, head)
        return judge_pdf(file)
    file.seek(0)
    found = judge_heic(file) if media_type == "image/heic" else judge_image(file, media_type)
    _refuse_foreign_words(file)
    return found


def _other_kind(head: bytes) -> str:
    kind = next((kind for magic, kind in _OTHERS if head.startswith(magic)), "other")
    if kind == "archive" and any(mark in head for mark in _OFFICE_MARKS):
        return "office"
    return kind


def _is_archive(file: BinaryIO) -> bool:
    """Say whether a ZIP reader would open the file too, wherever the archive lies in it."""
    try:
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            return bool(archive.filelist)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeError):
        return False


def _refuse_foreign_words(file: BinaryIO) -> None:
    file.seek(0)
    kept = b""
    while chunk := file.read(_CHUNK):
        text = kept + chunk.lower()
        if any(word in text for word in _FOREIGN):
            raise Refused("file_mixed")
        kept = text[-_OVERLAP:]


def _refuse_foreign_ends(file: BinaryIO, head: bytes) -> None:
    """Refuse a PDF that begins as something else too, or goes on after its end."""
    beginning = head[:_PDF_HEAD].lower().split(b" obj", 1)[0]
    if any(word in beginning[5:] for word in _FOREIGN):
        raise Refused("file_mixed")
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _PDF_TAIL))
    tail = file.read().rstrip(b"\x00\t\n\f\r \x1a")
    if tail.endswith(b"%%EOF"):
        return
    raise Refused("file_mixed" if _has_end(file, size) else "pdf_unreadable")


def _has_end(file: BinaryIO, size: int) -> bool:
    """Say whether the mark of the end stands somewhere in the last megabyte, before what was added."""
    file.seek(max(0, size - _CHUNK))
    return b"%%EOF" in file.read()
