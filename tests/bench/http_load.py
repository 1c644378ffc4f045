"""A small load client: a few connections kept open, requests made beforehand, every answer checked.

It speaks HTTP/1.1 on bare sockets, because the client shares two cores with what it measures.
"""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

HOST = "127.0.0.1"
# The server closes a connection that rests for two seconds.
IDLE_SECONDS = 1.5


class WrongAnswer(Exception):
    """An answer without the expected status: the round does not count."""


@dataclass(frozen=True)
class Load:
    """What one load was: how many requests, in how many seconds, and each one's milliseconds, sorted."""

    requests: int
    seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency in ms below which that share of the requests stayed."""
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """Return the bytes of a request; `_` in a header's name stands for `-`."""
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {HOST}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def drive(
    port: int, following: Callable[[], bytes], *, status: int, seconds: float, connections: int = 8
) -> Load:
    """Send what `following` gives, one after another on each connection, for some seconds. Raises WrongAnswer, OSError."""
    began = time.perf_counter()
    until = began + seconds
    with ThreadPoolExecutor(connections) as pool:
        work = [pool.submit(_send_until, until, port, following, status) for _ in range(connections)]
        latencies = sorted(ms for each in work for ms in each.result())
    return Load(len(latencies), time.perf_counter() - began, latencies)


class Line:
    """One connection that asks and listens, opened anew when the server has let it go."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket: socket.socket | None = None
        self._used_at = 0.0

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes, bytes]:
        """Send one request and return (status, head, body). Raises OSError, WrongAnswer."""
        if self._socket is None or time.perf_counter() - self._used_at > IDLE_SECONDS:
            self.close()
            self._socket = socket.create_connection((HOST, self.port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = {name: value for name, value in headers.items() if value}
        self._socket.sendall(request(method, path, body, **headers))
        head, answer = _answer(self._socket)
        self._used_at = time.perf_counter()
        if b"\r\nconnection: close" in head.lower():
            self.close()
        return int(head.split(b" ", 2)[1]), head, answer

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _send_until(until: float, port: int, following: Callable[[], bytes], status: int) -> list[float]:
    latencies = []
    wanted = f"HTTP/1.1 {status} ".encode()
    while time.perf_counter() < until:
        with closing(socket.create_connection((HOST, port), timeout=30)) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            is_open = True
            while is_open and (sent := time.perf_counter()) < until:
                line.sendall(following())
                head, rest = _answer(line)
                latencies.append((time.perf_counter() - sent) * 1000)
                if not head.startswith(wanted):
                    raise WrongAnswer((head + b"\r\n\r\n" + rest)[:2000].decode(errors="replace"))
                is_open = b"\r\nconnection: close" not in head.lower()
    return latencies


def _answer(line: socket.socket) -> tuple[bytes, bytes]:
    """Read one whole answer and return its head and body."""
    seen = b""
    while (end := seen.find(b"\r\n\r\n")) < 0:
        seen += _more(line)
    head, body = seen[:end], seen[end + 4 :]
    length = next(
        (
            int(each.split(b":")[1])
            for each in head.lower().split(b"\r\n")
            if each.startswith(b"content-length:")
        ),
        None,
    )
    if length is None and head.split(b" ", 2)[1] in {b"204", b"304"}:
        length = 0
    if length is None:
        raise WrongAnswer(f"no Content-Length: {head[:500]!r}")
    while len(body) < length:
        body += _more(line)
    return head, body


def _more(line: socket.socket) -> bytes:
    part = line.recv(65536)
    if not part:
        raise WrongAnswer("the server closed the connection in the middle")
    return part
