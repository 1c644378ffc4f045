"""The public page of a dossier, by the token of the QR or by code and secret. Every failure is the same answer."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from bpmc_portal.audit.services import workstation_of
from dossiers.services import lookup
from dossiers.tracked_page import page_of
from procedures import catalogue


class TrackForm(forms.Form):
    """What is printed on the receipt; dots, dashes and spaces do not matter."""

    code = forms.CharField(
        label=_("Mã hồ sơ"),
        max_length=80,
        error_messages={"required": _("Hãy nhập mã hồ sơ, ở khung đầu giấy hẹn.")},
    )
    secret = forms.CharField(
        label=_("Mã tra cứu"),
        max_length=40,
        help_text=_("12 chữ số, in dưới mã hồ sơ trên giấy hẹn."),
        error_messages={"required": _("Hãy nhập mã tra cứu 12 số in trên giấy hẹn.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )


def track(request: HttpRequest) -> HttpResponse:
    """Ask for code and secret, and show the dossier; a wrong pair gets one sentence, whatever was wrong."""
    if request.method != "POST":
        return render(
            request,
            "dossiers/track.html",
            {"form": TrackForm(initial={"code": request.GET.get("code", "")[:80]})},
        )
    form = TrackForm(request.POST)
    status = 400
    if form.is_valid():
        try:
            found = lookup.by_secret(**form.cleaned_data, network=workstation_of(request))
        except lookup.CannotTrack as error:
            form.add_error(None, error.sentence)
            status = error.status
        else:
            return _show(request, found)
    return render(request, "dossiers/track.html", {"form": form}, status=status)


def tracked(request: HttpRequest, token: str) -> HttpResponse:
    """Show the dossier of a token."""
    return _show(request, lookup.by_token(token))


def _show(request: HttpRequest, found: lookup.TrackedDossier) -> HttpResponse:
    held, now = catalogue.read()
    return render(request, "dossiers/tracked.html", {"page": page_of(found, held, now)})
