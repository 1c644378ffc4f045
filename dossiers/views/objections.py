"""What holders say is wrong with their papers, for those who digitise and process them, with the answer that the holder reads."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError, InvalidInput
from digitization.models import PaperObjection
from dossiers.services import own_store
from procedures import catalogue

PAGE = 30


class AnswerForm(forms.Form):
    """An answer, and whether the paper was mended."""

    answer = forms.CharField(max_length=own_store.TEXT_LENGTH, required=False)
    result = forms.ChoiceField(choices=[("mended", ""), ("kept", "")])


def objections(request: HttpRequest) -> HttpResponse:
    """List the objections that wait, the oldest first, and the last ones answered."""
    return _page(request)


def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer one objection."""
    user: User = request.user  # type: ignore[assignment]
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(
            request, refused={pk: _("Hãy chọn đã sửa hay giữ nguyên, và trả lời không quá 1.000 ký tự.")}
        )
    given = form.cleaned_data
    try:
        own_store.answer(
            pk,
            is_mended=given["result"] == "mended",
            text=given["answer"],
            actor=user,
            at=catalogue.read()[1],
        )
    except InvalidInput as error:
        return _page(request, refused={pk: error.sentence})
    except DomainError as error:
        if error.status == 404:
            raise
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("Đã trả lời người phản ánh."))
    return HttpResponseRedirect(reverse("dossiers:objections"), status=303)


def _page(request: HttpRequest, *, refused: dict[int, str] | None = None) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    typed, after = request.GET.get("sau", ""), 0
    if typed.isascii() and typed.isdigit() and len(typed) < 19:
        after = int(typed)
    seen = own_store.objections_for(user)
    waiting = list(seen.filter(state=PaperObjection.State.OPEN, pk__gt=after).order_by("pk")[: PAGE + 1])
    answered = list(seen.exclude(state=PaperObjection.State.OPEN).order_by("-answered_at")[:10])
    record_access(request, "objections", count=len(waiting) + len(answered))
    context = {
        "rows": [{"each": each, "refused": (refused or {}).get(each.pk, "")} for each in waiting[:PAGE]],
        "answered": answered,
        "following": f"?sau={waiting[PAGE - 1].pk}" if len(waiting) > PAGE else "",
    }
    return render(request, "dossiers/objections.html", context, status=422 if refused else 200)
