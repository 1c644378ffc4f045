"""kill -9 of the workers while papers get their codes: each gets one, and no work is left behind."""

import subprocess
from contextlib import closing
from functools import partial

import psycopg2
import pytest

from tests.faults.clerks import Clerks, check_codes, check_numbers, jobs_done, jobs_left
from tests.faults.conftest import Prepared
from tests.faults.processes import Portal, kill_group, until

pytestmark = pytest.mark.xdist_group("servers")


OUTBOUND = "notices.deliver"
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'portal' AND wait_event_type = 'Lock'"


def has_done(portal: Portal, goal: int) -> bool:
    return jobs_done(portal) >= goal


def kill_inside_a_job(portal: Portal, worker: "subprocess.Popen[bytes]") -> None:
    """Hold the series of document codes until a worker waits for it in the middle of its job, and kill it there."""
    with closing(psycopg2.connect(portal.url)) as holder, holder.cursor() as cursor:
        cursor.execute("SELECT 1 FROM numbering_series WHERE key LIKE 'document:%' FOR UPDATE")
        until(lambda: portal.value(BLOCKED) > 0, seconds=30, what="a worker inside a job")
        kill_group(worker)


def work_through_kills(
    portal: Portal, prepared: Prepared, *, count: int, each: int, kills: int, patience: float
) -> None:
    portal.start_web()
    clerks = Clerks(portal, prepared, count=count, each=each)
    with clerks.working() as finish:
        finish()
    check_numbers(portal, clerks)
    portal.start_beat()
    whole = jobs_left(portal)
    for turn in range(kills):
        worker = portal.start_worker(f"worker-{turn}")
        goal = whole * (turn + 1) // (kills + 2)
        until(partial(has_done, portal, goal), seconds=60, what=f"{goal} jobs by worker-{turn}")
        kill_inside_a_job(portal, worker)
        assert jobs_left(portal) > 0  # the kill came in the middle of the work
    portal.start_worker("worker-last")
    # A message whose sender was killed may have gone out: it waits five minutes before it is looked at again.
    until(
        lambda: jobs_left(portal, besides=OUTBOUND) == 0,
        seconds=patience,
        what=lambda: portal.log("worker-last"),
    )
    check_codes(portal)
    assert portal.value("SELECT count(*) FROM jobs_job WHERE dead_at IS NOT NULL") == 0
    assert portal.value("SELECT count(DISTINCT subject) FROM notices_notice") == count * each


@pytest.mark.timeout(300)
def test_papers_get_one_code_each_though_the_workers_are_killed(portal: Portal, prepared: Prepared) -> None:
    work_through_kills(portal, prepared, count=8, each=15, kills=2, patience=90)


@pytest.mark.faults
def test_papers_get_one_code_each_through_twenty_kills_of_the_workers(
    portal: Portal, prepared: Prepared
) -> None:
    work_through_kills(portal, prepared, count=16, each=60, kills=20, patience=600)
