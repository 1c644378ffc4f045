"""Shapes of what the API is sent: strict types, each refusal a Vietnamese sentence with a stable code. No business rule."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import parsers, serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from bpmc_portal.errors import InvalidInput
from bpmc_portal.lib.vietnamese import LOCAL_ZONE

_REQUIRED = gettext_lazy("Thiếu “{field}”. Hãy bổ sung rồi gửi lại.")
_NULL = gettext_lazy("“{field}” không được là null. Hãy điền giá trị hoặc bỏ trường này.")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PLUS_LOST = re.compile(r" ([0-9]{2}:?[0-9]{2})$")
_LARGEST = 10**9


class JSONParser(parsers.JSONParser):
    """JSON whose nesting cannot exhaust the stack."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Read the body; nonsense of any kind is one refusal."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError from None


class _Named:
    """Names the field in the sentences that every field shares."""

    def fail(self, key: str, **values: Any) -> Any:
        """Refuse with the sentence of `key`, which is also the stable code."""
        super().fail(key, field=self.field_name, **values)  # type: ignore[misc,attr-defined]  # of the field class beside it


class Text(_Named, serializers.CharField):
    """A JSON string. A number is refused, because an identity number sent as one has lost its leading zeros."""

    default_error_messages = {
        "required": _REQUIRED,
        "null": _NULL,
        "not_text": gettext_lazy("“{field}” phải là chuỗi ký tự, đặt trong dấu nháy kép."),
        "control_character": gettext_lazy(
            "“{field}” có ký tự điều khiển không đọc được. Hãy xoá ô này rồi gõ lại."
        ),
    }

    def __init__(self, **options: Any) -> None:
        """Take blank text: whether something is missing is for the service to say."""
        super().__init__(**{"allow_blank": True, "trim_whitespace": False, **options})

    def to_internal_value(self, data: Any) -> str:
        """Return the text as sent."""
        if not isinstance(data, str):
            self.fail("not_text")
        if "\x00" in data or any("\ud800" <= letter <= "\udfff" for letter in data):
            self.fail("control_character")
        return str(data)


class Choice(_Named, serializers.ChoiceField):
    """One of a closed list; the refusal names the list."""

    default_error_messages = {
        "required": _REQUIRED,
        "null": _NULL,
        "unknown_value": gettext_lazy(
            "“{input}” không phải giá trị của “{field}”. Các giá trị được nhận: {choices}."
        ),
    }

    def to_internal_value(self, data: Any) -> Any:
        """Return the value when it is in the list."""
        if not isinstance(data, str) or data not in self.choices:
            self.fail("unknown_value", input=str(data)[:40], choices=", ".join(map(str, self.choices)))
        return data


class WholeNumber(_Named, serializers.IntegerField):
    """A JSON integer; text, fractions and booleans are refused."""

    default_error_messages = {
        "required": _REQUIRED,
        "null": _NULL,
        "not_whole_number": gettext_lazy("“{field}” phải là số nguyên."),
        "number_too_large": gettext_lazy("“{field}” lớn quá mức cho phép."),
    }

    def to_internal_value(self, data: Any) -> int:
        """Return the number; its range is for the service to judge."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("not_whole_number")
        if abs(data) > _LARGEST:
            self.fail("number_too_large")
        return int(data)


class Flag(_Named, serializers.BooleanField):
    """A JSON boolean."""

    default_error_messages = {
        "required": _REQUIRED,
        "null": _NULL,
        "not_boolean": gettext_lazy("“{field}” phải là true hoặc false."),
    }

    def to_internal_value(self, data: Any) -> bool:
        """Return the boolean; text such as "yes" is refused."""
        if not isinstance(data, bool):
            self.fail("not_boolean")
        return bool(data)


class Day(_Named, serializers.DateField):
    """A date as YYYY-MM-DD."""

    default_error_messages = {
        "required": _REQUIRED,
        "null": _NULL,
        "date_format": gettext_lazy("“{field}” phải là ngày dạng YYYY-MM-DD, ví dụ 1960-05-19."),
        "date_not_real": gettext_lazy(
            "“{field}” không phải ngày có trong lịch. Hãy kiểm tra lại ngày và tháng."
        ),
    }

    def to_internal_value(self, value: Any) -> date:
        """Return the date."""
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            self.fail("date_format")
        try:
            return date.fromisoformat(value)
        except ValueError:
            return self.fail("date_not_real")  # type: ignore[no-any-return]


class Identifier(_Named, serializers.UUIDField):
    """A UUID in its usual writing."""

    default_error_messages = {
        "required": _REQUIRED,
        "null": _NULL,
        "uuid_format": gettext_lazy("“{field}” phải là mã UUID mà hệ thống đã trả về."),
    }

    def to_internal_value(self, data: Any) -> UUID:
        """Return the UUID."""
        if not isinstance(data, str) or not _UUID.fullmatch(data):
            self.fail("uuid_format")
        return UUID(data)


class FreeForm(_Named, serializers.DictField):
    """A JSON object whose content the service judges."""

    default_error_messages = {
        "required": _REQUIRED,
        "null": _NULL,
        "not_object": gettext_lazy("“{field}” phải là một đối tượng JSON."),
        "control_character": gettext_lazy("“{field}” có ký tự điều khiển không đọc được. Hãy gõ lại."),
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the object as sent; text that UTF-8 cannot carry is refused."""
        if not isinstance(data, dict):
            self.fail("not_object")
        try:
            repr_of = _all_text(data)
            repr_of.encode()
        except UnicodeEncodeError:
            self.fail("control_character")
        if "\x00" in repr_of:
            self.fail("control_character")
        return dict(data)


