"""Uploads and their codes while workers are killed, Redis is emptied and killed, and backends of PostgreSQL are killed."""

import os
import signal
import subprocess

import pytest
import redis

from tests.faults.clerks import check_codes
from tests.faults.conftest import Prepared
from tests.faults.processes import Portal, until
from tests.faults.test_postgres_killed import takes_connections
from tests.faults.test_worker_killed import kill_inside_a_job
from tests.faults.uploaders import Uploaders, check_uploads

pytestmark = pytest.mark.xdist_group("servers")

# Reading and stamping take a hundred times as long as giving codes, and have tests of their own.
PUT_HEAVY_OFF = "CREATE TRIGGER put_heavy_off BEFORE INSERT ON jobs_job FOR EACH ROW WHEN (NEW.queue = 'heavy') EXECUTE FUNCTION put_off()"
CODES_LEFT = "SELECT count(*) FROM jobs_job WHERE kind = 'digitization.assign_codes' AND done_at IS NULL"
BUSY = "SELECT pid FROM pg_stat_activity WHERE datname = 'portal' AND pid <> pg_backend_pid() ORDER BY state_change DESC LIMIT 1"


def upload_and_code_through_faults(
    portal: Portal, prepared: Prepared, *, count: int, each: int, rounds: int, patience: float
) -> None:
    portal.sql(PUT_HEAVY_OFF)
    portal.start_web()
    portal.start_beat()
    clerks = Uploaders(portal, prepared, count=count, each=each)
    worker = portal.start_worker("worker-first")
    with clerks.working() as finish:
        for turn in range(rounds):
            worker = _all_faults(portal, prepared, clerks, worker, turn=turn, rounds=rounds)
        finish()
    until(
        lambda: portal.value(CODES_LEFT) == 0,
        seconds=patience,
        what=lambda: portal.log(f"worker-{rounds - 1}"),
    )
    assert clerks.told.unknown > 0
    check_uploads(portal, clerks)
    check_codes(portal)
    said = portal.run("django", "check_codes").splitlines()[-1]
    assert said.endswith(" 0 lỗi.")
    assert portal.value("SELECT count(*) FROM jobs_job WHERE dead_at IS NOT NULL") == 0


def _all_faults(
    portal: Portal,
    prepared: Prepared,
    clerks: Uploaders,
    worker: "subprocess.Popen[bytes]",
    *,
    turn: int,
    rounds: int,
) -> "subprocess.Popen[bytes]":
    """Kill a worker inside a job, empty Redis, kill a backend, kill Redis, at even distances; return the worker that follows."""
    doorbell = prepared.servers.redis
    assert doorbell is not None
    assert doorbell.process is not None
    clerks.have_sent((turn + 0.2) / rounds)
    until(
        lambda: portal.value("SELECT count(*) FROM numbering_series WHERE key LIKE 'document:%%'") > 0,
        seconds=60,
        what=lambda: portal.log("worker-first"),
    )
    kill_inside_a_job(portal, worker)
    following = portal.start_worker(f"worker-{turn}")
    clerks.have_sent((turn + 0.4) / rounds)
    with redis.Redis.from_url(prepared.servers.env["REDIS_URL"]) as client:
        client.flushall()
    clerks.have_sent((turn + 0.6) / rounds)
    os.kill(portal.value(BUSY), signal.SIGKILL)
    until(lambda: takes_connections(portal), seconds=60, what="recovery")
    clerks.have_sent((turn + 0.8) / rounds)
    doorbell.process.kill()
    doorbell.process.wait()
    doorbell.start()
    return following


@pytest.mark.timeout(300)
def test_two_hundred_uploads_are_kept_and_coded_once_through_every_fault(
    portal: Portal, prepared: Prepared
) -> None:
    upload_and_code_through_faults(portal, prepared, count=6, each=12, rounds=1, patience=120)


@pytest.mark.faults
def test_two_thousand_uploads_are_kept_and_coded_once_through_five_rounds_of_faults(
    portal: Portal, prepared: Prepared
) -> None:
    upload_and_code_through_faults(portal, prepared, count=16, each=42, rounds=5, patience=1800)
