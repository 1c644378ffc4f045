"""Start a private PostgreSQL and Redis for a data directory, and stop them again.

    python tools/servers.py exec (--data DIR | --throwaway) -- COMMAND …

COMMAND runs with DATABASE_URL and REDIS_URL set; the exit code is its own. A server named by DATABASE_URL or
REDIS_URL is used as it is. EMBEDDED_SERVERS=1 takes the servers of requirements-embedded.txt even where the
machine has its own.
"""

import argparse
import fcntl
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self

if __package__ in (None, ""):  # run as a file: Python put tools/ on the path, not the clone
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from tools.bootstrap import BootstrapError
from tools.paths import child_env
from tools.postgres import Postgres
from tools.processes import ServerError, tied
from tools.redis_server import Redis

SOCKET_PATH_LIMIT = 107
LONGEST_SOCKET = "/.s.PGSQL.5432"


class Servers:
    """PostgreSQL and Redis under `data_dir`, as a context manager.

    `env` holds DATABASE_URL and REDIS_URL. Where another process already runs servers on the same directory,
    they are used and left running: `attached` is true. Entering raises ServerError or BootstrapError.
    """

    def __init__(self, data_dir: Path | str, durable: bool = True) -> None:
        self.data_dir = Path(data_dir).resolve()
        self.durable = durable
        self.env: dict[str, str] = {}
        self.attached = False
        self.postgres: Postgres | None = None
        self.redis: Redis | None = None
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
        try:
            self.env = {**self._private(leave_out=set(given)), **given}
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop what we started, Redis first; safe to call twice."""
        for server in (self.redis, self.postgres):
            if server is not None:
                server.stop()
        if self._lock is not None:
            self._env_file.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def revive(self) -> list[str]:
        """Start again whichever of our servers died; return their names."""
        revived = []
        for name, server in (("PostgreSQL", self.postgres), ("Redis", self.redis)):
            if server is not None and server.process is not None and server.process.poll() is not None:
                server.start()
                revived.append(name)
        return revived

    @property
    def _env_file(self) -> Path:
        return self.data_dir / "servers.json"

    def _private(self, leave_out: set[str]) -> dict[str, str]:
        if leave_out >= {"DATABASE_URL", "REDIS_URL"}:
            return {}
        if not self._take_lock():
            self.attached = True
            return self._wait_for_owner()
        sockets = socket_dir(self.data_dir)
        logs = self.data_dir / "log"
        env = {}
        if "DATABASE_URL" not in leave_out:
            self.postgres = Postgres(self.data_dir / "postgres", sockets, logs / "postgres.log", self.durable)
            self.postgres.start()
            env["DATABASE_URL"] = self.postgres.url
        if "REDIS_URL" not in leave_out:
            self.redis = Redis(self.data_dir / "redis", sockets, logs / "redis.log")
            self.redis.start()
            env["REDIS_URL"] = self.redis.url
        draft = self._env_file.with_suffix(".new")
        draft.write_text(json.dumps(env))
        draft.replace(self._env_file)
        return env

    def _take_lock(self) -> bool:
        """Hold the directory for as long as we live: the kernel lets go of the lock even after kill -9."""
        lock = (self.data_dir / "servers.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        self._env_file.unlink(missing_ok=True)
        return True

    def _wait_for_owner(self) -> dict[str, str]:
        try:
            env: dict[str, str] = json.loads(self._env_file.read_text())
        except OSError:
            raise ServerError(
                f"Một lệnh khác đang khởi động máy chủ trong {self.data_dir}; thử lại sau vài giây."
            ) from None
        return env


def socket_dir(data_dir: Path) -> Path:
    """Return the directory for the sockets of `data_dir`: `run` inside it, or a short one when the path is too long.

    The short one is remembered in `data_dir`/run.path, and made anew when it is gone (a reboot clears it).
    """
    inside = data_dir / "run"
    if len(os.fsencode(f"{inside}{LONGEST_SOCKET}")) <= SOCKET_PATH_LIMIT:
        inside.mkdir(exist_ok=True, mode=0o700)
        return inside
    memo = data_dir / "run.path"
    with suppress(OSError):
        remembered = Path(memo.read_text())
        if _is_ours(remembered, data_dir):
            return remembered
    short = Path(tempfile.mkdtemp(prefix="bpmc-")).resolve()
    if len(os.fsencode(f"{short}{LONGEST_SOCKET}")) > SOCKET_PATH_LIMIT:
        short.rmdir()
        raise ServerError("Đường dẫn thư mục tạm quá dài cho socket Unix; đặt TMPDIR ngắn hơn rồi chạy lại.")
    memo.write_text(str(short))
    return short


def _is_ours(sockets: Path, data_dir: Path) -> bool:
    """Say whether nobody else took the name in the shared temporary directory since we made it."""
    cluster = data_dir / "postgres"
    owners = {os.geteuid(), cluster.stat().st_uid} if cluster.exists() else {os.geteuid()}
    seen = sockets.lstat()
    return stat.S_ISDIR(seen.st_mode) and seen.st_mode & 0o077 == 0 and seen.st_uid in owners


class Throwaway(Servers):
    """Servers on a new temporary directory, without fsync unless `durable`; the directory goes away with them."""

    def __init__(self, durable: bool = False) -> None:
        super().__init__(tempfile.mkdtemp(prefix="bpmc-"), durable)

    def stop(self) -> None:
        super().stop()
        shutil.rmtree(self.data_dir, ignore_errors=True)


def run_with(servers: Servers, command: list[str]) -> int:
    """Run `command` with the servers' environment and return its exit code; SIGTERM is passed on to it."""
    with on_terminate_exit(), servers:
        child = subprocess.Popen(tied(command, "TERM"), env=child_env(servers.env))
        try:
            return wait_through_interrupts(child)
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()


def wait_through_interrupts(child: "subprocess.Popen[bytes]") -> int:
    """Wait for `child`; Ctrl-C goes to the whole foreground group, and the child decides what it means."""
    while True:
        try:
            code = child.wait()
        except KeyboardInterrupt:
            continue
        return 128 - code if code < 0 else code


class on_terminate_exit:
    """While active, SIGTERM and SIGHUP leave through SystemExit, so that `finally` blocks run."""

    def __enter__(self) -> None:
        self._before = {name: signal.signal(name, self._leave) for name in (signal.SIGTERM, signal.SIGHUP)}

    def __exit__(self, *_: object) -> None:
        for name, handler in self._before.items():
            signal.signal(name, handler)

    @staticmethod
    def _leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(required=True)
    execute = verbs.add_parser("exec", help="run COMMAND with the servers, then stop them")
    place = execute.add_mutually_exclusive_group(required=True)
    place.add_argument("--data", type=Path, metavar="DIR")
    place.add_argument("--throwaway", action="store_true")
    execute.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND …")
    asked = parser.parse_args(arguments)
    command = asked.command[1:] if asked.command[:1] == ["--"] else asked.command
    if not command:
        parser.error("COMMAND is missing")
    try:
        return run_with(Throwaway() if asked.throwaway else Servers(asked.data), command)
    except (ServerError, BootstrapError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