def _all_text(node: Any) -> str:
    """Join every key and string of a JSON value; walks with a list of its own instead of the stack."""
    parts: list[str] = []
    waiting: list[Any] = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            parts += each.keys()
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, str):
            parts.append(each)
    return "\n".join(parts)


class TextList(_Named, serializers.ListField):
    """A JSON array of strings."""

    child = Text()

    default_error_messages = {
        "required": _REQUIRED,
        "null": _NULL,
        "not_a_list": gettext_lazy("Phải gửi một danh sách JSON ở đây."),
        "max_length": gettext_lazy("Danh sách có quá nhiều phần tử; nhiều nhất là {max_length}."),
    }


class ShapeList(_Named, serializers.ListSerializer[Any]):
    """A JSON array of shapes."""

    default_error_messages = {
        "required": _REQUIRED,
        "null": _NULL,
        "not_a_list": gettext_lazy("Phải gửi một danh sách JSON ở đây."),
        "empty": gettext_lazy("“{field}” không được rỗng."),
        "max_length": gettext_lazy("Danh sách có quá nhiều phần tử; nhiều nhất là {max_length}."),
    }


class Shape(_Named, serializers.Serializer[Any]):
    """A JSON object with known fields; unknown ones are left aside."""

    default_error_messages = {
        "required": _REQUIRED,
        "null": _NULL,
        "invalid": gettext_lazy("Phải gửi một đối tượng JSON ở đây, nhưng nhận được {datatype}."),
    }

    class Meta:
        list_serializer_class = ShapeList


def checked(shape: type[Shape], request: Request) -> dict[str, Any]:
    """Return the body of the request in the given shape, or raise with every refusal by field."""
    serializer = shape(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def text_param(request: Request, name: str, *, max_length: int = 200) -> str:
    """Return a query parameter without surrounding spaces, empty when absent; refuse what no text may hold."""
    typed = request.query_params.get(name, "").strip()
    if "\x00" in typed:
        sentence = _("Tham số “%s” có ký tự điều khiển không đọc được.") % name
        raise InvalidInput(sentence, code="control_character", fields={name: sentence})
    if len(typed) > max_length:
        sentence = _("Tham số “%s” dài quá %s ký tự.") % (name, max_length)
        raise InvalidInput(sentence, code="text_too_long", fields={name: sentence})
    return typed


def number_param(request: Request, name: str) -> int | None:
    """Return a whole number of a query parameter, None when absent."""
    typed = text_param(request, name)
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 9):
        sentence = _("Tham số “%s” phải là số nguyên.") % name
        raise InvalidInput(sentence, code="not_whole_number", fields={name: sentence})
    return int(typed)


def instant_param(request: Request, name: str) -> datetime | None:
    """Return an instant of a query parameter; without an offset it is Vietnamese time, and a bare date is its midnight.

    An unescaped "+" of the offset arrives as a space and is put back.
    """
    typed = _PLUS_LOST.sub(r"+\1", text_param(request, name))
    if not typed:
        return None
    try:
        found = parse_datetime(f"{typed}T00:00" if _DATE.fullmatch(typed) else typed)
        at = found if found is None or found.utcoffset() is not None else found.replace(tzinfo=LOCAL_ZONE)
        # Near the ends of the calendar an instant exists that has no local time.
        local = None if at is None else at.astimezone(LOCAL_ZONE)
    except (ValueError, OverflowError):
        local = None
    if local is None:
        sentence = _("Tham số “%s” phải là thời điểm ISO 8601, ví dụ 2025-01-24T15:30+07:00.") % name
        raise InvalidInput(sentence, code="instant_format", fields={name: sentence})
    return local
