"""Write work down, ring the bell, do it once.

The only module that speaks to Celery. A dead broker never fails the caller: the sweeper finds the row within seconds.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from bpmc_portal.jobs.models import Job, Tick

log = logging.getLogger(__name__)

DESK, HEAVY, OUTBOUND = "desk", "heavy", "outbound"
# Seconds before a try may be repeated: after a kill the row lock is gone at once, and this is all that waits.
RETRY_AFTER = (5, 30, 120, 600, 3600)
# An external effect holds no row lock, so its repeat waits longer than Celery's hard time limit.
EXTERNAL_RETRY_AFTER = 300
KEYS_A_MESSAGE = 20


@dataclass(frozen=True)
class Kind:
    """A registered kind of job: its handler takes the payload as keyword arguments and must be idempotent."""

    name: str
    handler: Callable[..., None]
    queue: str
    max_attempts: int
    is_external: bool


_KINDS: dict[str, Kind] = {}
_SUBSCRIBERS: dict[str, list[str]] = defaultdict(list)
_broker_down_until = 0.0


Handler = Callable[..., None]


def job(
    name: str, *, queue: str = DESK, max_attempts: int = 5, on: str | None = None, is_external: bool = False
) -> Callable[[Handler], Handler]:
    """Register a handler for a kind of job; `on` subscribes it to an event of a lower layer.

    A local handler runs inside the transaction that marks the job done. An external one (mail, another system) runs outside
    any transaction, commits its own intent first, and must know how to meet its own half-done work on a repeat.
    """

    def register(handler: Handler) -> Handler:
        _KINDS[name] = Kind(name, handler, queue, max_attempts, is_external)
        if on is not None and name not in _SUBSCRIBERS[on]:
            _SUBSCRIBERS[on].append(name)
        return handler

    return register


@dataclass(frozen=True)
class Work:
    """One job to write down."""

    kind: str
    dedup_key: str
    payload: Mapping[str, Any]
    not_before: datetime | None = None


_is_quiet: ContextVar[bool] = ContextVar("jobs_are_quiet", default=False)


@contextmanager
def quiet() -> Iterator[None]:
    """Write no jobs inside: for a past that is rebuilt, whose receipts and messages went out long ago."""
    token = _is_quiet.set(True)
    try:
        yield
    finally:
        _is_quiet.reset(token)


def enqueue(*works: Work) -> None:
    """Write jobs in the current transaction, in one statement; what is already written stays as it is. Rings on commit."""
    if not works or _is_quiet.get():
        return
    now = timezone.now()
    rows = [
        Job(
            kind=work.kind,
            queue=_KINDS[work.kind].queue,
            max_attempts=_KINDS[work.kind].max_attempts,
            dedup_key=work.dedup_key,
            payload=dict(work.payload),
            not_before=work.not_before or now,
        )
        for work in works
    ]
    Job.objects.bulk_create(rows, ignore_conflicts=True)
    keys_by_queue: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.not_before <= now:
            keys_by_queue[row.queue].append(row.dedup_key)
    transaction.on_commit(lambda: ring(keys_by_queue))


def works_for(event: str, **ids: Any) -> list[Work]:
    """Return one job a subscriber of the event, so that a caller can write them together with its own."""
    key = ":".join(str(value) for value in ids.values())
    return [Work(kind, f"{kind}:{key}", ids) for kind in _SUBSCRIBERS[event]]


def publish(event: str, **ids: Any) -> None:
    """Tell higher layers that something happened: one job a subscriber, in the current transaction."""
    enqueue(*works_for(event, **ids))


def forget_ticks(name: str, *, before: str) -> None:
    """Delete slots older than `before` and the finished jobs that they published; what failed stays for the operator."""
    Tick.objects.filter(name=name, slot__lt=before).delete()
    for kind in _SUBSCRIBERS[f"tick.{name}"]:
        keys = Job.objects.filter(dedup_key__gte=f"{kind}:0", dedup_key__lt=f"{kind}:{before}")
        keys.filter(kind=kind, done_at__isnull=False).delete()


def ring(keys_by_queue: Mapping[str, Iterable[str]]) -> None:
    """Ring Celery with the keys only. After a failure the bell rests for some seconds, so that no desk request waits for a dead broker."""
    global _broker_down_until
    from bpmc_portal.jobs.tasks import run_jobs

    if time.monotonic() < _broker_down_until:
        return
    bells = [(queue, part) for queue, keys in keys_by_queue.items() for part in _parts(list(keys), queue)]
    for queue, part in bells:
        try:
            run_jobs.apply_async(args=(part,), queue=queue, retry=False, ignore_result=True)
        except Exception as error:
            _broker_down_until = time.monotonic() + 10
            log.warning("doorbell is silent: %s", type(error).__name__)
            return


def _parts(keys: list[str], queue: str) -> list[list[str]]:
    """Cut keys into messages short enough for one task's time limit; a heavy job may take most of it alone."""
    size = 1 if queue == HEAVY else KEYS_A_MESSAGE
    return [keys[start : start + size] for start in range(0, len(keys), size)]


