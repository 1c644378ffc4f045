"""Handing results over: the counter's page, the parcels of the day, the page after it and the slip to sign."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError, NotFound
from dossiers.forms.returning import PostForm, ReturnForm
from dossiers.models import ReturnMethod
from dossiers.services import handing_over
from dossiers.services.handing_over import Waiting
from dossiers.views import return_page

PAGE = "dossiers/return_results.html"


def return_results(request: HttpRequest) -> HttpResponse:
    """Find what waits for whoever was scanned or typed; POST hands the ticked results over, all or none."""
    if request.method == "POST":
        return _hand_over(request)
    user: User = request.user  # type: ignore[assignment]
    typed = request.GET.get("q", "").strip()[:200]
    people = handing_over.find_people(user, typed) if typed else []
    if chosen := request.GET.get("nguoi", ""):
        people = [each for each in people if str(each.pk) == chosen]
    if len(people) != 1:
        if people:
            record_access(request, "return_results", purpose="find", count=len(people))
        return render(request, PAGE, return_page.counter(request, typed=typed, people=people))
    waiting = _seen(request, people[0].pk)
    form = ReturnForm(rows=waiting.ready, initial={"all": True, "person": people[0].pk})
    return render(request, PAGE, return_page.counter(request, typed=typed, waiting=waiting, form=form))


def _seen(request: HttpRequest, person_id: int) -> Waiting:
    """Return what lies at the desk for a person, logged before it is shown."""
    user: User = request.user  # type: ignore[assignment]
    waiting = handing_over.waiting_for(user, person_id)
    count = len(waiting.ready) + len(waiting.under_way) + len(waiting.returned)
    record_access(request, f"applicant:{person_id}", purpose="return", count=count)
    return waiting


def _hand_over(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    form, status = ReturnForm(request.POST), 422
    if form.is_valid():
        try:
            codes = handing_over.hand_over(
                form.items(),
                actor=user,
                key=str(form.cleaned_data["idempotency_key"]),
                collector=form.collector(),
                signed=form.cleaned_data["signed"],
            )
            return HttpResponseRedirect(reverse("dossiers:results_returned", args=[codes[0]]), status=303)
        except DomainError as error:
            form.refuse(error)
            status = _status_of(error)
    return _refused(request, form, status)


def _refused(request: HttpRequest, form: ReturnForm, status: int) -> HttpResponse:
    """Show the page again with everything typed, beside what lies at the desk now."""
    typed = form.data.get("person", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 18):
        raise NotFound
    waiting = _seen(request, int(typed))
    return render(request, PAGE, return_page.counter(request, waiting=waiting, form=form), status=status)


def _status_of(error: DomainError) -> int:
    return 422 if error.status == 400 else error.status


def post_returns(request: HttpRequest) -> HttpResponse:
    """List the results that go by post; POST records the parcels of those that left, all or none."""
    user: User = request.user  # type: ignore[assignment]
    rows = handing_over.to_post(user)
    form, status = PostForm(request.POST if request.method == "POST" else None, rows=rows), 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                key = str(form.cleaned_data["idempotency_key"])
                codes = handing_over.hand_over(form.items(), actor=user, key=key, method=ReturnMethod.POST)
                return HttpResponseRedirect(reverse("dossiers:results_returned", args=[codes[0]]), status=303)
            except DomainError as error:
                form.refuse(error)
                status = _status_of(error)
    record_access(request, "post_returns", purpose="return", count=len(rows))
    context = return_page.parcels(rows, form)
    return render(request, "dossiers/return_results_post.html", context, status=status)


def results_returned(request: HttpRequest, code: str) -> HttpResponse:
    """Show what was handed over, with the slip to print and the way to the next person."""
    return render(request, "dossiers/return_results_done.html", {"done": _done(request, code)})


def return_slip(request: HttpRequest, code: str) -> HttpResponse:
    """Show the slip of one handing over, to be printed by the browser and signed."""
    return render(request, "dossiers/return_results_slip.html", {"done": _done(request, code)})


def _done(request: HttpRequest, code: str) -> dict[str, object]:
    user: User = request.user  # type: ignore[assignment]
    handed = handing_over.handed_over(user, code)
    record_access(request, handed.first.dossier.code, purpose="return", count=len(handed.events))
    return return_page.done(handed)
