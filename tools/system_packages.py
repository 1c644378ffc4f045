"""What no Python wheel carries: shared libraries for printing, a browser and PDF tools for the tests."""

import ctypes
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class MissingPackages(Exception):
    """Something needed is not on the machine; the text ends with the one apt line that brings it."""


@dataclass(frozen=True)
class Need:
    """A Debian package, and how to tell that what it brings is already here, however it came."""

    package: str
    present: Callable[[], bool]


def has_library(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def has_program(*names: str) -> bool:
    return any(shutil.which(name) for name in names)


def has_language(name: str) -> bool:
    """Say whether Tesseract reads this language."""
    return any(Path("/usr/share").glob(f"tesseract-ocr/*/tessdata/{name}.traineddata"))


def browser() -> str | None:
    """Return the path of a Chromium: CHROMIUM_PATH, else the first one on PATH."""
    asked = os.environ.get("CHROMIUM_PATH")
    return asked or next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _browser_package() -> str:
    release = Path("/etc/os-release")
    is_ubuntu = release.exists() and "ID=ubuntu" in release.read_text().splitlines()
    return "chromium-browser" if is_ubuntu else "chromium"


RUN = (
    Need("libpango-1.0-0", partial(has_library, "libpango-1.0.so.0")),
    Need("libpangoft2-1.0-0", partial(has_library, "libpangoft2-1.0.so.0")),
    Need("libharfbuzz-subset0", partial(has_library, "libharfbuzz-subset.so.0")),
    Need("bubblewrap", partial(has_program, "bwrap")),
    Need("tesseract-ocr", partial(has_program, "tesseract")),
    Need("tesseract-ocr-vie", partial(has_language, "vie")),
    Need("tesseract-ocr-osd", partial(has_language, "osd")),
    Need("ghostscript", partial(has_program, "gs")),
)
TEST = (
    *RUN,
    Need(_browser_package(), lambda: browser() is not None),
    Need("poppler-utils", partial(has_program, "pdftotext")),
    Need("softhsm2", partial(has_program, "softhsm2-util")),
)
NEEDS = {"run": RUN, "test": TEST}


def missing(group: str) -> list[str]:
    """Return the Debian packages that `group` ("run" or "test") needs and the machine lacks."""
    return [need.package for need in NEEDS[group] if not need.present()]


def apt_line(packages: Iterable[str]) -> str:
    return f"sudo apt-get install -y --no-install-recommends {shlex.join(packages)}"


def ensure(group: str) -> None:
    """Install what `group` lacks when root; else raise for the tests, and warn and go on for a run.

    Raises MissingPackages.
    """
    lacking = missing(group)
    if not lacking:
        return
    if os.geteuid() == 0 and install(lacking):
        lacking = missing(group)
    if not lacking:
        return
    if group == "run":
        text = "Chưa in được biểu mẫu PDF vì máy thiếu thư viện; cổng vẫn chạy. Để in được, chạy:"
        print(f"{text}\n  {apt_line(lacking)}", file=sys.stderr, flush=True)
        return
    raise MissingPackages(
        f"Máy thiếu gói hệ thống để chạy bộ kiểm thử. Chạy dòng này rồi thử lại:\n  {apt_line(lacking)}"
    )


def install(packages: list[str]) -> bool:
    """Install Debian packages as root; return whether apt said it worked."""
    if shutil.which("apt-get") is None:
        return False
    print(f"Cài gói hệ thống: {' '.join(packages)} …", file=sys.stderr, flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # A failing update is not the end: the lists on the machine may do.
    subprocess.run(["apt-get", "update", "-qq"], env=env, stdout=sys.stderr)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    return subprocess.run(command, env=env, stdout=sys.stderr).returncode == 0
