"""The corpus of hostile files: generated anew at each run, each with the verdicts that are right for it. Nothing is committed."""

import io
import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pikepdf
import pillow_heif
from PIL import Image

ACCEPTED = "accepted"
PDF_FAULTS = frozenset({ACCEPTED, "pdf_unreadable", "pdf_encrypted", "pdf_no_pages", "pdf_active", "pdf_too_complex", "file_type", "file_mixed", "file_dangerous"})  # fmt: skip
IMAGE_FAULTS = frozenset(
    {ACCEPTED, "image_unreadable", "image_too_large", "file_type", "file_mixed", "file_dangerous"}
)
TRUNCATIONS, FLIPS = 90, 110  # of each good file


@dataclass(frozen=True)
class Case:
    """One file: what it is, its bytes, and the verdicts of which one must come; mostly there is just one."""

    name: str
    content: bytes
    verdicts: frozenset[str]


def case(name: str, content: bytes, *verdicts: str) -> Case:
    """Return a case with these verdicts."""
    return Case(name, content, frozenset(verdicts))


def raw_pdf(objects: list[bytes], *, root: int = 1, trailer: bytes = b"") -> bytes:
    """Return a PDF of these objects, numbered from 1, with a right cross-reference table."""
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(
        b"trailer\n<< /Size %d /Root %d 0 R %s >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, root, trailer, start)
    )
    return out.getvalue()


def paper(*more: bytes, catalog: bytes = b"", page: bytes = b"", trailer: bytes = b"") -> bytes:
    """Return a PDF of one page; further objects begin at number 5."""
    content = b"0 0 m 100 100 l S\n"
    return raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %s >>" % page,
            stream(content),
            *more,
        ],
        trailer=trailer,
    )


def stream(content: bytes, keys: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), keys, content)


def packed(pdf: bytes) -> bytes:
    """Return the same PDF with its objects inside compressed object streams, where no search for words finds them."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as file:
        file.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def picture(kind: str, size: tuple[int, int] = (96, 128), **save: object) -> bytes:
    """Return a small photograph of noise, the same at each run."""
    chance = random.Random(5)
    image, out = Image.frombytes("RGB", size, chance.randbytes(size[0] * size[1] * 3)), io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(out, quality=60)
    else:
        image.save(out, kind, **save)
    return out.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@cache
def good() -> dict[str, bytes]:
    """Return one good file of each kind, from which others are spoiled."""
    return {
        "pdf": paper(b"<< /Font << >> >>"),
        "pdf-packed": packed(paper(b"<< /Producer (x) >>", trailer=b"/Info 5 0 R")),
        "jpeg": picture("JPEG"),
        "jpeg-progressive": picture("JPEG", progressive=True),
        "png": picture("PNG"),
        "tiff": picture("TIFF"),
        "tiff-lzw": picture("TIFF", compression="tiff_lzw"),
        "heic": picture("HEIF"),
    }


def spoiled() -> Iterator[Case]:
    """Yield good files cut short at many places, and with single bits turned over."""
    for kind, content in good().items():
        is_pdf = kind.startswith("pdf")
        yield case(f"good {kind}", content, ACCEPTED)
        chance = random.Random(kind)
        least, whole = (5, len(content) - 1) if is_pdf else (16, len(content))
        for end in sorted(chance.sample(range(least, whole), TRUNCATIONS)):
            yield case(
                f"{kind} cut at {end}", content[:end], "pdf_unreadable" if is_pdf else "image_unreadable"
            )
        for end in range(4):
            yield case(f"{kind} cut at {end}", content[:end], _head_cut(kind, end))
        for _ in range(FLIPS):
            at, bit = chance.randrange(len(content)), chance.randrange(8)
            turned = content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]
            yield Case(f"{kind} bit {bit} of byte {at}", turned, PDF_FAULTS if is_pdf else IMAGE_FAULTS)


def _head_cut(kind: str, end: int) -> str:
    if end == 0:
        return "file_empty"
    return "image_unreadable" if kind.startswith("jpeg") and end == 3 else "file_type"
