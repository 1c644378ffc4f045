"""Draw one page of a file as PNG: a program of its own, so that a hostile file can exhaust or crash nothing but itself.

Run as `python -I page_drawing.py PATH MEDIA_TYPE PAGE WIDTH TURN`; PNG on standard output. Exit 3: there is no such page; any other
failure: the file cannot be drawn. It imports nothing of the project and limits its own memory and processor time first.
"""

import resource
import sys
from typing import Any

MEMORY = 1536 * 1024 * 1024
SECONDS = 8
LONGEST_SIDE = 4200  # pixels
LARGEST_SOURCE = 40_000_000  # pixels of a photograph, as at the upload
NO_SUCH_PAGE = 3


def main() -> int:
    """Draw the page that the arguments name."""
    path, media_type, page, width, turn = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    drawn = _pdf(path, page, width) if media_type == "application/pdf" else _image(path, page, width)
    if drawn is None:
        return NO_SUCH_PAGE
    if turn:
        drawn = drawn.rotate(-turn, expand=True)
    drawn.save(sys.stdout.buffer, "PNG", compress_level=3)
    return 0


def _pdf(path: str, page: int, width: int) -> Any:
    import pypdfium2  # type: ignore[import-untyped]

    document = pypdfium2.PdfDocument(path)
    if not 1 <= page <= len(document):
        return None
    sheet = document[page - 1]
    across, down = sheet.get_size()
    scale = min(width / across, LONGEST_SIDE / max(across, down))
    bitmap = sheet.render(scale=scale, may_draw_forms=False)
    return bitmap.to_pil().convert("RGB")


def _image(path: str, page: int, width: int) -> Any:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = LARGEST_SOURCE
    with Image.open(path, formats=["JPEG", "PNG", "TIFF"]) as image:
        if not 1 <= page <= getattr(image, "n_frames", 1):
            return None
        image.seek(page - 1)
        if image.size[0] * image.size[1] > LARGEST_SOURCE:
            raise ValueError("too many pixels")
        upright: Image.Image = ImageOps.exif_transpose(image)
        if upright.mode in {"RGBA", "LA", "P"}:
            # Transparency is paper, not night.
            drawn = upright.convert("RGBA")
            paper = Image.new("RGBA", drawn.size, "white")
            upright = Image.alpha_composite(paper, drawn)
        upright = upright.convert("RGB")
        upright.thumbnail((min(width, LONGEST_SIDE), LONGEST_SIDE))
        return upright


if __name__ == "__main__":
    sys.exit(main())
