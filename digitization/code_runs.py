"""Give codes to every paper that waits for one, by Celery, in slices that a kill can stop but neither lose nor double.

A slice is a range of document keys in a job of the ledger: its codes, its mark on the run and its `done_at` commit together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from bpmc_portal.accounts.models import User
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.models import Job
from bpmc_portal.jobs.services import Work, enqueue
from digitization import codes, services
from digitization.models import CodeRun, Document

# Papers in one job: about half a second of work, so that a counter's own codes never wait long behind it.
SLICE = 2000
# A slice that has not moved for this long is shown as waiting for an operator.
PATIENCE = timedelta(minutes=2)

_STARTS = """
SELECT id FROM (
  SELECT id, row_number() OVER (ORDER BY id) AS place FROM digitization_document
  WHERE code IS NULL AND document_type_id IS NOT NULL AND code_type <> ''
) waiting WHERE (place - 1) %% %s = 0 ORDER BY id
"""


def start(*, actor: User | None) -> CodeRun:
    """Begin a run and return it, or the one that is not over yet, of which it takes up again what had given up."""
    try:
        with transaction.atomic():
            run = CodeRun.objects.create(started_by=actor, started_at=timezone.now())
            enqueue(Work("digitization.cut_code_run", f"{_key(run.pk)}cut", {"run_id": run.pk}))
            return run
    except IntegrityError:
        going_on = CodeRun.objects.filter(finished_at=None).order_by("pk").first()
        if going_on is None:  # it ended this moment
            return start(actor=actor)
        for job_id in _stuck(going_on).values_list("pk", flat=True):
            jobs.requeue(job_id)
        return going_on


def cut(run_id: int) -> None:
    """Cut what waits into slices and write a job for each. Idempotent: a run is cut once."""
    run = CodeRun.objects.select_for_update().get(pk=run_id)
    if run.slices is not None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_STARTS, [SLICE])
        starts = [str(row[0]) for row in cursor.fetchall()]
    run.total, run.slices = services.uncoded().count(), len(starts)
    run.finished_at = None if starts else timezone.now()
    run.save(update_fields=["total", "slices", "finished_at"])
    bounds = pairwise([*starts, None])
    enqueue(
        *(
            Work(
                "digitization.code_slice",
                f"{_key(run.pk)}{number}",
                {"run_id": run.pk, "first": first, "before": before},
            )
            for number, (first, before) in enumerate(bounds, 1)
        )
    )


def code_slice(run_id: int, *, first: str, before: str | None) -> None:
    """Code one slice and count it. Runs once, in the transaction of its job."""
    coded = services.assign_codes_between(UUID(first), UUID(before) if before else None)
    # The run's row is shared by all slices: it is taken last and held for the commit only.
    CodeRun.objects.filter(pk=run_id).update(slices_done=F("slices_done") + 1, coded=F("coded") + coded)
    CodeRun.objects.filter(pk=run_id, slices_done=F("slices")).update(finished_at=timezone.now())


@dataclass(frozen=True)
class Progress:
    """What a page shows of the runs: the newest, the earlier ones, how many papers wait, how many slices gave up."""

    run: CodeRun | None
    earlier: list[CodeRun]
    waiting: int
    stuck: int


def progress() -> Progress:
    """Return how far the newest run is. Four statements at most, however many papers there are."""
    runs = list(CodeRun.objects.select_related("started_by").order_by("-pk")[:6])
    newest = runs[0] if runs else None
    stuck = _stuck(newest).count() if newest and not newest.is_over else 0
    return Progress(newest, runs[1:], services.uncoded().count(), stuck)


def _stuck(run: CodeRun) -> QuerySet[Job]:
    """Return the run's jobs that gave up, or that have been due for long without anybody taking them."""
    late = Q(not_before__lt=timezone.now() - PATIENCE)
    return Job.objects.filter(
        Q(dead_at__isnull=False) | late, dedup_key__startswith=_key(run.pk), done_at=None
    )


def _key(run_id: int) -> str:
    return f"code-run:{run_id}:"


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a series: the series, and a Vietnamese sentence that names the numbers."""

    series: str
    sentence: str


_SERIES = """
WITH papers AS (
  SELECT 'document:' || code_owner || ':' || code_type AS key, count(*) AS count, count(DISTINCT code_nn) AS distinct_count,
    max(code_nn) AS top, array_agg(code_nn ORDER BY code_nn) AS given
  FROM digitization_document WHERE code_nn IS NOT NULL GROUP BY code_owner, code_type
), series AS (
  SELECT key, last FROM numbering_series WHERE key LIKE 'document:%'
)
SELECT key, coalesce(last, 0), coalesce(top, 0), coalesce(given, '{}') FROM papers FULL JOIN series USING (key)
WHERE last IS DISTINCT FROM count OR top IS DISTINCT FROM count OR distinct_count IS DISTINCT FROM count ORDER BY key
"""


def faults() -> Iterator[Fault]:
    """Name every gap, every number given twice and every series that disagrees with its papers; nothing when all is well.

    No code is ever taken back (a void dossier's papers keep theirs), so there is no gap that would be in order.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SERIES)
        rows = cursor.fetchall()
    for key, last, top, given in rows:
        missing = sorted(set(range(1, max(last, top) + 1)) - set(given))
        twice = sorted({number for number, following in pairwise(given) if number == following})
        if missing:
            yield Fault(key, f"thiếu số {_listed(missing)}")
        if twice:
            yield Fault(key, f"số cấp hai lần {_listed(twice)}")
        if top > last:
            yield Fault(key, f"sổ đếm đến {last} nhưng đã cấp đến số {top}")
    types = (
        Document.objects.filter(code__isnull=False).order_by("code_type").values_list("code_type", flat=True)
    )
    for end, whole in codes.may_clash(types.distinct()):
        yield Fault(
            whole, f"mã loại “{whole}” kết thúc bằng mã loại “{end}”, hai mã giấy tờ có thể trùng chữ"
        )


def series_count() -> int:
    """Return how many series of document codes there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM numbering_series WHERE key LIKE 'document:%'")
        count: int = cursor.fetchone()[0]
    return count


def _listed(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:20]))
    return f"{shown} và {len(numbers) - 20} số nữa" if len(numbers) > 20 else shown
