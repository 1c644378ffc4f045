"""Turn a template and a frozen context into a PDF. The only module that imports WeasyPrint, and only when a paper is made.

Papers are PDF/A-2a: kept for decades (fonts embedded, Unicode text, no attachment allowed) and tagged for screen readers. PDF/UA-1
would give the tags but not the archive; WeasyPrint cannot claim both in one file.
Nothing is fetched but our own files under `static/`: WeasyPrint's own fetcher embeds any local file that a `<link>` names.
The bytes depend on template, context and WeasyPrint's version alone: no clock, no random identifier.
"""

import atexit
import logging
import re
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation

# RFC 2606: a name that never resolves, should anything ever ask the network for it.
BASE_URL = "https://static.invalid/"
STYLES = ("css/papers.css", "css/sheets.css", "css/slip.css", "css/stamp.css")
VARIANT = "pdf/a-2a"
DENSITIES = ("roomy", "dense", "densest")
_OWN_FILE = re.compile(r"https://static\.invalid/((?:fonts|css|img)/[A-Za-z0-9._-]+\.(?:woff2|css|svg|png))")
_TYPES = {".woff2": "font/woff2", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
# WeasyPrint tells every page it makes; only what went wrong is news.
logging.getLogger("weasyprint").setLevel(logging.ERROR)

_lock = Lock()


class BrokenPaper(RuntimeError):
    """A paper could not be made because a font or style of ours is missing: a fault of the installation."""


@dataclass(frozen=True)
class _Engine:
    """WeasyPrint with our fonts loaded and styles parsed, kept for the life of the process (a third of the time of a page)."""

    html: Any
    fetcher: Any
    fonts: Any
    styles: tuple[Any, ...]
    fatal: type[BaseException]


def render(template: str, paper: Any, *, size: str, is_long: bool = False) -> bytes:
    """Return the PDF of `templates/{template}` with the dataclass `paper` (`title`, `dated_at` in ISO 8601 and what the template asks for).

    `size` names the layout ("A5", "A4"). A paper that runs over one page is set again in denser type, up to twice, and keeps that when it
    saves a page; one that is known to be long (`is_long`) is set once. Raises BrokenPaper when a font or style of ours cannot be read.
    """
    # Fontconfig maps are not safe to share between threads.
    with _lock:
        engine = _engine()
        try:
            document = _lay_out(engine, template, paper, size, DENSITIES[0])
            for density in DENSITIES[1:]:
                if is_long or len(document.pages) == 1:
                    break
                denser = _lay_out(engine, template, paper, size, density)
                document = denser if len(denser.pages) < len(document.pages) else document
            with warnings.catch_warnings():
                # WeasyPrint leaves the closing of its colour profile to the garbage collector.
                warnings.simplefilter("ignore", ResourceWarning)
                pdf: bytes = document.write_pdf(pdf_variant=VARIANT)
        except engine.fatal as error:
            raise BrokenPaper(str(error)) from error
    return pdf


def _lay_out(engine: _Engine, template: str, paper: Any, size: str, density: str) -> Any:
    with translation.override("vi"):
        text = render_to_string(template, {"paper": paper, "size": size.lower(), "density": density})
    html = engine.html(string=text, base_url=BASE_URL, url_fetcher=engine.fetcher)
    return html.render(
        font_config=engine.fonts, stylesheets=list(engine.styles), pdf_variant=VARIANT, pdf_tags=True
    )


@cache
def _engine() -> _Engine:
    """Load WeasyPrint on the first paper of the process."""
    from PIL import ImageFile
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    # WeasyPrint makes Pillow take images that are cut short, in the whole process; the judge of uploads must go on refusing them.
    ImageFile.LOAD_TRUNCATED_IMAGES = False

    class OwnFilesOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
        """Serve our own static files by name and refuse every other address, whatever its scheme."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            """Return one of our files; ValueError for any other address, which WeasyPrint leaves out of the paper."""
            match = _OWN_FILE.fullmatch(url)
            if match is None:
                raise ValueError("refused address")
            found = finders.find(match[1])
            if not isinstance(found, str):
                raise FatalURLFetchingError(f"missing static file {match[1]}")
            path = Path(found)
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": _TYPES[path.suffix]})

    fetcher, fonts = OwnFilesOnly(), FontConfiguration()
    try:
        styles = tuple(CSS(url=BASE_URL + name, url_fetcher=fetcher, font_config=fonts) for name in STYLES)
    except FatalURLFetchingError as error:
        raise BrokenPaper(str(error)) from error
    # The fonts must go before the interpreter takes away what frees them.
    atexit.register(_engine.cache_clear)
    return _Engine(HTML, fetcher, fonts, styles, FatalURLFetchingError)
