"""What stands in a package beside the files: the fields of TT 02/2019/TT-BNV, the events in the words of PREMIS, the map in METS.

The fields are those of design note 1.2 (from memory of the circular, not its printed table): a schema of ours goes into every package, so that
a reader decades later needs nothing else. No clock and no random identifier: the same dossier gives the same bytes.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from digitization.packages import Contents, Paper

SCHEMA = Path(__file__).parent / "data" / "ho-so.xsd"
DOSSIER = "urn:motcua:luu-tru:1"
PREMIS, METS = "http://www.loc.gov/premis/v3", "http://www.loc.gov/METS/"
XLINK, XSI = "http://www.w3.org/1999/xlink", "http://www.w3.org/2001/XMLSchema-instance"
LANGUAGE = "Tiếng Việt"
# Every dossier bears personal data, so none is open to all (Luật 91/2025/QH15).
ACCESS = "Hạn chế"
_PREFIXES = {"": DOSSIER, "premis": PREMIS, "mets": METS, "xlink": XLINK, "xsi": XSI}


def of(contents: "Contents") -> dict[str, bytes]:
    """Return the files of the folder `metadata/` by their path in the payload."""
    return {
        "metadata/ho-so.xml": dossier_xml(contents),
        "metadata/ho-so.xsd": _schema(),
        "metadata/mets.xml": mets_xml(contents),
        "metadata/premis.xml": premis_xml(contents),
    }


@cache
def _schema() -> bytes:
    return SCHEMA.read_bytes()


def dossier_xml(contents: "Contents") -> bytes:
    """Return the description of the dossier and of each document in it, by the fields of TT 02/2019/TT-BNV."""
    root = ET.Element(f"{{{DOSSIER}}}hoSo")
    pages = sum(paper.pages or 0 for paper in contents.papers)
    _fields(root, DOSSIER, (
        ("maHoSo", contents.code), ("lanDongGoi", str(contents.number)), ("coQuan", contents.org), ("donVi", contents.unit),
        ("tieuDe", contents.title), ("thoiHanBaoQuan", contents.retention), ("cheDoSuDung", ACCESS), ("ngonNgu", LANGUAGE),
        ("thoiGianBatDau", f"{contents.started_on:%Y-%m-%d}"), ("thoiGianKetThuc", f"{contents.closed_on:%Y-%m-%d}"),
        ("tuKhoa", "; ".join(contents.keywords)), ("soVanBan", str(len(contents.papers))), ("soTrang", str(pages)),
        ("tinhTrangVatLy", "Bản điện tử"),
    ))  # fmt: skip
    papers = ET.SubElement(root, f"{{{DOSSIER}}}vanBanTrongHoSo")
    for paper in contents.papers:
        _describe(ET.SubElement(papers, f"{{{DOSSIER}}}vanBan"), paper, contents.code)
    return _bytes(root)


def _describe(node: ET.Element, paper: "Paper", code: str) -> None:
    _fields(node, DOSSIER, (
        ("maDinhDanh", paper.identifier), ("maHoSo", code), ("soThuTu", str(paper.position)), ("tenLoai", paper.kind),
        ("soKyHieu", paper.number), ("ngay", f"{paper.issued_on:%Y-%m-%d}" if paper.issued_on else ""),
        ("coQuanBanHanh", paper.issuer), ("trichYeu", paper.name), ("ngonNgu", LANGUAGE),
        ("soTrang", str(paper.pages or 0)), ("mucDoTinCay", paper.trust), ("cheDoSuDung", ACCESS),
        ("tinhTrangVatLy", "Bản điện tử" if paper.files else "Bản giấy, chưa số hoá"),
    ))  # fmt: skip
    for file in paper.files:
        found = ET.SubElement(node, f"{{{DOSSIER}}}tep", {"sha256": file.blob.sha256, "loai": file.use})
        found.text = file.path


def premis_xml(contents: "Contents") -> bytes:
    """Return the files as objects with their sums, and the dossier's own chain of events."""
    root = ET.Element(f"{{{PREMIS}}}premis", {"version": "3.0"})
    for file in contents.files:
        node = ET.SubElement(root, f"{{{PREMIS}}}object", {f"{{{XSI}}}type": "premis:file"})
        _fields(_sub(node, "objectIdentifier"), PREMIS, (
            ("objectIdentifierType", "path"), ("objectIdentifierValue", f"data/{file.path}"),
        ))  # fmt: skip
        facts = _sub(node, "objectCharacteristics")
        _fields(_sub(facts, "fixity"), PREMIS, (
            ("messageDigestAlgorithm", "SHA-256"), ("messageDigest", file.blob.sha256),
        ))  # fmt: skip
        _fields(facts, PREMIS, (("size", str(file.blob.size)),))
        _fields(
            _sub(_sub(facts, "format"), "formatDesignation"), PREMIS, (("formatName", file.blob.media_type),)
        )
    for event in contents.events:
        node = _sub(root, "event")
        _fields(_sub(node, "eventIdentifier"), PREMIS, (
            ("eventIdentifierType", "seq"), ("eventIdentifierValue", str(event.seq)),
        ))  # fmt: skip
        _fields(node, PREMIS, (("eventType", event.kind), ("eventDateTime", event.at.isoformat())))
        words = f"{event.words}. {event.reason}".strip().rstrip(".")
        _fields(_sub(node, "eventDetailInformation"), PREMIS, (("eventDetail", words),))
        _fields(_sub(node, "eventOutcomeInformation"), PREMIS, (("eventOutcome", event.outcome),))
        _fields(_sub(node, "linkingAgentIdentifier"), PREMIS, (
            ("linkingAgentIdentifierType", event.unit), ("linkingAgentIdentifierValue", event.agent or event.unit),
        ))  # fmt: skip
    return _bytes(root)


