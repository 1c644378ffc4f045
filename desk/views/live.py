"""The live view of the queues."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bpmc_portal.accounts.models import User
from desk.views import live_page


def live(request: HttpRequest) -> HttpResponse:
    """Show the queues in the person's reach; live.js keeps the numbers up to date from the public JSON."""
    user: User = request.user  # type: ignore[assignment]
    offices = live_page.offices_of(user)
    return render(request, "desk/live.html", live_page.page(offices, chosen=request.GET.get("bo-phan", "")))