def run(dedup_key: str) -> bool:
    """Do one job if it is due and nobody does it now; return whether it was done here.

    The attempt is counted in a commit of its own, so that a job which kills its worker cannot loop for ever. The effect and
    `done_at` commit together under a row lock, which dies with the worker.
    """
    now = timezone.now()
    with transaction.atomic():
        found = (
            Job.objects.select_for_update(skip_locked=True)
            .filter(dedup_key=dedup_key, done_at=None, dead_at=None, not_before__lte=now)
            .first()
        )
        if found is None:
            return False
        if found.attempts >= found.max_attempts:
            Job.objects.filter(pk=found.pk).update(dead_at=now)
            log.error("job gave up: %s after %s attempts", found.dedup_key, found.attempts)
            return False
        kind = _KINDS[found.kind]
        wait = (
            EXTERNAL_RETRY_AFTER
            if kind.is_external
            else RETRY_AFTER[min(found.attempts, len(RETRY_AFTER) - 1)]
        )
        Job.objects.filter(pk=found.pk).update(
            attempts=F("attempts") + 1, not_before=now + timedelta(seconds=wait)
        )
    try:
        if kind.is_external:
            kind.handler(**found.payload)
            return bool(Job.objects.filter(pk=found.pk, done_at=None).update(done_at=timezone.now()))
        return _perform(found.pk)
    except Exception as error:
        log.exception("job failed: %s", dedup_key)
        dead = {"dead_at": timezone.now()} if found.attempts + 1 >= found.max_attempts else {}
        Job.objects.filter(pk=found.pk, done_at=None).update(
            last_error=f"{type(error).__name__}: {error}"[:2000], **dead
        )
        return False


def _perform(pk: int) -> bool:
    with transaction.atomic():
        # Waits for the row and does not skip it: another worker that came too late to take the job holds the row for an instant while it
        # finds that out, and a job skipped here would rest until its next try.
        mine = Job.objects.select_for_update().filter(pk=pk, done_at=None, dead_at=None).first()
        if mine is None:
            return False
        _KINDS[mine.kind].handler(**mine.payload)
        Job.objects.filter(pk=pk).update(done_at=timezone.now())
    return True


def due(limit: int = 500, *, for_at_least: timedelta = timedelta(0)) -> dict[str, list[str]]:
    """Return the keys of jobs that wait and have been due for that long, by queue, oldest first."""
    keys_by_queue: dict[str, list[str]] = defaultdict(list)
    since = timezone.now() - for_at_least
    waiting = Job.objects.filter(done_at=None, dead_at=None, not_before__lte=since).order_by("not_before")
    for queue, key in waiting.values_list("queue", "dedup_key")[:limit]:
        keys_by_queue[queue].append(key)
    return keys_by_queue


def run_due(limit: int = 10_000) -> int:
    """Do everything that is due in this process and return how many were done: for commands and tests, not for requests."""
    done = 0
    while batch := [key for keys in due(min(limit, 500)).values() for key in keys]:
        progress = sum(run(key) for key in batch)
        done += progress
        if progress == 0:
            break
    return done


def requeue(job_id: int) -> None:
    """Give a dead job five new tries: the operator's button."""
    Job.objects.filter(pk=job_id, done_at=None).filter(Q(dead_at__isnull=False) | Q(attempts__gt=0)).update(
        dead_at=None, attempts=0, not_before=timezone.now()
    )
    key = Job.objects.filter(pk=job_id).values_list("queue", "dedup_key").first()
    if key:
        transaction.on_commit(lambda: ring({key[0]: [key[1]]}))


def oldest_wait_seconds() -> float:
    """Return how long the oldest due job has waited, 0.0 when nothing waits: the health page's figure."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(extract(epoch FROM now() - min(not_before)), 0)::float8 FROM jobs_job"
            " WHERE done_at IS NULL AND dead_at IS NULL AND not_before <= now()"
        )
        wait: float = cursor.fetchone()[0]
    return max(wait, 0.0)
