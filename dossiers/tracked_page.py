"""What a citizen reads about a dossier: its state, the appointment, what to do, and the way still ahead.

Words only, from the public columns of `services.lookup` and the catalogue in memory; no statement, no name but initials.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bpmc_portal.accounts.models import Office
from bpmc_portal.errors import NotFound
from bpmc_portal.lib.names import initials
from bpmc_portal.lib.vietnamese import format_date, format_datetime, format_time, local_date
from dossiers import tracking
from dossiers.models import Outcome, ProvidedAs, ReturnMethod, Status
from dossiers.models.dossier import OPEN, PAUSED
from dossiers.services.lookup import TrackedDossier
from dossiers.tracked_steps import headline_of_step, steps_of
from procedures.catalogue import Catalogue, OfficeInForce
from procedures.deadlines import CalendarMissing
from procedures.opening import HoursLine, weekly_hours


@dataclass(frozen=True)
class Words:
    """The head of the page. `kind` colours it: ok, warn, late, pause or nothing; the words say the same."""

    kind: str
    icon: str
    tag: str
    headline: str
    lead: str = ""
    strong: str = ""
    tail: str = ""
    todo: str = ""
    todo_text: str = ""
    is_urgent: bool = False


@dataclass(frozen=True)
class TrackedPage:
    """Everything the template prints."""

    words: Words
    code: str
    initials: str
    unit: str
    procedure: str
    updated: str
    phone_end: str
    steps: list[dict[str, str]]
    reused: int
    handed_in: int
    is_online: bool
    return_method: str
    office: Office | None
    hours: list[HoursLine]
    url: str
    is_over: bool
    # The letters behind the one-time code, "" while there is none; `is_asked` when one of them waits for papers.
    letters_url: str
    is_asked: bool
    # Where the fee is paid, "" while none is waited for.
    pay_url: str
    facts: list[dict[str, Any]] = field(default_factory=list)


def page_of(found: TrackedDossier, held: Catalogue, now: datetime) -> TrackedPage:
    """Return the page of one dossier at this instant."""
    office = office_of(found, held)
    version = held.version_by_id(found.version_of_procedure_id)
    procedure = next(each for each in held.each() if each.row.pk == found.procedure_id)
    papers: dict[str, int] = found.papers or {}
    last = max((event["at"] for event in found.events or ()), default=found.created_at)
    reused = papers.get(ProvidedAs.REUSED, 0)
    unit = held.units[found.unit_id].name
    name = initials(found.applicant_name)
    token = tracking.token_of(found.code, found.tracking_version)
    return TrackedPage(
        words=words_of(found, held, now),
        code=found.code,
        initials=name,
        unit=unit,
        procedure=procedure.row.name,
        updated=f"{format_time(last)}, {format_date(last)}",
        phone_end=found.phone_end,
        steps=steps_of(found, version, reused=reused),
        reused=reused,
        handed_in=sum(papers.values()) - reused,
        is_online=found.channel == "online",
        return_method=found.return_method,
        office=office.row if office else None,
        hours=weekly_hours(office) if office else [],
        url=tracking.url_of(token),
        is_over=found.status in _OVER,
        letters_url=reverse("dossiers:tracked_letters", args=[token]) if found.letters else "",
        pay_url=reverse("dossiers:pay", args=[token]) if found.status == Status.AWAITING_PAYMENT else "",
        is_asked=found.status == Status.AWAITING_SUPPLEMENT and bool(found.letters),
        facts=[
            {"label": _("Mã hồ sơ"), "value": found.code, "code": True},
            {"label": _("Người nộp"), "value": name},
            {"label": _("Nơi giải quyết"), "value": unit},
        ],
    )


_OVER = (Status.RETURNED, Status.WITHDRAWN, Status.STOPPED, Status.VOID, Status.DECLINED)


def office_of(found: TrackedDossier, held: Catalogue) -> OfficeInForce | None:
    """Return the desk that received the dossier, None when it has closed since."""
    try:
        return held.office_by_id(found.office_id)
    except NotFound:  # closed since; the dossier is still tracked
        return None


def words_of(found: TrackedDossier, held: Catalogue, now: datetime) -> Words:
    """Say how the dossier stands, in the words of its state."""
    status = Status(found.status)
    if status in (Status.FINISHED, Status.RETURNED):
        return _with_result(found, held)
    if status in PAUSED:
        return _paused(found)
    if status in OPEN and found.due_at is not None:
        return _under_way(found, held, now)
    return _not_under_way(found)


def _under_way(found: TrackedDossier, held: Catalogue, now: datetime) -> Words:
    version = held.version_by_id(found.version_of_procedure_id)
    headline = headline_of_step(found, version)
    before = _("trước %s") % format_datetime(found.due_at)
    quiet, quiet_text = _("Bạn chưa cần làm gì"), _notify_words(found)
    days = _days_left(found, held, now)
    if now > found.due_at:
        late = _(", đã quá %s ngày làm việc") % -days if days is not None and days < 0 else _(", đã quá hạn")
        tail = late + _(
            ". Chúng tôi xin lỗi vì để bạn phải chờ; cơ quan giải quyết phải báo bạn lý do và ngày hẹn mới."
        )
        return Words(
            "late", "triangle-alert", _("Quá hạn"), _("Hồ sơ đã quá hạn trả kết quả"), _("Hẹn trả kết quả"), before, tail,
            _("Bạn không phải làm gì thêm"),
            _("Nếu chưa nhận được thư xin lỗi và ngày hẹn mới, hãy gọi Bộ phận Một cửa hoặc gửi phản ánh.") + _contact(found, held),
            is_urgent=True,
        )  # fmt: skip
    left = "." if days is None else _(", còn %s ngày làm việc.") % days if days > 0 else _(", là hôm nay.")
    if any(event["action"] == "postpone" for event in found.events or ()):
        first = _("Ngày hẹn đầu là %s; chúng tôi xin lỗi vì phải hẹn lại.") % format_date(found.first_due_at)
        return Words(
            "warn",
            "clock",
            _("Đã hẹn lại"),
            headline,
            _("Hẹn lại, trả kết quả"),
            before,
            f"{left} {first}{_delay_words(found)}",
            quiet,
            quiet_text + _contact(found, held),
        )
    return Words(
        "ok",
        "circle-check",
        _("Đúng tiến độ"),
        headline,
        _("Dự kiến trả kết quả"),
        before,
        left,
        quiet,
        quiet_text,
    )


def _contact(found: TrackedDossier, held: Catalogue) -> str:
    """Name whom to ring up about a delay; nothing where no number is known."""
    office = office_of(found, held)
    phone = (office.row.phone if office else "") or settings.BRAND["phone"]
    if office is None or not phone:
        return ""
    return " " + _("Liên hệ: %(office)s, điện thoại %(phone)s.") % {"office": office.row.name, "phone": phone}


def _delay_words(found: TrackedDossier) -> str:
    """Say why the appointment was moved, in the words of the catalogue: what was typed stands in the letter."""
    reasons = (found.apology or {}).get("reasons") or []
    return " " + _("Lý do: %s") % " ".join(reasons) if reasons else ""


def _days_left(found: TrackedDossier, held: Catalogue, now: datetime) -> int | None:
    """Return the working days from today to the appointment, negative when it has passed; None when the year is not loaded."""
    office = office_of(found, held) or next(iter(held.offices.values()), None)
    try:
        return office.calendar.days_between(local_date(now), local_date(found.due_at)) if office else None
    except CalendarMissing:
        return None


def _notify_words(found: TrackedDossier) -> str:
    end: str = found.phone_end
    if not end:
        return _("Khi cần bổ sung hoặc khi có kết quả, trang này báo ngay ở đây.")
    return _("Khi cần bổ sung hoặc khi có kết quả, chúng tôi nhắn tới số điện thoại kết thúc bằng %s.") % end


def _paused(found: TrackedDossier) -> Words:
    since = max(
        (event["at"] for event in found.events or () if event["to_status"] == found.status), default=None
    )
    stands = _("Thời gian giải quyết tạm dừng từ %s và tính tiếp khi bạn thực hiện xong.") % (
        format_datetime(since) if since else ""
    )
    if found.status == Status.AWAITING_PAYMENT:
        return Words(
            "pause", "circle-pause", _("Chờ nộp phí"), _("Hồ sơ chờ bạn nộp phí, lệ phí"), stands, "", "", _("Bạn cần nộp phí, lệ phí"),
            _("Số tiền và cách nộp ghi trong thông báo đã gửi cho bạn. Bạn cũng có thể nộp tại Bộ phận Một cửa, mang theo mã hồ sơ."), is_urgent=True,
        )  # fmt: skip
    return Words(
        "pause", "circle-pause", _("Chờ bổ sung"), _("Hồ sơ chờ bạn bổ sung giấy tờ"), stands, "", "", *_asked_words(found), is_urgent=True
    )  # fmt: skip


def _asked_words(found: TrackedDossier) -> tuple[str, str]:
    """Say how many papers are asked for and until when; which ones stands behind the one-time code."""
    asked = (found.asked or {}).get("asked", 0)
    if not asked:
        return _("Bạn cần bổ sung giấy tờ"), _(
            "Giấy tờ còn thiếu và lý do ghi trong thông báo đã gửi cho bạn. Hãy nộp bổ sung tại Bộ phận Một cửa, mang theo mã hồ sơ."
        )
    left = asked - found.asked["given"]
    head = ngettext("Bạn cần bổ sung %d giấy tờ", "Bạn cần bổ sung %d giấy tờ", asked) % asked
    until = _("Hạn bổ sung: %s.") % format_datetime(found.respond_by) if found.respond_by else ""
    came = (
        _("Đã nhận %(given)s, còn %(left)s.") % {"given": asked - left, "left": left} if left < asked else ""
    )
    way = _("Bạn có thể chụp ảnh và tải lên ngay ở đây, hoặc mang đến Bộ phận Một cửa.")
    return head, " ".join(filter(None, (until, came, way)))


def _with_result(found: TrackedDossier, held: Catalogue) -> Words:
    ready = _("Có kết quả lúc %s") % format_datetime(found.finished_at)
    is_late = found.due_at is not None and found.finished_at > found.due_at
    tail = (
        _(", chậm so với ngày hẹn %s. Chúng tôi xin lỗi vì sự chậm trễ này.") % format_date(found.due_at)
        if is_late
        else _(", đúng hẹn.")
    )
    if found.status == Status.RETURNED:
        lead = _("Đã trả kết quả lúc %s.") % format_datetime(found.returned_at)
        return Words(
            "ok", "check", _("Đã trả kết quả"), _("Kết quả đã được trả"), lead, "", f" {ready}{tail}", _("Hồ sơ đã xong"),
            _("Trang này còn xem được 12 tháng kể từ ngày trả kết quả."),
        )  # fmt: skip
    if found.outcome == Outcome.REFUSED:
        return Words(
            "warn", "circle-x", _("Từ chối giải quyết"), _("Hồ sơ không được chấp thuận"), ready, "", tail, _("Nhận văn bản từ chối"),
            _("Văn bản nêu rõ lý do và căn cứ. Bạn có quyền hỏi lại, nộp hồ sơ khác khi đủ điều kiện, hoặc khiếu nại theo quy định."), is_urgent=True,
        )  # fmt: skip
    return Words(
        "ok",
        "circle-check",
        _("Đã có kết quả"),
        _("Hồ sơ đã có kết quả"),
        ready,
        "",
        tail,
        *_collect_words(found.return_method),
    )


def _collect_words(method: str) -> tuple[str, str]:
    if method == ReturnMethod.POST:
        return _("Kết quả được gửi qua bưu chính"), _(
            "Bưu tá sẽ gọi trước khi phát. Hãy chuẩn bị giấy tờ tuỳ thân."
        )
    if method == ReturnMethod.ELECTRONIC:
        return _("Kết quả được gửi bản điện tử"), _(
            "Hãy xem e-mail hoặc tài khoản bạn đã đăng ký khi nộp hồ sơ."
        )
    return _("Mời bạn đến nhận kết quả"), _(
        "Mang theo thẻ căn cước. Người nhận thay mang thêm giấy uỷ quyền. Không cần giấy hẹn."
    )


def _not_under_way(found: TrackedDossier) -> Words:
    starts = _("Thời hạn giải quyết tính từ lúc hồ sơ được tiếp nhận.")
    quiet = _("Bạn chưa cần làm gì")
    table = {
        Status.DRAFT: Words("", "pencil", _("Nháp"), _("Hồ sơ chưa nộp"), starts, todo=_("Hãy hoàn tất và nộp hồ sơ")),
        Status.SUBMITTED: Words(
            "", "clock", _("Đã nộp"), _("Hồ sơ đã nộp, đang chờ tiếp nhận"), starts, todo=quiet, todo_text=_notify_words(found)
        ),
        Status.FIXING: Words(
            "warn", "triangle-alert", _("Chờ sửa"), _("Hồ sơ cần sửa trước khi tiếp nhận"), starts,
            todo=_("Bạn cần sửa hồ sơ"), todo_text=_("Nội dung cần sửa ghi trong thông báo đã gửi cho bạn. Sửa xong, hãy nộp lại."), is_urgent=True,
        ),
        Status.DECLINED: Words(
            "warn", "circle-x", _("Không tiếp nhận"), _("Hồ sơ không được tiếp nhận"), _("Lý do ghi trong thông báo đã gửi cho bạn."),
            todo=_("Bạn có thể nộp lại"), todo_text=_("Hãy xem lý do, chuẩn bị lại giấy tờ rồi nộp hồ sơ mới, hoặc hỏi Bộ phận Một cửa."), is_urgent=True,
        ),
        Status.WITHDRAWN: Words(
            "", "undo-2", _("Đã rút"), _("Hồ sơ đã được rút theo yêu cầu"), _("Hồ sơ không được giải quyết tiếp."),
            todo=quiet, todo_text=_("Nếu bạn không yêu cầu rút, hãy báo ngay Bộ phận Một cửa."),
        ),
        Status.STOPPED: Words(
            "warn", "circle-x", _("Dừng giải quyết"), _("Hồ sơ đã dừng giải quyết"), _("Lý do ghi trong thông báo đã gửi cho bạn."),
            todo=_("Bạn có thể hỏi lại"), todo_text=_("Hãy liên hệ Bộ phận Một cửa nếu cần nhận lại giấy tờ hoặc chưa rõ lý do."), is_urgent=True,
        ),
        Status.VOID: Words(
            "", "circle-x", _("Đã huỷ"), _("Hồ sơ bị huỷ do nhập sai"), _("Mã hồ sơ này không còn dùng."),
            todo=_("Dùng mã hồ sơ mới"), todo_text=_("Nếu bạn chưa nhận được mã mới, hãy liên hệ Bộ phận Một cửa."),
        ),
    }  # fmt: skip
    received = Words(
        "",
        "clock",
        _("Đã tiếp nhận"),
        _("Hồ sơ đã được tiếp nhận"),
        "",
        todo=quiet,
        todo_text=_notify_words(found),
    )
    return table.get(Status(found.status), received)
