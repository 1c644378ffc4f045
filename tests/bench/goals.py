"""The goals, as data: what is asked, what was measured, and whether it is met."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]


@dataclass(frozen=True)
class Goal:
    """One goal: its words, where its figure stands in the results, and its bound, a least or a most."""

    words: str
    figure: Callable[[Figures], float | None]
    least: float | None = None
    most: float | None = None
    unit: str = ""

    def is_met(self, value: float | None) -> bool | None:
        """Say whether a figure meets the goal; None when nothing was measured."""
        if value is None:
            return None
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    @property
    def bound(self) -> str:
        """Return the bound as people write it."""
        return f"≥ {self.least:g}{self.unit}" if self.least is not None else f"≤ {self.most:g}{self.unit}"


def _of(name: str, part: str) -> Callable[[Figures], float | None]:
    return lambda figures: figures["jobs"][name][part]


def _twice(hall: Figures) -> int:
    """Count what two counters got, or two visitors were given, in any of the runs with fifty counters."""
    runs = [hall[name] for name in ("burst", "paced", "loop")]
    return sum(int(run["called_twice"]) + int(run["numbers_twice"]) for run in runs)


def _growth(cost: Figures, act: str) -> float:
    """Return the pages of an act late in a long day by those of its 50th number, with as many waiting."""
    first, last = cost.values()
    return float(last[act]["pages"] / first[act]["pages"])


GOALS = (
    Goal("receive: share of the limit", _of("receive", "share_percent"), least=4, unit=" %"),
    Goal("receive: SQL statements", _of("receive", "statements"), most=14),
    Goal("receive: p95 at 8 clients", _of("receive", "p95"), most=100, unit=" ms"),
    Goal("tracking page: share of the limit", _of("tracked_page", "share_percent"), least=4, unit=" %"),
    Goal("tracking page: SQL statements", _of("tracked_page", "statements"), most=3),
    Goal("tracking API: share of the limit", _of("tracking", "share_percent"), least=4, unit=" %"),
    Goal("tracking API: SQL statements", _of("tracking", "statements"), most=3),
    Goal("worklist page: SQL statements", _of("worklist_page", "statements"), most=8),
    Goal("worklist page: CPU, large ÷ small", _of("worklist_page", "growth"), most=1.3),
    Goal("worklist API: SQL statements", _of("worklist", "statements"), most=8),
    Goal("worklist API: CPU, large ÷ small", _of("worklist", "growth"), most=1.3),
    Goal("search: SQL statements, the session's included", _of("search", "statements"), most=8),
    Goal("search: p95 of two people typing", _of("search", "p95"), most=120, unit=" ms"),
    Goal("search: CPU, large ÷ small", _of("search", "growth"), most=1.5),
    Goal(
        "whole ticket over HTTP, 4 clients (15 × 4.7)",
        lambda figures: figures["hall"]["ticket"]["rate"],
        least=70.5,
        unit=" /s",
    ),
    Goal(
        "next: p95 of 50 counters at once",
        lambda figures: figures["hall"]["burst"]["p95"],
        most=100,
        unit=" ms",
    ),
    Goal("next: numbers called or given twice", lambda figures: _twice(figures["hall"]), most=0),
    Goal(
        "next: pages, a long day ÷ its 50th number",
        lambda figures: _growth(figures["hall"]["cost"], "next"),
        most=1.1,
    ),
    Goal(
        "issue: pages, a long day ÷ its 50th number",
        lambda figures: _growth(figures["hall"]["cost"], "issue"),
        most=1.1,
    ),
    Goal(
        "boards, desks, phones: share of one core",
        lambda figures: figures["hall"]["mixed"]["core_percent"],
        most=15,
        unit=" %",
    ),
    Goal(
        "codes by Celery: × one hand-written statement",
        lambda figures: figures["codes"]["ratio"],
        most=3,
    ),
    Goal(
        "codes by Celery: × one statement with as many series",
        lambda figures: figures["codes"]["ratio_by_owner"],
        most=3,
    ),
    Goal("numbers: series with a gap or duplicate", lambda figures: figures["broken_series"], most=0),
    Goal("web worker: memory", lambda figures: figures["worker_rss_mb"], most=180, unit=" MB"),
)

# Other systems on the same kind of machine (docs/benchmarks.md says how); for when none is at hand to measure against.
PEERS = {
    "receive": ("Open Zaak 1.30.0", 2.45, 60),
    "tracked_page": ("Open Zaak 1.30.0", 14.2, 30),
    "worklist_page": ("Open Zaak 1.30.0", 6.1, 20),
}
# bcgov/queue-management, a whole ticket at four clients; another time, the same kind of machine.
PEER_TICKET = 4.7
