"""The ledger: work is written with the change, done once, counted before it is tried, and never lost with the bell."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.models import Job, Tick
from bpmc_portal.jobs.services import Work
from bpmc_portal.jobs.tasks import tick

DONE: list[int] = []


@jobs.job("tests.note", on="tests.happened")
def note(number: int) -> None:
    """Remember the number, or fail when asked to."""
    if number < 0:
        raise ValueError("asked to fail")
    DONE.append(number)


@jobs.job("tests.mail", is_external=True, max_attempts=2)
def mail(number: int) -> None:
    """Stand for an effect outside the database: it runs outside any transaction."""
    assert not transaction.get_connection().in_atomic_block or number == 0
    DONE.append(number)


@pytest.fixture(autouse=True)
def forget() -> None:
    """Start each test with nothing done."""
    DONE.clear()


def due_now(key: str) -> None:
    """Let a job that waits for its next try be due at once."""
    Job.objects.filter(dedup_key=key).update(not_before=timezone.now() - timedelta(seconds=1))


def test_work_enqueued_twice_is_done_once(db: None) -> None:
    jobs.enqueue(Work("tests.note", "n:1", {"number": 1}))
    jobs.enqueue(Work("tests.note", "n:1", {"number": 1}))
    assert jobs.run_due() == 1
    assert not jobs.run("n:1")
    assert DONE == [1]


def test_work_of_a_transaction_that_failed_was_never_there(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        jobs.enqueue(Work("tests.note", "n:1", {"number": 1}))
        raise IntegrityError
    assert not Job.objects.exists()


def test_an_event_becomes_one_job_a_subscriber(db: None) -> None:
    jobs.publish("tests.happened", number=7)
    jobs.publish("tests.happened", number=7)
    assert jobs.run_due() == 1
    assert DONE == [7]


def test_a_failing_job_is_tried_later_and_gives_up_after_its_tries(db: None) -> None:
    jobs.enqueue(Work("tests.note", "bad", {"number": -1}))
    for attempt in range(1, 6):
        assert not jobs.run("bad")
        assert Job.objects.get(dedup_key="bad").attempts == attempt
        assert not jobs.run("bad"), "it must wait before the next try"
        due_now("bad")
    job = Job.objects.get(dedup_key="bad")
    assert job.dead_at is not None
    assert "asked to fail" in job.last_error
    assert jobs.due() == {}


def test_the_attempt_counts_even_when_the_worker_dies(db: None) -> None:
    """A worker killed in the handler leaves the row as the claim left it: attempts counted, next try in the future."""
    jobs.enqueue(Work("tests.note", "poison", {"number": 1}))
    Job.objects.filter(dedup_key="poison").update(attempts=5)
    assert not jobs.run("poison")
    assert Job.objects.get(dedup_key="poison").dead_at is not None
    assert DONE == []


def test_a_dead_job_gets_new_tries_from_the_operator(db: None) -> None:
    jobs.enqueue(Work("tests.note", "n:2", {"number": 2}))
    Job.objects.update(dead_at=timezone.now(), attempts=5)
    jobs.requeue(Job.objects.get().pk)
    assert jobs.run_due() == 1
    assert DONE == [2]


def test_one_poison_job_does_not_stop_the_others(db: None) -> None:
    jobs.enqueue(Work("tests.note", "bad", {"number": -1}), Work("tests.note", "n:3", {"number": 3}))
    assert jobs.run_due() == 1
    assert DONE == [3]


def test_a_job_for_later_waits(db: None) -> None:
    jobs.enqueue(Work("tests.note", "later", {"number": 4}, timezone.now() + timedelta(hours=1)))
    assert jobs.run_due() == 0
    assert jobs.oldest_wait_seconds() == 0


def test_two_beats_publish_a_slot_once(db: None) -> None:
    tick("daily")
    tick("daily")
    assert Tick.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_external_effect_runs_outside_any_transaction() -> None:
    jobs.enqueue(Work("tests.mail", "m:1", {"number": 1}))
    assert jobs.run("m:1")
    assert DONE == [1]


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_never_fails_the_caller_and_the_bell_rests(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bpmc_portal.celery import app

    monkeypatch.setitem(app.conf, "broker_url", "redis+socket:///nonexistent.sock")
    monkeypatch.setattr(jobs, "_broker_down_until", 0.0)
    app.pool.force_close_all()
    with transaction.atomic():
        jobs.enqueue(Work("tests.note", "n:5", {"number": 5}))
    assert Job.objects.filter(dedup_key="n:5", done_at=None).exists()
    assert jobs.run_due() == 1
