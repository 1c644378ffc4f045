"""How the API describes itself: every refusal as a problem document, the headers of writes, the token of callers."""

import re
from typing import Any

from django.urls import resolve
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from bpmc_portal import access
from bpmc_portal.errors import PROBLEM_JSON

CURSOR = OpenApiParameter("cursor", str, description=_("Con trỏ trang, lấy nguyên từ next hoặc previous."))
LIMIT = OpenApiParameter("limit", int, description=_("Số dòng mỗi trang, từ 1 đến 100; mặc định 50."))
COUNT = OpenApiParameter(
    "count", str, enum=["1"], description=_("Đếm đúng số dòng; tốn thời gian trên danh sách dài.")
)
PAGED = [CURSOR, LIMIT, COUNT]
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description=_("Khoá chống lặp: cùng khoá và nội dung nhận lại câu trả lời đầu; khác nội dung: 422."),
)
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description=_('Số lần thay đổi đã đọc, ví dụ "3"; đã cũ: 412.')
)
FILE = OpenApiResponse(bytes, description=_("Nội dung tệp"))


class Problem(serializers.Serializer[Any]):
    """A refusal (RFC 9457): a stable code, and a Vietnamese sentence that says what to do."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = serializers.DictField(child=serializers.CharField(), required=False)  # type: ignore[assignment]
    request_id = serializers.CharField(required=False)
    allowed_actions = serializers.ListField(child=serializers.CharField(), required=False)


_WORDS = {
    "400": _("Nội dung gửi lên không hợp lệ"),
    "401": _("Chưa đăng nhập"),
    "403": _("Tài khoản không được làm việc này"),
    "404": _("Không có, hoặc không được xem"),
    "409": _("Không làm được ở trạng thái hiện nay"),
    "412": _("Đã có người thay đổi trước"),
    "413": _("Nội dung quá lớn"),
    "415": _("Kiểu nội dung không được hỗ trợ"),
    "422": _("Khoá chống lặp đã dùng cho nội dung khác"),
    "429": _("Quá nhiều yêu cầu"),
}
# What may stand in the address of a call: a UUID passes for a code too, a whole number only for itself.
_PLACES = re.compile(r"\{[^}]+\}")
_ANY_PLACE = "00000000-0000-0000-0000-000000000000"
_WHOLE_NUMBERS = {"{counter}": "1", "{position}": "1"}


class PortalSchema(AutoSchema):
    """drf-spectacular's view inspector with our answers to what goes wrong."""

    def get_override_parameters(self) -> list[Any]:
        """Add the headers that a write understands."""
        return [IDEMPOTENCY_KEY] if self.method == "POST" and not self._is_public() else []

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Say which calls need nobody signed in: the access table knows."""
        known: list[dict[str, list[str]]] = super().get_auth()
        return [{}, *known] if self._is_public() and {} not in known else known

    def _is_public(self) -> bool:
        address = _PLACES.sub(lambda found: _WHOLE_NUMBERS.get(found[0], _ANY_PLACE), self.path)
        name = resolve(address).view_name
        return access.ANONYMOUS in access.ACCESS.get(name, {}).get(self.method, frozenset())

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)  # type: ignore[arg-type]
        for status in self._refusals():
            bodies.setdefault(
                status,
                self._get_response_for_code(OpenApiResponse(Problem, _WORDS[status]), status, [PROBLEM_JSON]),  # type: ignore[no-untyped-call]
            )
        return dict(sorted(bodies.items()))

    def _refusals(self) -> list[str]:
        found = ["400", "404"]
        if not self._is_public():
            found += ["401", "403", "409"]
        if self.method == "POST":
            found += ["413", "415"] + (["429"] if self._is_public() else ["412", "422"])
        return found


class KnoxScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`Authorization: Token …`."""

    target_class = "bpmc_portal.accounts.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Describe the header."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Token <mã truy cập>",
        }
