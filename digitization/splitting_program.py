"""Read the separator sheets of a scan and cut pages out of it: a program of its own, so that a hostile file harms nothing but itself.

`python -I splitting_program.py read PATH MEDIA_TYPE FIRST COUNT`: JSON lines on standard output, first {"pages": all}, then one a page
as it is done: {"number", "codes": [texts of QR codes], "blank", "picture": base64 JPEG}.
`… cut`: a list [[path, media type, page, turn to the right], …] as JSON on standard input, one PDF on standard output.
It imports nothing of the project and limits its own memory and processor time first. Any failure: an exit code.
"""

import base64
import io
import json
import resource
import sys
from pathlib import Path
from typing import Any

MEMORY = 1536 * 1024 * 1024
SECONDS = 20
DOTS_AN_INCH = 100  # half of a usual scan; a separator's module is then still ten dots wide
LONGEST_SIDE = 1800  # pixels
LARGEST_SOURCE = 40_000_000  # pixels of one picture, as at the upload
PICTURE = (240, 320)
MARGIN = 0.06  # the scanner's shadow at the edges is no writing
INK = 50  # levels below the paper
LEAST_INK = 0.0006  # of the page: about one word


def main() -> None:
    """Do what the arguments say."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    if sys.argv[1] == "cut":
        sys.stdout.buffer.write(cut(json.load(sys.stdin)))
        return
    path, media_type, first, count = sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    total, draw = (_pdf if media_type == "application/pdf" else _image)(path)
    _say({"pages": total})
    for number in range(first, min(first + count, total + 1)):
        _say(seen(number, draw(number)))


def _say(line: dict[str, Any]) -> None:
    """Write one line at once: what was said before a crash still counts."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def seen(number: int, page: Any) -> dict[str, Any]:
    """Say what is on a page, drawn in grey."""
    import zxingcpp

    page.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    only = zxingcpp.BarcodeFormat.QRCode
    found = zxingcpp.read_barcodes(page, formats=only)  # type: ignore[arg-type]  # the stub asks for a set
    small, out = page.copy(), io.BytesIO()
    small.thumbnail(PICTURE)
    small.save(out, "JPEG", quality=60)
    picture = base64.b64encode(out.getvalue()).decode()
    return {
        "number": number,
        "codes": [code.text for code in found],
        "blank": is_blank(page),
        "picture": picture,
    }


def is_blank(page: Any) -> bool:
    """Say whether less than a word's worth of ink is on the page; dots of noise are averaged away first."""
    across, down = page.size
    edge = (
        int(across * MARGIN), int(down * MARGIN), max(int(across * (1 - MARGIN)), 1), max(int(down * (1 - MARGIN)), 1),
    )  # fmt: skip
    levels = page.crop(edge).reduce(4).histogram()
    total, passed, paper = sum(levels), 0, 255
    for paper in range(255, -1, -1):
        passed += levels[paper]
        if passed * 2 >= total:
            break
    return bool(sum(levels[: max(paper - INK, 0)]) <= total * LEAST_INK)


def cut(wanted: list[list[Any]]) -> bytes:
    """Return one PDF of these pages; pictures are put in without encoding them anew where that can be."""
    import pikepdf

    made, opened = pikepdf.Pdf.new(), {}
    for path, media_type, number, turn in wanted:
        key = (path, 0 if media_type == "application/pdf" else number)
        if key not in opened:
            source = path if media_type == "application/pdf" else io.BytesIO(_as_pdf(path, number))
            opened[key] = pikepdf.open(source, suppress_warnings=True)
        made.pages.append(opened[key].pages[number - 1 if media_type == "application/pdf" else 0])
        page = made.pages[-1]
        if "/AA" in page.obj:
            del page.obj["/AA"]  # what a page does when it is opened belongs to no paper
        if turn:
            page.rotate(turn, relative=True)
    out = io.BytesIO()
    made.save(out, deterministic_id=True)
    return out.getvalue()


def _pdf(path: str) -> tuple[int, Any]:
    import pypdfium2  # type: ignore[import-untyped]

    document = pypdfium2.PdfDocument(path)

    def draw(number: int) -> Any:
        sheet = document[number - 1]
        scale = min(DOTS_AN_INCH / 72, LONGEST_SIDE / max(*sheet.get_size(), 1))
        return sheet.render(scale=scale, may_draw_forms=False, grayscale=True).to_pil().convert("L")

    return len(document), draw


def _image(path: str) -> tuple[int, Any]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = LARGEST_SOURCE
    image = Image.open(path, formats=["JPEG", "PNG", "TIFF"])

    def draw(number: int) -> Any:
        image.seek(number - 1)
        return ImageOps.exif_transpose(_on_paper(image)).convert("L")

    return getattr(image, "n_frames", 1), draw


def _on_paper(image: Any) -> Any:
    """Return the picture without transparency: that is paper, not night."""
    from PIL import Image

    if image.mode not in {"RGBA", "LA", "PA"} and "transparency" not in image.info:
        return image
    drawn = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")


def _as_pdf(path: str, number: int) -> bytes:
    import img2pdf  # type: ignore[import-untyped]
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = LARGEST_SOURCE
    with Image.open(path, formats=["JPEG", "PNG", "TIFF"]) as image:
        if image.format == "JPEG":
            source = Path(path).read_bytes()
        else:
            image.seek(number - 1)
            out = io.BytesIO()
            _on_paper(image).save(out, "PNG", dpi=image.info.get("dpi", (200, 200)))
            source = out.getvalue()
    made: bytes = img2pdf.convert(source, nodate=True, rotation=img2pdf.Rotation.ifvalid)
    return made


if __name__ == "__main__":
    main()
