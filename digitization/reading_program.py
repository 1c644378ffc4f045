"""Read some pages of a file: a program of its own, so that a page that hangs or crashes the reading harms nothing but itself.

`python -I reading_program.py PATH MEDIA_TYPE FOLDER`, on standard input `{"pages": [[number, turn, is_blank], …]}` as JSON. Writes into
FOLDER `out.pdf` (PDF/A-2 with a text layer, these pages only, the right way up) and `pages.json`: [{number, text, confidence}].
Born-digital pages keep their text and are not drawn again. It imports nothing of the project and limits its own memory and
processor time first. Any failure: an exit code.
"""

import io
import json
import logging
import os
import resource
import sys
from pathlib import Path
from typing import Any

# Last, so that no module of ours stands before one of a library.
sys.path.append(str(Path(__file__).parent))
from sheet_slant import A4_INCHES, dpi_of, slant_of  # type: ignore[import-not-found]

MEMORY = (
    3 * 1024 * 1024 * 1024
)  # of address space, each process; OCRmyPDF's threads reserve what they never use
SECONDS = 95
LARGEST_FILE = 512 * 1024 * 1024
LARGEST_SOURCE = 40_000_000  # pixels of one picture, as at the upload
A3_INCHES = 11.7
LONGEST_SIDE = 7200  # pixels
LEAST_SLANT = 0.1


def main() -> None:
    """Read what the arguments name."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    path, media_type, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    wanted = json.load(sys.stdin)["pages"]
    source = folder / "in.pdf"
    (_from_pdf if media_type == "application/pdf" else _from_image)(path, source, wanted)
    layers = _layers(source)
    _read(source, folder / "out.pdf", [place for place, page in enumerate(wanted, 1) if not page[2]])
    answer = []
    for place, (number, _turn, _is_blank) in enumerate(wanted, 1):
        said = folder / f"{place:06d}.json"
        read = json.loads(said.read_text(encoding="utf-8")) if said.exists() else {}
        text = read.get("text") or layers[place - 1]
        answer.append({"number": number, "text": text, "confidence": read.get("confidence")})
    (folder / "pages.json").write_text(json.dumps(answer), encoding="utf-8")


def _read(source: Path, target: Path, places: list[int]) -> None:
    """Write the searchable PDF/A; pages without ink are passed over."""
    import ocrmypdf

    logging.disable(logging.WARNING)
    given: dict[str, Any] = {"pages": ",".join(map(str, places))} if places else {"tesseract_timeout": 0}
    ocrmypdf.ocr(
        source, target, language=["vie"], mode="skip", output_type="auto", pdfa_backend="internal", optimize=0, jobs=1, use_threads=True,
        fast_web_view=1_000_000, progress_bar=False, plugins=[str(Path(__file__).with_name("reading_plugin.py"))], **given,
    )  # fmt: skip


def _from_pdf(path: str, target: Path, wanted: list[list[int]]) -> None:
    import pikepdf
    import pypdfium2  # type: ignore[import-untyped]

    with pikepdf.open(path) as pdf, pypdfium2.PdfDocument(path) as drawn, pikepdf.new() as part:
        for number, turn, is_blank in wanted:
            scan = None if is_blank else _scan_of(drawn[number - 1], turn)
            if scan is not None:
                with pikepdf.open(io.BytesIO(scan)) as single:
                    part.pages.extend(single.pages)
                continue
            part.pages.append(pdf.pages[number - 1])
            if turn:
                part.pages[-1].rotate(turn, relative=True)
        part.save(target)


def _scan_of(page: Any, turn: int) -> bytes | None:
    """Return a scanned page anew as a PDF when it must be laid straight, turned or scaled; None when it is good as it is, or no scan."""
    from pypdfium2 import raw

    pictures = list(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))
    if not pictures or page.get_textpage().count_chars():
        return None
    across, down = page.get_size()
    dots = max(min(each.get_px_size()) for each in pictures)
    scale = min(dots / min(across, down), LONGEST_SIDE / max(across, down))
    dpi = scale * 72
    is_odd = min(across, down) > A3_INCHES * 72 * 1.2
    image = page.render(scale=max(scale, 1), may_draw_forms=False).to_pil()
    slant = slant_of(image)
    if not turn and abs(slant) < LEAST_SLANT and not is_odd:
        return None
    return _pdf_of(_straight(image, slant, turn), min(image.size) / A4_INCHES if is_odd else dpi)


def _from_image(path: str, target: Path, wanted: list[list[int]]) -> None:
    import pikepdf
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = LARGEST_SOURCE
    with Image.open(path, formats=["JPEG", "PNG", "TIFF"]) as image, pikepdf.new() as part:
        for number, turn, is_blank in wanted:
            image.seek(number - 1)
            dpi, upright = dpi_of(image), _upright(image)
            sheet = _straight(upright, 0.0 if is_blank else slant_of(upright), turn)
            with pikepdf.open(io.BytesIO(_pdf_of(sheet, dpi))) as single:
                part.pages.extend(single.pages)
        part.save(target)


def _upright(image: Any) -> Any:
    """Return one picture upright, on white paper."""
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(image)
    if upright.mode in {"RGBA", "LA", "P"}:
        drawn = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn)
    return (
        upright
        if upright.mode in {"L", "RGB"}
        else upright.convert("L" if upright.mode in {"1", "I;16"} else "RGB")
    )


def _straight(image: Any, slant: float, turn: int) -> Any:
    """Turn to the right by quarters, and lay the lines level; values as OpenCV has them."""
    import cv2
    import numpy as np

    values = np.asarray(image)
    if values.ndim == 3:
        values = values[:, :, ::-1]
    if abs(slant) >= LEAST_SLANT:
        down, across = values.shape[:2]
        matrix = cv2.getRotationMatrix2D((across / 2, down / 2), slant, 1)
        values = cv2.warpAffine(
            values, matrix, (across, down), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
    quarters = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
    return cv2.rotate(values, quarters[turn]) if turn else values


def _pdf_of(values: Any, dpi: float) -> bytes:
    """Return a PDF of one page that holds the picture at that resolution."""
    import cv2
    import img2pdf  # type: ignore[import-untyped]

    jpeg = cv2.imencode(".jpg", values, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    made: bytes = img2pdf.convert(jpeg, layout_fun=img2pdf.get_fixed_dpi_layout_fun((dpi, dpi)))
    return made


def _layers(path: Path) -> list[str]:
    """Return the text that each page brings along."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in document]


if __name__ == "__main__":
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    main()
