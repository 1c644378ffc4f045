"""Two beats and two workers at once: the same work, done once."""

import pytest

from tests.faults.clerks import Clerks, check_codes, check_numbers, jobs_left
from tests.faults.conftest import Prepared
from tests.faults.processes import Portal, until

pytestmark = pytest.mark.xdist_group("servers")
SLOTS = "SELECT count(*) FROM jobs_tick WHERE name = 'daily'"
TICK = ("celery", "-A", "bpmc_portal", "call", "bpmc_portal.jobs.tasks.tick", "--args", '["daily"]')


@pytest.mark.timeout(300)
def test_two_beats_and_two_workers_do_everything_once(portal: Portal, prepared: Prepared) -> None:
    portal.start_web()
    for name in ("first", "second"):
        portal.start_worker(f"worker-{name}")
        portal.start_beat(f"beat-{name}")
    clerks = Clerks(portal, prepared, count=8, each=10)
    with clerks.working() as finish:
        finish()
    portal.run(*TICK)
    portal.run(*TICK)
    until(
        lambda: portal.value(SLOTS) > 0,
        seconds=30,
        what=lambda: portal.log("worker-first"),
    )
    until(lambda: jobs_left(portal) == 0, seconds=60, what=lambda: portal.log("worker-first"))
    check_numbers(portal, clerks)
    check_codes(portal)
    # The beats write the minutes of their own accord; of the day there is one, however many of them asked for it.
    assert portal.value(SLOTS) == 1
    assert portal.value("SELECT max(attempts) FROM jobs_job") == 1
