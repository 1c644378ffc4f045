"""The dossier page and its acts: everything about one dossier, and the one right next act."""

from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from dossiers import policy
from dossiers.forms import ActForm
from dossiers.models import Dossier, Opinion
from dossiers.numbering import code_key
from dossiers.services import transitions
from dossiers.services.transitions import IllegalTransition, StaleVersion
from dossiers.views import dossier_page
from dossiers.views.paper_rows import Opened
from dossiers.views.side_rows import Typed
from dossiers.workflow import TRANSITIONS, Action
from procedures import catalogue


def scoped(request: HttpRequest, code: str, *, purpose: str = "") -> Dossier:
    """Return the dossier if this person may see it, and log that it is about to be seen. Raises NotFound."""
    user: User = request.user  # type: ignore[assignment]
    related = ("procedure", "office", "unit", "case", "assignee", "received_by", "result__document")
    asked = Prefetch("opinions", queryset=Opinion.objects.select_related("answered_by").order_by("pk"))
    found: Dossier | None = (
        Dossier.objects.visible_to(user)
        .select_related(*related)
        .prefetch_related(asked)
        .filter(code_key=code_key(code))
        .first()
    )
    if found is None:
        raise NotFound(_("Không tìm thấy hồ sơ này. Hãy kiểm tra lại mã hồ sơ."))
    record_access(request, found.code, purpose=purpose)
    return found


def detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show one dossier: its papers and the one looked at, the way ahead, and the acts open to this person."""
    return show(request, scoped(request, code))


def show(
    request: HttpRequest,
    dossier: Dossier,
    *,
    opened: Opened | None = None,
    typed: Typed | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer with the whole page of a dossier that was already looked up; `opened` and `typed` are what stands unfinished on it."""
    user: User = request.user  # type: ignore[assignment]
    held, now = catalogue.read()
    if "citizen" in principal_of(user).roles:
        context = dossier_page.citizen_page(dossier, user, held, now=now)
        return render(request, "dossiers/detail_citizen.html", context)
    context = dossier_page.page(
        dossier, user, held, now=now, query=request.GET.dict(), opened=opened, typed=typed
    )
    return render(request, "dossiers/detail.html", context, status=status)


def act(request: HttpRequest, code: str, action: str) -> HttpResponse:
    """Show the form of one act, or do the act; what was typed stays on the page whatever the answer is."""
    user: User = request.user  # type: ignore[assignment]
    if action not in set(Action):
        raise Http404
    deed, (held, _now) = Action(action), catalogue.read()
    dossier = scoped(request, code)
    version = held.version_by_id(dossier.version_of_procedure_id)
    if request.method != "POST":
        if deed not in policy.available_actions(dossier, user, version):
            raise NotFound
        return _act_page(request, dossier, dossier_page.form_of(deed, dossier, held, version))
    form = dossier_page.form_of(deed, dossier, held, version, request.POST)
    if not form.is_valid():
        return _act_page(request, dossier, form, status=422)
    try:
        done = transitions.act(
            code,
            deed,
            actor=user,
            expected_version=form.cleaned_data["expected_version"],
            params=form.params(),
        )
    except (StaleVersion, IllegalTransition) as error:
        return _changed_page(request, code, form, error)
    except (InvalidInput, DomainError) as error:
        form.refuse(error)
        return _act_page(request, dossier, form, status=error.status if error.status != 400 else 422)
    _tell(request, done, deed)
    return HttpResponseRedirect(_after(request, done), status=303)


def _tell(request: HttpRequest, dossier: Dossier, deed: Action) -> None:
    if getattr(dossier, "pending_proposal", None) is not None:
        messages.warning(
            request,
            _("Đã ghi đề nghị “%s”. Việc này cần người thứ hai xác nhận mới có hiệu lực.")
            % TRANSITIONS[deed].label,
        )
    else:
        messages.success(
            request, _("%(done)s: hồ sơ %(code)s.") % {"done": TRANSITIONS[deed].done, "code": dossier.code}
        )


def _after(request: HttpRequest, dossier: Dossier) -> str:
    """Go back to the dossier, or to the list when the act took it out of the person's sight (an opinion given)."""
    user: User = request.user  # type: ignore[assignment]
    if Dossier.objects.visible_to(user).filter(pk=dossier.pk).exists():
        return back_to(request, dossier)
    return reverse("dossiers:worklist")


def back_to(request: HttpRequest, dossier: Dossier, **asked: str | int) -> str:
    """Return the address of the dossier's page, in the list from which it was opened."""
    kept = {"tu": request.GET["tu"]} if request.GET.get("tu") else {}
    query = urlencode({**kept, **asked})
    return reverse("dossiers:detail", args=[dossier.code]) + (f"?{query}" if query else "")


def _act_page(
    request: HttpRequest, dossier: Dossier, form: ActForm, *, status: int = 200, changed: str = ""
) -> HttpResponse:
    """Show one act alone: for typing at leisure, after a refusal, and beside what somebody else did meanwhile."""
    held, now = catalogue.read()
    user: User = request.user  # type: ignore[assignment]
    is_citizen = "citizen" in principal_of(user).roles
    kept = {"tu": request.GET["tu"]} if request.GET.get("tu") else {}
    context = {
        "dossier": dossier,
        "kept": f"?{urlencode(kept)}" if kept else "",
        "standing": dossier_page.standing(dossier, held, now=now),
        "card": dossier_page.act_card(form.action, dossier, form, is_main=True),
        "changed": changed,
        "news": dossier_page.latest(dossier, held, is_citizen=is_citizen) if changed else [],
        "is_citizen": is_citizen,
        "layout": "layouts/citizen.html" if is_citizen else "layouts/desk.html",
    }
    return render(request, "dossiers/act.html", context, status=status)


def _changed_page(request: HttpRequest, code: str, form: ActForm, error: DomainError) -> HttpResponse:
    """Show what was wanted beside what is now, with the typed text and the version that a second press would act on."""
    held, _now = catalogue.read()
    user: User = request.user  # type: ignore[assignment]
    dossier = scoped(request, code)
    version = held.version_by_id(dossier.version_of_procedure_id)
    typed = {
        **{name: form.data.get(name, "") for name in form.fields if name in form.data},
        "expected_version": dossier.version,
    }
    again = dossier_page.form_of(form.action, dossier, held, version)
    again.initial = {**again.initial, **typed}
    again.is_possible = form.action in policy.available_actions(dossier, user, version)
    return _act_page(request, dossier, again, status=409, changed=error.sentence)
