"""Bring database and static files up to date, in one process: each start of Django costs a second.

Runs inside the virtual environment, called by tools/run.py with the environment of the portal. The only module
here that imports Django.
"""

import hashlib
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command


def steps() -> list[tuple[str, Callable[[], object]]]:
    """Return what to do in order, each with its Vietnamese name; every step may be repeated at no cost."""
    todo: list[tuple[str, Callable[[], object]]] = [
        ("Kiểm tra cấu hình", partial(call_command, "check", fail_level="ERROR")),
        ("Cập nhật cơ sở dữ liệu", partial(call_command, "migrate", interactive=False, verbosity=0)),
        ("Nạp danh mục thủ tục", import_catalogue),
        ("Nạp danh mục lý do", partial(call_command, "load_reasons", stdout=StringIO())),
        ("Gom tệp tĩnh", collect_static),
    ]
    if os.environ.get("DEMO") == "1":
        todo.append(("Dựng dữ liệu minh họa nếu kho còn trống", partial(call_command, "demo", if_empty=True)))
    return todo


def import_catalogue() -> None:
    """Load the bundled catalogue; its report of what the law left open is for who asks, not for every start."""
    call_command("import_procedures", apply=True, bundled=True, stdout=StringIO())


def collect_static() -> None:
    """Collect and compress static files, unless none has changed: compressing them takes half a minute."""
    seen = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            seen.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT).with_suffix(".stamp")
    if stamp.exists() and stamp.read_text() == seen.hexdigest():
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(seen.hexdigest())


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bpmc_portal.settings")
    django.setup()
    for name, act in steps():
        print(f"· {name} …", flush=True)
        began = time.monotonic()
        try:
            act()
        except CommandError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
        if (took := time.monotonic() - began) > 2:
            print(f"  xong sau {took:.0f} giây", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
