"""Start the programs that look at pages, within bounds of time, and end them with everything they started."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

# Pages a job: starting the reading program costs a second, and a page has 16 seconds before the job is ended.
READ_AT_ONCE = 6
# A reading that failed may go on with its parts; after a week they are made again.
LEFT_FOR = timedelta(days=7)


class ProgramDied(Exception):
    """The program was killed, hung or failed; what it wrote until then is worth nothing."""


def run(script: str, arguments: Sequence[str], *, given: bytes = b"", seconds: float, folder: Path) -> bytes:
    """Run a program of this package and return its standard output. Raises ProgramDied.

    It gets an environment of its own without our secrets, and a session of its own, so that what it started ends with it.
    """
    command = [sys.executable, "-I", str(Path(__file__).with_name(script)), *arguments]
    known = {
        "PATH": os.environ.get("PATH", os.defpath),
        "TMPDIR": str(folder),
        "LC_ALL": "C.UTF-8",
        "OMP_THREAD_LIMIT": "1",
    }
    process = subprocess.Popen(  # noqa: S603  (our own program; path, type and numbers are ours)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=known, cwd=folder, start_new_session=True,
    )  # fmt: skip
    try:
        said, complaint = process.communicate(given, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise ProgramDied(f"{script}: no end within {seconds:.0f} s") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    if process.returncode != 0:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:]
        raise ProgramDied(f"{script}: exit {process.returncode} {' '.join(last)[:300]}")
    return said


def workroom() -> Path:
    """Return the folder for what programs leave behind for a moment, on the disk of the files."""
    room = Path(settings.DATA_DIR) / "reading"
    room.mkdir(parents=True, exist_ok=True)
    return room


def sweep(*, at: datetime) -> int:
    """Delete what programs that were killed have left in the workroom a week ago; return how many files and folders went."""
    left = [path for path in (*workroom().glob("*"), *workroom().glob("parts/*")) if path.name != "parts"]
    old = [path for path in left if path.stat().st_mtime < (at - LEFT_FOR).timestamp()]
    for path in old:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(old)
