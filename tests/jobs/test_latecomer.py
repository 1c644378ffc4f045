"""A worker that looks at a job just after another took it holds the row for an instant; the job is done all the same, and now."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.models import Job
from bpmc_portal.jobs.services import Work

DONE: list[int] = []
WAITERS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"


@jobs.job("tests.latecomer")
def note(number: int) -> None:
    """Remember the number."""
    DONE.append(number)


def hold(key: str, held: Event, ended: Event) -> None:
    """Hold the row of a job until somebody waits for it, or has gone on without it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            Job.objects.select_for_update().get(dedup_key=key)
            held.set()
            while not ended.is_set():
                cursor.execute(WAITERS)
                if cursor.fetchone()[0]:
                    break
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_latecomer_does_not_send_a_job_to_rest() -> None:
    DONE.clear()
    jobs.enqueue(Work("tests.latecomer", "late:1", {"number": 1}))
    held, ended, looked = Event(), Event(), []

    def meet(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "FOR UPDATE" in sql:
            looked.append(sql)
            if len(looked) == 2:
                # The job is taken and its attempt committed; now the latecomer holds the row.
                latecomer.start()
                assert held.wait(10)
        return execute(sql, params, many, context)

    latecomer = Thread(target=hold, args=("late:1", held, ended))
    with connection.execute_wrapper(meet):
        assert jobs.run("late:1")
    ended.set()
    latecomer.join(10)
    assert DONE == [1]
