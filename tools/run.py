"""`make run`: from a fresh clone to a working portal in the foreground; Ctrl-C stops all of it.

Reads PORT (8000), DATA_DIR (.data), DEMO (1), DATABASE_URL, REDIS_URL, SECRET_KEY, TRACKING_KEY.
"""

import os
import secrets
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tools import bootstrap, system_packages
from tools.bootstrap import BootstrapError
from tools.paths import ROOT, VENV_PYTHON, child_env, data_dir
from tools.processes import ServerError
from tools.servers import Servers
from tools.supervisor import Child, GaveUp, Stopped, Supervisor, say

HOST = "127.0.0.1"
SECRETS = ("SECRET_KEY", "TRACKING_KEY")
PASSWORD = "motcua-demo"  # noqa: S105 - the published password of the demo world
ACCOUNTS = (
    ("lan", "tiếp nhận hồ sơ tại quầy", "/tiep-nhan/"),
    ("minh", "chuyên viên xử lý", "/viec/"),
    ("ha", "lãnh đạo phê duyệt", "/viec/"),
    ("binh", "chuyên viên đơn vị khác", "/viec/"),
    ("vanthu", "văn thư", "/viec/"),
    ("sohoa", "số hoá", "/thu-tuc/"),
    ("truong", "trưởng bộ phận Một cửa", "/viec/"),
    ("vanphong", "Văn phòng Bộ, theo dõi toàn Bộ", "/viec/"),
    ("thanhtra", "thanh tra", "/viec/"),
    ("quantri", "quản trị", "/quan-tri/"),
    ("tu", "công dân (bà Tư)", "/thu-tuc/"),
    ("congty", "doanh nghiệp", "/thu-tuc/"),
)


class CannotRun(Exception):
    """The portal cannot start; the text is for the person at the keyboard."""


def main() -> int:
    try:
        return run(port_number(os.environ.get("PORT", "8000")), data_dir())
    except Stopped:
        return 0
    except KeyboardInterrupt:
        return 130
    except (BootstrapError, CannotRun, GaveUp, ServerError) as error:
        say(str(error))
        return 1


def run(port: int, data: Path) -> int:
    """Prepare everything, serve until asked to stop, and return 0. Raises what `main` catches."""
    refuse_taken_port(port)
    began = time.monotonic()
    bootstrap.ensure("run")
    system_packages.ensure("run")
    supervisor = Supervisor({})
    supervisor.listen()
    with Servers(data) as servers:
        if servers.attached:
            raise CannotRun(
                f"Cổng đang chạy sẵn với dữ liệu trong {data}. Dừng nó trước, hoặc đặt DATA_DIR khác."
            )
        supervisor.env = child_env({**servers.env, **settings(port, data)})
        try:
            if supervisor.step([VENV_PYTHON, "-m", "tools.prepare"]) != 0:
                raise CannotRun("Chưa chuẩn bị được cổng: xem lỗi ở trên.")
            for child in portal(port, data):
                supervisor.add(child)
            wait_for_web(supervisor, port)
            print(welcome(port, data, time.monotonic() - began), flush=True)
            supervisor.watch(also=lambda: revive(servers))
        finally:
            say("Đang dừng …")
            supervisor.stop()
    return 0


def port_number(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotRun(f"PORT={text} không phải số cổng.")
    return int(text)


def refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CannotRun(
                f"Không mở được cổng {port} ({error.strerror}); chọn cổng khác: PORT={port + 1} make run"
            ) from None


def settings(port: int, data: Path) -> dict[str, str]:
    """Return the environment of the portal, less the servers; a variable that is set already keeps its value."""
    keys = {name: os.environ.get(name) or kept_secret(data / "secrets" / name) for name in SECRETS}
    demo = os.environ.get("DEMO", "1")
    return {**keys, "DATA_DIR": str(data), "PORT": str(port), "DEMO": demo}


def kept_secret(place: Path) -> str:
    """Return the secret kept in the file `place`, making it on first use, readable by its owner alone."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not place.exists():
        draft = place.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
    return place.read_text().strip()


def portal(port: int, data: Path) -> list[Child]:
    """Return the processes of the portal in starting order.

    Called as modules, because the scripts of a virtual environment break when its directory is moved.
    """
    logs = data / "log"
    gunicorn = ["gunicorn", "bpmc_portal.wsgi", "--bind", f"{HOST}:{port}", "--worker-class", "gthread"]
    gunicorn += ["--workers", "2", "--threads", "4", "--graceful-timeout", "10", "--log-level", "warning"]
    worker = [
        "celery",
        "-A",
        "bpmc_portal",
        "worker",
        "-Q",
        "desk,outbound,heavy",
        "-c",
        "2",
        "-l",
        "WARNING",
    ]
    worker += ["--prefetch-multiplier=1", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    beat = ["celery", "-A", "bpmc_portal", "beat", "-l", "WARNING", "--pidfile="]
    beat += ["--schedule", str(data / "beat-schedule")]
    commands = {"web": gunicorn, "worker": worker, "beat": beat}
    return [
        Child(name, [VENV_PYTHON, "-m", *command], logs / f"{name}.log") for name, command in commands.items()
    ]


def wait_for_web(supervisor: Supervisor, port: int, seconds: float = 60) -> None:
    """Return when /healthz answers. Raises CannotRun, GaveUp, Stopped."""
    deadline = time.monotonic() + seconds
    while not answers(f"http://{HOST}:{port}/healthz"):
        if time.monotonic() > deadline:
            raise CannotRun(f"Trang web không trả lời sau {seconds:.0f} giây; xem nhật ký web.log.")
        supervisor.pause(0.05)
        supervisor.look()


def answers(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through http_proxy
    try:
        with direct.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def revive(servers: Servers) -> None:
    for name in servers.revive():
        say(f"{name} dừng bất ngờ; đã khởi động lại.")


def welcome(port: int, data: Path, took: float) -> str:
    lines = ["", f"Cổng Một cửa đang chạy tại http://{HOST}:{port}/  (sau {took:.1f} giây)"]
    if os.environ.get("DEMO", "1") == "1":
        lines += ["", f"Đăng nhập thử, mật khẩu {PASSWORD}:"]
        lines += [f"  {name:<10}{role:<28}{page}" for name, role, page in ACCOUNTS]
    shown = data.relative_to(ROOT) if data.is_relative_to(ROOT) else data
    return "\n".join([*lines, "", f"Dữ liệu và nhật ký: {shown}/   Dừng: Ctrl-C", ""])


if __name__ == "__main__":
    sys.exit(main())
