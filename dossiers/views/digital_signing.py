"""Digital signing of issued results: choose, one PIN, and the page on which it is seen being done."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import format_date, format_datetime
from digitization import signing
from digitization.models import SigningItem, SigningRun
from dossiers.services import digital_results

_KINDS = {SigningItem.State.WAITING: "", SigningItem.State.SIGNED: "ok", SigningItem.State.FAILED: "late"}
LONGEST_PIN = 128


@sensitive_post_parameters("pin")
def sign_results(request: HttpRequest) -> HttpResponse:
    """Show issued results without the signature of one's certificate; POST signs what is ticked."""
    user = _user(request)
    identity = digital_results.identity_of(user, (request.POST or request.GET).get("chung_thu", ""))
    if request.method == "POST" and identity is not None:
        return _start(request, user, identity)
    found = digital_results.unsigned(user, identity) if identity else None
    rows = list(found[: digital_results.SHOWN]) if found is not None else []
    record_access(request, "sign_results", purpose="sign", count=len(rows))
    context = {
        "identity": identity,
        "identities": list(signing.identities_of(user)),
        "until": format_date(identity.not_after) if identity else "",
        "rows": [_row(each) for each in rows],
        "count": found.count() if found is not None else 0,
        "level": signing.level_now().label,
        "looks": SigningRun.Look.choices,
    }
    return render(request, "dossiers/sign_results.html", context)


@sensitive_post_parameters("pin")
def signing_run(request: HttpRequest, run: UUID) -> HttpResponse:
    """Show how far a run is; POST takes it up again with the PIN."""
    user = _user(request)
    if request.method == "POST":
        return _resume(request, run, user)
    found = signing.progress(run, user=user)
    is_part = request.headers.get("HX-Request") == "true"
    name = "signing_progress" if is_part else "signing_run"
    return render(request, f"dossiers/{name}.html", {"progress": found, "items": _items(found)})


@sensitive_variables("pin")
def _start(request: HttpRequest, user: User, identity: Any) -> HttpResponse:
    back = f"{reverse('dossiers:sign_results')}?chung_thu={identity.pk}"
    try:
        pin = _pin(request)
        look = request.POST.get("hinh_thuc", "")
        run = digital_results.start(request.POST.getlist("kq"), actor=user, identity=identity, look=look)
    except DomainError as error:
        messages.error(request, error.sentence)
        return HttpResponseRedirect(back, status=303)
    signing.launch(run, pin)
    return HttpResponseRedirect(reverse("dossiers:signing_run", args=[run.pk]), status=303)


@sensitive_variables("pin")
def _resume(request: HttpRequest, run: UUID, user: User) -> HttpResponse:
    try:
        pin = _pin(request)
        signing.launch(signing.resume(run, actor=user), pin)
    except DomainError as error:
        if error.status == 404:
            raise
        messages.error(request, error.sentence)
    return HttpResponseRedirect(reverse("dossiers:signing_run", args=[run]), status=303)


def _pin(request: HttpRequest) -> str:
    pin = request.POST.get("pin", "")
    if not pin or len(pin) > LONGEST_PIN or not pin.isprintable():
        raise DomainError(_("Hãy nhập mã PIN của chứng thư."), code="pin_missing")
    return pin


def _user(request: HttpRequest) -> User:
    user: User = request.user  # type: ignore[assignment]
    return user


def _row(result: Any) -> dict[str, Any]:
    return {
        "document": result.document_id,
        "code": result.dossier.code,
        "title": result.title,
        "number": result.number,
        "issued": format_datetime(result.issued_at),
        "signed": result.document.signed_words if result.document.signed not in {"", "none"} else "",
    }


def _items(progress: signing.Progress) -> list[dict[str, str]]:
    return [
        {
            "name": each.document.name,
            "words": each.get_state_display(),
            "kind": _KINDS[SigningItem.State(each.state)],
            "sentence": each.words,
        }
        for each in progress.items
    ]
