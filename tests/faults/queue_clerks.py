"""A hall over HTTP: every counter's clerk gives out numbers, then calls and serves until nobody waits.

What is not known is asked again with the same Idempotency-Key, as the desk's pages do.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import local
from typing import Any

from tests.faults.processes import HOST, Portal, all_of, until

UNSURE = {500, 502, 503, 504}


@dataclass
class Told:
    """What one clerk was told."""

    taken: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    unknown: int = 0


class Hall:
    """`each` numbers are taken at every counter of a portal that has been built by queue_world.build."""

    def __init__(self, portal: Portal, *, counters: int, each: int) -> None:
        self.portal, self.each = portal, each
        given = json.loads(portal.run("tests.faults.queue_world", "build", str(counters)).splitlines()[-1])
        self.tokens, self.services = given["tokens"], given["services"]
        self.told = [Told() for _ in range(counters)]
        self._line = local()

    @property
    def total(self) -> int:
        """How many visitors there are."""
        return self.each * len(self.told)

    @contextmanager
    def at_work(self, act: Callable[[int], None]) -> Iterator[Callable[[], None]]:
        """Let every counter act in the background; the given function waits for all. Raises what a clerk raised."""
        counters = range(1, len(self.told) + 1)
        with (
            ThreadPoolExecutor(len(self.told)) as clerks,
            all_of(clerks.submit(self._act, act, number) for number in counters) as finish,
        ):
            yield finish

    def take(self, number: int) -> None:
        """Give out this counter's share of numbers, every fifth of them to a preferred visitor."""
        for turn in range(self.each):
            body = {"service": self.services[turn % 3], "priority": "elderly" if turn % 5 == 0 else ""}
            _status, answer = self._ask(number, "offices/VPB/tickets/", f"take-{number}-{turn}", body)
            self.told[number - 1].taken.append(answer["number"])

    def serve(self, number: int) -> None:
        """Call and start until nobody waits; the next call finishes who is there."""
        for turn in range(self.total + 1):
            key = f"call-{number}-{turn}"
            status, answer = self._ask(number, f"offices/VPB/counters/{number}/call-next/", key, None)
            if status == 204:
                return
            self.told[number - 1].called.append(answer["number"])
            self._ask(number, f"tickets/{answer['token']}/start/", f"start-{number}-{turn}", None)

    def called(self) -> int:
        """Return how many calls were answered so far."""
        return sum(len(each.called) for each in self.told)

    def _act(self, act: Callable[[int], None], number: int) -> None:
        try:
            act(number)
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        if line := getattr(self._line, "connection", None):
            line.close()
        self._line.connection = None

    def _ask(self, number: int, path: str, key: str, body: Any) -> tuple[int, Any]:
        found: list[tuple[int, Any]] = []

        def is_known() -> bool:
            try:
                status, answer = self._call(number, path, key, body)
            except (OSError, HTTPException):
                self._hang_up()
                status, answer = 503, None
            if status in UNSURE:
                self.told[number - 1].unknown += 1
                return False
            assert status < 400, (path, status, answer)
            found.append((status, answer))
            return True

        until(is_known, seconds=120, what=f"the outcome of {key}")
        return found[0]

    def _call(self, number: int, path: str, key: str, body: Any) -> tuple[int, Any]:
        line: HTTPConnection | None = getattr(self._line, "connection", None)
        if line is None:
            line = self._line.connection = HTTPConnection(HOST, self.portal.port, timeout=30)
        headers = {"Authorization": f"Token {self.tokens[number - 1]}", "Idempotency-Key": key}
        line.request(
            "POST",
            f"/api/v1/{path}",
            json.dumps(body or {}).encode(),
            {"Content-Type": "application/json", **headers},
        )
        response = line.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text.startswith(b"{") else text.decode()


def check_queue(hall: Hall) -> None:
    """None lost, none twice, numbers without a gap, one visitor a counter at a time, the bound kept, figures equal the recount."""
    portal, total = hall.portal, hall.total
    taken = sorted(number for each in hall.told for number in each.taken)
    assert len(taken) == len(set(taken)) == total
    assert sorted(number for each in hall.told for number in each.called) == taken
    assert portal.sql("SELECT status, count(*) FROM desk_ticket GROUP BY 1") == [("finished", total)]
    gaps = (
        "SELECT day, prefix FROM desk_ticket GROUP BY 1, 2 HAVING min(serial) <> 1 OR max(serial) <> count(*)"
    )
    assert portal.sql(gaps) == []
    assert portal.value("SELECT max(passed_over) FROM desk_ticket") <= 2
    assert portal.value(_OVERLAPS) == 0
    assert portal.value(_GAPS) == 0
    found = json.loads(portal.run("tests.faults.queue_world", "check").splitlines()[-1])
    assert found["differences"] == []
    assert found["visits"] == total


_OVERLAPS = """
SELECT count(*) FROM (
  SELECT started_at, lag(ended_at) OVER (PARTITION BY counter_id ORDER BY started_at, id) AS before FROM desk_period
  WHERE kind IN ('called', 'serving')
) spent WHERE started_at < before
"""
_GAPS = """
SELECT count(*) FROM (
  SELECT started_at, lag(ended_at) OVER (PARTITION BY ticket_id ORDER BY started_at, id) AS before FROM desk_period
) chain WHERE before IS NOT NULL AND started_at <> before
"""
