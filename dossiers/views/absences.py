"""Days away: one's own, and for a leader those of the unit, with the work that somebody else must take meanwhile."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import InvalidInput
from dossiers.forms.work import AbsenceForm
from dossiers.services import absences as service


def absences(request: HttpRequest) -> HttpResponse:
    """List who is and will be away; POST enters days."""
    user: User = request.user  # type: ignore[assignment]
    if request.method != "POST":
        return _page(request, user, _form(user, None))
    form = _form(user, request.POST)
    if not form.is_valid():
        return _page(request, user, form, status=422)
    given = form.cleaned_data
    try:
        row = service.add(
            given["person"], starts_on=given["starts_on"], ends_on=given["ends_on"], cover=given["cover"], reason=given["reason"], actor=user
        )  # fmt: skip
    except InvalidInput as error:
        form.refuse(error)
        return _page(request, user, form, status=422)
    messages.success(request, _("Đã ghi ngày vắng của %s.") % row.user)
    return HttpResponseRedirect(reverse("dossiers:absences"), status=303)


def absence_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an absence back, or end one that has begun."""
    user: User = request.user  # type: ignore[assignment]
    row = service.remove(pk, actor=user)
    messages.success(request, _("Đã bỏ ngày vắng của %s.") % row.user)
    return HttpResponseRedirect(reverse("dossiers:absences"), status=303)


def _form(user: User, data: Any) -> AbsenceForm:
    """Offer oneself, and a leader the people of the unit; colleagues as cover."""
    colleagues = [(each["username"], each["name"]) for each in service.people_of(user)]
    people = [(user.username, _("%s (tôi)") % user)]
    if service.led_by(user):
        people += [each for each in colleagues if each[0] != user.username]
    return AbsenceForm(data, people=people, covers=colleagues)


def _page(request: HttpRequest, user: User, form: AbsenceForm, *, status: int = 200) -> HttpResponse:
    is_leader = bool(service.led_by(user))
    rows = [
        {
            "away": each,
            "hand_on": _hand_on(each) if is_leader and each.is_now and each.load else "",
        }
        for each in service.shown_to(user)
    ]
    context = {"form": form, "rows": rows, "is_leader": is_leader}
    return render(request, "dossiers/absences.html", context, status=status)


def _hand_on(each: service.Away) -> str:
    """Return the dry run that shares out the absent person's running work by load."""
    query = {"viec": "assign", "tat_ca": "1", "muc": "dang-xu-ly", "nguoi": str(each.row.user_id)}
    return f"{reverse('dossiers:bulk')}?{urlencode(query)}"
