"""Bodies and files that several tests of the API send."""

import io
from typing import Any

import pikepdf
from PIL import Image

from procedures.models import Case, ComponentRequirement, DocumentType, Procedure, ProcedureVersion, Step
from procedures.services import publish
from tests.world import START, TU_CCCD, World


def intake(world: World, **changes: Any) -> dict[str, Any]:
    """Return the body of a whole, correct dossier of the world's procedure for bà Tư."""
    body: dict[str, Any] = {
        "procedure": world.procedure.key,
        "office": world.office.code,
        "channel": "desk",
        "applicant": {
            "kind": "citizen",
            "identity_number": TU_CCCD,
            "name": "Trần Thị Tư",
            "phone": "0912345678",
            "address": "12 Ngô Quyền",
        },
        "components": [
            {"component": "01", "provided_as": "original"},
            {"component": "02", "provided_as": "copy", "copies": 2},
        ],
        "return_method": "desk",
    }
    return {**body, **changes}


def procedure_of_four(world: World) -> Procedure:
    """Create and publish a procedure that asks for four papers."""
    procedure = Procedure.objects.create(
        key="BON-GIAY",
        name="Thủ tục bốn giấy",
        field=world.procedure.field,
        unit=world.agency,
        search_key="thu tuc bon giay",
    )
    version = ProcedureVersion.objects.create(
        procedure=procedure, number=1, in_force_from=START, limit_value=5, limit_unit="working_days"
    )
    case = Case.objects.create(version=version, code="default", name="Trường hợp chung")
    for position in range(1, 5):
        kind = DocumentType.objects.create(code=f"BON-{position}", name=f"Giấy {position}")
        ComponentRequirement.objects.create(
            case=case, code=f"{position:02d}", name=kind.name, document_type=kind, position=position
        )
    Step.objects.create(
        version=version,
        code="xem",
        name="Xem",
        citizen_name="Đang xem",
        role="leader",
        position=1,
        norm_hours=8,
    )
    publish(version)
    return procedure


def pdf(pages: int = 2, **save: Any) -> bytes:
    """Return a PDF with that many empty A4 pages."""
    document, out = pikepdf.new(), io.BytesIO()
    for _ in range(pages):
        document.add_blank_page(page_size=(595, 842))
    document.save(out, **save)
    return out.getvalue()


def image(kind: str = "PNG", size: tuple[int, int] = (1300, 1700), *, pages: int = 1) -> bytes:
    """Return a white picture."""
    out = io.BytesIO()
    more = (
        {"save_all": True, "append_images": [Image.new("L", size, 255) for _ in range(pages - 1)]}
        if pages > 1
        else {}
    )
    Image.new("L", size, 255).save(out, kind, **more)
    return out.getvalue()


def named(content: bytes, name: str = "giay.pdf") -> io.BytesIO:
    """Return an upload under that name, which the judge does not look at."""
    file = io.BytesIO(content)
    file.name = name
    return file
