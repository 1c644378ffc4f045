"""Cursor pages: a page costs the same wherever it stands, and rows that arrive meanwhile shift nothing."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from rest_framework.request import Request

from bpmc_portal.errors import InvalidInput

T = TypeVar("T")
Row = TypeVar("Row", bound=Model)
DEFAULT_SIZE = 50
LARGEST_SIZE = 100


@dataclass(frozen=True)
class Order:
    """Columns that a list is sorted by, the last one unique, none of them NULL in the rows of the list."""

    columns: tuple[str, ...]
    is_descending: bool = False

    def sorted(self, rows: QuerySet[Row], *, backward: bool) -> QuerySet[Row]:
        """Sort by the columns, the other way round when walking backward."""
        sign = "-" if self.is_descending != backward else ""
        return rows.order_by(*(sign + column for column in self.columns))

    def beyond(self, key: Sequence[Any], *, backward: bool) -> Q:
        """Keep the rows strictly beyond the key. The first column also stands alone, so that an index can start there."""
        word = "lt" if self.is_descending != backward else "gt"
        wanted = Q()
        for place in reversed(range(len(self.columns))):
            column, value = self.columns[place], key[place]
            strict = Q(**{f"{column}__{word}": value})
            wanted = (
                strict
                if place == len(self.columns) - 1
                else Q(**{f"{column}__{word}e": value}) & (strict | wanted)
            )
        return wanted


def page(
    rows: QuerySet[Row], request: Request, *, order: Order, show: Callable[[list[Row]], list[Any]]
) -> dict[str, Any]:
    """Return `{next, previous, results}` of a query, with `count` only when `?count=1` asks for it.

    One statement, two with the count. `show` turns the rows of the page into JSON. Raises InvalidInput for a cursor or size that
    this list did not give.
    """
    size, cursor = _size(request), _cursor(request, len(order.columns))
    backward = cursor is not None and cursor[0] == "p"
    wanted = _from(rows, order, cursor[1], backward=backward) if cursor else rows
    found = list(order.sorted(wanted, backward=backward)[: size + 1])
    has_more, found = len(found) > size, found[:size]
    if backward:
        found.reverse()
    first, last = (_key(found[0], order), _key(found[-1], order)) if found else (None, None)
    answer: dict[str, Any] = {
        "next": _link(request, "n", last) if found and (has_more or backward) else None,
        "previous": _link(request, "p", first)
        if found and (has_more if backward else cursor is not None)
        else None,
        "results": show(found),
    }
    if request.query_params.get("count") == "1":
        answer["count"] = rows.count()
    return answer


def page_of_list(items: Sequence[T], request: Request, *, show: Callable[[T], Any]) -> dict[str, Any]:
    """Return a page of what is in memory already; the cursor is the place in the list."""
    size, cursor = _size(request), _cursor(request, 1)
    start = max(0, cursor[1][0]) if cursor and isinstance(cursor[1][0], int) else 0
    answer: dict[str, Any] = {
        "next": _link(request, "n", [start + size]) if start + size < len(items) else None,
        "previous": _link(request, "n", [max(0, start - size)]) if start else None,
        "results": [show(item) for item in items[start : start + size]],
    }
    if request.query_params.get("count") == "1":
        answer["count"] = len(items)
    return answer


def _size(request: Request) -> int:
    typed = request.query_params.get("limit")
    if typed is None:
        return DEFAULT_SIZE
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 4 and 1 <= int(typed) <= LARGEST_SIZE):
        sentence = _("Số dòng mỗi trang phải là số nguyên từ 1 đến %s.") % LARGEST_SIZE
        raise InvalidInput(sentence, code="limit_range", fields={"limit": sentence})
    return int(typed)


def _key(row: Model, order: Order) -> list[Any]:
    values = [getattr(row, column) for column in order.columns]
    return [_written(value) for value in values]


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return {"id": str(value)} if isinstance(value, UUID) else value


def _link(request: Request, direction: str, key: list[Any] | None) -> str:
    text = json.dumps([direction, key], separators=(",", ":"))
    cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _cursor(request: Request, length: int) -> tuple[str, list[Any]] | None:
    """Read the cursor: a direction and the key of the row at the edge of the page before. Nothing in it opens anything."""
    typed = request.query_params.get("cursor")
    if not typed:
        return None
    try:
        direction, key = json.loads(
            base64.b64decode(typed[:400] + "=" * (-len(typed) % 4), altchars=b"-_", validate=True)
        )
        values = [_value(part) for part in key]
        if direction not in {"n", "p"} or len(values) != length:
            raise ValueError
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise _wrong_cursor() from None
    return direction, values


def _from(rows: QuerySet[Row], order: Order, key: list[Any], *, backward: bool) -> QuerySet[Row]:
    try:
        return rows.filter(order.beyond(key, backward=backward))
    except (TypeError, ValueError, ValidationError):
        raise _wrong_cursor() from None  # a cursor of another list


def _wrong_cursor() -> InvalidInput:
    sentence = _("Con trỏ trang không đúng. Hãy mở lại danh sách từ trang đầu.")
    return InvalidInput(sentence, code="cursor_format", fields={"cursor": sentence})


def _value(part: Any) -> Any:
    if isinstance(part, dict) and "id" in part:
        return UUID(part["id"]) if isinstance(part["id"], str) else _refuse()
    if isinstance(part, dict):
        at = parse_datetime(part["at"]) if isinstance(part.get("at"), str) else None
        return at if at is not None and at.utcoffset() is not None else _refuse()
    if isinstance(part, bool) or not isinstance(part, int) or abs(part) >= 2**63:
        _refuse()
    return part


def _refuse() -> NoReturn:
    raise ValueError
