"""What the tests of papers share: dossiers with many papers, and what stands in a PDF."""

import io
import subprocess
from pathlib import Path

import pikepdf
import pypdf
from PIL import Image

from digitization.models import Document
from dossiers.models import Component, Dossier

WAYS = ("original", "certified_copy", "copy", "file", "reused")


def with_papers(dossier: Dossier, count: int, *, name: str = "Giấy tờ kèm theo số {}") -> Dossier:
    """Give a received dossier as many papers as a test needs, in every form there is."""
    first = dossier.components.order_by("position").first()
    documents = Document.objects.bulk_create(
        [Document(name="x") for _ in range(count - dossier.components.count())]
    )
    Component.objects.bulk_create(
        Component(
            dossier=dossier, requirement=first.requirement, position=10 + number, name=name.format(number), document=document,
            provided_as=WAYS[number % len(WAYS)],
        )
        for number, document in enumerate(documents, 3)
    )  # fmt: skip
    return dossier


def text_of(pdf: bytes) -> str:
    """Return the text as a reader's search finds it, in one line."""
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


def pages_of(pdf: bytes) -> list[str]:
    """Return the text of each page."""
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def streams_of(pdf: bytes) -> bytes:
    """Return everything in the file, decompressed."""
    with pikepdf.open(io.BytesIO(pdf)) as file:
        return (
            b"\n".join(each.read_bytes() for each in file.objects if isinstance(each, pikepdf.Stream)) + pdf
        )


def fonts_of(pdf: bytes) -> dict[str, bool]:
    """Return each font's name and whether its outlines are in the file."""
    found: dict[str, bool] = {}
    with pikepdf.open(io.BytesIO(pdf)) as file:
        for each in file.objects:
            if isinstance(each, pikepdf.Dictionary) and each.get("/Type") == "/FontDescriptor":
                found[str(each.FontName)] = any(
                    key in each for key in ("/FontFile", "/FontFile2", "/FontFile3")
                )
    return found


def sheets_of(pdf: bytes, folder: Path) -> list[Image.Image]:
    """Return the pages as a printer of 200 dots an inch shows them, the coarsest that desks have."""
    file = folder / "paper.pdf"
    file.write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "200", "-png", file, folder / "sheet"], check=True)
    sheets = []
    for path in sorted(folder.glob("sheet*.png")):
        with Image.open(path) as image:
            sheets.append(image.convert("L"))
    return sheets
