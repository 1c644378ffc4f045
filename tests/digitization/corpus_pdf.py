"""PDFs that act, that hide what they do, or whose structure is a trap; and the harmless ones that look alike."""

import io
import zlib
from collections.abc import Iterator

import pikepdf

from tests.digitization.corpus import ACCEPTED, Case, case, packed, paper, raw_pdf, stream

ACTIONS = {
    "JavaScript": b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>",
    "JavaScript, name disguised": b"<< /S /J#61vaScr#69pt /JS (app.alert\\(1\\)) >>",
    "Launch": b"<< /S /Launch /F (calc.exe) >>",
    "Launch, Windows": b"<< /S /L#61unch /Win << /F (cmd.exe) /P (/c calc) >> >>",
    "SubmitForm": b"<< /S /SubmitForm /F (http://example.vn/) >>",
    "ImportData": b"<< /S /ImportData /F (data.fdf) >>",
    "RichMediaExecute": b"<< /S /RichMediaExecute /CMD << /C (x) >> >>",
    "Rendition": b"<< /S /Rendition /OP 0 /JS (x) >>",
    "Movie": b"<< /S /Movie /T (film) >>",
    "Sound": b"<< /S /Sound >>",
    "GoToR": b"<< /S /GoToR /F (other.pdf) /D [0 /Fit] >>",
    "GoToR to a share": b"<< /S /GoToR /F (\\\\\\\\10.0.0.1\\\\x) /D [0 /Fit] >>",
    "GoToE": b"<< /S /GoToE /T << /R /C >> /D [0 /Fit] >>",
    "file link": b"<< /S /URI /URI (file:///etc/passwd) >>",
    "file link, capitals and a break": b"<< /S /URI /URI (FI\\nLE:///etc/passwd) >>",
    "script link": b"<< /S /URI /URI (javascript:alert\\(1\\)) >>",
    "data link": b"<< /S /URI /URI (data:text/html,x) >>",
    "share link": b"<< /S /URI /URI (\\\\\\\\10.0.0.1\\\\x) >>",
    "smb link": b"<< /S /URI /URI (smb://10.0.0.1/x) >>",
    "program link": b"<< /S /URI /URI (ms-msdt:/id) >>",
}
LINKS = {
    "web": b"<< /S /URI /URI (https://dichvucong.gov.vn/) >>",
    "plain web": b"<< /S /URI /URI (http://example.vn/a?b=file:c) >>",
    "mail": b"<< /S /URI /URI (mailto:a@example.vn) >>",
    "telephone": b"<< /S /URI /URI (tel:+842438269557) >>",
    "careless": b"<< /S /URI /URI (www.example.vn/a) >>",
    "page": b"<< /S /GoTo /D [3 0 R /Fit] >>",
    "next page": b"<< /S /Named /N /NextPage >>",
}


def placed(action: bytes) -> dict[str, bytes]:
    """Return a PDF for each place where an action can stand; `action` is object 5."""
    note = b"<< /Type /Annot /Subtype /Link /Rect [0 0 99 99] %s >>"
    return {
        "page opened": paper(action, page=b"/AA << /O 5 0 R >>"),
        "page closed": paper(action, page=b"/AA << /C 5 0 R >>"),
        "file closed": paper(action, catalog=b"/AA << /WC 5 0 R >>"),
        "link": paper(action, note % b"/A 5 0 R", page=b"/Annots [6 0 R]"),
        "link, direct": paper(action, page=b"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A %s >>]" % action),
        "note entered": paper(action, note % b"/AA << /E 5 0 R >>", page=b"/Annots [6 0 R]"),
        "outline": paper(action, b"<< /First 7 0 R /Last 7 0 R /Count 1 >>", b"<< /Title (x) /Parent 6 0 R /A 5 0 R >>", catalog=b"/Outlines 6 0 R"),
        "field": paper(action, b"<< /FT /Tx /T (x) /Subtype /Widget /Rect [0 0 9 9] /AA << /K 5 0 R >> >>", catalog=b"/AcroForm << /Fields [6 0 R] >>"),
        "after another": paper(action, b"<< /S /GoTo /D [3 0 R /Fit] /Next [5 0 R] >>", page=b"/AA << /O 6 0 R >>"),
        "unreached": paper(action),
        "nested": paper(b"[" * 60 + action + b"]" * 60, page=b"/PieceInfo 5 0 R"),
    }  # fmt: skip


