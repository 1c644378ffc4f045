"""REST calls that read papers: only those in sight, and never as something a browser would run."""

from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view, renderer_classes
from rest_framework.request import Request
from rest_framework.response import Response

from bpmc_portal.api_http import AnyTypeRenderer, iso, user_of
from bpmc_portal.api_schema import FILE, PAGED
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError
from bpmc_portal.pagination import Order, page
from digitization import storage
from digitization.api import DocumentAnswer, document_json
from digitization.models import Blob, Document
from dossiers import documents
from dossiers.api_shapes import HeldPage
from dossiers.services import held
from procedures import catalogue

_EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif"}
_NEWEST_FIRST = Order(("created_at", "id"), is_descending=True)


@extend_schema(responses=DocumentAnswer, operation_id="documents_read")
@api_view(["GET"])
def document_detail(request: Request, pk: UUID) -> Response:
    """Return what is known of one paper."""
    document = documents.find(pk, user_of(request))
    record_access(request._request, f"document:{document.pk}")
    return Response(document_json(document))


@extend_schema(
    parameters=[OpenApiParameter("copy", str, enum=["access"])],
    responses={(200, "application/octet-stream"): FILE},
    operation_id="documents_content",
)
@api_view(["GET"])
@renderer_classes([AnyTypeRenderer])
def document_content(request: Request, pk: UUID) -> HttpResponseBase:
    """Return the stored bytes, to be saved: no script in them may run in our name. `copy=access`: the copy that bears the code."""
    document = documents.find(pk, user_of(request))
    is_copy = request.query_params.get("copy") == "access"
    blob = _file_of(document, is_copy=is_copy)
    record_access(request._request, f"document:{document.pk}")
    ending = _("-ban-tra-cuu") if is_copy else ""
    name = f"{document.code or document.pk}{ending}.{_EXTENSIONS.get(blob.media_type, 'bin')}"
    try:
        file = storage.open(blob.sha256)
    except FileNotFoundError:
        sentence = _(
            "Tệp của giấy tờ này bị mất trong kho. Hãy báo quản trị hệ thống khôi phục từ bản sao lưu."
        )
        raise DomainError(sentence, code="file_lost", status=500) from None
    response = FileResponse(file, as_attachment=True, filename=name, content_type=blob.media_type)
    response["Content-Length"] = str(blob.size)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _file_of(document: Document, *, is_copy: bool) -> Blob:
    """Return the original or the access copy. Raises DomainError (404) when there is none."""
    if document.blob is None:
        raise DomainError(_("Giấy tờ này chỉ có bản giấy, chưa có tệp."), code="no_file", status=404)
    if not is_copy:
        return document.blob
    if document.access_copy is None:
        sentence = _(
            "Bản sao tra cứu của giấy tờ này chưa làm xong. Hãy tải bản gốc, hoặc thử lại sau ít phút."
        )
        raise DomainError(sentence, code="no_access_copy", status=404)
    return document.access_copy


@extend_schema(
    parameters=[OpenApiParameter("reusable", str, enum=["1"]), *PAGED],
    responses=HeldPage,
    operation_id="holders_documents",
)
@api_view(["GET"])
def holder_documents(request: Request, identity_number: str) -> Response:
    """List the papers that a holder has here, the newest first; `reusable=1` keeps those that may serve again today."""
    now = catalogue.read()[1]
    number = "".join(letter for letter in identity_number if letter.isalnum() or letter == "-")[:20]
    papers = documents.held_by(number, user_of(request)).select_related("blob", "document_type")
    wants_reusable = request.query_params.get("reusable") == "1"
    found = held.reusable(papers, at=now) if wants_reusable else held.with_validity(papers)

    def show(page_of: list[Any]) -> list[Any]:
        return [
            {
                **document_json(document),
                "valid_until": iso(document.valid_until),
                "is_valid": document.valid_until is None or document.valid_until > now,
                "source": document.code_origin,
                "came_by": document.source,
                "number": document.number,
                "issued_on": document.issued_on.isoformat() if document.issued_on else None,
                "issuer": document.issuer,
                "signed": document.signed,
            }
            for document in page_of
        ]

    answer = page(found, request, order=_NEWEST_FIRST, show=show)
    record_access(request._request, f"holder:{number}", count=len(answer["results"]))
    return Response(answer)
