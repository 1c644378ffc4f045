"""The law's table: which act may follow which status, who may do it, what the clock does.

Sources: NĐ 61/2018/NĐ-CP and NĐ 118/2025/NĐ-CP as read in docs/decisions/0006; the statuses are those of the national portal
with our own before receipt. The database repeats the invariants (migrations), and buttons on the screen come from here.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Role
from dossiers.models import Status


class Clock(StrEnum):
    """What an act does to the statutory clock."""

    NONE = "none"
    STARTS = "starts"
    RUNS = "runs"
    STOPS = "stops"
    ENDS = "ends"


class Action(StrEnum):
    """Slugs of the acts, as in the API."""

    SUBMIT = "submit"
    ASK_TO_FIX = "ask_to_fix"
    RECEIVE = "receive"
    DECLINE = "decline"
    FORWARD = "forward"
    SEND_BACK = "send_back"
    ASK_OPINION = "ask_opinion"
    GIVE_OPINION = "give_opinion"
    REQUEST_SUPPLEMENT = "request_supplement"
    SUPPLEMENT = "supplement"
    REQUEST_PAYMENT = "request_payment"
    PAY = "pay"
    POSTPONE = "postpone"
    APPROVE = "approve"
    REFUSE = "refuse"
    RETURN_RESULT = "return_result"
    WITHDRAW = "withdraw"
    STOP = "stop"
    REOPEN = "reopen"
    VOID = "void"
    # Ours, beside the table of the law: who does the work, and a wrong fact put right. Neither moves status or clock.
    ASSIGN = "assign"
    CORRECT = "correct"


class StepRule(StrEnum):
    """What an act asks of the current step and does to it."""

    KEEP = "keep"
    NEXT = "next"
    EARLIER = "earlier"
    LAST = "last"


@dataclass(frozen=True)
class Transition:
    """One row of the table. `permission` is held on the competent unit, or on the receiving desk's unit when `at_desk`.

    `target` None leaves the status as it is.
    """

    label: str | Promise
    done: str | Promise
    sources: tuple[Status, ...]
    target: Status | None
    permission: str
    clock: Clock = Clock.RUNS
    at_desk: bool = False
    needs_reason: bool = False
    needs_second_person: bool = False
    step: StepRule = StepRule.KEEP
    is_public: bool = True


_IN_HAND = (Status.RECEIVED, Status.PROCESSING)
_WAITING = (Status.AWAITING_SUPPLEMENT, Status.AWAITING_PAYMENT)

TRANSITIONS: dict[Action, Transition] = {
    Action.SUBMIT: Transition(
        _("Nộp hồ sơ"), _("Đã nộp"), (Status.DRAFT, Status.FIXING), Status.SUBMITTED, "apply", Clock.NONE
    ),
    Action.ASK_TO_FIX: Transition(
        _("Yêu cầu sửa"),
        _("Đã yêu cầu sửa trước tiếp nhận"),
        (Status.SUBMITTED,),
        Status.FIXING,
        "receive_dossiers",
        Clock.NONE,
        at_desk=True,
        needs_reason=True,
    ),
    Action.RECEIVE: Transition(
        _("Tiếp nhận"),
        _("Đã tiếp nhận"),
        (Status.DRAFT, Status.SUBMITTED, Status.FIXING),
        Status.RECEIVED,
        "receive_dossiers",
        Clock.STARTS,
        at_desk=True,
    ),
    Action.DECLINE: Transition(
        _("Từ chối tiếp nhận"),
        _("Không tiếp nhận"),
        (Status.SUBMITTED, Status.FIXING),
        Status.DECLINED,
        "receive_dossiers",
        Clock.NONE,
        at_desk=True,
        needs_reason=True,
    ),
    Action.FORWARD: Transition(
        _("Chuyển bước"),
        _("Đã chuyển bước"),
        _IN_HAND,
        Status.PROCESSING,
        "process_dossiers",
        step=StepRule.NEXT,
    ),
    Action.SEND_BACK: Transition(
        _("Trả lại bước trước"),
        _("Đã trả lại bước trước"),
        (Status.PROCESSING,),
        Status.PROCESSING,
        "process_dossiers",
        needs_reason=True,
        step=StepRule.EARLIER,
        is_public=False,
    ),
    Action.ASK_OPINION: Transition(
        _("Lấy ý kiến"),
        _("Đã lấy ý kiến đơn vị phối hợp"),
        (Status.PROCESSING,),
        Status.PROCESSING,
        "process_dossiers",
        needs_reason=True,
        is_public=False,
    ),
    Action.GIVE_OPINION: Transition(
        _("Cho ý kiến"),
        _("Đơn vị phối hợp đã cho ý kiến"),
        (Status.PROCESSING,),
        Status.PROCESSING,
        "give_opinion",
        needs_reason=True,
        is_public=False,
    ),
    Action.REQUEST_SUPPLEMENT: Transition(
        _("Yêu cầu bổ sung"),
        _("Đã yêu cầu bổ sung, tạm dừng tính thời gian"),
        _IN_HAND,
        Status.AWAITING_SUPPLEMENT,
        "process_dossiers",
        Clock.STOPS,
        needs_reason=True,
    ),
    Action.SUPPLEMENT: Transition(
        _("Nhận bổ sung"),
        _("Đã nhận bổ sung, tính tiếp thời gian"),
        (Status.AWAITING_SUPPLEMENT,),
        Status.PROCESSING,
        "receive_dossiers",
        at_desk=True,
    ),
    Action.REQUEST_PAYMENT: Transition(
        _("Yêu cầu nộp phí"),
        _("Đã yêu cầu nộp phí, tạm dừng tính thời gian"),
        _IN_HAND,
        Status.AWAITING_PAYMENT,
        "process_dossiers",
        Clock.STOPS,
        needs_reason=True,
    ),
    Action.PAY: Transition(
        _("Ghi nhận nộp phí"),
        _("Đã xong nghĩa vụ tài chính, tính tiếp thời gian"),
        (Status.AWAITING_PAYMENT,),
        Status.PROCESSING,
        "receive_dossiers",
        at_desk=True,
    ),
    Action.POSTPONE: Transition(
        _("Xin lỗi và hẹn lại"),
        _("Đã xin lỗi và hẹn lại"),
        (Status.PROCESSING,),
        Status.PROCESSING,
        "approve_dossiers",
        needs_reason=True,
    ),
    Action.APPROVE: Transition(
        _("Phê duyệt"),
        _("Đã có kết quả"),
        (Status.PROCESSING,),
        Status.FINISHED,
        "approve_dossiers",
        Clock.ENDS,
        step=StepRule.LAST,
    ),
    Action.REFUSE: Transition(
        _("Từ chối giải quyết"),
        _("Đã có văn bản từ chối"),
        (Status.PROCESSING,),
        Status.FINISHED,
        "approve_dossiers",
        Clock.ENDS,
        needs_reason=True,
    ),
    Action.RETURN_RESULT: Transition(
        _("Trả kết quả"),
        _("Đã trả kết quả"),
        (Status.FINISHED,),
        Status.RETURNED,
        "receive_dossiers",
        Clock.NONE,
        at_desk=True,
    ),
    Action.WITHDRAW: Transition(
        _("Rút hồ sơ"),
        _("Đã rút theo yêu cầu"),
        (Status.SUBMITTED, Status.FIXING, *_IN_HAND, *_WAITING),
        Status.WITHDRAWN,
        "receive_dossiers",
        Clock.ENDS,
        at_desk=True,
        needs_reason=True,
    ),
    Action.STOP: Transition(
        _("Dừng giải quyết"),
        _("Đã dừng giải quyết"),
        (*_IN_HAND, *_WAITING),
        Status.STOPPED,
        "approve_dossiers",
        Clock.ENDS,
        needs_reason=True,
    ),
    Action.REOPEN: Transition(
        _("Mở lại"),
        _("Đã mở lại"),
        (Status.FINISHED, Status.STOPPED, Status.WITHDRAWN),
        Status.PROCESSING,
        "approve_dossiers",
        needs_reason=True,
        needs_second_person=True,
    ),
    Action.VOID: Transition(
        _("Huỷ do nhập sai"),
        _("Đã huỷ do nhập sai"),
        (Status.RECEIVED,),
        Status.VOID,
        "supervise_desk",
        Clock.ENDS,
        at_desk=True,
        needs_reason=True,
        needs_second_person=True,
    ),
    Action.ASSIGN: Transition(
        _("Giao việc"),
        _("Đã giao người thụ lý"),
        (*_IN_HAND, *_WAITING),
        None,
        "process_dossiers",
        Clock.NONE,
        is_public=False,
    ),
    Action.CORRECT: Transition(
        _("Đính chính thông tin"),
        _("Đã đính chính thông tin"),
        (*_IN_HAND, *_WAITING, Status.FINISHED),
        None,
        "receive_dossiers",
        Clock.NONE,
        at_desk=True,
        needs_reason=True,
        needs_second_person=True,
        is_public=False,
    ),
}

# What the applicant may do without an account, by the token of the receipt: the letter answered, the fee paid.
BY_APPLICANT = frozenset({Action.SUPPLEMENT, Action.PAY})

# Who does the work of a step, by the step's role: the permission on the competent unit that handing on from there needs.
STEP_PERMISSION: dict[str, str] = {
    Role.OFFICER: "process_dossiers",
    Role.LEADER: "approve_dossiers",
    Role.REGISTRY: "register_papers",
}

_NEXT: dict[Status, Action] = {
    Status.RECEIVED: Action.FORWARD,
    Status.PROCESSING: Action.FORWARD,
    Status.AWAITING_SUPPLEMENT: Action.SUPPLEMENT,
    Status.AWAITING_PAYMENT: Action.PAY,
    Status.FINISHED: Action.RETURN_RESULT,
}


def next_act(status: str, *, is_last_step: bool) -> str:
    """Return the act that carries a dossier on from here; "" when nothing is left to do."""
    if status == Status.PROCESSING and is_last_step:
        return Action.APPROVE
    return _NEXT.get(Status(status), "")
