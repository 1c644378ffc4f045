"""Run our judges of files where a hostile file can reach nothing: no network, no files of the host, little time and memory.

One *box* a process: a program of ours inside bubblewrap (sandbox_server.py) that has loaded its libraries once and gives every file
a limited child. The file goes in as a descriptor that only reads, the answer comes out as a small JSON object; neither is believed.
A box is started at the first file, again when it died, and ends with its process. Where bubblewrap does not work the child keeps
its limits and its filter of system calls, and a system check says what is missing (docs/decisions/0019-sandbox.md).
"""

import atexit
import fcntl
import json
import logging
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any, BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError

log = logging.getLogger(__name__)

SECONDS = 40.0  # for one file by the clock of a busy machine; its child has 15 of processor time
START_SECONDS = 20.0
PATIENCE = 40.0  # seconds to wait for a free place
AT_ONCE = 2  # files at a time in one process: each may take a gigabyte
LONGEST_ANSWER = 65_536
_ROOT = Path(__file__).resolve().parent.parent
_INSIDE = "/box"
_SHARED = ("digitization/__init__.py", "digitization/sandbox_server.py")
_TEMPORARY_BYTES = str(16 * 1024 * 1024)


class FileDied(Exception):
    """The program died on this file, or gave no answer that makes sense."""


class BoxLost(Exception):
    """The box itself is gone; the file is not to blame."""


@dataclass(frozen=True)
class Program:
    """A module with OPERATIONS, and the files of the project that it may see, as paths from the project's root."""

    module: str
    files: tuple[str, ...]


JUDGE = Program(
    "digitization.judging",
    (
        "digitization/judging.py",
        "digitization/judging_rules.py",
        "digitization/judging_pdf.py",
        "digitization/judging_images.py",
        "digitization/conversion.py",
    ),
)


def command(*, files: tuple[str, ...] = ()) -> list[str]:
    """Return the bubblewrap command before a program of ours: libraries and these files of the project to read, nothing else."""
    line = [shutil.which("bwrap") or "", "--unshare-all", "--clearenv", "--cap-drop", "ALL"]
    line += ["--size", _TEMPORARY_BYTES, "--tmpfs", "/tmp"]  # noqa: S108  (inside, and empty)
    for folder in ("/lib", "/lib64", "/usr/lib", "/usr/lib64"):
        if Path(folder).is_symlink():
            line += ["--symlink", str(Path(folder).readlink()), folder]
        elif Path(folder).is_dir():
            line += ["--ro-bind", folder, folder]
    line += ["--dev-bind", "/dev/urandom", "/dev/urandom"]  # what opens encrypted files wants chance
    line += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for folder in dict.fromkeys((sys.base_prefix, sys.prefix)):
        line += ["--ro-bind", folder, folder]
        if _data_dir().is_relative_to(Path(folder).resolve()):
            line += ["--tmpfs", str(_data_dir())]
    for name in files:
        line += ["--ro-bind", str(_ROOT / name), f"{_INSIDE}/{name}"]
    return [*line, "--remount-ro", "/", "--chdir", "/"]


def _data_dir() -> Path:
    return Path(settings.DATA_DIR).resolve()


@cache
def is_available() -> bool:
    """Say whether bubblewrap works on this machine, for this user: asked once a process."""
    try:
        line = [*command(), sys.executable, "-I", "-S", "-c", ""]
        done = subprocess.run(line, env={}, capture_output=True, timeout=START_SECONDS, check=False)  # noqa: S603
        return done.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


