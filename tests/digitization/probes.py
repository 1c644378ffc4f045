"""What a file could try if it took its judge over: run inside the sandbox by test_sandbox.py, imports nothing of the project."""

import os
import signal
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Options = Mapping[str, Any]


def read(_: int, __: int | None, options: Options) -> dict[str, Any]:
    """Read files of the host; say which could be read."""
    return {"read": [path for path in options["paths"] if _works(lambda path=path: Path(path).read_bytes())]}


def write(_: int, __: int | None, options: Options) -> dict[str, Any]:
    """Write files outside; say which could be written."""
    return {
        "written": [
            path for path in options["paths"] if _works(lambda path=path: Path(path).write_bytes(b"x"))
        ]
    }


def look(_: int, __: int | None, ___: Options) -> dict[str, Any]:
    """Say what can be seen: the top folders, the environment, the processes."""
    return {
        "folders": sorted(path.name for path in Path("/").iterdir()),
        "environment": sorted(os.environ),
        "pid": os.getpid(),
    }


def rewrite(source: int, _: int | None, __: Options) -> dict[str, Any]:
    """Change the very file that is being judged."""
    ways = [
        lambda: os.write(source, b"x"),
        lambda: os.ftruncate(source, 0),
        lambda: os.open(f"/proc/self/fd/{source}", os.O_RDWR),
        lambda: os.fchmod(source, 0o777),
    ]
    return {
        "changed": [number for number, way in enumerate(ways) if _works(way)],
        "begins": os.pread(source, 4, 0).decode(),
    }


def connect(_: int, __: int | None, options: Options) -> dict[str, Any]:
    """Call a listener on the loopback address of the host."""
    return {"connected": _works(lambda: socket.create_connection(("127.0.0.1", options["port"]), timeout=2))}


def multiply(_: int, __: int | None, ___: Options) -> dict[str, Any]:
    """Bear children, start a program, start threads."""
    born = sum(_works(_bear) for _ in range(50))
    started = _works(lambda: os.execv("/bin/sh", ["sh"]))  # noqa: S606
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    return {"born": born, "started": started}


def kill(_: int, __: int | None, ___: Options) -> dict[str, Any]:
    """End the program that serves the other files."""
    return {
        "killed": [
            pid for pid in (1, 2, os.getppid(), -1) if _works(lambda pid=pid: os.kill(pid, signal.SIGKILL))
        ]
    }


def fill(_: int, __: int | None, ___: Options) -> dict[str, Any]:
    """Take four gigabytes."""
    return {"taken": len(bytearray(4 * 1024**3))}


def spin(_: int, __: int | None, ___: Options) -> dict[str, Any]:
    """Never end."""
    while True:
        pass


def crash(_: int, __: int | None, ___: Options) -> dict[str, Any]:
    """Die of a fault in a library."""
    os.abort()


def ramble(_: int, __: int | None, ___: Options) -> dict[str, Any]:
    """Answer with far too much."""
    return {"words": "x" * 10_000_000}


def _bear() -> None:
    if os.fork() == 0:
        signal.pause()


def _works(act: Any) -> bool:
    try:
        act()
    except (OSError, RuntimeError):
        return False
    return True


OPERATIONS = {
    act.__name__: act
    for act in (read, write, look, rewrite, connect, multiply, kill, fill, spin, crash, ramble)
}
