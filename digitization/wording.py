"""A scan in words, the same on the page that the server draws and in the answer to an upload."""

from decimal import Decimal

from django.utils.translation import ngettext

from bpmc_portal.lib.vietnamese import format_number
from digitization.models import Document
from digitization.uploads import MEGABYTE

# The words of digitization.uploads on a scan of few dots; sentences of the store are Vietnamese.
LOW_RESOLUTION = "độ phân giải thấp"


def described(document: Document) -> dict[str, str | int | bool]:
    """Return a scan as pages show it; needs `blob` loaded."""
    pages, size = document.pages or 0, document.blob.size if document.blob else 0
    measure = ngettext("%d trang", "%d trang", pages) % pages
    return {
        "id": str(document.pk),
        "name": document.name,
        "words": f"{measure} · {size_words(size)}",
        "verdict": document.verdict,
        "is_doubtful": is_doubtful(document),
    }


def size_words(size: int) -> str:
    """Write a number of bytes as "184 KB" or "1,4 MB"."""
    if size < MEGABYTE:
        return f"{max(size // 1024, 1)} KB"
    return f"{format_number(Decimal(size) / MEGABYTE, decimals=1)} MB"


def is_doubtful(document: Document) -> bool:
    """Say whether the scan had better be made again. The store keeps its judgement as a sentence only."""
    return LOW_RESOLUTION in document.verdict
