"""REST call that takes a file in. Reading papers goes through the dossiers they belong to (dossiers/api_documents.py)."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, parser_classes
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from bpmc_portal.api_http import act_once, iso, respond, user_of
from bpmc_portal.api_input import Shape, Text, checked
from bpmc_portal.errors import InvalidInput
from digitization import uploads
from digitization.models import Document


class UploadForm(Shape):
    """The text parts of an upload, judged apart from the file."""

    document_type = Text(required=False, default="")
    holder = Text(required=False, default="")


class UploadBody(UploadForm):
    """The whole multipart body, for the OpenAPI document."""

    file = serializers.FileField()


class DocumentAnswer(serializers.Serializer[Any]):
    """A paper; `document_code` is null until the background has given it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    document_type = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(Document.State.choices)
    sha256 = serializers.CharField(allow_null=True)
    media_type = serializers.CharField(allow_null=True)
    size = serializers.IntegerField(allow_null=True)
    pages = serializers.IntegerField(allow_null=True)
    document_code = serializers.CharField(allow_null=True)
    verdict = serializers.CharField()
    created_at = serializers.DateTimeField()


def document_json(document: Document) -> dict[str, Any]:
    """Return a paper as the API shows it; needs `blob` and `document_type` loaded."""
    return {
        "id": str(document.pk),
        "name": document.name,
        "document_type": document.document_type.code if document.document_type else None,
        "state": document.state,
        "sha256": document.blob_id,
        "media_type": document.blob.media_type if document.blob else None,
        "size": document.blob.size if document.blob else None,
        "pages": document.pages,
        "document_code": document.code,
        "verdict": document.verdict,
        "created_at": iso(document.created_at),
    }


@extend_schema(
    request={"multipart/form-data": UploadBody},
    responses={201: DocumentAnswer},
    operation_id="documents_create",
)
@api_view(["POST"])
@parser_classes([MultiPartParser])
def document_upload(request: Request) -> Response:
    """Take in one file: PDF, JPEG, PNG or TIFF up to 20 MB, judged by its content."""
    given = checked(UploadForm, request)
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        sentence = _("Thiếu tệp. Hãy gửi multipart/form-data với phần “file”.")
        raise InvalidInput(sentence, code="required", fields={"file": sentence})
    user = user_of(request)
    upload = uploads.take(file, document_type=given["document_type"], holder=given["holder"], actor=user)
    body = {**given, "sha256": upload.blob.pk}
    answer = act_once(request, lambda: (201, document_json(uploads.record(upload, actor=user))), body=body)
    response = respond(answer, answer.body)
    response["Location"] = reverse("api:document", kwargs={"pk": answer.body["id"]})
    return response
