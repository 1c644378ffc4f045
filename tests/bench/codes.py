"""Codes for many papers at once: a run by Celery on the portal, beside one hand-written statement on a minimal schema.

Two statements: with a series a kind and year, and with one a holder and kind, which is what the law's codes cost by themselves.

python -m tests.bench.codes [PAPERS]      measures this alone, on servers of its own, and prints JSON
"""

import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import limit
from tests.faults.processes import Portal, database_url, kill_group, own_servers, sql, until
from tools.servers import Throwaway

PAPERS = 100_000
ROUNDS = 3
_SQL = Path(__file__).parent / "sql"
_STATEMENTS = [(_SQL / name).read_text() for name in ("document_codes.sql", "document_codes_by_owner.sql")]
_FILL_LIMIT = (
    "INSERT INTO doc (owner, kind) SELECT lpad(i::text, 12, '0'), i % 300 FROM generate_series(1, {papers}) i"
)
# Papers of as many types as a ministry has, five of each holder: nearly every one begins a series of its own.
_FILL = """
INSERT INTO digitization_document (id, kind, name, state, verdict, code_owner, code_origin, code_type, created_at, document_type_id)
SELECT gen_random_uuid(), 'component', type.name, 'paper', '', lpad(({first} + i / 5)::text, 12, '0'), '1.005132', type.code, now(), type.id
FROM generate_series(1, {papers}) i
JOIN (SELECT id, code, name, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS count FROM procedures_documenttype) type
  ON type.place = i % type.count
"""
_LEFT = "SELECT count(*) FROM digitization_coderun WHERE finished_at IS NULL"
_SECONDS = "SELECT extract(epoch FROM finished_at - started_at)::float8 FROM digitization_coderun ORDER BY id DESC LIMIT 1"


def drive(portal: Portal, servers: Throwaway, *, papers: int, rounds: int = ROUNDS) -> dict[str, Any]:
    """Code `papers` papers in turns, by hand and by Celery (one worker of two processes), and return seconds and ratios."""
    worker = portal.start_worker("worker-codes")
    try:
        _run(portal)  # warm: the worker has loaded what it needs
        seen = [_round(portal, servers, papers, number) for number in range(rounds)]
    finally:
        kill_group(worker)
    return {
        "papers": papers,
        "seconds": [ours for ours, _few, _many in seen],
        "statement_seconds": [few for _ours, few, _many in seen],
        "owner_statement_seconds": [many for _ours, _few, many in seen],
        "ratio": median(ours / few for ours, few, _many in seen),
        "ratio_by_owner": median(ours / many for ours, _few, many in seen),
        "check": portal.run("django", "check_codes").splitlines()[-1],
    }


def _round(portal: Portal, servers: Throwaway, papers: int, number: int) -> tuple[float, float, float]:
    """Return the seconds of the run and of the two statements."""
    hand_written = database_url(servers.env["DATABASE_URL"], "hand_written")
    few, many = (_by_hand(hand_written, statement, papers) for statement in _STATEMENTS)
    portal.sql(_FILL.format(papers=papers, first=(number + 1) * 10**9))
    portal.sql("VACUUM ANALYZE digitization_document")
    return _run(portal), few, many


def _by_hand(database: str, statement: str, papers: int) -> float:
    sql(database, "TRUNCATE doc, doc_series, doc_owner_series")
    sql(database, _FILL_LIMIT.format(papers=papers))
    sql(database, "VACUUM ANALYZE doc")
    began = time.perf_counter()
    sql(database, statement)
    return time.perf_counter() - began


def _run(portal: Portal) -> float:
    portal.run("django", "assign_codes", "--all")
    until(lambda: portal.value(_LEFT) == 0, seconds=300, what=lambda: portal.log("worker-codes"))
    seconds: float = portal.value(_SECONDS)
    return seconds


def main(papers: int) -> None:
    """Measure on servers of its own."""
    with own_servers(durable=True) as servers:
        for name in ("codes", "hand_written"):
            sql(servers.env["DATABASE_URL"], f"CREATE DATABASE {name}")
        limit.fill(database_url(servers.env["DATABASE_URL"], "hand_written"), 100)
        with Portal(servers, "codes", env={"DEMO": "", "DEBUG": ""}) as portal:
            portal.run("tests.bench.prepare", "bare")
            print(json.dumps(drive(portal, servers, papers=papers), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PAPERS)