CARRIED = {
    "names of scripts": paper(b"<< /Names [(x) << >>] >>", catalog=b"/Names << /JavaScript 5 0 R >>"),
    "attached file": paper(stream(b"MZ", b"/Type /EmbeddedFile"), b"<< /Type /Filespec /F (a.exe) /EF << /F 5 0 R >> >>", catalog=b"/Names << /EmbeddedFiles << /Names [(a) 6 0 R] >> >>"),
    "attached file without a type": paper(stream(b"MZ"), b"<< /F (a.exe) /EF << /F 5 0 R >> >>", page=b"/PieceInfo 6 0 R"),
    "paper clip": paper(b"<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] >>", page=b"/Annots [5 0 R]"),
    "film": paper(b"<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] >>", page=b"/Annots [5 0 R]"),
    "screen": paper(b"<< /Type /Annot /Subtype /Screen /Rect [0 0 9 9] >>", page=b"/Annots [5 0 R]"),
    "old film": paper(b"<< /Type /Annot /Subtype /Movie /Rect [0 0 9 9] >>", page=b"/Annots [5 0 R]"),
    "sound": paper(b"<< /Type /Annot /Subtype /Sound /Rect [0 0 9 9] >>", page=b"/Annots [5 0 R]"),
    "model": paper(b"<< /Type /Annot /Subtype /3D /Rect [0 0 9 9] >>", page=b"/Annots [5 0 R]"),
    "XFA form": paper(stream(b"<xdp/>"), catalog=b"/AcroForm << /Fields [] /XFA 5 0 R >>"),
    "XFA form, disguised": paper(stream(b"<xdp/>"), catalog=b"/AcroForm << /Fields [] /#58FA [(x) 5 0 R] >>"),
    "portfolio": paper(catalog=b"/Collection << /View /T >>"),
    "stream from a file": paper(stream(b"", b"/F (/etc/passwd)"), page=b"/PieceInfo 5 0 R"),
    "page of another file": paper(stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Ref << /F (other.pdf) /Page 0 >>"), page=b"/PieceInfo 5 0 R"),
    "print at opening": paper(b"<< /S /Named /N /Print >>", catalog=b"/OpenAction 5 0 R"),
    "web at opening": paper(b"<< /S /URI /URI (https://example.vn) >>", catalog=b"/OpenAction 5 0 R"),
}  # fmt: skip
HARMLESS = {
    "page shown at opening": paper(b"<< /S /GoTo /D [3 0 R /Fit] >>", catalog=b"/OpenAction 5 0 R"),
    "page shown at opening, short": paper(catalog=b"/OpenAction [3 0 R /Fit]"),
    "signature": paper(b"<< /FT /Sig /T (Signature1) /V 6 0 R /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R >>", b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [0 1 2 3] /Contents <3030> >>", catalog=b"/AcroForm << /Fields [5 0 R] /SigFlags 3 >>", page=b"/Annots [5 0 R]"),
    "empty signature field": paper(b"<< /FT /Sig /T (Signature1) /Subtype /Widget /Rect [0 0 0 0] >>", catalog=b"/AcroForm << /Fields [5 0 R] >>"),
    "text field": paper(b"<< /FT /Tx /T (Ten) /V (An) /Subtype /Widget /Rect [0 0 9 9] >>", catalog=b"/AcroForm << /Fields [5 0 R] >>"),
    "page labels": paper(catalog=b"/PageLabels << /Nums [0 << /S /D >>] >>"),
    "structure": paper(b"<< /Type /StructElem /S /Link /P 6 0 R >>", b"<< /Type /StructTreeRoot /K 5 0 R >>", catalog=b"/StructTreeRoot 6 0 R"),
    "transparency": paper(page=b"/Group << /S /Transparency /CS /DeviceRGB >>"),
    "colours": paper(catalog=b"/OutputIntents [<< /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) >>]"),
    "layers": paper(b"<< /Type /OCG /Name (L) >>", catalog=b"/OCProperties << /OCGs [5 0 R] /D << /Order [5 0 R] >> >>"),
    "resources with unlucky names": paper(b"<< /Font << /JS 4 0 R /Launch 4 0 R >> >>", page=b"/Resources 5 0 R"),
    "words only": paper(stream(b"BT (/S /JavaScript /JS) Tj ET")),
}  # fmt: skip


def active() -> Iterator[Case]:
    """Yield what acts, in every place and both ways of writing it, and what only looks as if."""
    for verdict, kinds in (("pdf_active", ACTIONS), (ACCEPTED, LINKS)):
        for kind, action in kinds.items():
            for place, content in placed(action).items():
                yield case(f"{kind}: {place}", content, verdict)
                if place != "unreached":  # packing leaves it out
                    yield case(f"{kind}: {place}, packed", packed(content), verdict)
    for kind, action in ACTIONS.items():
        yield case(f"{kind}: at opening", paper(action, catalog=b"/OpenAction 5 0 R"), "pdf_active")
    for verdict, files in (("pdf_active", CARRIED), (ACCEPTED, HARMLESS)):
        for kind, content in files.items():
            yield case(kind, content, verdict)
            yield case(f"{kind}, packed", packed(content), verdict)


def of_pages(count: int) -> bytes:
    """Return a PDF of that many pages."""
    kids = b" ".join(b"%d 0 R" % number for number in range(3, count + 3))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    pages = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count)
    return raw_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", pages, *[page] * count])


def bomb(megabytes: int, *, keys: bytes = b"") -> bytes:
    """Return a packed stream of so many megabytes of spaces."""
    return stream(zlib.compress(b" " * (megabytes * 1024 * 1024), 9), b"/Filter /FlateDecode " + keys)


def locked() -> Iterator[Case]:
    """Yield encrypted files of every revision still written."""
    for revision in (2, 3, 4, 6):
        for user, owner in (("u", "o"), ("", "o"), ("u", "")):
            out = io.BytesIO()
            with pikepdf.open(io.BytesIO(paper())) as pdf:
                how = pikepdf.Encryption(
                    owner=owner, user=user, R=revision, aes=revision > 3, metadata=revision > 3
                )
                pdf.save(out, encryption=how)
            yield case(
                f"locked, revision {revision}, {user or '-'}/{owner or '-'}", out.getvalue(), "pdf_encrypted"
            )


def traps() -> Iterator[Case]:
    """Yield PDFs whose structure is the attack."""
    catalog = b"<< /Type /Catalog /Pages 2 0 R >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    loops = {
        "tree that holds itself": [catalog, b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"],
        "tree in a ring": [catalog, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"],
        "no tree": [b"<< /Type /Catalog >>"],
        "tree that is a number": [b"<< /Type /Catalog /Pages 7 >>"],
    }  # fmt: skip
    for name, objects in loops.items():
        yield case(name, raw_pdf(objects), "pdf_unreadable")
    yield case("no pages", raw_pdf([catalog, b"<< /Type /Pages /Kids [] /Count 0 >>"]), "pdf_no_pages")
    for lie in (0, 2, -1, 100_000, 2**31, 2**63):
        lying = raw_pdf([catalog, b"<< /Type /Pages /Kids [3 0 R] /Count %d >>" % lie, page])
        yield case(f"one page that claims to be {lie}", lying, ACCEPTED, "pdf_unreadable")
    yield case("2000 pages", of_pages(2000), ACCEPTED)
    for count in (2001, 10_000, 100_000):
        yield case(f"{count} pages", of_pages(count), "too_many_pages")
    for depth in (1000, 100_000):
        yield case(f"{depth} brackets", paper(b"[" * depth + b"]" * depth), "pdf_too_complex")
        yield case(f"{depth} dictionaries", paper(b"<</A" * depth + b" 1" + b">>" * depth), "pdf_too_complex")
        hidden = b"<< /S /JavaScript /JS (x) /X " + b"[" * depth + b"]" * depth + b" >>"
        yield case(
            f"script behind {depth} brackets", paper(hidden, page=b"/AA << /O 5 0 R >>"), "pdf_too_complex"
        )
    yield case("packed 80 MB", paper(bomb(80)), "file_dangerous")
    yield case("packed 20 MB", paper(bomb(20)), ACCEPTED)
    yield case("packed twice", paper(stream(zlib.compress(zlib.compress(b" " * 10**8)), b"/Filter [/FlateDecode /FlateDecode]")), "file_dangerous")  # fmt: skip
    yield case("many packed 60 MB", paper(*[bomb(60)] * 9), "file_dangerous")
    wide = b"/Type /XObject /Subtype /Image /Width 30000 /Height 30000 /ColorSpace /DeviceGray /BitsPerComponent 8"
    yield case("picture of 900 million points", paper(stream(b"x", wide)), "image_too_large")
    start = paper().rindex(b"xref\n0")
    yield case("table in a ring", paper(trailer=b"/Prev %d" % start), "pdf_unreadable", ACCEPTED)
    yield case("table elsewhere", paper().replace(b"startxref\n", b"startxref\n9"), "pdf_unreadable")
    yield case("table of letters", paper().replace(b"startxref\n", b"startxref\nx"), "pdf_unreadable")
