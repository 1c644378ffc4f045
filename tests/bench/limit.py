"""The limit: the same jobs on a minimal hand-written schema (sql/), driven by pgbench, or by a loop where there is none."""

import multiprocessing
import random
import re
import subprocess
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg2

from tests.bench.http_load import Load

SQL = Path(__file__).parent / "sql"
JOBS = ("receive", "track", "worklist", "search", "ticket_issue", "ticket_next", "ticket_cycle")
_NAME = re.compile(r"(?<![:\w]):([a-z]+)\b")
_SET = re.compile(r"^\\set (\w+) random\((\d+), (\d+)\)$", re.MULTILINE)


def fill(url: str, dossiers: int) -> None:
    """Create the minimal schema in an empty database, with that many dossiers."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute((SQL / "schema.sql").read_text())
            cursor.execute(
                _NAME.sub(
                    lambda found: {"n": str(dossiers)}.get(found[1], found[0]), (SQL / "fill.sql").read_text()
                )
            )
            cursor.execute("VACUUM ANALYZE")


def drive(url: str, job: str, *, seconds: float, bin_dir: Path, clients: int = 8) -> Load:
    """Run a job's script for some seconds. Raises RuntimeError when a transaction fails."""
    if (bin_dir / "pgbench").exists():
        return _by_pgbench(url, SQL / f"{job}.sql", seconds, bin_dir / "pgbench", clients)
    return _by_loop(url, SQL / f"{job}.sql", seconds, clients)


def _by_pgbench(url: str, script: Path, seconds: float, pgbench: Path, clients: int) -> Load:
    # pgbench counts in whole seconds.
    options = [
        "-n",
        "-M",
        "prepared",
        "-c",
        str(clients),
        "-j",
        "2",
        "-T",
        str(max(1, round(seconds))),
        "-l",
        "-f",
        str(script),
    ]
    with tempfile.TemporaryDirectory(prefix="bpmc-") as place:
        began = time.perf_counter()
        done = subprocess.run([pgbench, *options, url], cwd=place, capture_output=True, text=True)
        took = time.perf_counter() - began
        if done.returncode:
            raise RuntimeError(done.stdout[-500:] + done.stderr[-2000:])
        lines = [
            line.split() for log in Path(place).glob("pgbench_log*") for line in log.read_text().splitlines()
        ]
    said = re.search(r"tps = ([\d.]+)", done.stdout)
    latencies = sorted(int(line[2]) / 1000 for line in lines)
    return Load(len(latencies), len(latencies) / float(said[1]) if said else took, latencies)


def _by_loop(url: str, script: Path, seconds: float, clients: int) -> Load:
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(clients, mp_context=spawned) as pool:
        each = list(pool.map(_loop, [url] * clients, [script.read_text()] * clients, [seconds] * clients))
    latencies = sorted(ms for part in each for ms in part)
    return Load(len(latencies), seconds, latencies)


def _loop(url: str, script: str, seconds: float) -> list[float]:
    """Run one client: the script's statements prepared, its `\\set` lines drawn anew for each turn."""
    ranges = {name: (int(low), int(high)) for name, low, high in _SET.findall(script)}
    places = {name: f"${number}" for number, name in enumerate(ranges, 1)}
    body = _NAME.sub(lambda found: places.get(found[1], found[0]), _SET.sub("", script))
    steps = [each for each in re.sub(r"^--.*$", "", body, flags=re.MULTILINE).split(";") if each.strip()]
    kinds, marks = ", ".join(["int"] * len(ranges)), ", ".join(["%s"] * len(ranges))
    latencies = []
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for number, step in enumerate(steps):
                cursor.execute(f"PREPARE job{number} ({kinds}) AS {step}")
            until = time.perf_counter() + seconds
            while (began := time.perf_counter()) < until:
                drawn = [random.randint(*each) for each in ranges.values()]
                for number in range(len(steps)):
                    cursor.execute(f"EXECUTE job{number} ({marks})", drawn)
                latencies.append((time.perf_counter() - began) * 1000)
    return latencies
