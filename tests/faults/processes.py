"""A portal made of real processes on servers of its own: web, workers and beats that a test may kill.

Everything is started from the main thread (the kernel ties a child to the thread that made it) and killed by its process id.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from tools.paths import ROOT, child_env
from tools.processes import start, tail
from tools.servers import Throwaway

HOST = "127.0.0.1"
LOOK_EVERY = 0.02
GIVEN = ("DATABASE_URL", "REDIS_URL")


def until(condition: Callable[[], Any], *, seconds: float, what: str | Callable[[], str]) -> None:
    """Return when the condition holds; after `seconds` fail with what was waited for."""
    turns, deadline = Event(), time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds:.0f} s still waiting: {what() if callable(what) else what}")
        turns.wait(LOOK_EVERY)


@contextmanager
def all_of(work: Iterable[Future[None]]) -> Iterator[Callable[[], None]]:
    """Give a function that waits until all the work is done, and wait at the end. Raises what a worker raised."""
    begun = list(work)

    def finish() -> None:
        wait(begun)
        for each in begun:
            each.result()

    yield finish
    finish()


def free_port() -> int:
    """Return a TCP port that nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def own_servers(*, durable: bool) -> Iterator[Throwaway]:
    """Give throw-away PostgreSQL and Redis, whatever servers the environment names."""
    with ExitStack() as stack:
        kept = {name: os.environ.pop(name) for name in GIVEN if name in os.environ}
        try:
            servers = stack.enter_context(Throwaway(durable=durable))
        finally:
            os.environ.update(kept)  # at once: the other tests of this process live on the servers it names
        yield servers


def database_url(url: str, name: str) -> str:
    """Return the address of another database of the same cluster."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def sql(url: str, statement: str, params: Any = None) -> list[tuple[Any, ...]]:
    """Run one statement in a connection of its own and return its rows."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, params)
            return cursor.fetchall() if cursor.description else []


class Portal:
    """The processes of one portal on one database of `servers`; leaving the context stops them all."""

    def __init__(self, servers: Throwaway, database: str, *, env: Mapping[str, str] | None = None) -> None:
        self.servers = servers
        self.place = Path(servers.data_dir)
        self.url = database_url(servers.env["DATABASE_URL"], database)
        self.port = free_port()
        keys = {
            name: f"{name.lower()}-of-a-throw-away-portal-0123456789abcdef"
            for name in ("SECRET_KEY", "TRACKING_KEY")
        }
        own = {
            "DATABASE_URL": self.url,
            "REDIS_URL": servers.env["REDIS_URL"],
            "DATA_DIR": str(self.place / "portal"),
        }
        words = {
            "PORT": str(self.port),
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "bpmc_portal.settings",
        }
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in {*GIVEN, "DEMO", "DEBUG", "PUBLIC_URL", "ALLOWED_HOSTS"}
        }
        self.env = child_env({**kept, **keys, **own, **words, **(env or {})})
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            kill_group(process)  # what they work on is thrown away

    def run(self, *arguments: str) -> str:
        """Run the interpreter with `-m arguments` in the portal's environment and return what it prints. Raises AssertionError."""
        done = subprocess.run(
            [sys.executable, "-m", *arguments], cwd=ROOT, env=self.env, capture_output=True, text=True
        )
        if done.returncode:
            raise AssertionError(
                f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
            )
        return done.stdout

    def sql(self, statement: str, params: Any = None) -> list[tuple[Any, ...]]:
        """Run one statement on the portal's database."""
        return sql(self.url, statement, params)

    def value(self, statement: str, params: Any = None) -> Any:
        """Return the first column of the first row."""
        return self.sql(statement, params)[0][0]

    def start_web(self) -> subprocess.Popen[bytes]:
        """Start gunicorn as `make run` does (2 processes × 4 threads) and return when it answers."""
        options = [
            "--bind",
            f"{HOST}:{self.port}",
            "--worker-class",
            "gthread",
            "--workers",
            "2",
            "--threads",
            "4",
        ]
        web = self._start("web", "gunicorn", "bpmc_portal.wsgi", *options, "--log-level", "warning")
        until(
            lambda: self._is_alive(web, "web") and self.answers("/healthz"),
            seconds=60,
            what=lambda: f"web:\n{self.log('web')}",
        )
        return web

    def start_worker(self, name: str = "worker") -> subprocess.Popen[bytes]:
        """Start a Celery worker with two children and return at once."""
        options = ["-Q", "desk,outbound,heavy", "-c", "2", "-l", "WARNING", "-n", f"{name}@{HOST}"]
        quiet = ["--prefetch-multiplier=1", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        return self._start(name, "celery", "-A", "bpmc_portal", "worker", *options, *quiet)

    def start_beat(self, name: str = "beat") -> subprocess.Popen[bytes]:
        """Start a Celery beat and return at once."""
        schedule = str(self.place / f"{name}-schedule")
        return self._start(
            name, "celery", "-A", "bpmc_portal", "beat", "-l", "WARNING", "--pidfile=", "--schedule", schedule
        )

    def log(self, name: str) -> str:
        """Return the end of a process's log."""
        return tail(self._log_of(name), 30)

    def answers(self, path: str) -> bool:
        """Say whether the address answers 200."""
        try:
            return self.call("GET", path)[0] == 200
        except (OSError, HTTPException):
            return False

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Make one call on a connection of its own and return (status, JSON or text). Raises OSError, HTTPException."""
        data = None if body is None else json.dumps(body).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(HTTPConnection(HOST, self.port, timeout=30)) as connection:
            connection.request(
                method, path, data, {"Content-Type": "application/json", **sent} if data else sent
            )
            response = connection.getresponse()
            text = response.read()
        is_json = "json" in (response.getheader("Content-Type") or "")
        return response.status, json.loads(text) if is_json else text.decode()

    def _start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        process = start([sys.executable, "-m", *command], log=self._log_of(name), env=self.env)
        self.processes.append(process)
        return process

    def _log_of(self, name: str) -> Path:
        return self.place / "log" / f"{name}.log"

    def _is_alive(self, process: subprocess.Popen[bytes], name: str) -> bool:
        if process.poll() is not None:
            raise AssertionError(f"{name} ended with {process.returncode}:\n{self.log(name)}")
        return True


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Send SIGKILL to a process and to all its children at once, and collect it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
