"""Keep a handful of processes running: start, watch, restart a bounded number of times, stop in order."""

import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tools.processes import start, stop, tail, tied

LOOK_EVERY = 0.5


class Stopped(Exception):
    """Somebody asked us to stop: Ctrl-C, SIGTERM, or the terminal went away."""


class GaveUp(Exception):
    """A process keeps dying; the text is for the person at the keyboard."""


@dataclass
class Child:
    """A process by name; `starts` holds the monotonic times of its latest starts."""

    name: str
    command: Sequence[str | Path]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=deque)


class Supervisor:
    """Run children until asked to stop. `allowed` restarts within `window` seconds, then GaveUp."""

    def __init__(self, env: Mapping[str, str], *, allowed: int = 5, window: float = 60) -> None:
        self.env = env
        self.allowed = allowed
        self.window = window
        self.children: list[Child] = []
        self._asked = threading.Event()

    def listen(self) -> None:
        """Turn Ctrl-C, SIGTERM and a lost terminal into a request to stop."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked.set()

    def ask_to_stop(self) -> None:
        self._asked.set()

    def pause(self, seconds: float) -> None:
        """Wait, but raise Stopped at once when asked to stop."""
        if self._asked.wait(seconds):
            raise Stopped

    def step(self, command: Sequence[str | Path]) -> int:
        """Run `command` in the foreground to its end and return its exit code; raises Stopped."""
        process = subprocess.Popen(tied(command, "TERM"), env=self.env, start_new_session=True)
        try:
            while process.poll() is None:
                self.pause(0.05)
        finally:
            stop(process, signal.SIGTERM)
        return process.returncode

    def add(self, child: Child) -> None:
        self.children.append(child)
        self._start(child)

    def _start(self, child: Child) -> None:
        now = time.monotonic()
        child.starts.append(now)
        while child.starts[0] < now - self.window:
            child.starts.popleft()
        if len(child.starts) > self.allowed + 1:
            raise GaveUp(
                f"{child.name} dừng {len(child.starts)} lần liền; xem {child.log}:\n{tail(child.log)}"
            )
        child.process = start(tied(child.command, "TERM"), log=child.log, env=self.env)

    def look(self) -> None:
        """Restart every child that died. Raises GaveUp."""
        for child in self.children:
            if child.process is not None and (code := child.process.poll()) is not None:
                say(f"{child.name} dừng bất ngờ (mã {code}); khởi động lại. Nhật ký: {child.log}")
                self._start(child)

    def watch(self, also: Callable[[], object]) -> None:
        """Look after the children, and call `also` each time, until asked to stop. Raises Stopped, GaveUp."""
        while True:
            self.pause(LOOK_EVERY)
            also()
            self.look()

    def stop(self) -> None:
        """Stop the children, the last one started first."""
        while self.children:
            child = self.children.pop()
            if child.process is not None:
                stop(child.process, signal.SIGTERM)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
