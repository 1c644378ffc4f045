"""The queue under faults: workers killed while they fold, Redis emptied and gone, backends of PostgreSQL killed under the counters."""

import json
import os
import signal
from contextlib import closing
from http.client import HTTPConnection
from time import monotonic

import psycopg2
import pytest
import redis

from tests.faults.conftest import Prepared
from tests.faults.processes import HOST, Portal, kill_group, until
from tests.faults.queue_clerks import Hall, check_queue

pytestmark = pytest.mark.xdist_group("servers")
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'portal' AND wait_event_type = 'Lock'"
EACH = 2000
QUEUE = "/api/v1/offices/VPB/queue/"


def kill_while_folding(portal: Portal, turn: int) -> None:
    """Hold the hours until a worker waits for them in the middle of its fold, and kill it there."""
    until(lambda: unfolded(portal) > 0, seconds=60, what="something to fold")
    with closing(psycopg2.connect(portal.url)) as holder, holder.cursor() as cursor:
        cursor.execute("LOCK TABLE desk_waithour IN EXCLUSIVE MODE")
        before = unfolded(portal)
        worker = portal.start_worker(f"worker-{turn}")
        until(lambda: portal.value(BLOCKED) > 0, seconds=60, what=lambda: portal.log(f"worker-{turn}"))
        kill_group(worker)
        assert unfolded(portal) >= before > 0  # what was half folded came back


def unfolded(portal: Portal) -> int:
    count: int = portal.value("SELECT count(*) FROM desk_waitdelta")
    return count


def fold_through_kills(portal: Portal, *, counters: int, each: int, kills: int) -> None:
    portal.start_web()
    hall = Hall(portal, counters=counters, each=each)
    portal.start_beat("beat-first")
    portal.start_beat("beat-second")
    with hall.at_work(hall.take) as finish:
        finish()
    with hall.at_work(hall.serve) as finish:
        for turn in range(kills):
            kill_while_folding(portal, turn)
        finish()
    for name in ("one-of-two", "two-of-two"):
        portal.start_worker(f"worker-{name}")
    until(lambda: unfolded(portal) == 0, seconds=60, what=lambda: portal.log("worker-one-of-two"))
    check_queue(hall)


@pytest.mark.timeout(300)
def test_hours_equal_the_recount_though_the_folding_workers_are_killed(portal: Portal) -> None:
    fold_through_kills(portal, counters=6, each=10, kills=2)


@pytest.mark.faults
def test_hours_equal_the_recount_through_twenty_kills(portal: Portal) -> None:
    fold_through_kills(portal, counters=8, each=50, kills=20)


@pytest.mark.timeout(300)
def test_a_board_and_the_counters_survive_a_flush_and_the_end_of_redis(
    portal: Portal, prepared: Prepared
) -> None:
    portal.start_web()
    hall = Hall(portal, counters=4, each=8)
    doorbell = prepared.servers.redis
    assert doorbell is not None
    assert doorbell.process is not None
    board = Board(portal)
    assert board.poll() == 200
    assert board.poll() == 304
    with redis.Redis.from_url(prepared.servers.env["REDIS_URL"]) as client:
        client.flushall()
    assert board.poll() == 200  # the board that knew the state before the flush is told it once more
    with hall.at_work(hall.take) as finish:
        finish()
    assert (board.poll(), board.state["waiting"]) == (200, hall.total)
    try:
        with hall.at_work(hall.serve) as finish:
            until(lambda: hall.called() > hall.total // 4, seconds=60, what="the first calls")
            doorbell.process.kill()
            doorbell.process.wait()
            finish()
        assert (board.poll(), board.state["waiting"], board.state["visits_today"]) == (200, 0, hall.total)
    finally:
        doorbell.start()
    until(lambda: board.poll() == 304, seconds=30, what="an unchanged queue")
    check_queue(hall)
    found = json.loads(portal.run("tests.faults.queue_world", "check").splitlines()[-1])
    assert board.state["average_wait_s_today"] == found["average"]


class Board:
    """Polls as a board does, with the last entity tag."""

    def __init__(self, portal: Portal) -> None:
        self.portal, self.tag = portal, ""
        self.state: dict[str, object] = {}

    def poll(self) -> int:
        """Return the status, and keep tag and state of a full answer."""
        status, tag, body = get(self.portal, QUEUE, self.tag)
        if status == 200:
            self.tag, self.state = tag, json.loads(body)
        return status


def get(portal: Portal, path: str, tag: str) -> tuple[int, str, bytes]:
    with closing(HTTPConnection(HOST, portal.port, timeout=30)) as connection:
        connection.request("GET", path, headers={"If-None-Match": tag} if tag else {})
        response = connection.getresponse()
        return response.status, response.getheader("ETag") or "", response.read()


@pytest.mark.faults
def test_backends_killed_under_the_counters_lose_and_double_nobody(portal: Portal) -> None:
    portal.start_web()
    hall = Hall(portal, counters=16, each=40)
    with hall.at_work(hall.take) as finish:
        finish()
    with hall.at_work(hall.serve) as finish:
        for turn in range(6):
            until(lambda: hall.called() > hall.total * (turn + 1) // 8, seconds=300, what="calls")  # noqa: B023
            busy = "SELECT pid FROM pg_stat_activity WHERE datname = 'portal' AND pid <> pg_backend_pid() ORDER BY state_change DESC LIMIT 1"
            os.kill(portal.value(busy), signal.SIGKILL)
            until(lambda: is_back(portal), seconds=60, what="recovery")
        finish()
    assert sum(each.unknown for each in hall.told) > 0
    check_queue(hall)


def is_back(portal: Portal) -> bool:
    try:
        return bool(portal.value("SELECT true"))
    except psycopg2.OperationalError:
        return False


@pytest.mark.faults
def test_thirty_two_counters_serve_two_thousand_each_over_http(portal: Portal) -> None:
    portal.start_web()
    portal.start_worker()
    portal.start_beat()
    hall = Hall(portal, counters=32, each=EACH)
    started = monotonic()
    with hall.at_work(hall.take) as finish:
        finish()
    taken = monotonic()
    with hall.at_work(hall.serve) as finish:
        finish()
    served = monotonic()
    print(
        f"{hall.total} numbers: {hall.total / (taken - started):.0f}/s given, {hall.total / (served - taken):.0f}/s served"
    )
    check_queue(hall)
