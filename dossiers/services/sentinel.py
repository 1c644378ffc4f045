"""Looks for dossiers that nothing carries on: what the database cannot forbid because it comes about by time or by people leaving.

One bounded statement a kind and page: each reads work in hand (partial indexes) or what waits, never the history.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Membership, Role, User
from bpmc_portal.accounts.permissions import still_holds
from bpmc_portal.lib.vietnamese import format_datetime, local_date
from bpmc_portal.notices.models import Notice
from bpmc_portal.notices.services import notify
from digitization import fixity
from digitization.models import ArchivePackage, Blob
from dossiers.models import BulkRun, ClockSpan, Dossier, GatewayCall, Letter, Payment, Proposal
from dossiers.models.dossier import OPEN, PAUSED, RUNNING
from dossiers.workflow import STEP_PERMISSION, Action
from procedures import catalogue

log = logging.getLogger(__name__)

PAGE = 500
LATE_LOOK = timedelta(hours=1)
LONG_PAUSE = timedelta(days=30)
LONG_PROPOSAL = timedelta(days=10)
LATE_PAPER = timedelta(hours=1)
# Older letters were looked at on the days before: the statement stays small however many letters there are.
PAPERS_SINCE = timedelta(days=31)
UNSETTLED_CALL = timedelta(days=1)
LONG_RUN = timedelta(hours=1)


@dataclass(frozen=True)
class Violation:
    """One thing that does not go on by itself: a stable code, the dossier's code ("" for a bulk run), what is wrong and what to do."""

    code: str
    dossier: str
    sentence: str


# The code of a kind, its rows at an instant (of anything with a key), and what is said of one row: dossier code and sentence.
Kind = tuple[str, Callable[[datetime], "QuerySet[Any]"], Callable[[Any], tuple[str, str]]]


def violations(at: datetime) -> Iterator[Violation]:
    """Yield everything that is stuck at that instant, kind by kind, each in the order of its keys."""
    for code, rows_at, words in _KINDS:
        after = None
        while True:
            rows = rows_at(at).order_by("pk")
            page = list(rows.filter(pk__gt=after)[:PAGE] if after is not None else rows[:PAGE])
            for row in page:
                dossier, sentence = words(row)
                yield Violation(code, dossier, sentence)
            if len(page) < PAGE:
                break
            after = page[-1].pk


def report(slot: str) -> int:
    """Log every violation and write the administrators one e-mail with the counts; return how many there are."""
    _held, now = catalogue.read()
    counts: Counter[str] = Counter()
    examples: dict[str, Violation] = {}
    for each in violations(now):
        log.error("sentinel %s", asdict(each))
        counts[each.code] += 1
        examples.setdefault(each.code, each)
    if counts:
        rows = [
            (count, examples[code].dossier, examples[code].sentence) for code, count in sorted(counts.items())
        ]
        for user in _administrators(now):
            notify(
                "sentinel", channel=Notice.Channel.EMAIL, address=user.email, subject=slot, dedup_key=f"sentinel:{slot}:{user.pk}",
                context={"rows": rows, "total": counts.total(), "day": slot},
            )  # fmt: skip
    return counts.total()


def _administrators(at: datetime) -> Iterator[User]:
    on = local_date(at)
    held = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=on), user=OuterRef("pk"), role=Role.ADMIN, starts_on__lte=on
    )
    yield from User.objects.filter(Exists(held), is_active=True).exclude(email="").order_by("pk")


def _assignee_gone(at: datetime) -> QuerySet[Dossier]:
    on, rows = local_date(at), Dossier.objects.filter(status__in=OPEN, assignee__isnull=False)
    return rows.exclude(still_holds("process_dossiers", user="assignee", unit="unit", on=on)).select_related(
        "assignee"
    )


def _nobody_can(at: datetime) -> QuerySet[Dossier]:
    """Open dossiers whose next act nobody may do: by the grants on the unit, or at the desk where the applicant answers."""
    on = local_date(at)
    held = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=on), user__is_active=True, starts_on__lte=on
    )
    of_unit = held.filter(
        team__unitgrant__permission__codename=OuterRef("needs"),
        team__unitgrant__content_object=OuterRef("unit"),
    )
    at_desk = held.filter(office=OuterRef("office"), team__unitgrant__permission__codename="receive_dossiers")
    by_step = [
        When(next_act=Action.FORWARD, step__role=role, then=Value(needed))
        for role, needed in STEP_PERMISSION.items()
    ]
    needs = Case(
        When(next_act=Action.APPROVE, then=Value("approve_dossiers")), *by_step, default=Value("process_dossiers"),
        output_field=CharField(),
    )  # fmt: skip
    rows = Dossier.objects.filter(status__in=OPEN).annotate(needs=needs)
    is_at_desk = Q(next_act__in=[Action.SUPPLEMENT, Action.PAY])
    return rows.filter((is_at_desk & ~Exists(at_desk)) | (~is_at_desk & ~Exists(of_unit))).select_related(
        "unit", "office"
    )


def _without_due(_at: datetime) -> QuerySet[Dossier]:
    return Dossier.objects.filter(Q(due_at=None) | Q(next_act=""), status__in=OPEN)


def _not_looked_at(at: datetime) -> QuerySet[Dossier]:
    is_forgotten = Q(look_at=None) & (
        Q(status__in=RUNNING, due_at__gt=at) | Q(status__in=PAUSED, respond_by__gt=at)
    )
    return Dossier.objects.filter(Q(look_at__lt=at - LATE_LOOK) | (Q(status__in=OPEN) & is_forgotten))


def _paused_for_ever(at: datetime) -> QuerySet[Dossier]:
    return Dossier.objects.filter(status__in=PAUSED, respond_by__lt=at - LONG_PAUSE)


