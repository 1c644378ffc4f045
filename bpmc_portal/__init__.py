"""The portal itself: it knows no business noun. Celery's app is loaded with it so that tasks can be rung from anywhere."""

from bpmc_portal.celery import app as celery_app

__all__ = ["celery_app"]
