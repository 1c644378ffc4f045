"""Private servers: real PostgreSQL and Redis, started, killed and started again."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import psycopg2
import pytest
import redis

from tools import postgres
from tools.paths import ROOT
from tools.processes import ServerError, wait_until, working_in
from tools.servers import SOCKET_PATH_LIMIT, Servers, Throwaway, run_with, socket_dir

# One worker for all: two clusters starting at once is one test's subject, not the background of every other.
pytestmark = pytest.mark.xdist_group("servers")


@pytest.fixture
def empty() -> Iterator[Path]:
    """A short directory: pytest's own may be too long for a socket, which is another test's subject."""
    with tempfile.TemporaryDirectory(prefix="bpmc-") as directory:
        yield Path(directory).resolve()


@pytest.fixture(scope="module")
def new_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster fresh from initdb, made once."""
    place = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("DATABASE_URL", "REDIS_URL"):
            environment.delenv(name, raising=False)
        with Servers(place, durable=False):
            pass
    return place / "postgres"


@pytest.fixture
def place(empty: Path, new_cluster: Path) -> Path:
    """A directory with a cluster of its own, copied: initdb is the slow part of a first start."""
    shutil.copytree(new_cluster, empty / "postgres")
    return empty


def sql(servers: Servers, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(servers.env["DATABASE_URL"])
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def value(servers: Servers, statement: str) -> object:
    return sql(servers, statement)[0][0]


def processes(place: Path) -> list[int]:
    return [*working_in(place / "postgres"), *working_in(place / "redis")]


def until(condition: Callable[[], bool]) -> None:
    alive = SimpleNamespace(poll=lambda: None, returncode=None)
    wait_until(condition, process=alive, log=Path("condition"), seconds=20)


def test_a_first_start_makes_both_servers_and_leaves_no_process_behind(empty: Path) -> None:
    with Servers(empty) as servers:
        assert value(servers, "SELECT current_user || '@' || current_database()") == "bpmc@bpmc"
        assert value(servers, "SHOW data_checksums") == "on"
        assert redis.Redis.from_url(servers.env["REDIS_URL"]).ping()
        assert processes(empty)
    assert processes(empty) == []


def test_a_second_start_finds_the_data_of_the_first(place: Path) -> None:
    with Servers(place) as servers:
        sql(servers, "CREATE TABLE note AS SELECT 'còn nguyên' AS body")
        redis.Redis.from_url(servers.env["REDIS_URL"]).set("note", "còn nguyên")
    with Servers(place) as servers:
        assert value(servers, "SELECT body FROM note") == "còn nguyên"
        assert redis.Redis.from_url(servers.env["REDIS_URL"]).get("note") == "còn nguyên".encode()


def test_a_run_is_durable(place: Path) -> None:
    settings = "SELECT current_setting('fsync') || current_setting('synchronous_commit') || current_setting('full_page_writes')"
    with Servers(place) as servers:
        assert value(servers, settings) == "ononon"


def test_the_database_reads_vietnamese_and_may_create_what_tests_and_migrations_need(place: Path) -> None:
    with Servers(place, durable=False) as servers:
        for extension in ("unaccent", "pg_trgm", "btree_gist"):
            sql(servers, f"CREATE EXTENSION {extension}")
        sql(servers, "CREATE DATABASE test_bpmc")
        assert value(servers, "SELECT upper('đường')") == "ĐƯỜNG"
        assert value(servers, "SELECT similarity('Nguyễn', 'nguyễn')") == 1.0
        assert value(servers, "SELECT 'z' < 'đ'")  # by code point on every machine, whatever its locale


def test_a_killed_postgres_is_revived_with_every_committed_row(place: Path) -> None:
    with Servers(place) as servers:
        sql(servers, "CREATE TABLE note AS SELECT 1 AS id")
        assert servers.postgres is not None
        assert servers.postgres.process is not None
        servers.postgres.process.kill()
        servers.postgres.process.wait()
        assert servers.revive() == ["PostgreSQL"]
        assert value(servers, "SELECT count(*) FROM note") == 1
        assert servers.revive() == []


def test_a_stale_pid_file_naming_a_living_stranger_does_not_stop_a_start(place: Path) -> None:
    with Servers(place):
        pid_file = (place / "postgres" / "postmaster.pid").read_text()
    stranger = pid_file.replace(pid_file.splitlines()[0], str(os.getpid()), 1)
    (place / "postgres" / "postmaster.pid").write_text(stranger)
    os.chown(place / "postgres" / "postmaster.pid", *owner(place / "postgres" / "PG_VERSION"))
    with Servers(place) as servers:
        assert value(servers, "SELECT 1") == 1


def owner(path: Path) -> tuple[int, int]:
    seen = path.stat()
    return seen.st_uid, seen.st_gid


def supervised(place: Path, *command: str) -> "subprocess.Popen[str]":
    line = [sys.executable, str(ROOT / "tools" / "servers.py"), "exec", "--data", str(place), "--", *command]
    return subprocess.Popen(line, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_when_the_command_line_is_ended_nothing_is_left_running(place: Path, how: signal.Signals) -> None:
    running = supervised(
        place, sys.executable, "-c", "print('ready', flush=True); import signal; signal.pause()"
    )
    with running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        running.send_signal(how)
    until(lambda: not processes(place))
    with Servers(place) as servers:
        assert value(servers, "SELECT 1") == 1


def test_the_command_sees_the_servers_and_its_exit_code_is_ours(place: Path) -> None:
    running = supervised(place, sys.executable, "-c", "import os; print(os.environ['DATABASE_URL']); exit(7)")
    said, _ = running.communicate()
    assert said == f"postgres://bpmc@{str(place / 'run').replace('/', '%2F')}/bpmc\n"
    assert running.returncode == 7


def test_a_second_command_on_the_same_directory_uses_the_running_servers(place: Path) -> None:
    with Servers(place, durable=False) as servers, Servers(place) as guest:
        assert guest.attached
        assert guest.env == servers.env
        guest.stop()
        assert value(servers, "SELECT 1") == 1


def test_two_clones_run_side_by_side(place: Path) -> None:
    shutil.copytree(place / "postgres", place / "other" / "postgres")
    with Servers(place, durable=False) as one, Servers(place / "other", durable=False) as two:
        sql(one, "CREATE TABLE only_in_one ()")
        assert value(two, "SELECT to_regclass('only_in_one')") is None


def test_given_servers_are_used_as_they_are(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"DATABASE_URL": "postgres://somebody@database/bpmc", "REDIS_URL": "redis://broker/0"}
    for name, url in given.items():
        monkeypatch.setenv(name, url)
    with Servers(empty) as servers:
        assert servers.env == given
        assert list(empty.iterdir()) == []


def test_a_path_too_long_for_a_socket_gets_a_short_directory_that_is_remembered(empty: Path) -> None:
    deep = empty / ("d" * SOCKET_PATH_LIMIT)
    deep.mkdir()
    first = socket_dir(deep)
    try:
        assert len(f"{first}/.s.PGSQL.5432") <= SOCKET_PATH_LIMIT
        assert first.stat().st_mode & 0o777 == 0o700
        assert socket_dir(deep) == first
        first.chmod(0o777)  # as if somebody else had taken the name
        second = socket_dir(deep)
        assert second != first
        second.rmdir()
    finally:
        first.rmdir()


def test_a_start_cut_short_leaves_nothing_that_stops_the_next(empty: Path) -> None:
    (empty / "postgres.draft" / "base").mkdir(parents=True)
    with Servers(empty, durable=False) as servers:
        assert value(servers, "SELECT 1") == 1


def test_data_of_a_version_the_machine_lacks_is_refused_in_one_sentence(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty / "postgres").mkdir()
    (empty / "postgres" / "PG_VERSION").write_text("14\n")
    monkeypatch.setattr(postgres, "_from_wheel", lambda: Path("/usr/lib/postgresql/17/bin"))
    with pytest.raises(ServerError, match="postgresql-14"):
        postgres.find_binaries(empty / "postgres")


def test_the_cluster_belongs_to_whom_it_may_even_in_a_closed_directory(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only root may become somebody else; anybody else's data are their own."""
    monkeypatch.setenv("POSTGRES_AS", "nobody")
    with Servers(empty, durable=False) as servers:
        assert value(servers, "SELECT 1") == 1
    assert owner(empty / "postgres")[0] == (postgres.NOBODY if os.geteuid() == 0 else os.geteuid())
    monkeypatch.delenv("POSTGRES_AS")
    with Servers(empty, durable=False) as servers:  # the owner of the data decides from then on
        assert value(servers, "SELECT 1") == 1


def test_a_throwaway_only_leaves_out_fsync_and_goes_away_with_its_command() -> None:
    servers = Throwaway()
    asked = "SELECT current_setting('fsync') || current_setting('synchronous_commit')"
    words = f"import os, psycopg2; c = psycopg2.connect(os.environ['DATABASE_URL']).cursor(); c.execute({asked!r})"
    assert run_with(servers, [sys.executable, "-c", f"{words}; exit(c.fetchone() == ('offon',))"]) == 1
    assert not servers.data_dir.exists()
