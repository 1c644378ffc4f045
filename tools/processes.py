"""Start, find and stop processes that must not outlive us."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

POLL_EVERY = 0.02
LOG_LIMIT = 5_000_000

Command = Sequence[str | Path]


class ServerError(Exception):
    """A server cannot be started; the text is for the person at the keyboard."""


def tied(command: Command, on_our_death: str) -> list[str | Path]:
    """Return `command` such that the kernel sends it the signal `on_our_death` ("INT", "TERM") if we are killed.

    It must stand innermost: a change of user clears the setting.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", on_our_death, *command] if setpriv else list(command)


def start(command: Command, *, log: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, so that Ctrl-C reaches us alone and we stop things in order."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".old"))
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes], how: signal.Signals, patience: float = 20) -> None:
    """Send `how` and wait; after `patience` seconds kill."""
    if process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(
    ready: Callable[[], bool], *, process: subprocess.Popen[bytes], log: Path, seconds: float
) -> None:
    """Return when `ready()`; raise ServerError with the end of the log if the process dies or time is up."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise ServerError(f"{log.stem} dừng ngay khi khởi động (mã {process.returncode}):\n{tail(log)}")
        if time.monotonic() > deadline:
            raise ServerError(f"{log.stem} chưa sẵn sàng sau {seconds:.0f} giây:\n{tail(log)}")
        time.sleep(POLL_EVERY)


def tail(log: Path, lines: int = 15) -> str:
    with suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return ""


def working_in(directory: Path) -> Iterator[int]:
    """Yield the pids of processes whose working directory is `directory`.

    PostgreSQL and Redis both move into their data directory, so this finds what a killed supervisor left there,
    where a pid file may name a stranger.
    """
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if (entry / "cwd").readlink() == directory:
                    yield int(entry.name)


def clear(directory: Path, how: signal.Signals) -> None:
    """Stop whatever still works in `directory`: ask with `how`, insist after 5 seconds, kill after 10.

    Raises ServerError when something survives (it belongs to another user).
    """
    began, sent = time.monotonic(), None
    while left := list(working_in(directory)):
        waited = time.monotonic() - began
        if waited > 15:
            raise ServerError(f"Tiến trình {left} đang giữ {directory} và không dừng được.")
        step = how if waited < 5 else signal.SIGQUIT if waited < 10 else signal.SIGKILL
        if step != sent:
            sent = step
            for pid in left:
                with suppress(OSError):
                    os.kill(pid, step)
        time.sleep(POLL_EVERY)
