"""Load many rows at once by COPY: without indexes, foreign keys and row triggers meanwhile, and with all of them back and proven.

Putting a foreign key or a unique index back makes PostgreSQL check every row; what the row triggers guard is checked by the caller.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from typing import Any, Self

from django.db import connection
from psycopg2 import sql  # type: ignore[import-untyped]  # the driver ships no types

_CONSTRAINTS = """
SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
WHERE c.conrelid = ANY(%s::regclass[]) AND c.contype IN ('f', 'u')
  AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.conindid AND c.contype = 'u')
ORDER BY c.contype = 'f', 1, 2
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisprimary
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY 1
"""
# Only what is on: a trigger that somebody has switched off stays off.
_TRIGGERS = """
SELECT tgrelid::regclass::text, tgname FROM pg_trigger
WHERE tgrelid = ANY(%s::regclass[]) AND NOT tgisinternal AND tgenabled = 'O' ORDER BY 1, 2
"""
NULL = "\\N"
BATCHES = 12


@contextmanager
def bare(tables: Sequence[str]) -> Iterator[None]:
    """Take foreign keys, unique constraints, secondary indexes and user triggers off the tables, and put them back.

    Inside one transaction: a fault leaves everything as it was. Locks the tables against everybody.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(_CONSTRAINTS, [list(tables)])
        constraints = cursor.fetchall()
        for table, name, _definition in reversed(constraints):
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(_INDEXES, [list(tables)])
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute(_TRIGGERS, [list(tables)])
        triggers = cursor.fetchall()
        for table, name in triggers:
            cursor.execute(f'ALTER TABLE {table} DISABLE TRIGGER "{name}"')
        yield
        for table, name in triggers:
            cursor.execute(f'ALTER TABLE {table} ENABLE TRIGGER "{name}"')
        for _name, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in constraints:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


class Stream:
    """Rows of one table on their way, in COPY's text format."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        # Column names that are words of SQL ("position") need their quotes.
        self.statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        self.lines: list[str] = []

    def add(self, *values: Any) -> None:
        """Put down one row; None is NULL. Text must not hold tabs, line ends or backslashes: see `plain`."""
        self.lines.append("\t".join(["\\N" if value is None else str(value) for value in values]))

    def flush(self) -> None:
        """Send what is waiting."""
        self.send(self.lines)
        self.lines = []

    def send(self, lines: Sequence[str]) -> None:
        """Send lines that are written already."""
        if lines:
            with connection.cursor() as cursor:
                cursor.copy_expert(self.statement, StringIO("\n".join([*lines, ""])))


class Sender:
    """Sends lines by a thread of its own, in the order given, while the next ones are made: the connection is its alone until the end.

    At most one batch waits. What the database refuses is raised at the next `send` or at the end.
    """

    def __init__(self) -> None:
        connection.ensure_connection()
        self.raw = connection.connection
        self.pool = ThreadPoolExecutor(1)
        self.waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            while self.waiting:
                self.waiting.popleft().result()
        finally:
            self.pool.shutdown()

    def send(self, stream: "Stream") -> None:
        """Take the lines of a stream and send them soon."""
        if not stream.lines:
            return
        lines, stream.lines = stream.lines, []
        while len(self.waiting) >= BATCHES:
            self.waiting.popleft().result()
        self.waiting.append(self.pool.submit(self._copy, stream.statement, lines))

    def _copy(self, statement: sql.Composed, lines: list[str]) -> None:
        with self.raw.cursor() as cursor:
            cursor.copy_expert(statement, StringIO("\n".join([*lines, ""])))


def plain(text: str) -> str:
    """Return text that COPY's text format takes as it is."""
    return " ".join(text.replace("\\", "/").split())


def reserve(table: str, count: int) -> int:
    """Take `count` consecutive ids of a table and return the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        sequence = cursor.fetchone()[0]
        cursor.execute("SELECT nextval(%s)", [sequence])
        first: int = cursor.fetchone()[0]
        cursor.execute("SELECT setval(%s, %s)", [sequence, first + max(count, 1) - 1])
    return first


def next_id(table: str) -> int:
    """Return the next id of a table without taking it: only for who holds the table, and tells with `reach_ids` how many it took."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')), 0) + 1", [table]
        )
        first: int = cursor.fetchone()[0]
    return first


def reach_ids(table: str, following: int) -> None:
    """Let the ids of a table go on with `following`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), greatest(%s, 1), %s)",
            [table, following - 1, following > 1],
        )


def put_series(last: Mapping[str, int]) -> None:
    """Set number series to the last numbers given."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO numbering_series (key, last) SELECT * FROM unnest(%s::text[], %s::bigint[])"
            " ON CONFLICT (key) DO UPDATE SET last = excluded.last",
            [list(last), list(last.values())],
        )
