"""Celery's side of the ledger: three tasks, all safe to repeat."""

from datetime import timedelta

from celery import shared_task
from django.db import IntegrityError, transaction
from django.utils import timezone

from bpmc_portal.jobs import services
from bpmc_portal.jobs.models import Tick


@shared_task(name="bpmc_portal.jobs.tasks.run_jobs")
def run_jobs(keys: list[str]) -> None:
    """Idempotent: a job that is done, locked or not yet due is left alone."""
    for key in keys:
        services.run(key)


@shared_task(name="bpmc_portal.jobs.tasks.sweep")
def sweep() -> None:
    """Idempotent: ring again for what nobody took up; a doorbell that was lost costs seconds, never the work.

    What has just become due has its own bell on the way: ringing for it too would only lengthen the queue.
    """
    services.ring(services.due(400, for_at_least=timedelta(seconds=3)))


# Slots sort as text, so that what is old can be told from its key.
SLOTS = {"daily": "%Y-%m-%d", "minute": "%Y-%m-%dT%H:%M"}
SLOTS_KEPT_FOR = timedelta(days=2)


@shared_task(name="bpmc_portal.jobs.tasks.tick")
def tick(name: str) -> None:
    """Idempotent: the first of several beats to write the slot publishes it, the others do nothing."""
    now = timezone.localtime()
    slot = now.strftime(SLOTS[name])
    try:
        with transaction.atomic():
            Tick.objects.create(name=name, slot=slot)
            services.publish(f"tick.{name}", slot=slot)
    except IntegrityError:
        return
    services.forget_ticks(name, before=(now - SLOTS_KEPT_FOR).strftime(SLOTS[name]))
