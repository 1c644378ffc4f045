"""Celery's app and the beat schedule. The work itself lives in the job ledger (bpmc_portal/jobs)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bpmc_portal.settings")

app = Celery("bpmc_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["bpmc_portal.jobs", "desk"])
app.conf.beat_schedule = {
    # If it stops: jobs whose doorbell was lost (Redis down, worker killed) wait for ever. Oldest job shows on /readyz.
    "sweep": {"task": "bpmc_portal.jobs.tasks.sweep", "schedule": 2.0},
    # If it stops: changes of the queue pile up unfolded; pages stay right (they add both), only slower.
    "fold": {"task": "desk.tasks.fold", "schedule": 2.0},
    # If it stops: memberships do not end in the session list, finished jobs pile up, drafts outlive their 30 days.
    "daily": {"task": "bpmc_portal.jobs.tasks.tick", "schedule": 60.0, "args": ["daily"]},
    # If it stops: no warning, no apology draft, no silent opinion closed; what was missed is made up at the next tick (look_at).
    "minute": {
        "task": "bpmc_portal.jobs.tasks.tick",
        "schedule": 20.0,
        "args": ["minute"],
        "options": {"expires": 60},
    },
}
