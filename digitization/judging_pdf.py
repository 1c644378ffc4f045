"""Judge a PDF: its structure, its pages, and whether anything in it acts. Runs inside the sandbox only, imports nothing of the project.

All objects are walked, also those that no page reaches, because a reader may reach them another way. Signatures and ordinary links
stay: a signed paper is a legal document, and a link waits for a person's click.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import pikepdf

from digitization.judging_rules import (
    LARGEST_STACK,
    LARGEST_STREAM,
    LARGEST_UNPACKED,
    MOST_NODES,
    MOST_PAGES,
    Refused,
)

# What the library raises on hostile bytes, as its documentation and its fuzzers say.
_FAULTS = (
    pikepdf.PdfError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    RuntimeError,
    OverflowError,
    UnicodeError,
)
_ACTIONS = {
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/RichMediaExecute", "/Rendition", "/Movie", "/Sound", "/GoToR", "/GoToE",
}  # fmt: skip
_SUBTYPES = {"/RichMedia", "/Movie", "/3D", "/Screen", "/FileAttachment", "/Sound"}
_NAME_TREES = ("/JavaScript", "/EmbeddedFiles", "/Renditions")
_SCHEMES = {"http", "https", "mailto", "tel"}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
_UNPACKERS = {"/FlateDecode", "/Fl", "/LZWDecode", "/LZW", "/RunLengthDecode", "/RL", "/BrotliDecode"}
_FLATE = {"/FlateDecode", "/Fl"}
# A packed stream below this size cannot swell beyond the bound: Flate packs 1032 to 1 at most.
_HARMLESS = LARGEST_STREAM // 1032
_STEP = 1024 * 1024
_DICTIONARY = pikepdf.ObjectType.dictionary
_STREAM = pikepdf.ObjectType.stream
_ARRAY = pikepdf.ObjectType.array


def judge_pdf(file: BinaryIO) -> dict[str, Any]:
    """Return type and pages, or raise Refused."""
    try:
        with pikepdf.open(file, attempt_recovery=False, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise Refused("pdf_encrypted")
            _refuse_large_tree(pdf.Root.Pages)
            pages = len(pdf.pages)
            # A page that is not a page is met only when it is read.
            if any(page.obj.get("/Type", "/Page") != "/Page" or not page.mediabox for page in pdf.pages):
                raise Refused("pdf_unreadable")
            _Walk().over(pdf)
            _refuse_what_was_skipped(pdf)
    except pikepdf.PasswordError:
        raise Refused("pdf_encrypted") from None
    except _FAULTS as error:
        raise Refused("pdf_unreadable") from error
    if pages == 0:
        raise Refused("pdf_no_pages")
    return {"media_type": "application/pdf", "pages": pages}


def _refuse_large_tree(top: Any) -> None:
    """Count the pages no further than the bound, before the library makes a list of them; a branch met twice is a ring."""
    waiting, pages = [top], 0
    branches: set[tuple[int, int]] = set()
    while waiting:
        each = waiting.pop()
        kids = each.get("/Kids") if isinstance(each, pikepdf.Dictionary) else None
        if kids is None:
            pages += 1
            if pages > MOST_PAGES:
                raise Refused("too_many_pages", pages=max(pages, int(top.get("/Count", 0))), most=MOST_PAGES)
            continue
        if each.objgen in branches or len(branches) > MOST_PAGES:
            raise Refused("pdf_unreadable")
        branches.add(each.objgen)
        waiting.extend(kids[at] for at in range(min(len(kids), MOST_PAGES + 1)))


def _refuse_what_was_skipped(pdf: Any) -> None:
    """Refuse a file of which the library left something out: another reader may not."""
    said = [str(warning) for warning in pdf.get_warnings()]
    if any("limits error" in words for words in said):
        raise Refused("pdf_too_complex")
    if any("treating as null" in words or "parse error" in words for words in said):
        raise Refused("pdf_unreadable")


class _Walk:
    """One walk over all objects, with its two counts."""

    def __init__(self) -> None:
        self.nodes = 0
        self.unpacked = 0

    def over(self, pdf: Any) -> None:
        root = pdf.Root
        _look_at_opening(root)
        for each in (pdf.trailer, *pdf.objects):
            self._tree(each)

    def _tree(self, top: Any) -> None:
        """Look at one object and the direct ones inside it; indirect ones have their own turn."""
        waiting = [top]
        while waiting:
            each = waiting.pop()
            kind = each._type_code if isinstance(each, pikepdf.Object) else None
            inside: list[Any] = []
            if kind in (_DICTIONARY, _STREAM):
                _look_at(each, is_stream=kind == _STREAM)
                if kind == _STREAM:
                    self._stream(each)
                inside = list(each.values())
            elif kind == _ARRAY:
                inside = list(each)
            self.nodes += 1 + len(inside)
            if self.nodes > MOST_NODES:
                raise Refused("pdf_too_complex")
            waiting.extend(x for x in inside if isinstance(x, pikepdf.Object) and not x.is_indirect)

    def _stream(self, stream: Any) -> None:
        """Refuse what unpacks to far more than a page needs."""
        filters = list(_filters_of(stream))
        unpackers = [name for name in filters if name in _UNPACKERS]
        if len(unpackers) > 1:
            raise Refused("file_dangerous")
        if _name(stream, "/Subtype") == "/Image":
            width, height = (stream.get(key, 0) for key in ("/Width", "/Height"))
            if int(width) * int(height) > LARGEST_STACK:
                raise Refused("image_too_large", most=LARGEST_STACK // 1_000_000)
            return
        if not unpackers or int(stream.get("/Length", 0)) < _HARMLESS // 2:
            return
        is_flate = filters[0] in _FLATE
        size = _inflated(stream.read_raw_bytes()) if is_flate else len(stream.read_bytes())
        self.unpacked += size
        if size > LARGEST_STREAM or self.unpacked > LARGEST_UNPACKED:
            raise Refused("file_dangerous")


def _name(holder: Any, key: str) -> str:
    """Return a name or text as text, "" for anything else."""
    value = holder.get(key)
    return str(value) if isinstance(value, (pikepdf.Name, pikepdf.String)) else ""


def _look_at_opening(root: Any) -> None:
    """Refuse what runs by opening the file, whatever it is, unless it only shows a page."""
    opening = root.get("/OpenAction")
    if isinstance(opening, pikepdf.Dictionary) and _name(opening, "/S") != "/GoTo":
        raise Refused("pdf_active")
    names = root.get("/Names")
    if isinstance(names, pikepdf.Dictionary) and any(tree in names for tree in _NAME_TREES):
        raise Refused("pdf_active")
    if "/Collection" in root:
        raise Refused("pdf_active")


def _look_at(holder: Any, *, is_stream: bool) -> None:
    """Refuse a dictionary that runs, carries a file or reads one from elsewhere."""
    action = _name(holder, "/S")
    if action in _ACTIONS or _name(holder, "/Subtype") in _SUBTYPES:
        raise Refused("pdf_active")
    if _name(holder, "/Type") == "/EmbeddedFile" or "/XFA" in holder or "/EF" in holder:
        raise Refused("pdf_active")
    if is_stream and "/F" in holder:
        raise Refused("pdf_active")
    if "/Ref" in holder and isinstance(holder["/Ref"], pikepdf.Dictionary) and "/F" in holder["/Ref"]:
        raise Refused("pdf_active")
    if action == "/URI" and not _is_plain_link(_name(holder, "/URI")):
        raise Refused("pdf_active")


def _is_plain_link(address: str) -> bool:
    """Say whether a link goes to the web, a mail box or a telephone; one without a scheme is a careless web address."""
    bare = re.sub(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\ufeff]", "", address).lower()
    if bare.startswith(("\\\\", "//", "/", "..")):
        return False
    found = _SCHEME.match(bare)
    if found is None or bare[found.end() :].split("/", 1)[0].isdigit():
        return True  # no scheme, or "host:8080/…"
    return found[1] in _SCHEMES or "." in found[1]


def _filters_of(stream: Any) -> Iterator[str]:
    found = stream.get("/Filter")
    if isinstance(found, pikepdf.Array):
        yield from (str(each) for each in found)
    elif isinstance(found, pikepdf.Name):
        yield str(found)


def _inflated(packed: bytes) -> int:
    """Return how many bytes the stream unpacks to, counted without keeping them, up to just above the bound."""
    unpacker = zlib.decompressobj()
    size = 0
    rest = packed
    try:
        while rest and size <= LARGEST_STREAM and not unpacker.eof:
            size += len(unpacker.decompress(rest, _STEP))
            rest = unpacker.unconsumed_tail
    except zlib.error:
        return size  # readers show what came so far
    return size
