"""`make bench`: the portal with everything on, beside the limit of its own PostgreSQL, on servers of its own.

The portal (gunicorn 2 × 4, DEBUG off: tokens, sessions, permissions, validation, events, jobs, the doorbell) and a minimal schema
written by hand share one durable cluster and take turns: portal, limit, portal, limit … Ratios within a round are what counts;
rates depend on the machine. Ends with 0 when a goal is missed, which is a finding, and with 1 when something went wrong.
"""

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from tests.bench import codes, hall, limit
from tests.bench.http_load import WrongAnswer
from tests.bench.measure import Measured, Site, can_count_statements, cpu_seconds, measured, postmaster
from tests.bench.report import LIMIT_OF, Rounds, print_report, print_round
from tests.faults.processes import Portal, database_url, own_servers, sql
from tools.postgres import find_binaries
from tools.processes import ServerError
from tools.servers import Throwaway

BROKEN_SERIES = """
WITH given AS (
  SELECT regexp_replace(code, '-[0-9]+$', '') AS prefix, split_part(code, '-', 3)::int AS number FROM dossiers_dossier
), series AS (
  SELECT split_part(key, ':', 2) || '-' || to_char(split_part(key, ':', 3)::date, 'YYMMDD') AS prefix, last
  FROM numbering_series WHERE key LIKE 'dossier:%%'
)
SELECT count(*) FROM (
  SELECT prefix FROM given FULL JOIN series USING (prefix) GROUP BY prefix, last
  HAVING count(number) <> coalesce(last, 0) OR count(DISTINCT number) <> count(number) OR max(number) <> last
) broken
"""


def options(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="make bench ARGS=…", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sizes",
        default="10000,100000",
        help="dossiers in the small and in the large portal (10000,1000000 for the full run)",
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4, help="length of each measurement")
    parser.add_argument(
        "--intakes", type=int, default=8000, help="how many different intakes to make for each size"
    )
    parser.add_argument(
        "--waiting", type=int, default=5000, help="how many visitors wait in the hall when its counters call"
    )
    parser.add_argument(
        "--papers", type=int, default=codes.PAPERS, help="how many papers get their codes in one run"
    )
    parser.add_argument("--out", type=Path, help="write all figures to this file as JSON")
    asked = parser.parse_args(arguments)
    asked.sizes = [int(size) for size in asked.sizes.split(",")]
    if len(asked.sizes) != 2 or asked.rounds < 1:
        parser.error("two sizes and at least one round")
    return asked


def open_site(servers: Throwaway, size: int, intakes: int) -> Site:
    """Build a portal of that size, start its web and return it."""
    name = f"portal_{size}"
    sql(servers.env["DATABASE_URL"], f"CREATE DATABASE {name}")
    portal = Portal(servers, name, env={"DEMO": "", "DEBUG": ""})
    if not (portal.place / "portal" / "static").exists():  # one place for both sizes
        portal.run("django", "collectstatic", "--noinput", "-v", "0")
    began = time.monotonic()
    portal.run("tests.bench.prepare", "fill", str(size))
    print(f"portal with {size:,} dossiers: {time.monotonic() - began:.0f} s", flush=True)
    given = json.loads(portal.run("tests.bench.prepare", "clients", str(intakes)).splitlines()[-1])
    return Site(portal, portal.start_web().pid, given)


def drive_limit(servers: Throwaway, job: str, seconds: float, portal: Portal) -> Measured:
    """Run one script of the limit and return its figures."""
    postgres = postmaster(portal)
    before = cpu_seconds(postgres)
    load = limit.drive(
        database_url(servers.env["DATABASE_URL"], "hand_written"),
        job,
        seconds=seconds,
        bin_dir=find_binaries(servers.data_dir / "postgres"),
    )
    return measured(load, web=None, postgres=cpu_seconds(postgres) - before, statements=None)


def take_turns(servers: Throwaway, small: Site, large: Site, *, rounds: int, seconds: float) -> Rounds:
    """Measure every job in every round: large portal, limit, small portal."""
    noted = Rounds()
    for name in LIMIT_OF:
        for site in (small, large):
            site.drive(name, seconds=min(1, seconds))  # warm: connections, templates, plans
    for number in range(1, rounds + 1):
        done: dict[str, Measured] = {}
        for name, job in LIMIT_OF.items():
            ours = noted.note(noted.portal, name, large.drive(name, seconds=seconds))
            if job not in done:
                done[job] = noted.note(noted.limit, job, drive_limit(servers, job, seconds, large.portal))
            noted.note(noted.small, name, small.drive(name, seconds=max(seconds / 2, 0.5)))
            print_round(number, name, ours, done[job])
    return noted


def run(servers: Throwaway, asked: argparse.Namespace, sites: list[Site]) -> dict[str, Any]:
    """Build, measure and return all figures."""
    address = servers.env["DATABASE_URL"]
    if not can_count_statements(address):
        print("pg_stat_statements is not there: statements are not counted", flush=True)
    sql(address, "CREATE DATABASE hand_written")
    limit.fill(database_url(address, "hand_written"), asked.sizes[1])
    sites += [open_site(servers, size, asked.intakes) for size in asked.sizes]
    small, large = sites
    noted = take_turns(servers, small, large, rounds=asked.rounds, seconds=asked.seconds)
    figures_of_hall = hall.drive(large, seconds=asked.seconds, waiting=asked.waiting)
    for job in hall.LIMITS:
        figures_of_hall["limit"][job] = drive_limit(servers, job, asked.seconds, large.portal).rate
    rss = large.worker_rss()
    figures_of_codes = codes.drive(large.portal, servers, papers=asked.papers, rounds=asked.rounds)
    return {
        "machine": machine(address),
        "sizes": asked.sizes,
        "jobs": noted.figures(),
        "hall": figures_of_hall,
        "codes": figures_of_codes,
        "worker_rss_mb": rss,
        "pages": {
            str(size): json.loads(site.portal.run("tests.bench.prepare", "pages").splitlines()[-1])
            for size, site in zip(asked.sizes, sites, strict=True)
        },
        "broken_series": sum(site.portal.value(BROKEN_SERIES) for site in sites),
    }


def machine(address: str) -> dict[str, Any]:
    """Describe the machine in neutral words."""
    settings = {
        name: sql(address, f"SHOW {name}")[0][0]
        for name in ("server_version", "fsync", "synchronous_commit", "shared_buffers")
    }
    memory = round(psutil.virtual_memory().total / 1024**3)
    return {
        "cpus": os.cpu_count(),
        "memory_gb": memory,
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
        **settings,
    }


def main(arguments: list[str]) -> int:
    """Run the benchmark; return the exit code."""
    asked = options(arguments)
    sites: list[Site] = []
    try:
        with own_servers(durable=True) as servers:
            try:
                figures = run(servers, asked, sites)
            finally:
                for site in sites:
                    site.portal.__exit__()
    except (AssertionError, OSError, RuntimeError, ServerError, WrongAnswer) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print_report(figures)
    if asked.out:
        asked.out.write_text(json.dumps(figures, indent=1, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
