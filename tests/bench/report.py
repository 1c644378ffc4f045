"""The results as a table and as figures: medians over the rounds, ratios within each round."""

from statistics import median
from typing import Any

from tests.bench.goals import GOALS, PEER_TICKET, PEERS
from tests.bench.measure import Measured

# Which script of the limit a job of the portal is held against.
LIMIT_OF = {
    "receive": "receive",
    "tracked_page": "track",
    "tracking": "track",
    "worklist_page": "worklist",
    "worklist": "worklist",
    "search": "search",
}


class Rounds:
    """What was measured, by round: the portal at both sizes, and the limit."""

    def __init__(self) -> None:
        self.portal: dict[str, list[Measured]] = {}
        self.small: dict[str, list[Measured]] = {}
        self.limit: dict[str, list[Measured]] = {}

    def note(self, where: dict[str, list[Measured]], name: str, figures: Measured) -> Measured:
        """Write down one measurement."""
        where.setdefault(name, []).append(figures)
        return figures

    def shares(self, name: str) -> list[float]:
        """Return the portal's share of the limit in each round, in percent."""
        pairs = zip(self.portal[name], self.limit[LIMIT_OF[name]], strict=True)
        return [100 * ours.rate / limit.rate for ours, limit in pairs]

    def figures(self) -> dict[str, Any]:
        """Return the medians and ratios of every job."""
        found = {}
        for name, rounds in self.portal.items():
            shares = self.shares(name)
            counted = [each.statements for each in rounds if each.statements is not None]
            growth = [large.cpu / small.cpu for large, small in zip(rounds, self.small[name], strict=True)]
            found[name] = {
                "rate": median(each.rate for each in rounds),
                "limit_rate": median(each.rate for each in self.limit[LIMIT_OF[name]]),
                "share_percent": median(shares),
                "share_range": [min(shares), max(shares)],
                "p50": median(each.p50 for each in rounds),
                "p95": median(each.p95 for each in rounds),
                "statements": median(counted) if counted else None,
                "web_cpu_ms": median(each.web_cpu or 0 for each in rounds),
                "postgres_cpu_ms": median(each.postgres_cpu for each in rounds),
                "growth": median(growth),
                "rounds": [each.as_json() for each in rounds],
                "rounds_small": [each.as_json() for each in self.small[name]],
                "rounds_limit": [each.as_json() for each in self.limit[LIMIT_OF[name]]],
            }
        return found


def print_round(number: int, name: str, ours: Measured, limit: Measured) -> None:
    """Print one comparison of one round."""
    count = "–" if ours.statements is None else f"{ours.statements:.1f}"
    print(
        f"  round {number}  {name:<14}{ours.rate:8.1f}/s  p50 {ours.p50:6.1f}  p95 {ours.p95:6.1f} ms  SQL {count:>5}"
        f"  CPU {ours.web_cpu or 0:6.2f} + {ours.postgres_cpu:5.2f} ms  limit {limit.rate:8.0f}/s  ratio {100 * ours.rate / limit.rate:5.1f} %",
        flush=True,
    )


def print_hall(hall: dict[str, Any]) -> None:
    """Print the figures of the hall."""
    ticket, poll, mixed = hall["ticket"], hall["poll"], hall["mixed"]
    print(
        f"\nwhole ticket {ticket['rate']:.1f}/s ({ticket['rate'] / PEER_TICKET:.1f} × the peer's {PEER_TICKET}/s as recorded), "
        f"limit {hall['limit']['ticket_cycle']:.0f}/s, CPU {ticket['web_cpu_ms']:.1f} + {ticket['postgres_cpu_ms']:.1f} ms; "
        f"p95 of each step {', '.join(f'{name} {ms:.0f}' for name, ms in ticket['p95'].items())} ms"
    )
    for name in ("burst", "paced", "loop"):
        run = hall[name]
        print(
            f"50 counters, {name:<6} {run['calls']:>5} calls  p50 {run['p50']:.0f}  p95 {run['p95']:.0f}  max {run['max']:.0f} ms"
        )
    print(
        f"unchanged queue {poll['rate']:.0f}/s on one connection, CPU {poll['web_cpu_ms']:.2f} + {poll['postgres_cpu_ms']:.2f} ms"
    )
    print(
        f"boards, desks and phones: {mixed['requests'] / mixed['seconds']:.0f}/s take {mixed['core_percent']:.1f} % of one core"
    )
    for number, cost in hall["cost"].items():
        print(f"number {number}: {', '.join(f'{act} {each}' for act, each in cost.items())}")


def print_report(figures: dict[str, Any]) -> None:
    """Print the medians, the pages touched at both sizes, and the goals."""
    sizes = figures["sizes"]
    print(f"\nMedians at {sizes[1]:,} dossiers; CPU growth against {sizes[0]:,}")
    print(
        f"{'job':<16}{'req/s':>8}{'limit':>9}{'ratio':>9}{'p50 ms':>9}{'p95 ms':>9}{'SQL':>6}{'web CPU':>9}{'PG CPU':>8}{'growth':>8}{'pages':>14}"
    )
    for name, job in figures["jobs"].items():
        pages = " → ".join(str(figures["pages"][str(size)][name]) for size in sizes)
        count = "–" if job["statements"] is None else f"{job['statements']:.1f}"
        print(
            f"{name:<16}{job['rate']:>8.1f}{job['limit_rate']:>9.0f}{job['share_percent']:>7.1f} %{job['p50']:>9.1f}{job['p95']:>9.1f}{count:>6}"
            f"{job['web_cpu_ms']:>9.2f}{job['postgres_cpu_ms']:>8.2f}{job['growth']:>8.2f}{pages:>14}"
        )
    print_hall(figures["hall"])
    print(f"\n{'goal':<44}{'asked':>12}{'measured':>12}  met")
    for goal in GOALS:
        value = goal.figure(figures)
        words = "–" if value is None else f"{value:.1f}{goal.unit}"
        print(
            f"{goal.words:<44}{goal.bound:>12}{words:>12}  { {True: 'yes', False: 'NO', None: 'not measured'}[goal.is_met(value)] }"
        )
    for name, (peer, rate, asked) in PEERS.items():
        ratio = figures["jobs"][name]["rate"] / rate
        print(
            f"{name + ': × ' + peer + ' (recorded)':<44}{f'≥ {asked}':>12}{ratio:>12.0f}  {'yes' if ratio >= asked else 'NO'}"
        )
