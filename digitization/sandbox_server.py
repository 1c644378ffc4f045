"""The program inside the sandbox: loads a judge once, then gives every file a child of its own with limits.

Run as `python -I sandbox_server.py CONTROL ROOT MODULE`: a socket's number, the folder to import from, and a module with OPERATIONS.
A message holds JSON and two or three descriptors: the file, the pipe for the answer and, where needed, an output. The child writes
one JSON object into the pipe; when it dies, this program adds `{"died": status}`. Imports nothing of the project but the judge.
"""

import ctypes
import gc
import importlib
import json
import os
import platform
import resource
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NamedTuple

MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 15
LARGEST_OUTPUT = 128 * 1024 * 1024
MOST_DESCRIPTORS = 64

# System calls that a judge of files never makes: processes, sockets, other people's memory, names and limits.
# (linux/arch number, clone, the rest)
_CALLS = {
    "x86_64": (
        0xC000003E,
        56,
        (41, 42, 43, 44, 46, 49, 50, 53, 57, 58, 59, 62, 91, 93, 101, 109, 112, 160, 165, 166, 200, 248, 249, 250, 272, 288, 298, 302, 304, 308, 310, 311, 321, 322, 323, 424, 425),
    ),
    "aarch64": (
        0xC00000B7,
        220,
        (39, 40, 52, 55, 97, 117, 129, 130, 154, 157, 164, 198, 199, 200, 201, 202, 203, 206, 211, 217, 218, 219, 221, 241, 242, 261, 265, 268, 270, 271, 280, 281, 282, 424, 425),
    ),
}  # fmt: skip
_CLONE3 = 435
_CLONE_THREAD = 0x00010000
_LOAD, _EQUAL, _ANY_BIT, _ABOVE, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2


class Child(NamedTuple):
    """A running judge of one file."""

    pid: int
    reply: int
    deadline: float


class Filter:
    """A filter of system calls, built before the fork: threads are allowed, processes and sockets are not."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        known = _CALLS.get(platform.machine())
        if known is None:
            self._program = None
            return
        code = b"".join(struct.pack("HBBI", *line) for line in _lines(*known))
        self._code = ctypes.create_string_buffer(code, len(code))
        self._program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(self._code))

    def close(self) -> None:
        """Put the calling process under the filter, for good."""
        if self._program is None:
            return
        for call in ((_NO_NEW_PRIVS, 1, None), (_SECCOMP, _FILTER, self._program)):
            if self._libc.prctl(
                call[0], ctypes.c_ulong(call[1]), call[2], ctypes.c_ulong(0), ctypes.c_ulong(0)
            ):
                raise OSError(ctypes.get_errno(), "no filter of system calls")


def _lines(machine: int, clone: int, denied: Iterable[int]) -> list[tuple[int, int, int, int]]:
    """Return the filter's instructions: (operation, jump if true, jump if false, operand)."""
    lines = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    lines += [(_ABOVE, 0, 1, 0x40000000), (_RETURN, 0, 0, _EPERM)]  # the other numbering of x86-64
    for number in denied:
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _EPERM)]
    # The C library falls back from clone3, whose flags no filter can read, to clone.
    lines += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ENOSYS)]
    lines += [
        (_EQUAL, 0, 3, clone),
        (_LOAD, 0, 0, 16),
        (_ANY_BIT, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, _EPERM),
    ]
    return [*lines, (_RETURN, 0, 0, _ALLOW)]


def main() -> None:
    """Serve until the other end of the control socket is gone."""
    control = socket.socket(fileno=int(sys.argv[1]))
    sys.path.insert(0, sys.argv[2])
    operations = importlib.import_module(sys.argv[3]).OPERATIONS
    shield = Filter()
    gc.collect()
    gc.freeze()
    control.send(b"ready")
    children: dict[int, Child] = {}
    try:
        _serve(control, operations, shield, children)
    finally:
        for child in children.values():
            os.kill(child.pid, signal.SIGKILL)


def _serve(control: socket.socket, operations: Any, shield: Filter, children: dict[int, Child]) -> None:
    poller = select.poll()
    poller.register(control, select.POLLIN)
    while True:
        nearest = min((child.deadline for child in children.values()), default=None)
        wait = None if nearest is None else max(0.0, nearest - time.monotonic()) * 1000 + 1
        for descriptor, _ in poller.poll(wait):
            if descriptor != control.fileno():
                poller.unregister(descriptor)
                _bury(descriptor, children.pop(descriptor))
                continue
            message, given, _, _ = socket.recv_fds(control, 65536, 3)
            if not message:
                return
            handle, child = _bear(json.loads(message), given, operations, shield)
            children[handle] = child
            poller.register(handle, select.POLLIN)
        now = time.monotonic()
        for child in children.values():
            if child.deadline <= now:
                os.kill(child.pid, signal.SIGKILL)


def _bear(order: dict[str, Any], given: list[int], operations: Any, shield: Filter) -> tuple[int, Child]:
    source, reply = given[:2]
    target = given[2] if len(given) > 2 else None
    pid = os.fork()
    if pid == 0:
        try:
            _live(order, source, reply, target, operations, shield)
        finally:
            os._exit(1)
    for descriptor in (source, target):
        if descriptor is not None:
            os.close(descriptor)
    return os.pidfd_open(pid), Child(pid, reply, time.monotonic() + order["seconds"])


def _live(
    order: dict[str, Any], source: int, reply: int, target: int | None, operations: Any, shield: Filter
) -> None:
    """Be the child: keep three descriptors, take the limits on, do the work, answer, leave."""
    kept = sorted(each for each in (source, reply, target) if each is not None)
    for before, after in zip([2, *kept], [*kept, 1 << 16], strict=True):
        os.closerange(before + 1, after)
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, LARGEST_OUTPUT),
        (resource.RLIMIT_NOFILE, MOST_DESCRIPTORS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    shield.close()
    try:
        answer = operations[order["operation"]](source, target, order["options"])
    except BaseException as error:  # whatever the file made it raise is an answer about the file
        answer = {"failed": type(error).__name__}
    os.write(reply, json.dumps(answer).encode())
    os._exit(0)


def _bury(handle: int, child: Child) -> None:
    os.close(handle)
    _, status = os.waitpid(child.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        with suppress(OSError):  # nobody may wait for the answer any more
            os.write(child.reply, json.dumps({"died": code}).encode())
    os.close(child.reply)


if __name__ == "__main__":
    main()
