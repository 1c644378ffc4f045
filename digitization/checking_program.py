"""Look at some pages of a file and say how good their pictures are: a program of its own, so that a hostile page harms only itself.

`python -I checking_program.py PATH MEDIA_TYPE FIRST LAST`: one JSON line a page on standard output, as it is done: {number, blank, skew
(degrees), turn (to the right, degrees), dpi (null for a page that is no picture), colour, blur, dim (names of unsharp regions),
hash}. It imports nothing of the project and limits its own memory and processor time first. Any failure: an exit code.
"""

import json
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pypdfium2  # type: ignore[import-untyped]
from PIL import Image, ImageOps
from pypdfium2 import raw

# Last, so that no module of ours stands before one of a library.
sys.path.append(str(Path(__file__).parent))
from sheet_slant import dpi_of, slant_of  # type: ignore[import-not-found]

MEMORY = 2 * 1024 * 1024 * 1024
SECONDS = 75
LARGEST_SOURCE = 40_000_000
ACROSS = 1240  # pixels: A4 at 150 dpi
MARGIN = 0.05  # the scanner's shadow at the edges is no writing
INK = 50  # levels below the paper
LEAST_INK = 0.0006  # of the page: about one word
LEAST_INK_TO_TURN = 0.008  # some lines
SURE_TURN = 4.0  # of Tesseract's confidence
LEAST_SHARP = 0.15
COLOURED = 0.0008  # of the page: a seal
ROWS, COLUMNS = 3, 3


def main() -> None:
    """Check what the arguments name."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    path, media_type, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    Image.MAX_IMAGE_PIXELS = LARGEST_SOURCE
    draw = _pdf(path) if media_type == "application/pdf" else _image(path)
    for number in range(first, last + 1):
        page, dpi = draw(number)
        print(json.dumps({"number": number, "dpi": dpi, **seen(page)}), flush=True)  # noqa: T201


def seen(page: Image.Image) -> dict[str, Any]:
    """Say what is on a page, given ACROSS pixels wide in colour."""
    grey = np.asarray(page.convert("L"))
    ink = _ink_of(grey)
    share = float(np.count_nonzero(ink)) / ink.size
    if share < LEAST_INK:
        return {"blank": True, "skew": None, "turn": 0, "colour": False, "blur": None, "dim": [], "hash": ""}
    turn = _turn_of(page) if share >= LEAST_INK_TO_TURN else 0
    upright = page.rotate(-turn, expand=True) if turn else page
    slant = slant_of(upright)
    sharp = _sharpness(np.asarray(upright.convert("L")), _ink_of(np.asarray(upright.convert("L"))))
    return {
        "blank": False, "skew": round(-slant, 2), "turn": turn, "colour": _is_coloured(page), "blur": min(sharp.values(), default=None),
        "dim": [place for place, value in sharp.items() if value < LEAST_SHARP], "hash": _hash_of(upright, slant),
        "regions": len(sharp),
    }  # fmt: skip


def _pdf(path: str) -> Callable[[int], tuple[Image.Image, int | None]]:
    document = pypdfium2.PdfDocument(path)

    def draw(number: int) -> tuple[Image.Image, int | None]:
        page = document[number - 1]
        size = page.get_size()
        pictures = list(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))
        dots = max((max(each.get_px_size()) / max(size) for each in pictures), default=0.0)
        is_scan = bool(pictures) and page.get_textpage().count_chars() == 0
        drawn = page.render(scale=ACROSS / min(size), may_draw_forms=False).to_pil().convert("RGB")
        return drawn, round(dots * 72) if is_scan else None

    return draw


def _image(path: str) -> Callable[[int], tuple[Image.Image, int | None]]:
    image = Image.open(path, formats=["JPEG", "PNG", "TIFF"])

    def draw(number: int) -> tuple[Image.Image, int | None]:
        image.seek(number - 1)
        dpi = round(dpi_of(image))
        upright = ImageOps.exif_transpose(image).convert("RGB")
        scale = ACROSS / min(upright.size)
        size = (max(1, round(upright.width * scale)), max(1, round(upright.height * scale)))
        return upright.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC), dpi

    return draw


def _ink_of(grey: Any) -> Any:
    """Return where the ink is, as 1 on 0; shadows of the paper and dots of noise are no ink."""
    smooth = cv2.GaussianBlur(grey, (5, 5), 0)
    paper = cv2.resize(
        cv2.medianBlur(cv2.resize(smooth, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA), 21),
        grey.shape[::-1],
    )
    ink = (cv2.subtract(paper, smooth) > INK).astype(np.uint8)
    down, across = round(grey.shape[0] * MARGIN), round(grey.shape[1] * MARGIN)
    ink[:down], ink[-down:], ink[:, :across], ink[:, -across:] = 0, 0, 0, 0
    return ink


def _sharpness(grey: Any, ink: Any) -> dict[int, float]:
    """Return by region, from 0 at the top left to 8, how sharp its writing is; regions with little writing are left out."""
    calm = cv2.GaussianBlur(grey, (3, 3), 0)
    edges = cv2.Laplacian(calm, cv2.CV_32F)
    found = {}
    for place in range(ROWS * COLUMNS):
        row, column = divmod(place, COLUMNS)
        part = np.s_[
            grey.shape[0] * row // ROWS : grey.shape[0] * (row + 1) // ROWS,
            grey.shape[1] * column // COLUMNS : grey.shape[1] * (column + 1) // COLUMNS,
        ]
        near = cv2.dilate(ink[part], np.ones((9, 9), np.uint8)) > 0
        if np.count_nonzero(ink[part]) > 600:
            found[place] = round(float(edges[part][near].var() / max(calm[part][near].var(), 1.0)), 4)
    return found


def _turn_of(page: Image.Image) -> int:
    """Return by how many degrees to turn the page to the right, 0 when Tesseract is not sure."""
    known = cv2.imencode(".png", np.asarray(page.convert("L")), [cv2.IMWRITE_PNG_COMPRESSION, 0])[1].tobytes()
    line = ["tesseract", "stdin", "stdout", "--psm", "0", "-l", "osd", "--dpi", "150"]
    done = subprocess.run(line, input=known, capture_output=True, check=False)  # noqa: S603
    said = dict(re.findall(rb"^(Rotate|Orientation confidence): ([\d.]+)", done.stdout, re.MULTILINE))
    turn, sure = int(said.get(b"Rotate", b"0")), float(said.get(b"Orientation confidence", b"0"))
    return turn if sure >= SURE_TURN and turn in {90, 180, 270} else 0


def _is_coloured(page: Image.Image) -> bool:
    small = np.asarray(page.resize((page.width // 4, page.height // 4), Image.Resampling.BOX)).astype(
        np.int16
    )
    return float(np.mean(small.max(axis=2) - small.min(axis=2) > 40)) > COLOURED


def _hash_of(page: Image.Image, slant: float) -> str:
    """Return 256 bits that change little when a sheet is scanned again, and much for another sheet."""
    ink = _ink_of(np.asarray(page.convert("L")))
    down, across = ink.shape
    ink = cv2.warpAffine(ink * 255, cv2.getRotationMatrix2D((across / 2, down / 2), slant, 1), (across, down))
    rows, columns = np.flatnonzero(ink.sum(axis=1) > 2 * 255), np.flatnonzero(ink.sum(axis=0) > 2 * 255)
    if not len(rows) or not len(columns):
        return ""
    kept = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    waves = cv2.dct(cv2.resize(kept, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32))[
        :16, :16
    ].flatten()
    return np.packbits(waves > np.median(waves)).tobytes().hex()


if __name__ == "__main__":
    main()
