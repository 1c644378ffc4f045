"""The applicant's letters by the receipt's token and a one-time code: read them, hand papers in, write to the unit."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from bpmc_portal.audit.services import record_access, workstation_of
from bpmc_portal.errors import DomainError, InvalidInput, NotFound, problem_response
from bpmc_portal.lib.vietnamese import format_datetime
from dossiers.answer_page import gate_of, page_of
from dossiers.models import Dossier, Letter
from dossiers.services import answers, lookup, one_time, papers
from dossiers.services import messages as thread
from dossiers.services.answers import Came
from dossiers.services.lookup import TrackedDossier
from procedures import catalogue

OPENED = "opened_dossiers"


class NotOpened(DomainError):
    """The half hour after the one-time code is over, or the code was never typed in this browser."""

    code = "not_opened"
    status = 403

    def __init__(self) -> None:
        super().__init__(_("Phiên xem đã hết. Hãy nhập mã xác nhận một lần nữa; tệp đã nộp vẫn còn."))


def letters(request: HttpRequest, token: str) -> HttpResponse:
    """Show the letters to whoever has typed the code; ask everybody else for it."""
    found = lookup.by_token(token)
    held, now = catalogue.read()
    if not _is_opened(request, found, now):
        waits = one_time.is_waiting(found.id, at=now)
        return _with_forms(
            request, "dossiers/answer_gate.html", {"page": gate_of(found, held, token, is_waiting=waits)}
        )
    record_access(request, found.code, purpose="người nộp xem thư")
    dossier = Dossier.objects.get(pk=found.id)
    context = {
        "page": page_of(found, dossier, answers.letters_for(found.id), held, token),
        "thread": thread.thread(dossier),
    }
    return _with_forms(request, "dossiers/answer.html", context)


def code(request: HttpRequest, token: str) -> HttpResponse:
    """Send a one-time code to the telephone on file, or compare the one that was typed."""
    found = lookup.by_token(token)
    _held, now = catalogue.read()
    try:
        if "code" not in request.POST:
            sent = one_time.send(found.id, network=workstation_of(request), at=now)
            messages.success(request, _sent_words(found, sent))
        else:
            until = one_time.check(found.id, request.POST["code"][:40], at=now)
            request.session.cycle_key()
            request.session[OPENED] = {**request.session.get(OPENED, {}), str(found.id): until.isoformat()}
    except DomainError as error:
        messages.error(request, error.sentence)
    return _back(token)


def hand_in(request: HttpRequest, token: str, item: int) -> HttpResponse:
    """Take a paper for one item, or empty the item again; without JavaScript the answer is the page, with it a short document."""
    found = lookup.by_token(token)
    _held, now = catalogue.read()
    try:
        if not _is_opened(request, found, now):
            raise NotOpened
        if "remove" in request.POST:
            answers.take_back(found.id, item)
            messages.success(request, _("Đã bỏ tệp. Hãy chọn tệp khác cho giấy tờ này."))
        else:
            _tell(request, answers.hand_in(found.id, item, _file_of(request), at=now))
    except DomainError as error:
        if _wants_json(request):
            return problem_response(request, error)
        messages.error(request, error.sentence)
    if _wants_json(request):
        return JsonResponse({"url": _address(token)})
    return _back(token, f"#item-{item}")


def message(request: HttpRequest, token: str) -> HttpResponse:
    """Write one message to the unit."""
    found = lookup.by_token(token)
    _held, now = catalogue.read()
    try:
        if not _is_opened(request, found, now):
            raise NotOpened
        thread.write(Dossier.objects.get(pk=found.id), author=None, text=request.POST.get("text", ""), at=now)
        messages.success(request, _("Đã gửi tin nhắn. Cơ quan trả lời ở trang này."))
    except DomainError as error:
        messages.error(request, error.sentence)
    return _back(token, "#messages")


def letter_pdf(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """Hand out the issued letter as it was stored; while it is being made, say so."""
    found = lookup.by_token(token)
    _held, now = catalogue.read()
    if not _is_opened(request, found, now):
        return _back(token)
    issued = Letter.objects.filter(dossier_id=found.id, state=Letter.State.ISSUED, pk=pk).first()
    if issued is None:
        raise NotFound
    try:
        content = papers.letter_pdf(issued)
    except papers.PaperNotReady:
        messages.info(request, _("Bản PDF của thư đang được tạo. Hãy thử lại sau ít phút."))
        return _back(token)
    record_access(request, found.code, purpose="người nộp tải thư")
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="thu-{pk}.pdf"'
    return response


def _with_forms(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Render a page that posts: under no-referrer a browser would post with `Origin: null`, which CSRF refuses."""
    response = render(request, template, context)
    response["Referrer-Policy"] = "same-origin"
    return response


def _is_opened(request: HttpRequest, found: TrackedDossier, now: datetime) -> bool:
    until = parse_datetime(request.session.get(OPENED, {}).get(str(found.id), ""))
    return until is not None and until > now


def _sent_words(found: TrackedDossier, sent: one_time.Sent) -> str:
    words = _("Đã gửi mã 6 số tới số điện thoại kết thúc bằng %(end)s. Mã dùng được đến %(until)s.") % {
        "end": found.phone_end,
        "until": format_datetime(sent.until),
    }
    # No gateway is connected in a demonstration, so the page says what the message would.
    return f"{words} {_('Bản trình diễn: mã là %s.') % sent.code}" if settings.DEMO else words


def _file_of(request: HttpRequest) -> "UploadedFile[Any]":
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise InvalidInput(_("Chưa chọn tệp. Hãy chọn ảnh chụp hoặc tệp PDF rồi tải lên."), code="required")
    return file


def _tell(request: HttpRequest, handed: answers.Handed) -> None:
    if handed.came is Came.RESUMED:
        due = format_datetime(handed.dossier.due_at) if handed.dossier.due_at else ""
        messages.success(
            request, _("Đã nhận đủ giấy tờ. Thời gian giải quyết tính tiếp; hẹn trả kết quả mới: %s.") % due
        )
    elif handed.came is Came.LATE:
        messages.warning(
            request,
            _(
                "Bộ phận Một cửa đã nhận bổ sung trước khi tệp này tới. Tệp vẫn được lưu kèm yêu cầu để cán bộ xem."
            ),
        )
    else:
        messages.success(request, _("Đã nhận tệp. Còn giấy tờ khác cần nộp, xem bên dưới."))


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _address(token: str) -> str:
    return reverse("dossiers:tracked_letters", args=[token])


def _back(token: str, place: str = "") -> HttpResponse:
    return HttpResponseRedirect(f"{_address(token)}{place}", status=303)
