"""The supervisor behind `make run`: secrets, ports, restarts, an orderly stop."""

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from tools import run, system_packages
from tools.supervisor import Child, GaveUp, Stopped, Supervisor

FOREVER = "import signal; signal.pause()"


def child(place: Path, words: str) -> Child:
    return Child("thử", [sys.executable, "-c", words], place / "child.log")


def die(one: Child) -> None:
    assert one.process is not None
    one.process.wait()


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    place = tmp_path / "secrets" / "SECRET_KEY"
    first = run.kept_secret(place)
    assert len(first) >= 50
    assert run.kept_secret(place) == first
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.parent.stat().st_mode & 0o777 == 0o700


def test_a_secret_in_the_environment_is_taken_and_not_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "given")
    monkeypatch.delenv("TRACKING_KEY", raising=False)
    settings = run.settings(8000, tmp_path)
    assert settings["SECRET_KEY"] == "given"
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["TRACKING_KEY"]


def test_a_taken_port_is_refused_with_the_line_to_type_instead() -> None:
    with socket.socket() as taken:
        taken.bind((run.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(run.CannotRun, match=f"PORT={port + 1} make run"):
            run.refuse_taken_port(port)


@pytest.mark.parametrize("text", ["", "abc", "0", "65536", "-1"])
def test_a_port_that_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(run.CannotRun):
        run.port_number(text)


def test_a_child_that_dies_is_started_again_but_not_for_ever(tmp_path: Path) -> None:
    supervisor = Supervisor(os.environ, allowed=2)
    dying = child(tmp_path, "print('vì thế'); exit(1)")
    supervisor.add(dying)
    for _ in range(2):
        die(dying)
        supervisor.look()
    die(dying)
    with pytest.raises(GaveUp, match="vì thế"):
        supervisor.look()


def test_old_deaths_are_forgiven(tmp_path: Path) -> None:
    supervisor = Supervisor(os.environ, allowed=0, window=0)
    dying = child(tmp_path, "exit(1)")
    supervisor.add(dying)
    die(dying)
    supervisor.look()
    supervisor.stop()


def test_stop_ends_every_child(tmp_path: Path) -> None:
    supervisor = Supervisor(os.environ)
    children = [child(tmp_path, FOREVER), child(tmp_path, FOREVER)]
    for one in children:
        supervisor.add(one)
    supervisor.stop()
    assert [one.process.returncode for one in children if one.process] == [-signal.SIGTERM] * 2


def test_a_request_to_stop_is_heard_at_the_next_pause() -> None:
    supervisor = Supervisor(os.environ)
    supervisor.ask_to_stop()
    with pytest.raises(Stopped):
        supervisor.watch(also=list)


def test_the_welcome_tells_the_address_and_who_may_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO", "1")
    text = run.welcome(8123, tmp_path, 2.0)
    assert "http://127.0.0.1:8123/" in text
    assert all(
        f"  {name} " in text for name in ("lan", "minh", "ha", "binh", "truong", "vanphong", "quantri", "tu")
    )
    assert run.PASSWORD in text
    monkeypatch.setenv("DEMO", "0")
    assert run.PASSWORD not in run.welcome(8123, tmp_path, 2.0)


def test_what_is_missing_is_told_in_exactly_one_apt_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = (
        system_packages.Need("chromium", lambda: False),
        system_packages.Need("poppler-utils", lambda: False),
    )
    monkeypatch.setitem(system_packages.NEEDS, "test", lacking)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(system_packages.MissingPackages) as refusal:
        system_packages.ensure("test")
    lines = [line for line in str(refusal.value).splitlines() if "apt-get" in line]
    assert lines == ["  sudo apt-get install -y --no-install-recommends chromium poppler-utils"]


def test_a_run_without_printing_libraries_goes_on_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(
        system_packages.NEEDS, "run", (system_packages.Need("libpango-1.0-0", lambda: False),)
    )
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    system_packages.ensure("run")
    assert "libpango-1.0-0" in capsys.readouterr().err
