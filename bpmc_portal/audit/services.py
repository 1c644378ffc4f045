"""Write the logs. Views call `record_access` before they show personal data; an error there is an error of the page."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from bpmc_portal.audit.models import AccessEvent, SecurityEvent

if TYPE_CHECKING:
    from bpmc_portal.accounts.models import User


def workstation_of(request: HttpRequest) -> str | None:
    """Return the address the request came from. Behind the proxy, nginx sets it from the connection."""
    return request.META.get("REMOTE_ADDR") or None


def record_access(request: HttpRequest, subject: str, *, purpose: str = "", count: int = 1) -> None:
    """Write that this person is about to see personal data: `subject` is a dossier code, an applicant, or the name of a list."""
    match = request.resolver_match
    AccessEvent.objects.create(
        actor=request.user if request.user.is_authenticated else None,
        view=(match.view_name if match else "")[:60],
        subject=subject[:80],
        purpose=purpose[:120],
        count=count,
        workstation=workstation_of(request),
        request_id=getattr(request, "request_id", ""),
    )


def record_security(
    act: str, *, actor: "User | None", subject: str = "", request: HttpRequest | None = None, **data: Any
) -> None:
    """Write one security event in the caller's transaction. `data` holds ids and words, never a secret."""
    SecurityEvent.objects.create(
        actor=actor,
        act=act,
        subject=subject[:120],
        data=data,
        workstation=workstation_of(request) if request else None,
        request_id=getattr(request, "request_id", "") if request else "",
    )
