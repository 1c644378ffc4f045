"""Bounds of what is taken in, and the refusal, as the programs inside the sandbox know them. Imports nothing of the project."""

from typing import Any

LARGEST_IMAGE = 40_000_000  # pixels of one page; an A4 page at 600 dpi has 35 million
LARGEST_STACK = 200_000_000  # pixels of all pages of one TIFF, or of one picture inside a PDF
MOST_PAGES = 2000
MOST_NODES = 3_000_000  # names, numbers and containers of one PDF
LARGEST_STREAM = 64 * 1024 * 1024  # bytes of one unpacked stream that is no picture
LARGEST_UNPACKED = 256 * 1024 * 1024  # bytes of all of them


class Refused(Exception):
    """The file cannot be taken: a stable code, and the figures that its sentence names."""

    def __init__(self, code: str, **figures: Any) -> None:
        super().__init__(code)
        self.code = code
        self.figures = figures
