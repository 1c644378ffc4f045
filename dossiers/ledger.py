"""The ledger of the clocks, counted again from the events: to write it after a bulk load, and to prove it at any time.

A trigger writes the ledger act by act (migration 0007, which keeps its own copy of these rules, as migrations must). One span stands
for each run of events with the same open status and step; an end puts it at rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max, Min

from bpmc_portal import recounts
from dossiers.models import Dossier
from dossiers.models.dossier import OPEN

_OPEN = ", ".join(f"'{status}'" for status in OPEN)
# Rows of dossiers_clockspan as the events of the dossiers between two ids have them.
RECOUNT = f"""
SELECT dossier_id, status, step_id, started_at, ended_at FROM (
  SELECT dossier_id, to_status AS status, to_step_id AS step_id, at AS started_at,
    greatest(lead(at) OVER later, CASE WHEN lead(at) OVER later IS NOT NULL THEN at END) AS ended_at
  FROM (
    SELECT dossier_id, seq, to_status, to_step_id, at,
      lag((to_status, coalesce(to_step_id, 0))) OVER (PARTITION BY dossier_id ORDER BY seq) AS before
    FROM dossiers_dossierevent WHERE dossier_id BETWEEN %(first)s AND %(last)s
  ) e WHERE before IS DISTINCT FROM (to_status, coalesce(to_step_id, 0))
  WINDOW later AS (PARTITION BY dossier_id ORDER BY seq)
) runs WHERE status IN ({_OPEN})
"""  # noqa: S608  (statuses of our own table)
_WRITE = f"INSERT INTO dossiers_clockspan (dossier_id, status, step_id, started_at, ended_at) {RECOUNT}"
_STORED = """
SELECT dossier_id, status, step_id, started_at, ended_at FROM dossiers_clockspan WHERE dossier_id BETWEEN %(first)s AND %(last)s
"""
_COMPARE = f"""
SELECT d.code, side, x.status, s.code, x.started_at, x.ended_at FROM (
  SELECT 'stored' AS side, * FROM ({_STORED} EXCEPT ALL {RECOUNT}) a
  UNION ALL SELECT 'counted', * FROM ({RECOUNT} EXCEPT ALL {_STORED}) b
) x JOIN dossiers_dossier d ON d.id = x.dossier_id LEFT JOIN procedures_step s ON s.id = x.step_id
ORDER BY x.dossier_id, x.started_at, side
"""  # noqa: S608
# So many dossiers a statement: memory stays the same however long the history.
BATCH = 20_000


@dataclass(frozen=True)
class Difference:
    """A span that stands on one side only: `side` is "stored" or "counted"."""

    dossier: str
    side: str
    status: str
    step: str | None
    started_at: datetime
    ended_at: datetime | None


def write(first: int, last: int) -> None:
    """Write the spans of dossiers whose events came in without the trigger; the ids are both included."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"first": first, "last": last})


def differences(first: int = 0, last: int | None = None) -> Iterator[Difference]:
    """Yield where the ledger and the events disagree, for the dossiers between two ids; nothing when they agree."""
    there = Dossier.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if there["first"] is None:
        return
    stop = there["last"] if last is None else min(last, there["last"])
    for start in range(max(first, there["first"]), stop + 1, BATCH):
        with connection.cursor() as cursor:
            cursor.execute(_COMPARE, {"first": start, "last": min(start + BATCH - 1, stop)})
            rows = cursor.fetchall()
        for row in rows:
            yield Difference(*row)


@recounts.recount("dossiers.clock")
def of_year(year: int) -> Iterator[dict[str, Any]]:
    """Yield the differences of the dossiers received in a year."""
    span = Dossier.objects.filter(received_at__year=year).aggregate(first=Min("pk"), last=Max("pk"))
    if span["first"] is None:
        return
    for each in differences(span["first"], span["last"]):
        yield {
            "dossier": each.dossier, "side": each.side, "status": each.status, "step": each.step,
            "started_at": each.started_at.isoformat(), "ended_at": each.ended_at.isoformat() if each.ended_at else None,
        }  # fmt: skip