def _span_differs(_at: datetime) -> QuerySet[Dossier]:
    here = ClockSpan.objects.filter(dossier=OuterRef("pk"), ended_at=None)
    same = here.filter(
        Q(step=OuterRef("step")) | Q(step=None) & Q(dossier__step=None), status=OuterRef("status")
    )
    open_wrong = Q(status__in=OPEN) & ~Exists(same)
    ended = ClockSpan.objects.filter(ended_at=None).exclude(dossier__status__in=OPEN).values("dossier_id")
    return Dossier.objects.filter(open_wrong | Q(pk__in=ended))


def _proposals(at: datetime) -> QuerySet[Proposal]:
    return Proposal.objects.filter(settled_at=None, proposed_at__lt=at - LONG_PROPOSAL).select_related(
        "dossier"
    )


def _letters(at: datetime) -> QuerySet[Letter]:
    issued = Letter.objects.filter(
        state=Letter.State.ISSUED, issued_at__range=(at - PAPERS_SINCE, at - LATE_PAPER)
    )
    return issued.filter(papers=None).select_related("dossier")


def _gateway_calls(at: datetime) -> QuerySet[GatewayCall]:
    asked = GatewayCall.objects.filter(
        outcome="unknown", at__lt=at - UNSETTLED_CALL, payment__state=Payment.State.PENDING
    )
    return asked.select_related("payment__dossier")


def _bulk_runs(at: datetime) -> QuerySet[BulkRun]:
    return BulkRun.objects.filter(finished_at=None, created_at__lt=at - LONG_RUN).select_related("actor")


def _parents(at: datetime) -> QuerySet[Dossier]:
    """Parents in a step whose children have all ended, an hour ago at least, and which nobody has handed on."""
    children = Dossier.objects.filter(parent=OuterRef("pk"), procedure=OuterRef("step__linked_procedure"))
    waiting = children.filter(Q(status__in=OPEN) | Exists(_ended_after(at - LONG_RUN)))
    rows = Dossier.objects.filter(status__in=RUNNING, step__linked_procedure__isnull=False)
    return rows.filter(Exists(children), ~Exists(waiting))


def _ended_after(at: datetime) -> QuerySet[ClockSpan]:
    return ClockSpan.objects.filter(dossier=OuterRef("pk"), ended_at__gt=at)


def _file_faults(_at: datetime) -> QuerySet[Blob]:
    return Blob.objects.exclude(fault="")


def _file_words(row: Blob) -> tuple[str, str]:
    used = "; ".join(fixity.used_by([row.pk])[row.pk]) or _("không giấy tờ nào")
    words = _("%(fault)s: %(sha256)s, dùng bởi %(used)s. Hãy khôi phục tệp từ bản sao lưu.")
    return "", words % {"fault": row.get_fault_display(), "sha256": row.pk, "used": used}


def _packages(_at: datetime) -> QuerySet[ArchivePackage]:
    return ArchivePackage.objects.filter(state=ArchivePackage.State.FAILED)


_KINDS: tuple[Kind, ...] = (
    ("assignee_gone", _assignee_gone, lambda row: (
        row.code, _("%s đã thôi việc hoặc không còn thụ lý hồ sơ của đơn vị. Hãy giao người khác.") % row.assignee.full_name)),
    ("nobody_can", _nobody_can, lambda row: (
        row.code, _("Không ai ở %s làm được việc kế tiếp của hồ sơ. Hãy phân quyền cho người thay.") % (
            row.office.name if row.next_act in (Action.SUPPLEMENT, Action.PAY) else row.unit.name))),
    ("without_due", _without_due, lambda row: (row.code, _("Hồ sơ đang giải quyết mà không có hạn trả hoặc việc kế tiếp."))),
    ("not_looked_at", _not_looked_at, lambda row: (
        row.code, _("Đồng hồ chưa xem hồ sơ này đúng lúc. Hãy kiểm tra tiến trình nền."))),
    ("paused_for_ever", _paused_for_ever, lambda row: (
        row.code, _("Người nộp phải trả lời trước %s mà chưa trả lời. Hãy nhắc lại hoặc dừng giải quyết.")
        % format_datetime(row.respond_by))),
    ("span_differs", _span_differs, lambda row: (
        row.code, _("Sổ thời gian không khớp với trạng thái của hồ sơ. Hãy chạy lệnh recount."))),
    ("proposal_waits", _proposals, lambda row: (
        row.dossier.code, _("Đề nghị lúc %s vẫn chờ người thứ hai. Hãy xác nhận hoặc làm lại.") % format_datetime(row.proposed_at))),
    ("letter_without_paper", _letters, lambda row: (
        row.dossier.code, _("Thư số %s đã phát hành mà chưa có bản in. Hãy kiểm tra tiến trình nền.") % row.number)),
    ("call_unsettled", _gateway_calls, lambda row: (
        row.payment.dossier.code, _("Chưa rõ khoản nộp %s đã đến hay chưa. Hãy đối soát với cổng thanh toán.") % row.payment.reference)),
    ("bulk_unfinished", _bulk_runs, lambda row: (
        "", _("Việc hàng loạt của %(who)s lúc %(at)s chưa xong. Hãy kiểm tra tiến trình nền.")
        % {"who": row.actor.full_name, "at": format_datetime(row.created_at)})),
    ("file_fault", _file_faults, _file_words),
    ("package_failed", _packages, lambda row: (row.dossier_code, _("Chưa đóng gói lưu trữ được: %s") % row.fault)),
    ("child_ended", _parents, lambda row: (
        row.code, _("Hồ sơ liên thông đã kết thúc mà hồ sơ gốc chưa được làm tiếp. Hãy chuyển bước."))),
)  # fmt: skip
