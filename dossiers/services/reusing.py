"""What is written down when a held paper serves again, and how many dossiers were spared asking (Kế hoạch 654, I02)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_noop

from bpmc_portal.accounts.models import User
from bpmc_portal.lib.vietnamese import local_date
from digitization.models import Reuse
from dossiers.models import Channel, Component, Dossier, ProvidedAs
from dossiers.models.dossier import BEFORE_RECEIPT, Status

# What lets a desk use a held paper without asking its holder first, from the day each was in force.
_LAW = (
    (date.min, "NĐ 61/2018/NĐ-CP, được sửa đổi, bổ sung bởi NĐ 107/2021/NĐ-CP, Điều 21a"),
    (date(2025, 7, 1), "NĐ 118/2025/NĐ-CP"),
)
# Shown in the reader's language, stored in the language of the record.
_CONSENT = gettext_noop("Người nộp tự chọn dùng lại khi nộp trực tuyến")


@dataclass(frozen=True)
class NotAskedAgain:
    """Dossiers in which every held paper served again, and those that had a held paper at all."""

    spared: int
    all: int


def write_down(
    dossier: Dossier, components: Iterable[Component], *, actor: User | None, at: datetime
) -> None:
    """Record each paper of the intake that served again, with purpose and ground. One statement, none where nothing was re-used.

    The applicant who picks a paper online consents by doing so; a desk acts on the law that forbids it to ask twice.
    """
    own = dossier.channel == Channel.ONLINE and actor is not None and actor.applicant_id is not None
    ground = Reuse.Ground.CONSENT if own else Reuse.Ground.LAW
    words = _CONSENT if own else _law_on(local_date(at))
    papers = {
        component.document.pk: Reuse(
            document=component.document, dossier_code=dossier.code, actor=actor, channel=dossier.channel, at=at,
            purpose=dossier.procedure.name[:400], ground=ground, ground_words=words,
        )
        for component in components
        if component.provided_as == ProvidedAs.REUSED
    }  # fmt: skip
    if papers:
        Reuse.objects.bulk_create(papers.values())


def _law_on(day: date) -> str:
    return next(words for since, words in reversed(_LAW) if since <= day)


def counted(first: date, last: date) -> QuerySet[Dossier]:
    """Return the dossiers received between two local days, both included, that had at least one paper held at receipt."""
    received = Dossier.objects.filter(received_at__date__range=(first, last)).exclude(
        status__in=(*BEFORE_RECEIPT, Status.VOID)
    )
    found: QuerySet[Dossier] = received.filter(
        pk__in=Component.objects.filter(was_held=True).values("dossier_id")
    )
    return found


def not_asked_again(first: date, last: date) -> NotAskedAgain:
    """Count them: those in which no held paper was asked for again, and all. For a report, not for a page that is polled."""
    asked = Component.objects.filter(was_held=True).exclude(provided_as=ProvidedAs.REUSED)
    sums = counted(first, last).aggregate(
        all=Count("pk"), spared=Count("pk", filter=~Q(pk__in=asked.values("dossier_id")))
    )
    return NotAskedAgain(spared=sums["spared"], all=sums["all"])
