"""Files that are two things at once, files of other kinds, and pictures that explode."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import chain

from PIL import Image

from tests.digitization import corpus_pdf
from tests.digitization.corpus import ACCEPTED, Case, case, chunk, good, paper, picture, spoiled


def archive(name: str = "x.txt", comment: bytes = b"") -> bytes:
    """Return a small ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(name, "x")
        file.comment = comment
    return out.getvalue()


WORDS = {
    "page": b"<html><script>alert(1)</script></html>",
    "script": b"<SCRIPT src=x></script>",
    "program of a server": b"<?php system($_GET[0]); ?>",
    "drawing": b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>',
    "frame": b"<iframe src=//x>",
    "declared page": b"<!DOCTYPE html><body onload=x()>",
}
ARCHIVES = {
    "archive": archive(),
    "Java": archive("META-INF/MANIFEST.MF"),
    "Office": archive("[Content_Types].xml"),
    "archive that ends like a PDF": archive(comment=b"\nstartxref\n9\n%%EOF\n"),
}
BEFORE = {
    "page": b"<html>", "archive": archive(), "drawing": b"GIF89a", "Windows": b"MZ\x90\x00", "Linux": b"\x7fELF", "shell": b"#!/bin/sh\n",
    "space": b"\n", "mark": b"\xef\xbb\xbf", "nought": b"\x00", "padding": b" " * 1000,
}  # fmt: skip
OTHERS = {
    "text": b"day la van ban", "rich text": b"{\\rtf1 x}", "page": b"<!DOCTYPE html><html></html>", "drawing": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "xml": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>", "archive": archive(), "Word": archive("[Content_Types].xml"),
    "old Word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "rar": b"Rar!\x1a\x07\x00" + b"\x00" * 40, "7z": b"7z\xbc\xaf\x27\x1c" + b"\x00" * 40,
    "gzip": b"\x1f\x8b\x08" + b"\x00" * 40, "Windows": b"MZ" + b"\x00" * 200, "Linux": b"\x7fELF" + b"\x00" * 200, "shell": b"#!/bin/sh\nrm -rf /\n",
    "PostScript": b"%!PS-Adobe-3.0\n", "film": b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 40, "avif": b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00mif1miaf" + b"\x00" * 40,
    "avif in disguise": b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00avifmiaf" + b"\x00" * 40, "sound": b"ID3\x03" + b"\x00" * 40, "webp": b"RIFF\x10\x00\x00\x00WEBPVP8 " + b"\x00" * 20,
    "csv": b"=cmd|'/c calc'!A0", "json": b"{}", "shortcut": b"[InternetShortcut]\nURL=file:///x", "mail": b"From: x\n", "noughts": b"\x00" * 1000, "certificate": b"0\x82\x01\x00" + b"\x00" * 40,
}  # fmt: skip


def mixed() -> Iterator[Case]:
    """Yield files that are something else too: before, behind or inside."""
    for kind, content in good().items():
        for name, more in (WORDS | ARCHIVES).items():
            yield case(f"{kind} with {name} behind", content + more, "file_mixed")
        for name, more in BEFORE.items():
            yield case(f"{kind} with {name} before", more + content, "file_type")
    for kind in ("pdf", "pdf-packed", "png"):
        for name, more in {"Windows": b"MZ\x90", "words": b"hello", "PDF": good()["png"]}.items():
            yield case(f"{kind} with {name} behind", good()[kind] + more, "file_mixed")
        yield case(f"{kind} with noughts behind", good()[kind] + b"\x00" * 900, ACCEPTED)
    for name, more in WORDS.items():
        png, jpeg = good()["png"], good()["jpeg"]
        yield case(
            f"PNG with {name} as text",
            png[:33] + chunk(b"tEXt", b"Comment\x00" + more) + png[33:],
            "file_mixed",
        )
        yield case(
            f"PNG with {name} in a chunk of its own", png[:33] + chunk(b"prVt", more) + png[33:], "file_mixed"
        )
        remark = b"\xff\xfe" + struct.pack(">H", len(more) + 2) + more
        yield case(f"JPEG with {name} as remark", jpeg[:2] + remark + jpeg[2:], "file_mixed")
        yield case(
            f"TIFF with {name} as description", picture("TIFF", description=more.decode()), "file_mixed"
        )
        begun = paper().replace(b"%\xe2\xe3\xcf\xd3\n", b"%" + more + b"\n")
        yield case(f"PDF with {name} at its beginning", begun, "file_mixed")
    yield case("JPEG with a PDF inside", good()["jpeg"] + paper(), "file_mixed")
    yield case("JPEG with a film behind, as phones write it", good()["jpeg"] + OTHERS["film"], ACCEPTED)
    yield case("JPEG with a second picture behind", good()["jpeg"] + good()["jpeg"], ACCEPTED)


def others() -> Iterator[Case]:
    """Yield what is no PDF and no picture of a page, and pictures of kinds that are not taken."""
    for name, content in OTHERS.items():
        for padding in (b"", b"\x00" * 5000):
            yield case(f"{name}, {len(padding)} more", content + padding, "file_type")
    for kind in (
        "GIF",
        "BMP",
        "WEBP",
        "ICO",
        "PPM",
        "TGA",
        "JPEG2000",
        "AVIF",
        "ICNS",
        "PCX",
        "DDS",
        "SGI",
        "EPS",
    ):
        out = io.BytesIO()
        Image.new("RGB", (64, 64), "red").save(out, kind)
        yield case(kind, out.getvalue(), "file_type")


def exploding() -> Iterator[Case]:
    """Yield small files that claim to be enormous pictures, and pictures at the bound."""
    for width, height in ((30_000, 30_000), (65_535, 65_535), (2**31 - 1, 1), (100_000, 1000), (8200, 5000)):
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        body = chunk(b"IDAT", zlib.compress(b"\x00" * 100_000))
        yield case(
            f"PNG of {width} × {height}",
            b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b""),
            "image_too_large",
        )
    jpeg = good()["jpeg"]
    at = jpeg.index(b"\xff\xc0") + 5
    for width, height in ((65_500, 65_500), (40_000, 4000), (6400, 6400)):
        yield case(
            f"JPEG of {width} × {height}",
            jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :],
            "image_too_large",
        )
    for pages, verdict in ((5, ACCEPTED), (6, "image_too_large")):
        out, sheet = io.BytesIO(), Image.new("1", (6320, 6320), 1)
        sheet.save(out, "TIFF", compression="group4", save_all=True, append_images=[sheet] * (pages - 1))
        yield case(f"TIFF of {pages} large pages", out.getvalue(), verdict)
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "TIFF", compression="group4")
    yield case("TIFF of 81 million points", out.getvalue(), "image_too_large")
    text = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(b" " * 50_000_000))
    png = good()["png"]
    yield case("PNG with 50 MB of packed text", png[:33] + text + png[33:], "image_unreadable")
    ring = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 0) + struct.pack("<I", 8)
    yield case("TIFF whose page follows itself", ring, "image_unreadable")
    yield case("PNG without a picture", b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), "image_unreadable")


def every() -> list[Case]:
    """Return the whole corpus."""
    return list(
        chain(
            spoiled(),
            corpus_pdf.active(),
            corpus_pdf.locked(),
            corpus_pdf.traps(),
            mixed(),
            others(),
            exploding(),
        )
    )
