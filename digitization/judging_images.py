"""Judge pictures: decoded whole, within bounds of pixels. Runs inside the sandbox only and imports nothing of the project."""

import os
import struct
from typing import Any, BinaryIO

import pillow_heif
from PIL import Image, UnidentifiedImageError

from digitization.judging_rules import LARGEST_IMAGE, LARGEST_STACK, MOST_PAGES, Refused

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/tiff": "TIFF"}
# What the library raises on hostile bytes, as its documentation and its fuzzers say.
FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    ZeroDivisionError,
    EOFError,
    RuntimeError,
    UnidentifiedImageError,
    struct.error,
)
_CHUNK = 1024 * 1024
_STANDALONE = {0x01, *range(0xD0, 0xD9)}  # markers of a JPEG without a length

# One decoder thread: the sandbox counts memory, and a thread takes much of it.
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.register_heif_opener(thumbnails=False)
# Everything is loaded before the first file comes, so that the child of a file reads no other file.
Image.init()


def judge_image(file: BinaryIO, media_type: str) -> dict[str, Any]:
    """Return type, pages and the size of the first page of a JPEG, PNG or TIFF."""
    if media_type == "image/png":
        _walk_png(file)
    elif media_type == "image/jpeg":
        _walk_jpeg(file)
    file.seek(0)
    return _decoded(file, media_type, _FORMATS[media_type])


def judge_heic(file: BinaryIO) -> dict[str, Any]:
    """Return type and size of the main picture of a HEIC file; the others of a burst are not looked at."""
    return _decoded(file, "image/heic", "HEIF")


def too_many_pixels(most: int = LARGEST_IMAGE) -> Refused:
    """Return the refusal of a picture too large to be a page."""
    return Refused("image_too_large", most=most // 1_000_000)


def _decoded(file: BinaryIO, media_type: str, kind: str) -> dict[str, Any]:
    pages = pixels = 0
    try:
        with Image.open(file, formats=[kind]) as image:
            width, height = image.size
            while True:
                here = image.size[0] * image.size[1]
                pages, pixels = pages + 1, pixels + here
                if here > LARGEST_IMAGE:
                    raise too_many_pixels()
                if pixels > LARGEST_STACK:
                    raise too_many_pixels(LARGEST_STACK)
                if pages > MOST_PAGES:
                    raise Refused("too_many_pages", pages=pages, most=MOST_PAGES)
                image.load()  # only decoding finds a file that is cut short
                if media_type != "image/tiff" or not _next_page(image, pages):
                    break
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many_pixels() from None
    except FAULTS as error:
        raise Refused("image_unreadable") from error
    return {"media_type": media_type, "pages": pages, "width": width, "height": height}


def _next_page(image: Image.Image, number: int) -> bool:
    try:
        image.seek(number)
    except EOFError:
        return False
    return True


def _walk_png(file: BinaryIO) -> None:
    """Refuse a PNG without its end, or with anything behind it."""
    size = file.seek(0, os.SEEK_END)
    at = 8
    while True:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            raise Refused("image_unreadable")
        length, name = struct.unpack(">I4s", head)
        at += 12 + length
        if at > size:
            raise Refused("image_unreadable")
        if name == b"IEND":
            break
    file.seek(at)
    while rest := file.read(_CHUNK):
        if rest.strip(b"\x00"):
            raise Refused("file_mixed")


def _walk_jpeg(file: BinaryIO) -> None:
    """Refuse a JPEG without its end. What phones write behind it (a second picture, a film) may stand there."""
    at = 2
    while True:
        file.seek(at)
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF:
            raise Refused("image_unreadable")
        if head[1] == 0xFF or head[1] in _STANDALONE:
            at += 1 if head[1] == 0xFF else 2
            continue
        at += 2 + int.from_bytes(head[2:4], "big")
        if head[1] == 0xDA:
            break
    file.seek(at)
    kept = b""
    while chunk := file.read(_CHUNK):
        if b"\xff\xd9" in kept + chunk:
            return
        kept = chunk[-1:]
    raise Refused("image_unreadable")
