"""Make `.venv` and install the pinned packages, only when something changed.

`python3 -m tools.bootstrap run|test|embedded`. Needs Python 3.11 or newer, pip or Debian's python3-venv, and
a package index that pip can reach. Every failure is a BootstrapError whose text says what to do.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools import system_packages
from tools.paths import ROOT, VENV, VENV_PYTHON, child_env

GROUPS = {
    "run": ("requirements.txt",),
    "test": ("requirements-dev.txt", "requirements.txt"),  # the first one holds every pin of the second
    "embedded": ("requirements-embedded.txt",),
}
UV = "uv==0.13.9"
STAMP = ".installed.json"
LOCK = ".bootstrap.lock"  # not ".lock": uv takes that one itself and would wait for us


class BootstrapError(Exception):
    """The machine cannot be prepared; the text is for the person at the keyboard."""


def ensure(group: str) -> Path:
    """Return the interpreter of `.venv` with the packages of `group` installed; `group` is a key of GROUPS."""
    wanted = {name: _digest(ROOT / name) for name in GROUPS[group]}
    if _ready(wanted):
        return VENV_PYTHON
    VENV.mkdir(exist_ok=True)
    with _only_one():
        if not _works(VENV_PYTHON):
            _create()
        if not _ready(wanted):
            _say(f"Cài các gói đã chốt phiên bản ({GROUPS[group][0]}) …")
            _install(ROOT / GROUPS[group][0])
            _write_stamp({**_read_stamp(), **wanted})
    return VENV_PYTHON


def _ready(wanted: dict[str, str]) -> bool:
    installed = _read_stamp()
    return wanted.items() <= installed.items() and _works(VENV_PYTHON)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_stamp() -> dict[str, str]:
    try:
        stamp: dict[str, str] = json.loads((VENV / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def _write_stamp(stamp: dict[str, str]) -> None:
    fresh = VENV / f"{STAMP}.new"
    fresh.write_text(json.dumps(stamp, indent=1, sort_keys=True))
    fresh.replace(VENV / STAMP)


@contextmanager
def _only_one() -> Iterator[None]:
    """Let one bootstrap at a time touch `.venv`: `make check` and `make test` may start together."""
    with (VENV / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _works(python: Path) -> bool:
    """Say whether `python` runs and has pip: a venv breaks when the interpreter it was made from goes away."""
    try:
        return subprocess.run([python, "-c", "import pip"], capture_output=True).returncode == 0
    except OSError:
        return False


def _create() -> None:
    _say("Tạo môi trường Python trong .venv …")
    for leftover in VENV.iterdir():
        if leftover.name != LOCK:
            shutil.rmtree(leftover) if leftover.is_dir() and not leftover.is_symlink() else leftover.unlink()
    if _venv():
        return
    if os.geteuid() == 0 and system_packages.install(_venv_packages()) and _venv():
        return
    if not (_virtualenv() and _works(VENV_PYTHON)):
        raise BootstrapError(
            "Máy này thiếu mô-đun venv của Python. Chạy dòng này rồi thử lại:\n"
            f"  {system_packages.apt_line(_venv_packages())}"
        )


def _venv() -> bool:
    return _run([sys.executable, "-m", "venv", VENV]) and _works(VENV_PYTHON)


def _venv_packages() -> list[str]:
    return [f"python3.{sys.version_info.minor}-venv"]


def _virtualenv() -> bool:
    """Make `.venv` with virtualenv from the index, for a Python that has pip but no ensurepip."""
    with tempfile.TemporaryDirectory() as place:
        # --target, because Debian's Python refuses to install into itself.
        fetched = _run([sys.executable, "-m", "pip", "install", "-q", "--target", place, "virtualenv"])
        return fetched and _run([sys.executable, "-m", "virtualenv", "-q", VENV], PYTHONPATH=place)


def _install(requirements: Path) -> None:
    """Install pins with uv when it can be had (four times faster), else with pip."""
    for command in (_uv_command(), [VENV_PYTHON, "-m", "pip", "install", "-q", "--compile"]):
        # uv brings certificates of its own, which know nothing of a ministry's proxy.
        if command and _run([*command, "-r", requirements], UV_SYSTEM_CERTS="1", UV_NATIVE_TLS="1"):
            return
    raise BootstrapError(
        f"Không cài được {requirements.name}: xem lỗi của pip ở trên (mạng, hoặc chỉ mục gói của pip) rồi chạy lại."
    )


def _uv_command() -> list[str | Path] | None:
    if _pip_has_its_own_index():
        return None  # uv does not read pip's settings
    if shutil.which("uv") is None and not _run([VENV_PYTHON, "-m", "pip", "install", "-q", UV], quiet=True):
        return None
    uv = shutil.which("uv") or VENV / "bin" / "uv"
    # uv leaves compiling to the first import, which would then be paid at every start.
    return [uv, "pip", "install", "-q", "--compile-bytecode", "--python", VENV_PYTHON]


def _pip_has_its_own_index() -> bool:
    asked = subprocess.run(
        [VENV_PYTHON, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, env=child_env()
    )
    return asked.returncode == 0 or "PIP_INDEX_URL" in os.environ


def _run(command: list[str | Path], *, quiet: bool = False, **env: str) -> bool:
    try:
        done = subprocess.run(command, env=child_env(env), capture_output=quiet, cwd=ROOT)
    except OSError:
        return False
    return done.returncode == 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("group", choices=sorted(GROUPS))
    group = parser.parse_args().group
    try:
        ensure(group)
        if group != "embedded":
            system_packages.ensure(group)
    except (BootstrapError, system_packages.MissingPackages) as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
