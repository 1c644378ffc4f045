"""Clerks at many counters: they send intakes, note every outcome, and send again what they do not know."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Lock
from typing import Any

from tests.faults.conftest import Prepared
from tests.faults.processes import HOST, Portal, all_of, until

# Every answer that says "not now": the dossier may or may not be there, and the same key settles it.
_UNSURE = {500, 502, 503, 504}


@dataclass
class Book:
    """What the clerks were told: codes by idempotency key, how often an outcome was unknown, and what was refused."""

    codes: dict[str, set[str]] = field(default_factory=dict)
    answers: int = 0
    unknown: int = 0
    refused: list[tuple[int, Any]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def note(self, key: str, status: int, answer: Any) -> bool:
        """Write an answer down; return whether the outcome is known now."""
        with self._lock:
            if status == 201:
                self.codes.setdefault(key, set()).add(answer["code"])
                self.answers += 1
            elif status in _UNSURE:
                self.unknown += 1
                return False
            else:
                self.refused.append((status, answer))
            return True

    def lost(self) -> None:
        """Note that no answer came."""
        with self._lock:
            self.unknown += 1


class Clerks:
    """`count` parallel clients; each sends `each` intakes, every one of them twice with the same key, every other pair at once."""

    def __init__(self, portal: Portal, prepared: Prepared, *, count: int, each: int) -> None:
        self.portal, self.prepared = portal, prepared
        self.count, self.each = count, each
        self.book = Book()

    @property
    def total(self) -> int:
        """How many dossiers there must be in the end."""
        return self.count * self.each

    @contextmanager
    def working(self) -> Iterator[Callable[[], None]]:
        """Let them work in the background; the given function waits until all are done. Raises what a clerk raised."""
        with (
            ThreadPoolExecutor(self.count) as desks,
            ThreadPoolExecutor(self.count) as seconds,
            all_of(desks.submit(self._clerk, number, seconds) for number in range(self.count)) as finish,
        ):
            yield finish

    def have_answers(self, share: float, *, seconds: float = 600) -> None:
        """Wait until that share of all answers has come."""
        wanted = int(self.total * 2 * share)
        until(
            lambda: self.book.answers >= wanted,
            seconds=seconds,
            what=lambda: f"{wanted} answers; {self.book.refused[:1]}",
        )

    def _clerk(self, number: int, seconds: ThreadPoolExecutor) -> None:
        for turn in range(self.each):
            key = f"clerk-{number}-{turn}"
            at_once = seconds.submit(self._send_until_known, key) if turn % 2 else None
            self._send_until_known(key)
            if at_once is None:
                self._send_until_known(key)
            else:
                at_once.result()

    def _send_until_known(self, key: str) -> None:
        token = self.prepared.tokens["lan"]
        headers = {
            "Authorization": f"Token {token}",
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        body = json.dumps(self.prepared.body).encode()

        def is_known() -> bool:
            try:
                with closing(HTTPConnection(HOST, self.portal.port, timeout=30)) as connection:
                    connection.request("POST", "/api/v1/dossiers/", body, headers)
                    response = connection.getresponse()
                    text = response.read()
            except (OSError, HTTPException):
                self.book.lost()
                return False
            is_json = "json" in (response.getheader("Content-Type") or "")
            return self.book.note(key, response.status, json.loads(text) if is_json else text[:300])

        until(is_known, seconds=120, what=f"the outcome of {key}")


def check_numbers(portal: Portal, clerks: Clerks) -> None:
    """Every key has one code, every code its dossier, and the numbers of the day are 1, 2, 3 … without gap."""
    book = clerks.book
    assert book.refused == []
    assert len(book.codes) == clerks.total
    assert {key: codes for key, codes in book.codes.items() if len(codes) != 1} == {}
    stored = [code for (code,) in portal.sql("SELECT code FROM dossiers_dossier")]
    assert set(stored) == {code for codes in book.codes.values() for code in codes}
    assert sorted(int(code.rsplit("-", 1)[1]) for code in stored) == list(range(1, clerks.total + 1))
    assert portal.value("SELECT last FROM numbering_series WHERE key LIKE 'dossier:%%'") == clerks.total
    assert portal.value("SELECT count(*) FROM dossiers_dossierevent") == clerks.total


def check_codes(portal: Portal) -> None:
    """Every document has one code, and `nn` runs 1, 2, 3 … for each owner and type."""
    assert portal.value("SELECT count(*) FROM digitization_document WHERE code IS NULL") == 0
    broken = portal.sql(
        "SELECT code_owner, code_type, count(*), min(code_nn), max(code_nn) FROM digitization_document"
        " GROUP BY 1, 2 HAVING min(code_nn) <> 1 OR max(code_nn) <> count(*) OR count(DISTINCT code_nn) <> count(*)"
    )
    assert broken == []
    assert portal.value("SELECT count(*) - count(DISTINCT code) FROM digitization_document") == 0


def jobs_left(portal: Portal, *, besides: str = "") -> int:
    """Return how many jobs are not done, besides one kind, less the receipts that were put off (conftest.py) and what waits for the night."""
    left: int = portal.value(
        "SELECT count(*) FROM jobs_job WHERE done_at IS NULL AND kind NOT IN ('dossiers.issue_receipt', 'desk.close_day', %s)",
        [besides],
    )
    return left


def jobs_done(portal: Portal) -> int:
    """Return how many jobs are done."""
    done: int = portal.value("SELECT count(*) FROM jobs_job WHERE done_at IS NOT NULL")
    return done
