"""Intake at the desk: one screen, whole by keyboard, and whole without JavaScript."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError
from bpmc_portal.idempotency import services as idempotency
from bpmc_portal.idempotency.services import KeyReused
from dossiers.forms import ReceiveForm, kept, papers_of
from dossiers.models import Dossier
from dossiers.numbering import code_key
from dossiers.services import persons, procedure_choice
from dossiers.services.intake import receive_dossier
from dossiers.services.procedure_choice import Chosen
from dossiers.views import intake_page
from procedures import catalogue
from procedures.catalogue import ProcedureInForce

PAGE = "dossiers/receive.html"
# Buttons that show the page again with more on it, judging nothing.
RELOADS = ("load", "choose_procedure", "find_person")


def receive(request: HttpRequest) -> HttpResponse:
    """Show the intake page; take the dossier in once, whatever is pressed how often, and go to its slip."""
    if request.method != "POST":
        return _fresh(request)
    held, now = catalogue.read()
    chosen, refused, candidates = intake_page.posted(held, request.POST, now)
    # Without JavaScript a typed procedure is found only now: its papers must be looked at before anything is taken in.
    if any(name in request.POST for name in RELOADS) or (
        chosen and request.POST.get("papers_of") != papers_of(chosen)
    ):
        return _again(request, chosen, refused, candidates)
    form = ReceiveForm(request.POST, chosen=chosen)
    if chosen is None:
        form.add_error("procedure_text", refused or _("Hãy chọn thủ tục trong danh sách."))
    elif form.is_valid():
        try:
            return HttpResponseRedirect(
                reverse("dossiers:received", args=[_receive_once(request, form)]), status=303
            )
        except DomainError as error:
            form = form.with_new_key() if isinstance(error, KeyReused) else form
            form.refuse(error)
    context = intake_page.page(request, form, now=now, candidates=candidates)
    return render(request, PAGE, context, status=422)


def _fresh(request: HttpRequest) -> HttpResponse:
    """Show the page for a procedure named in the address, or for the person of a dossier just received."""
    held, now = catalogue.read()
    chosen, refused, candidates = intake_page.chosen_of(
        held,
        request.GET.get("thu_tuc", ""),
        request.GET.get("truong_hop", ""),
        request.GET.get("tim", ""),
        now,
    )
    initial = kept({}, chosen=chosen)
    if same := request.GET.get("cung", ""):
        user: User = request.user  # type: ignore[assignment]
        dossier = (
            Dossier.objects.visible_to(user)
            .select_related("applicant")
            .filter(code_key=code_key(same))
            .first()
        )
        if dossier is None:
            raise Http404
        record_access(request, dossier.code, purpose="receive")
        initial = intake_page.filled_from(dossier.applicant, initial)
    form = ReceiveForm(chosen=chosen, initial=initial)
    context = intake_page.page(
        request, form, now=now, refused=refused, candidates=candidates, is_fresh=not same
    )
    return render(request, PAGE, context)


def _again(
    request: HttpRequest, chosen: Chosen | None, refused: str, candidates: list[ProcedureInForce]
) -> HttpResponse:
    """Show the page again with everything typed, after a choice of procedure, case or person."""
    initial = kept(request.POST, chosen=chosen)
    if "find_person" in request.POST:
        initial = _with_person(initial)
    form = ReceiveForm(chosen=chosen, initial=initial)
    context = intake_page.page(request, form, now=catalogue.read()[1], refused=refused, candidates=candidates)
    return render(request, PAGE, context)


def _with_person(initial: dict[str, Any]) -> dict[str, Any]:
    person = persons.known_person(initial.get("kind", ""), initial.get("identity_number", ""))
    if person is None:
        return initial
    return intake_page.filled_from(person, initial)


def _receive_once(request: HttpRequest, form: ReceiveForm) -> str:
    """Receive under the page's key and return the code; the same page sent again gives the first dossier."""
    user: User = request.user  # type: ignore[assignment]
    desk = intake_page.desk_of(catalogue.current(), user)
    persons.refuse_other_name(
        form.intake(office=desk.row.code).applicant, is_confirmed=form.cleaned_data["name_confirmed"]
    )

    def take() -> tuple[int, dict[str, str]]:
        return 201, {"code": receive_dossier(form.intake(office=desk.row.code), actor=user).code}

    body = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    answer = idempotency.once(take, actor=user, key=str(form.cleaned_data["idempotency_key"]), body=body)
    code: str = answer.body["code"]
    return code


def find_procedures(request: HttpRequest) -> HttpResponse:
    """Answer the typeahead: procedures by code, name without marks, or nickname."""
    held = catalogue.current()
    found = procedure_choice.search(held, request.GET.get("q", "")[:100])
    rows = [
        {"value": each.row.code, "label": each.row.name, "note": f"{each.row.code} · {each.row.field.name}"}
        for each in found
    ]
    return JsonResponse({"results": rows})


def find_person(request: HttpRequest) -> HttpResponse:
    """Answer zone 1 filled with a known person, 204 for an unknown one. The access is logged before anything is shown."""
    typed = {name: value for name, value in request.GET.items() if name in ReceiveForm.base_fields}
    typed["identity_number"] = request.GET.get("so") or typed.get("identity_number", "")
    initial = _with_person(typed)
    if initial is typed:
        return HttpResponse(status=204)
    context = intake_page.page(request, ReceiveForm(initial=initial), now=catalogue.read()[1])
    return render(request, "dossiers/receive/person.html", context)


def show_due(request: HttpRequest) -> HttpResponse:
    """Answer the appointment box as it stands this minute."""
    held, now = catalogue.read()
    user: User = request.user  # type: ignore[assignment]
    desk = intake_page.desk_of(held, user)
    chosen, refused, _candidates = intake_page.chosen_of(
        held, request.GET.get("thu_tuc", ""), request.GET.get("truong_hop", ""), "", now
    )
    unknown = {"refused": refused or _("Chọn thủ tục để biết ngày hẹn trả.")}
    due = intake_page.due_box(desk, chosen, now) if chosen else unknown
    return render(request, "dossiers/receive/due.html", {"due": due, "chosen": chosen})


def received(request: HttpRequest, code: str) -> HttpResponse:
    """Show that the dossier is taken in. The tracking secret stands on the printed slip only."""
    user: User = request.user  # type: ignore[assignment]
    seen = Dossier.objects.visible_to(user).select_related("procedure", "office")
    dossier = seen.filter(code_key=code_key(code)).first()
    if dossier is None:
        raise Http404
    record_access(request, dossier.code)
    return render(request, "dossiers/received.html", {"dossier": dossier})
