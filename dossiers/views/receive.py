"""Intake at the desk: one screen, whole by keyboard, and whole without JavaScript."""

from typing import Any
from uuid import uuid4

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError
from bpmc_portal.idempotency import services as idempotency
from bpmc_portal.idempotency.services import KeyReused
from dossiers.forms import ReceiveForm, kept, papers_of
from dossiers.models import Dossier, IntakeDraft
from dossiers.numbering import code_key
from dossiers.services import drafts, held, persons
from dossiers.services.intake import receive_dossier
from dossiers.services.procedure_choice import Chosen
from dossiers.views import intake_page
from dossiers.views.intake_page import Setting
from procedures import catalogue
from procedures.catalogue import ProcedureInForce

PAGE = "dossiers/receive.html"
# Buttons that show the page again with more on it, judging nothing.
RELOADS = ("load", "choose_procedure", "find_person")
# The camera reads a card here and on no other page.
CAMERA = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"


def receive(request: HttpRequest) -> HttpResponse:
    """Show the intake page; take the dossier in once, whatever is pressed how often, and go to its slip."""
    if request.method != "POST":
        return _fresh(request)
    user: User = request.user  # type: ignore[assignment]
    in_force, now = catalogue.read()
    chosen, refused, candidates = intake_page.posted(in_force, request.POST, now)
    # Without JavaScript a typed procedure is found only now: its papers must be looked at before anything is taken in.
    if any(name in request.POST for name in RELOADS) or (
        chosen and request.POST.get("papers_of") != papers_of(chosen)
    ):
        return _again(request, chosen, refused, candidates)
    setting = intake_page.setting_of(user, request.POST, chosen=chosen, now=now)
    form = ReceiveForm(request.POST, chosen=chosen, held=setting.held)
    if chosen is None:
        form.add_error("procedure_text", refused or _("Hãy chọn thủ tục trong danh sách."))
    elif form.is_valid():
        try:
            return _to_slip(request, _receive_once(request, form, setting))
        except DomainError as error:
            form = _refused(request, form, setting, error)
    context = intake_page.page(request, form, setting, now=now, candidates=candidates)
    return _show(request, context, status=422)


