"""Reading of pages beside bare Tesseract and plain OCRmyPDF: `python -m tests.bench.reading [TURNS]`, the three taking turns.

A turn is as many pages as one job reads. Bare: `tesseract -l vie --dpi 300` on each JPEG, one thread. Plain: `ocrmypdf -l vie --deskew
--output-type pdfa-2` on their PDF. Ours: our reading program on the same PDF (slant, cleaning, OCR, PDF/A-2), SHA-256 of the copy. Pages a minute and CPU seconds a page of one core, and CER of each.
"""

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import img2pdf
import jiwer

from digitization import page_programs
from digitization.page_programs import READ_AT_ONCE
from tests.digitization import scans

SHEETS = (scans.decision(), scans.form(), scans.letter())
_ONE_THREAD = {**os.environ, "OMP_THREAD_LIMIT": "1"}


@dataclass(frozen=True)
class Turn:
    """Some pages as pictures and as one PDF, and a folder for what is made of them."""

    pictures: list[Path]
    pdf: Path
    folder: Path


def _bare(turn: Turn) -> list[str]:
    return [_read_by("tesseract", str(each), "stdout", "-l", "vie", "--dpi", "300") for each in turn.pictures]


def _plain(turn: Turn) -> list[str]:
    side = turn.folder / "side.txt"
    options = ["-q", "-l", "vie", "--deskew", "--jobs", "1", "--output-type", "pdfa-2"]
    _read_by(
        sys.executable,
        "-m",
        "ocrmypdf",
        *options,
        "--sidecar",
        str(side),
        str(turn.pdf),
        str(turn.folder / "plain.pdf"),
    )
    return side.read_text(encoding="utf-8").split("\f")[: len(turn.pictures)]


def _ours(turn: Turn) -> list[str]:
    order = json.dumps(
        {"pages": [[number, 0, False] for number in range(1, len(turn.pictures) + 1)]}
    ).encode()
    arguments = [str(turn.pdf), "application/pdf", str(turn.folder)]
    page_programs.run("reading_program.py", arguments, given=order, seconds=120, folder=turn.folder)
    hashlib.sha256((turn.folder / "out.pdf").read_bytes()).hexdigest()
    said = json.loads((turn.folder / "pages.json").read_text(encoding="utf-8"))
    return [each["text"] for each in said]


def _read_by(*line: str) -> str:
    return subprocess.run(line, capture_output=True, text=True, check=True, env=_ONE_THREAD).stdout


WAYS: dict[str, Callable[[Turn], list[str]]] = {"bare": _bare, "plain": _plain, "ours": _ours}


def main(turns: int) -> None:
    """Read so many turns in each way and print one JSON line a way."""
    spent, cpu, said = ({name: [] for name in WAYS} for _each in range(3))  # type: ignore[var-annotated]
    truth = []
    for first in range(0, turns * READ_AT_ONCE, READ_AT_ONCE):
        sheets = [SHEETS[seed % 3] for seed in range(first, first + READ_AT_ONCE)]
        truth += [" ".join(sheet.text.split()) for sheet in sheets]
        pages = [scans.jpeg(scans.scanned(sheet, seed=first + place)) for place, sheet in enumerate(sheets)]
        for name, read in WAYS.items():
            with tempfile.TemporaryDirectory() as folder:
                turn = _turn(pages, Path(folder))
                before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
                said[name] += [" ".join(text.split()) for text in read(turn)]
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                spent[name].append(time.perf_counter() - began)
                cpu[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    for name in WAYS:
        figures = {
            "way": name, "pages_a_minute": round(60 * len(truth) / sum(spent[name]), 1), "cpu_s_a_page": round(sum(cpu[name]) / len(truth), 2),
            "share_of_bare_by_cpu": round(sum(cpu["bare"]) / sum(cpu[name]), 2), "share_of_bare_by_time": round(sum(spent["bare"]) / sum(spent[name]), 2),
            "cer_percent": round(100 * jiwer.cer(truth, said[name]), 2),
        }  # fmt: skip
        print(json.dumps(figures))


def _turn(pages: list[bytes], folder: Path) -> Turn:
    pictures = [folder / f"{number}.jpg" for number in range(len(pages))]
    for path, content in zip(pictures, pages, strict=True):
        path.write_bytes(content)
    (folder / "scan.pdf").write_bytes(img2pdf.convert(pages))
    return Turn(pictures, folder / "scan.pdf", folder)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
