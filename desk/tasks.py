"""Celery's side of the desk: the fold, safe to repeat and safe to run twice at once."""

from celery import shared_task

from desk import rollups


@shared_task(name="desk.tasks.fold")
def fold() -> None:
    """Idempotent: what is folded is gone from the changes; two folds share the rows by skipping locked ones."""
    while rollups.fold():
        pass