def mets_xml(contents: "Contents") -> bytes:
    """Return the map of the package: where each file lies, its sum, and to which paper it belongs."""
    root = ET.Element(f"{{{METS}}}mets", {"OBJID": contents.bag, "LABEL": contents.title, "TYPE": "Hồ sơ"})
    for number, (kind, name) in enumerate((("PREMIS:EVENT", "premis.xml"), ("OTHER", "ho-so.xml")), 1):
        part = ET.SubElement(
            root, f"{{{METS}}}{'dmdSec' if kind == 'OTHER' else 'amdSec'}", {"ID": f"md-{number}"}
        )
        if kind != "OTHER":
            part = ET.SubElement(part, f"{{{METS}}}digiprovMD", {"ID": "digiprov-1"})
        link = {"LOCTYPE": "URL", "MDTYPE": kind, f"{{{XLINK}}}href": name}
        ET.SubElement(part, f"{{{METS}}}mdRef", link | ({"OTHERMDTYPE": DOSSIER} if kind == "OTHER" else {}))
    # The schema of METS wants descriptions before administration.
    root[:] = sorted(root, key=lambda part: not part.tag.endswith("dmdSec"))
    group = ET.SubElement(ET.SubElement(root, f"{{{METS}}}fileSec"), f"{{{METS}}}fileGrp", {"USE": "data"})
    tree = ET.SubElement(root, f"{{{METS}}}structMap", {"TYPE": "logical"})
    whole = ET.SubElement(tree, f"{{{METS}}}div", {"LABEL": contents.title})
    names = {file.path: f"file-{number}" for number, file in enumerate(contents.files, 1)}
    for file in contents.files:
        sums = {"CHECKSUM": file.blob.sha256, "CHECKSUMTYPE": "SHA-256", "SIZE": str(file.blob.size)}
        given = {"ID": names[file.path], "MIMETYPE": file.blob.media_type, "USE": file.use, **sums}
        node = ET.SubElement(group, f"{{{METS}}}file", given)
        link = {"LOCTYPE": "URL", f"{{{XLINK}}}href": f"../{file.path}"}
        ET.SubElement(node, f"{{{METS}}}FLocat", link)
    for paper in contents.papers:
        node = ET.SubElement(whole, f"{{{METS}}}div", {"LABEL": paper.name, "ORDER": str(paper.position)})
        for file in paper.files:
            ET.SubElement(node, f"{{{METS}}}fptr", {"FILEID": names[file.path]})
    return _bytes(root)


def _sub(node: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(node, f"{{{PREMIS}}}{name}")


def _fields(node: ET.Element, space: str, pairs: tuple[tuple[str, str], ...]) -> None:
    for name, value in pairs:
        ET.SubElement(node, f"{{{space}}}{name}").text = _printable(value)


def _printable(text: str) -> str:
    """Leave out the control characters that XML cannot hold."""
    return "".join(sign for sign in text if sign >= " " or sign in "\t\n")


def _bytes(root: ET.Element) -> bytes:
    for prefix, space in _PREFIXES.items():
        if prefix:
            ET.register_namespace(prefix, space)
    ET.register_namespace("lt", DOSSIER)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
