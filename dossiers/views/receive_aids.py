"""What the intake page asks while the clerk types: procedures, people, the appointment."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Applicant, User
from bpmc_portal.audit.services import record_access
from bpmc_portal.lib.identifiers import mask
from bpmc_portal.lib.vietnamese import format_date
from dossiers.forms import ReceiveForm
from dossiers.services import persons, procedure_choice
from dossiers.views import intake_page
from dossiers.views.intake_page import Setting
from procedures import catalogue


def find_procedures(request: HttpRequest) -> HttpResponse:
    """Answer the typeahead: procedures by code, name without marks, or nickname."""
    found = procedure_choice.search(catalogue.current(), request.GET.get("q", "")[:100])
    rows = [
        {"value": each.row.code, "label": each.row.name, "note": f"{each.row.code} · {each.row.field.name}"}
        for each in found
    ]
    return JsonResponse({"results": rows})


def find_people(request: HttpRequest) -> HttpResponse:
    """Answer the search by part of a name, numbers masked. Who is then chosen is logged by name, the list as a list."""
    found = persons.find_by_name(request.GET.get("q", "")[:100])
    if found:
        record_access(request, "applicants", purpose="receive", count=len(found))
    return JsonResponse({"results": [_person_option(each) for each in found]})


def _person_option(person: Applicant) -> dict[str, str]:
    born = format_date(person.birth_on) if person.birth_on else ""
    note = " · ".join(filter(None, (mask(person.identity_number), born)))
    return {"value": str(person.pk), "label": person.name, "note": note}


def find_person(request: HttpRequest) -> HttpResponse:
    """Answer zone 1 filled with a known person, 204 for an unknown one. The access is logged before anything is shown."""
    user: User = request.user  # type: ignore[assignment]
    typed: dict[str, Any] = {
        name: value for name, value in request.GET.items() if name in ReceiveForm.base_fields
    }
    typed["identity_number"] = request.GET.get("so") or typed.get("identity_number", "")
    person = persons.by_id(request.GET.get("nguoi", "")) or persons.known_person(
        typed.get("kind", ""), typed["identity_number"]
    )
    initial = intake_page.filled_from(person, typed) if person else intake_page.without_another(None, typed)
    if person is None and initial is typed:
        return HttpResponse(status=204)
    now = catalogue.read()[1]
    setting = intake_page.setting_of(user, initial, chosen=None, now=now, person=person)
    context = intake_page.page(
        request, ReceiveForm(initial=initial), Setting(None, setting.person, {}), now=now
    )
    response = render(request, "dossiers/receive/person.html", context)
    # The page listens for it: what the person already has here changes the list of papers.
    response["HX-Trigger-After-Settle"] = "mc:person"
    return response


def show_due(request: HttpRequest) -> HttpResponse:
    """Answer the appointment box as it stands this minute."""
    in_force, now = catalogue.read()
    user: User = request.user  # type: ignore[assignment]
    desk = intake_page.desk_of(in_force, user)
    chosen, refused, _candidates = intake_page.chosen_of(
        in_force, request.GET.get("thu_tuc", ""), request.GET.get("truong_hop", ""), "", now
    )
    unknown = {"refused": refused or _("Chọn thủ tục để biết ngày hẹn trả.")}
    due = intake_page.due_box(desk, chosen, now) if chosen else unknown
    return render(request, "dossiers/receive/due.html", {"due": due, "chosen": chosen})
