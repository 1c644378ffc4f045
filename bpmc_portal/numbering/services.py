"""Take numbers from a series."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

_TAKE = """
INSERT INTO numbering_series AS s (key, last) VALUES (%s, %s)
ON CONFLICT (key) DO UPDATE SET last = s.last + excluded.last RETURNING last, clock_timestamp()
"""
_TAKE_MANY = """
INSERT INTO numbering_series AS s (key, last)
SELECT key, count FROM unnest(%s::text[], %s::bigint[]) AS wanted(key, count) ORDER BY key
ON CONFLICT (key) DO UPDATE SET last = s.last + excluded.last RETURNING key, last
"""


def take(key: str, count: int = 1) -> int:
    """Take `count` consecutive numbers and return the first.

    Must run inside the transaction that uses the numbers: a rollback gives them back, so a series has no gap. The series row
    stays locked until commit, so call it as late as possible.
    """
    return _take(key, count)[0] - count + 1


def take_with_clock(key: str) -> tuple[int, datetime]:
    """Take one number, and the database's clock once the series is locked: a later number never has an earlier instant."""
    return _take(key, 1)


def _take(key: str, count: int) -> tuple[int, datetime]:
    if not connection.in_atomic_block:
        raise RuntimeError("Numbers are taken inside the transaction that uses them.")
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [key, count])
        last, now = cursor.fetchone()
    return last, now


def take_many(counts: Mapping[str, int]) -> dict[str, int]:
    """Take numbers from several series in one statement, locking them in key order; return the first number of each."""
    if not connection.in_atomic_block:
        raise RuntimeError("Numbers are taken inside the transaction that uses them.")
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_MANY, [list(counts), list(counts.values())])
        return {key: last - counts[key] + 1 for key, last in cursor.fetchall()}
