"""One measurement: a load on the portal or on the limit, with what it cost in CPU and SQL."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import cycle
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import psutil

from tests.bench import http_load
from tests.bench.http_load import Load, request
from tests.faults.processes import Portal, sql

# What a statement of pg_stat_statements must not start with to count: transaction control and session settings.
_CONTROL = "^(begin|commit|rollback|savepoint|release|set |show |deallocate|discard)"
# What the server asks itself at commit: foreign keys, and the deferred trigger that compares a dossier with its last event.
_ITS_OWN = "FROM ONLY .* FOR KEY SHARE OF x|^SELECT (to_status, seq|status, version)\\s+FROM dossiers_"


@dataclass(frozen=True)
class Measured:
    """A load's figures; CPU in ms a request, of the web processes and of PostgreSQL; None where nothing was counted."""

    rate: float
    p50: float
    p95: float
    requests: int
    web_cpu: float | None
    postgres_cpu: float
    statements: float | None

    @property
    def cpu(self) -> float:
        """CPU-ms a request in all."""
        return (self.web_cpu or 0) + self.postgres_cpu

    def as_json(self) -> dict[str, Any]:
        """Return the figures, rounded."""
        return {name: None if value is None else round(value, 3) for name, value in asdict(self).items()}


class Site:
    """One portal under measurement: its requests, its web processes and the cluster behind it."""

    def __init__(self, portal: Portal, web_pid: int, given: dict[str, Any]) -> None:
        self.portal, self.given = portal, given
        self.web = psutil.Process(web_pid)
        self._requests = {name: _shared(each) for name, each in self._streams().items()}
        self._status = {"receive": 201}
        # How long a person waits while typing is asked of search, not how many searches a full server gets through.
        self._connections = {"search": 2}

    def drive(self, name: str, *, seconds: float) -> Measured:
        """Load one kind of request for some seconds and return what it was and cost. Raises WrongAnswer."""
        postgres = postmaster(self.portal)
        address = self.portal.servers.env["DATABASE_URL"]
        reset_statements(address)
        web_before, postgres_before = cpu_seconds(self.web), cpu_seconds(postgres)
        load = http_load.drive(
            self.portal.port,
            self._requests[name],
            status=self._status.get(name, 200),
            seconds=seconds,
            connections=self._connections.get(name, 8),
        )
        web, base = cpu_seconds(self.web) - web_before, cpu_seconds(postgres) - postgres_before
        return measured(load, web=web, postgres=base, statements=statements(address, self.portal))

    def worker_rss(self) -> float:
        """Return the resident memory of the biggest web worker, in MB."""
        largest: int = max(each.memory_info().rss for each in self.web.children())
        return largest / 1024 / 1024

    def _streams(self) -> dict[str, Iterator[bytes]]:
        tokens, look = self.given["tokens"], self.given["tracking"]
        clerk, officer = (f"Token {tokens[name]}" for name in ("lan", "minh"))
        bodies = (json.dumps(each).encode() for each in self.given["intakes"])
        return {
            "receive": (
                request(
                    "POST", "/api/v1/dossiers/", body, Authorization=clerk, Idempotency_Key=f"bench-{number}"
                )
                for number, body in enumerate(bodies)
            ),
            "tracked_page": cycle([request("GET", f"/t/{token}/") for token in look]),
            "tracking": cycle(
                [
                    request("POST", "/api/v1/tracking/", json.dumps({"token": token}).encode())
                    for token in look
                ]
            ),
            "worklist_page": cycle([request("GET", "/viec/?muc=dang-xu-ly", Cookie=self.given["cookie"])]),
            "worklist": cycle(
                [request("GET", "/api/v1/dossiers/?status=received,processing", Authorization=officer)]
            ),
            "search": cycle(
                [
                    request(
                        "GET",
                        f"/tim/?{urlencode({'q': text})}",
                        Cookie=self.given["cookie"],
                        HX_Request="true",
                    )
                    for text in self.given["searches"]
                ]
            ),
        }


def _shared(stream: Iterator[bytes]) -> Callable[[], bytes]:
    lock = Lock()

    def following() -> bytes:
        with lock:
            return next(stream)

    return following


def measured(load: Load, *, web: float | None, postgres: float, statements: int | None) -> Measured:
    """Return the figures of a load; CPU is given in seconds of the whole load."""
    count = load.requests
    return Measured(
        load.rate, load.percentile(0.5), load.percentile(0.95), count,
        None if web is None else web * 1000 / count, postgres * 1000 / count, None if statements is None else statements / count,
    )  # fmt: skip


def postmaster(portal: Portal) -> psutil.Process:
    """Return the PostgreSQL server's first process."""
    postgres = portal.servers.postgres
    if postgres is None or postgres.process is None:
        raise RuntimeError("the benchmark needs a PostgreSQL of its own")
    return psutil.Process(postgres.process.pid)


def cpu_seconds(parent: psutil.Process) -> float:
    """Return the CPU time of a process, of those below it, and of those that have ended."""
    total = 0.0
    for each in (parent, *parent.children(recursive=True)):
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += (
            times.user + times.system + (times.children_user + times.children_system if each == parent else 0)
        )
    return total


def can_count_statements(address: str) -> bool:
    """Switch pg_stat_statements on where the server has it loaded."""
    loaded = "pg_stat_statements" in sql(address, "SHOW shared_preload_libraries")[0][0]
    if loaded:
        sql(address, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    return loaded


def reset_statements(address: str) -> None:
    """Forget the statements counted so far."""
    if sql(address, "SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'"):
        sql(address, "SELECT pg_stat_statements_reset()")


def statements(address: str, portal: Portal) -> int | None:
    """Return how many statements the portal has sent to its database since the reset; None where nobody counts."""
    if not sql(address, "SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'"):
        return None
    name = portal.url.rsplit("/", 1)[1]
    counted = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
    found: int = sql(
        address,
        f"{counted} WHERE d.datname = %s AND s.query !~* %s AND s.query !~ %s",
        [name, _CONTROL, _ITS_OWN],
    )[0][0]
    return found
