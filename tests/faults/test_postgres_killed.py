"""PostgreSQL crashes while clerks receive: what was acknowledged is there, and what was unknown is there once."""

import os
import signal

import psycopg2
import pytest

from tests.faults.clerks import Clerks, check_numbers
from tests.faults.conftest import Prepared
from tests.faults.processes import Portal, until
from tools.processes import stop

pytestmark = [pytest.mark.xdist_group("servers"), pytest.mark.faults]


def takes_connections(portal: Portal) -> bool:
    try:
        return bool(portal.value("SELECT true"))
    except psycopg2.OperationalError:
        return False


def test_backends_killed_under_the_clerks_lose_and_double_nothing(portal: Portal, prepared: Prepared) -> None:
    portal.start_web()
    clerks = Clerks(portal, prepared, count=16, each=40)
    with clerks.working() as finish:
        for turn in range(6):
            clerks.have_answers(0.1 * (turn + 1))
            busy = "SELECT pid FROM pg_stat_activity WHERE datname = 'portal' AND pid <> pg_backend_pid() ORDER BY state_change DESC LIMIT 1"
            os.kill(portal.value(busy), signal.SIGKILL)
            until(lambda: takes_connections(portal), seconds=60, what="recovery")
        finish()
    assert clerks.book.unknown > 0
    check_numbers(portal, clerks)


def test_an_immediate_stop_and_restart_of_the_cluster_loses_and_doubles_nothing(
    portal: Portal, prepared: Prepared
) -> None:
    postgres = prepared.servers.postgres
    assert postgres is not None
    assert postgres.process is not None
    portal.start_web()
    clerks = Clerks(portal, prepared, count=16, each=40)
    with clerks.working() as finish:
        for turn in range(2):
            clerks.have_answers(0.3 * (turn + 1))
            stop(postgres.process, signal.SIGQUIT)
            postgres.start()
        finish()
    assert clerks.book.unknown > 0
    check_numbers(portal, clerks)
