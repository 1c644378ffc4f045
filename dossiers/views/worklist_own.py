"""What a person keeps beside the worklist: saved filters and warnings that were read."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import InvalidInput
from dossiers.forms.work import SaveFilterForm, SeenForm
from dossiers.services import own_list
from dossiers.services import worklist as lists
from procedures import catalogue


def save_filter(request: HttpRequest) -> HttpResponse:
    """Keep the list's address under a name; a refusal comes back to the list in words."""
    user: User = request.user  # type: ignore[assignment]
    held, now = catalogue.read()
    form = SaveFilterForm(request.POST)
    form.is_valid()
    asked = lists.read(form.query(), user=user, held=held, now=now)
    try:
        saved = own_list.save_filter(form.cleaned_data.get("ten", ""), asked.query, user=user)
        messages.success(request, _("Đã lưu bộ lọc “%s”.") % saved.name)
    except InvalidInput as error:
        messages.error(request, error.sentence)
    return _to_list(asked.query)


def delete_filter(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget one's own filter."""
    user: User = request.user  # type: ignore[assignment]
    name = own_list.delete_filter(pk, user=user)
    messages.success(request, _("Đã xoá bộ lọc “%s”.") % name)
    return _to_list({})


def alerts_seen(request: HttpRequest) -> HttpResponse:
    """Note that the warnings of the page were read."""
    user: User = request.user  # type: ignore[assignment]
    form = SeenForm(request.POST)
    if form.is_valid():
        own_list.mark_seen(form.cleaned_data["den"], user=user)
    return HttpResponseRedirect(reverse("dossiers:worklist"), status=303)


def _to_list(query: dict[str, str]) -> HttpResponse:
    where = reverse("dossiers:worklist", query=query or None)
    return HttpResponseRedirect(where, status=303)