class Box:
    """One running sandbox with one program. Safe for threads; belongs to the process that started it."""

    def __init__(self, program: Program, *, is_walled: bool = True) -> None:
        """Start it and wait until it is ready. Raises BoxLost."""
        self.owner = os.getpid()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        files = (*_SHARED, *program.files)
        before = command(files=files) if is_walled else []
        root = _INSIDE if is_walled else str(_ROOT)
        line = [
            *before,
            sys.executable,
            "-I",
            f"{root}/{_SHARED[1]}",
            str(theirs.fileno()),
            root,
            program.module,
        ]
        # A group of its own, so that everything in it can be ended at once; not tied to the thread that happens to start it.
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  (our own program)
                line,
                env={},
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        if not _is_readable(self._control.fileno(), START_SECONDS) or self._control.recv(16) != b"ready":
            self.close()
            raise BoxLost("the sandbox did not start")

    @property
    def pid(self) -> int:
        """Return the process id of the box, which is also that of its group."""
        return self._process.pid

    def ask(
        self,
        operation: str,
        source: int,
        *,
        target: int | None = None,
        seconds: float = SECONDS,
        options: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Let the program do `operation` on the open file `source`, writing to `target`. Raises FileDied, BoxLost."""
        ours, theirs = os.pipe()
        try:
            order = {"operation": operation, "seconds": seconds, "options": options or {}}
            given = [source, theirs, *([target] if target is not None else [])]
            try:
                socket.send_fds(self._control, [json.dumps(order).encode()], given)
            except OSError as error:
                raise BoxLost(str(error)) from error
            finally:
                os.close(theirs)
            return _answer_of(_all_of(ours, seconds + 5))
        finally:
            os.close(ours)

    def close(self) -> None:
        """End it and everything in it."""
        self._control.close()
        if self.owner != os.getpid():
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _is_readable(descriptor: int, seconds: float) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(seconds * 1000))


def _all_of(pipe: int, seconds: float) -> bytes:
    """Read the answer to its end. Raises BoxLost when the box neither answers nor ends the file's child."""
    end = time.monotonic() + seconds
    whole = b""
    while len(whole) <= LONGEST_ANSWER:
        if not _is_readable(pipe, max(0.0, end - time.monotonic())):
            raise BoxLost("the sandbox does not answer")
        part = os.read(pipe, LONGEST_ANSWER)
        if not part:
            break
        whole += part
    return whole


def _answer_of(whole: bytes) -> dict[str, Any]:
    if not whole:
        raise BoxLost("the sandbox ended")
    try:
        answer = json.loads(whole)
    except ValueError:
        raise FileDied("no answer") from None
    if not isinstance(answer, dict) or "died" in answer or "failed" in answer:
        log.warning("a file ended its judge: %s", str(answer)[:200])
        raise FileDied(str(answer)[:200])
    return answer


_lock = Lock()
_places = BoundedSemaphore(AT_ONCE)
_boxes: dict[Program, Box] = {}
_of_the_parent: list[Box] = []


def ask(
    operation: str, source: int, *, target: int | None = None, options: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Ask the process's own box of judges, starting it when there is none. Raises FileDied, and DomainError 503 when it cannot run."""
    if not _places.acquire(timeout=PATIENCE):
        raise DomainError(_("Máy đang kiểm tra nhiều tệp cùng lúc. Hãy thử lại sau ít giây."), code="sandbox_busy", status=503)  # fmt: skip
    try:
        return _asked(operation, source, target, options)
    finally:
        _places.release()


def _asked(operation: str, source: int, target: int | None, options: dict[str, Any] | None) -> dict[str, Any]:
    for _attempt in range(
        2
    ):  # a box that ended between two files is no reason to send the file again by hand
        box = None
        try:
            box = _running(JUDGE)
            return box.ask(operation, source, target=target, options=options)
        except BoxLost as error:
            log.warning("the sandbox of uploads is lost: %s", error)
            _drop(box)
    sentence = _("Bộ phận kiểm tra tệp đang khởi động lại, tệp chưa được nhận. Hãy thử lại sau ít phút.")
    raise DomainError(sentence, code="sandbox_down", status=503)


def _running(program: Program) -> Box:
    with _lock:
        found = _boxes.get(program)
        if found is None:
            is_walled = is_available()
            if not is_walled and settings.SANDBOX == "required":
                sentence = _("Máy chủ chưa có hộp cát (bubblewrap) để kiểm tra tệp, nên chưa nhận tệp. Hãy báo quản trị hệ thống.")  # fmt: skip
                raise DomainError(sentence, code="sandbox_absent", status=503)
            found = _boxes[program] = Box(program, is_walled=is_walled)
        return found


def _drop(box: Box | None) -> None:
    with _lock:
        for program, found in list(_boxes.items()):
            if found is box:
                del _boxes[program]
                found.close()


def close_all() -> None:
    """End the boxes of this process."""
    with _lock:
        for box in _boxes.values():
            box.close()
        _boxes.clear()


def _after_fork() -> None:
    """A forked worker starts its own box: the parent's socket is closed here, its process is left alone."""
    global _lock, _places
    _lock, _places = Lock(), BoundedSemaphore(AT_ONCE)
    _of_the_parent.extend(
        _boxes.values()
    )  # kept: an object of Popen complains when it goes while its process runs
    for box in _boxes.values():
        box.close()
    _boxes.clear()


atexit.register(close_all)
os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def opened(file: BinaryIO) -> Iterator[int]:
    """Yield a descriptor that only reads the whole of this file, whatever kind of file object it is.

    What lies on a disk is opened anew, never read; what lies in memory goes into a sealed piece of memory.
    """
    try:
        descriptor = _reopened(file.fileno())
        file.flush()
    except (OSError, AttributeError):
        descriptor = _sealed(file)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
        file.seek(0)


def _reopened(descriptor: int) -> int:
    return os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)


def _sealed(file: BinaryIO) -> int:
    memory = os.memfd_create("upload", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with os.fdopen(memory, "wb", closefd=False) as copy:
            file.seek(0)
            shutil.copyfileobj(file, copy, 65_536)
        seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, seals)
        return _reopened(memory)
    finally:
        os.close(memory)