def _show(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    response = render(request, PAGE, context, status=status)
    response["Permissions-Policy"] = CAMERA
    return response


def _to_slip(request: HttpRequest, code: str) -> HttpResponse:
    """Go to the slip: the page's own script is told where, so that a lost connection never costs the page."""
    place = reverse("dossiers:received", args=[code])
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": place})
    return HttpResponseRedirect(place, status=303)


def _fresh(request: HttpRequest) -> HttpResponse:
    """Show the page for a procedure named in the address, for the person of a dossier just received, or as a draft left it."""
    user: User = request.user  # type: ignore[assignment]
    in_force, now = catalogue.read()
    asked = request.GET
    if asked.get("nhap"):
        return _restored(request, drafts.find(asked["nhap"], actor=user))
    if (ticket := asked.get("so", "")[:40]) and (left := drafts.of_ticket(ticket, actor=user)):
        return _restored(request, left)
    chosen, refused, candidates = intake_page.chosen_of(
        in_force, asked.get("thu_tuc", ""), asked.get("truong_hop", ""), asked.get("tim", ""), now
    )
    data: dict[str, Any] = {"ticket": ticket}
    before = None
    if same := asked.get("cung", ""):
        before = intake_page.dossier_of(user, same)
        if before is None:
            raise Http404
        record_access(request, before.code, purpose="receive")
        data |= {"together_with": before.code, **intake_page.representative_of(before)}
        data = intake_page.filled_from(before.applicant, data)
    setting = intake_page.setting_of(
        user, data, chosen=chosen, now=now, person=before.applicant if before else None
    )
    form = ReceiveForm(chosen=chosen, held=setting.held, initial=kept(data, chosen=chosen, held=setting.held))
    offered = drafts.own(user) if not asked else []
    more = {"refused": refused, "candidates": candidates, "is_fresh": not same, "drafts": offered}
    return _show(request, intake_page.page(request, form, setting, now=now, **more))


def _restored(request: HttpRequest, draft: IntakeDraft) -> HttpResponse:
    """Show an own draft as it was left."""
    user: User = request.user  # type: ignore[assignment]
    in_force, now = catalogue.read()
    data = {**draft.data, "idempotency_key": str(draft.pk)}
    chosen, refused, candidates = intake_page.posted(in_force, data, now)
    setting = intake_page.setting_of(user, data, chosen=chosen, now=now)
    form = ReceiveForm(chosen=chosen, held=setting.held, initial=kept(data, chosen=chosen, held=setting.held))
    context = intake_page.page(request, form, setting, now=now, refused=refused, candidates=candidates)
    return _show(request, context)


def _again(
    request: HttpRequest, chosen: Chosen | None, refused: str, candidates: list[ProcedureInForce]
) -> HttpResponse:
    """Show the page again with everything typed, after a choice of procedure, case or person."""
    user: User = request.user  # type: ignore[assignment]
    now = catalogue.read()[1]
    setting = intake_page.setting_of(user, request.POST, chosen=chosen, now=now)
    initial = kept(request.POST, chosen=chosen, held=setting.held)
    if "find_person" in request.POST and setting.person is not None:
        initial = intake_page.filled_from(setting.person, initial)
    form = ReceiveForm(chosen=chosen, held=setting.held, initial=initial)
    context = intake_page.page(request, form, setting, now=now, refused=refused, candidates=candidates)
    return _show(request, context)


def _receive_once(request: HttpRequest, form: ReceiveForm, setting: Setting) -> str:
    """Receive under the page's key and return the code; the same page sent again gives the first dossier."""
    user: User = request.user  # type: ignore[assignment]
    desk = intake_page.desk_of(catalogue.current(), user)
    intake, key = form.intake(office=desk.row.code), form.cleaned_data["idempotency_key"]

    def take() -> tuple[int, dict[str, str]]:
        # Judged inside: what is repeated after the papers got their codes must still be the first answer.
        persons.refuse_other_name(intake.applicant, is_confirmed=form.cleaned_data["name_confirmed"])
        held.refuse_unexplained(intake, setting.held)
        code = receive_dossier(intake, actor=user).code
        drafts.discard(key, actor=user)
        return 201, {"code": code}

    body = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    answer = idempotency.once(take, actor=user, key=str(key), body=body)
    code: str = answer.body["code"]
    return code


def _refused(request: HttpRequest, form: ReceiveForm, setting: Setting, error: DomainError) -> ReceiveForm:
    """Return the page as it was sent, with the sentences beside their fields.

    A paper that turned out to be held is pre-selected. A page that is received already gets a new key: what it shows now would be
    another dossier, and the sentence names the first one.
    """
    sentences = form.sentences(error)
    data = request.POST.copy()
    if isinstance(error, KeyReused):
        first = idempotency.answer_of(data["idempotency_key"], actor=request.user)  # type: ignore[arg-type]
        sentence = _(
            "Trang này đã được tiếp nhận thành hồ sơ %s; thay đổi sau đó không được ghi. Chỉ nhấn F9 lần nữa khi cần thêm một hồ sơ khác."
        )
        sentences = [(None, sentence % first.get("code", ""))]
        data["idempotency_key"] = str(uuid4())
    if error.code == "reason_needed":
        for code, paper in setting.held.items():
            if data.get(f"paper_{code}_held") != str(paper.document.pk):
                data[f"paper_{code}_reuse"] = "on"
    shown = ReceiveForm(data, chosen=form.chosen, held=setting.held)
    shown.full_clean()
    for name, sentence in sentences:
        shown.add_error(name, sentence)
    return shown


@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # its hints know no view with a code
def received(request: HttpRequest, code: str) -> HttpResponse:
    """Show that the dossier is taken in. The tracking secret stands on the printed slip only."""
    user: User = request.user  # type: ignore[assignment]
    seen = Dossier.objects.visible_to(user).select_related("procedure", "office", "unit")
    dossier = seen.filter(code_key=code_key(code)).first()
    if dossier is None:
        raise Http404
    record_access(request, dossier.code)
    papers = list(dossier.components.order_by("position"))
    context = {
        "dossier": dossier,
        "papers": papers,
        "reused": sum(each.provided_as == "reused" for each in papers),
    }
    return render(request, "dossiers/received.html", context)
