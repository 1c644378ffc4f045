"""The page where a letter to the applicant is composed, looked at, and sent by the act that it belongs to."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.lib.vietnamese import local_date
from dossiers import policy
from dossiers.forms.letters import LetterForm
from dossiers.models import Dossier
from dossiers.services import composing, delivery, letters, transitions
from dossiers.services.acts import IllegalTransition, StaleVersion
from dossiers.services.letters import LETTER_OF
from dossiers.views import dossier_page
from dossiers.views.detail import scoped
from dossiers.workflow import TRANSITIONS, Action
from procedures import catalogue


def letter(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Compose a letter, show how it will look, send it, or put the clock's draft aside; what was typed stays whatever the answer is."""
    user: User = request.user  # type: ignore[assignment]
    dossier = scoped(request, code)
    action = composing.action_of(kind, dossier)
    if action is None:
        raise Http404
    held, _now = catalogue.read()
    version = held.version_by_id(dossier.version_of_procedure_id)
    is_possible = policy.is_available(action, dossier, user, version)
    if request.method != "POST":
        if not is_possible:
            raise NotFound(_("Hồ sơ này hiện không gửi loại thư này. Hãy xem việc tiếp theo ở trang hồ sơ."))
        return _page(request, dossier, _form(dossier, action))
    if "drop" in request.POST and is_possible:
        return _drop(request, dossier, action)
    form = _form(dossier, action, request)
    if "xem" in request.GET:
        form.is_valid()
        if request.headers.get("HX-Request"):
            return render(request, "dossiers/letter_preview.html", _preview(dossier, form))
        return _page(request, dossier, form)
    return _send(request, dossier, form)


def called(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Note that somebody has telephoned about a letter whose messages did not arrive."""
    user: User = request.user  # type: ignore[assignment]
    dossier = scoped(request, code)
    _held, now = catalogue.read()
    delivery.note_call(dossier, pk, actor=user, at=now)
    messages.success(request, _("Đã ghi cuộc gọi báo cho người nộp."))
    return HttpResponseRedirect(reverse("dossiers:detail", args=[dossier.code]), status=303)


def _send(request: HttpRequest, dossier: Dossier, form: LetterForm) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    if not form.is_valid():
        return _page(request, dossier, form, status=422)
    version = form.cleaned_data["expected_version"]
    try:
        transitions.act(dossier.code, form.action, actor=user, expected_version=version, params=form.params())
    except (StaleVersion, IllegalTransition) as error:
        return _overtaken(request, dossier.code, form, error)
    except DomainError as error:
        form.refuse(error)
        return _page(request, dossier, form, status=error.status if error.status != 400 else 422)
    messages.success(
        request,
        _("%(done)s: hồ sơ %(code)s.") % {"done": TRANSITIONS[form.action].done, "code": dossier.code},
    )
    return HttpResponseRedirect(reverse("dossiers:detail", args=[dossier.code]), status=303)


def _overtaken(request: HttpRequest, code: str, form: LetterForm, error: DomainError) -> HttpResponse:
    """Show what was typed beside what somebody else did meanwhile; a second press acts on what is shown."""
    user: User = request.user  # type: ignore[assignment]
    dossier, (held, _now) = scoped(request, code), catalogue.read()
    typed = {
        **{name: form.data.get(name, "") for name in form.data},
        "expected_version": str(dossier.version),
    }
    if "reason_codes" in form.fields:
        typed["reason_codes"] = form.cleaned_data["reason_codes"]
    again = _form(dossier, form.action, data=typed)
    again.is_valid()
    version = held.version_by_id(dossier.version_of_procedure_id)
    context: dict[str, Any] = {
        "changed": error.sentence,
        "news": dossier_page.latest(dossier, held, is_citizen=False),
        "is_possible": policy.is_available(form.action, dossier, user, version),
    }
    return _page(request, dossier, again, status=error.status, **context)


def _drop(request: HttpRequest, dossier: Dossier, action: Action) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    if letters.put_aside(dossier, LETTER_OF[action], actor=user):
        messages.success(request, _("Đã bỏ dự thảo thư."))
    return HttpResponseRedirect(reverse("dossiers:detail", args=[dossier.code]), status=303)


def _form(
    dossier: Dossier,
    action: Action,
    request: HttpRequest | None = None,
    *,
    data: dict[str, Any] | None = None,
) -> LetterForm:
    held, now = catalogue.read()
    kind = LETTER_OF[action]
    draft = composing.draft_of(dossier, kind)
    day = composing.usual_day(dossier, action, held, now=now)
    if draft is not None and draft.due_at is not None and draft.due_at > now:
        day = local_date(draft.due_at)
    return LetterForm(
        action, dossier, papers=composing.papers_of(dossier, held), reasons=composing.reasons_of(kind), day=day,
        data=request.POST if request is not None else data,
    )  # fmt: skip


def _preview(dossier: Dossier, form: LetterForm) -> dict[str, Any]:
    """Return the context of the preview: what is typed, or at first what the boxes propose."""
    held, now = catalogue.read()
    if not form.is_bound:
        form = _form(dossier, form.action, data={**form.initial_data()})
        form.is_valid()
    reasons = composing.reasons_of(form.kind)
    seen = composing.preview(dossier, form.action, form.params(), held, reasons, now=now)
    return {"seen": seen, "kind": form.kind, "times": dossier.supplement_count + 1}


def _page(
    request: HttpRequest, dossier: Dossier, form: LetterForm, *, status: int = 200, changed: str = "",
    news: list[dict[str, Any]] | None = None, is_possible: bool = True,
) -> HttpResponse:  # fmt: skip
    held, now = catalogue.read()
    context = {
        "dossier": dossier,
        "form": form,
        "slug": composing.SLUGS[form.action],
        "label": str(TRANSITIONS[form.action].label),
        "standing": dossier_page.standing(dossier, held, now=now),
        "draft": composing.draft_of(dossier, form.kind),
        "changed": changed,
        "news": news or [],
        "is_possible": is_possible,
        **_preview(dossier, form),
    }
    return render(request, "dossiers/letter.html", context, status=status)
