"""Put a strip at the head of a copy of a file: a program of its own, so that a hostile source can harm nothing but itself.

Run as `python -I copy_stamping.py SOURCE MEDIA_TYPE STRIP.pdf OUT.pdf`. A PDF's first page grows by the strip, so that nothing on it is
covered; pictures become A4 pages. Form fields and signatures are drawn into the pages: a copy must not pretend to be signed. It imports
nothing of the project and limits its own memory and processor time first.
"""

import io
import resource
import sys
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Rectangle

MEMORY = 2048 * 1024 * 1024
SECONDS = 45
MM = 72 / 25.4
MARGIN = 6 * MM
A4 = (210 * MM, 297 * MM)
LARGEST_SOURCE = 40_000_000  # pixels, as at the upload
LONGEST_SIDE = 2600  # pixels of a page in the copy, some 220 dpi on A4
DEEPEST = 50  # of a page tree


def main() -> int:
    """Make the copy that the arguments name."""
    source, media_type, strip, out = sys.argv[1:5]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    with pikepdf.open(strip) as head:
        sheet = head.pages[0]
        height = float(sheet.mediabox[3])
        with _paper(source, media_type, height) as pdf:
            _put(pdf, sheet, grows=media_type == "application/pdf")
            pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return 0


def _paper(source: str, media_type: str, height: float) -> pikepdf.Pdf:
    if media_type != "application/pdf":
        return _of_pictures(source, height)
    pdf = pikepdf.open(source, suppress_warnings=True)
    pdf.flatten_annotations("all")
    for name in ("/AcroForm", "/OpenAction", "/AA", "/Perms", "/DSS"):
        if name in pdf.Root:
            del pdf.Root[name]
    return pdf


def _put(pdf: pikepdf.Pdf, sheet: pikepdf.Page, *, grows: bool) -> None:
    """Lay the strip over the visible top left of the first page, which before grows by its height."""
    page = pdf.pages[0]
    x0, y0, x1, y1 = _box(page)
    turn = _turn_of(page)
    across, down = (float(each) for each in sheet.mediabox[2:4])
    height = (down + MARGIN) if grows else 0
    # A page narrower than the strip grows to the right, as people see it.
    width = max(across + 2 * MARGIN - (x1 - x0 if turn in {0, 180} else y1 - y0), 0) if grows else 0
    if turn == 0:
        y1, x1 = y1 + height, x1 + width
        place = (x0 + MARGIN, y1 - MARGIN / 2 - down, x0 + MARGIN + across, y1 - MARGIN / 2)
    elif turn == 90:
        x0, y1 = x0 - height, y1 + width
        place = (x0 + MARGIN / 2, y0 + MARGIN, x0 + MARGIN / 2 + down, y0 + MARGIN + across)
    elif turn == 180:
        y0, x0 = y0 - height, x0 - width
        place = (x1 - MARGIN - across, y0 + MARGIN / 2, x1 - MARGIN, y0 + MARGIN / 2 + down)
    else:
        x1, y0 = x1 + height, y0 - width
        place = (x1 - MARGIN / 2 - down, y1 - MARGIN - across, x1 - MARGIN / 2, y1 - MARGIN)
    for name in ("/TrimBox", "/BleedBox", "/ArtBox"):
        if name in page.obj:
            del page.obj[name]
    page.mediabox = page.cropbox = Array([x0, y0, x1, y1])
    _overlay(pdf, sheet, Rectangle(*place))


def _overlay(pdf: pikepdf.Pdf, sheet: pikepdf.Page, place: Rectangle) -> None:
    """Draw the sheet upright over the first page, as Page.add_overlay does, but under a name that is the same every time."""
    page = pdf.pages[0]
    form = pdf.copy_foreign(sheet.as_form_xobject())
    page.add_resource(form, Name.XObject, Name("/McStrip"))
    placed = page.calc_form_xobject_placement(
        form, Name("/McStrip"), place, invert_transformations=True, allow_shrink=True, allow_expand=True
    )
    page.contents_add(b"q\n", prepend=True)
    page.contents_add(b"Q\n")
    page.contents_add(placed)


def _box(page: pikepdf.Page) -> tuple[float, float, float, float]:
    a, b, c, d = (float(each) for each in page.cropbox)
    return min(a, c), min(b, d), max(a, c), max(b, d)


def _turn_of(page: pikepdf.Page) -> int:
    """Return the page's own or inherited turn to the right, in degrees."""
    node: Any = page.obj
    for _step in range(DEEPEST):
        if "/Rotate" in node:
            return int(node.Rotate) % 360
        if "/Parent" not in node:
            break
        node = node.Parent
    return 0


def _of_pictures(source: str, height: float) -> pikepdf.Pdf:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = LARGEST_SOURCE
    pdf = pikepdf.new()
    with Image.open(source, formats=["JPEG", "PNG", "TIFF"]) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            if image.size[0] * image.size[1] > LARGEST_SOURCE:
                raise ValueError("too many pixels")
            upright = ImageOps.exif_transpose(image).convert("RGBA")
            paper = Image.new("RGBA", upright.size, "white")  # transparency is paper, not night
            drawn = Image.alpha_composite(paper, upright).convert("RGB")
            drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            _add_page(pdf, drawn, top=height + MARGIN if number == 0 else MARGIN)
    return pdf


def _add_page(pdf: pikepdf.Pdf, picture: Any, *, top: float) -> None:
    """Add an A4 page with the picture as large as its margins allow, `top` points below the upper edge."""
    across, down = A4 if picture.height >= picture.width else (A4[1], A4[0])
    scale = min((across - 2 * MARGIN) / picture.width, (down - top - MARGIN) / picture.height)
    width, height = picture.width * scale, picture.height * scale
    packed = io.BytesIO()
    picture.save(packed, "JPEG", quality=82, optimize=True)
    form = Dictionary(
        Type=Name.XObject, Subtype=Name.Image, Width=picture.width, Height=picture.height,
        ColorSpace=Name.DeviceRGB, BitsPerComponent=8, Filter=Name.DCTDecode,
    )  # fmt: skip
    pdf.add_blank_page(page_size=(across, down))
    page = pdf.pages[-1]
    page.obj.Resources = Dictionary(XObject=Dictionary(Im0=pdf.make_stream(packed.getvalue(), form)))
    left, bottom = (across - width) / 2, down - top - height
    page.obj.Contents = pdf.make_stream(
        f"q {width:.2f} 0 0 {height:.2f} {left:.2f} {bottom:.2f} cm /Im0 Do Q".encode()
    )


if __name__ == "__main__":
    sys.exit(main())
