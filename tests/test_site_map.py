"""Every URL name × role × method → status. A URL without a row in the access table fails here and is closed to everyone."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from bpmc_portal.access import ACCESS, ANONYMOUS
from dossiers import tracking
from dossiers.models import Dossier
from tests.world import World

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Open to people who have not signed in. A new name here is a decision: say in the pull request why strangers may use it.
PUBLIC = {
    "home", "healthz", "readyz", "robots", "set_language", "set_view",
    "digitization:phone", "digitization:phone_done", "digitization:phone_begin", "digitization:phone_piece", "digitization:phone_finish",
    "procedures:list", "procedures:detail", "dossiers:track", "dossiers:tracked", "dossiers:pay", "digitization:verify",
    "dossiers:tracked_letters", "dossiers:tracked_letter", "dossiers:tracked_code", "dossiers:tracked_answer", "dossiers:tracked_message",
    "desk:board", "desk:voice", "desk:find_ticket", "desk:ticket", "desk:ticket_defer", "desk:ticket_cancel", "desk:ticket_slip",
    "accounts:sign_in", "accounts:sign_in_code", "accounts:sign_out",
    "api:schema", "api:docs", "api:procedures", "api:procedure", "api:due", "api:tracking", "api:queue", "api:payments_confirm",
}  # fmt: skip
ROLES = {
    "clerk": "lan", "desk_head": "truong", "officer": "minh", "leader": "ha", "registry": "vanthu", "digitiser": "sohoa",
    "ministry_office": "vanphong", "auditor": "thanhtra", "admin": "quantri", "kiosk": "kiosk", "citizen": "tu",
}  # fmt: skip


def names(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    """Yield every URL name of the site, the admin's apart."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from names(
                    pattern.url_patterns, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
                )
        elif isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name}"


def test_every_url_has_a_row_and_every_row_a_url() -> None:
    found = set(names(get_resolver().url_patterns))
    assert found == set(ACCESS)


def test_only_the_reviewed_urls_are_open_to_strangers() -> None:
    assert {
        name for name, rule in ACCESS.items() if any(ANONYMOUS in roles for roles in rule.values())
    } == PUBLIC


def address(name: str, dossier: Dossier, document_id: str) -> str:
    """Return an address of the URL with real objects in it."""
    code, office, turn = {"code": dossier.code}, {"office": "VPB"}, {"token": "1" * 24}
    own = {"token": tracking.token_of(dossier.code, 1)}
    kwargs: dict[str, dict[str, Any]] = {
        "procedures:detail": {"code": "QLLDNN-04"}, "api:procedure": {"code": "QLLDNN-04"},
        "dossiers:tracked": own, "dossiers:tracked_letters": own, "dossiers:tracked_code": own, "dossiers:tracked_message": own,
        "dossiers:tracked_letter": {**own, "pk": 1}, "dossiers:tracked_answer": {**own, "item": 1},
        "dossiers:pay": own, "dossiers:result": code, "dossiers:settle_fee": code, "dossiers:drop_proposal": {**code, "pk": 1},
        "dossiers:letter": {**code, "kind": "bo-sung"}, "dossiers:letter_called": {**code, "pk": 1},
        "dossiers:detail": code, "dossiers:received": code, "dossiers:receipt": code,
        "dossiers:dossier_paper": {**code, "form": "phieu-kiem-soat"}, "dossiers:letter_paper": {**code, "letter": 1},
        "dossiers:results_returned": code, "dossiers:return_slip": code,
        "dossiers:reprint": code, "dossiers:act": {**code, "action": "forward"},
        "api:dossier": code, "api:dossier_events": code, "api:dossier_due": code, "api:dossier_receipt": code,
        "api:dossier_action": {**code, "action": "forward"}, "api:dossier_verdict": {**code, "position": 1},
        "api:dossier_notes": code, "api:dossier_messages": code,
        "dossiers:paper": {**code, "position": 1}, "dossiers:page_image": {**code, "position": 1, "page": 1},
        "dossiers:verdict": {**code, "position": 1}, "dossiers:note": code, "dossiers:message": code, "dossiers:messages_read": code,
        "dossiers:as_citizen": code, "dossiers:readers": code,
        "api:document": {"pk": document_id}, "api:document_content": {"pk": document_id},
        "api:holder_documents": {"identity_number": "001160000019"},
        "digitization:transfer_piece": {"key": UUID(int=0)}, "digitization:transfer_finish": {"key": UUID(int=0)},
        "digitization:handoff_files": {"pk": 1}, "digitization:handoff_close": {"pk": 1},
        "digitization:phone": turn, "digitization:phone_begin": turn,
        "digitization:phone_piece": {**turn, "key": UUID(int=0)}, "digitization:phone_finish": {**turn, "key": UUID(int=0)},
        "steps:procedure": {"key": "QLLDNN-04"}, "steps:draft": {"key": "QLLDNN-04"}, "steps:publish": {"key": "QLLDNN-04"},
        "dossiers:separators": code, "dossiers:checklist_separators": {"key": "QLLDNN-04"},
        "digitization:batch_page": {"batch": 1, "number": 1},
        "digitization:register_result": {"pk": 1}, "digitization:register_import": {"pk": UUID(int=0)},
        "digitization:register_apply": {"pk": UUID(int=0)}, "dossiers:objection_answer": {"pk": 1},
        "dossiers:store_paper": {"pk": document_id}, "dossiers:store_file": {"pk": document_id},
        "jobs:requeue": {"job_id": 1}, "dossiers:delete_filter": {"pk": 1}, "dossiers:absence_remove": {"pk": 1},
        "dossiers:bulk_run": {"run": UUID(int=0)}, "dossiers:signing_run": {"run": UUID(int=0)},
        "dossiers:package": code, "dossiers:package_again": {"pk": 1}, "dossiers:destruction_decide": {"pk": 1},
        "dossiers:destruction_certificate": {"pk": 1},
        "dossiers:paper_read": {"pk": document_id}, "dossiers:searchable_copy": {"pk": document_id}, "dossiers:read_again": {"pk": document_id},
        "dossiers:read_page_image": {"pk": document_id, "page": 1}, "dossiers:suggestion": {"pk": document_id, "suggestion": 1},
        "desk:board": office, "desk:kiosk": office, "desk:voice": {"name": "moi-so"},
        "desk:ticket": turn, "desk:ticket_defer": turn, "desk:ticket_cancel": turn, "desk:ticket_slip": turn, "desk:ticket_pdf": turn,
        "desk:bar_act": {"act": "goi-tiep"}, "desk:open_counter": {"number": 1}, "desk:close_counter": {"number": 1},
        "desk:pause_counter": {"number": 1}, "desk:resume_counter": {"number": 1}, "desk:appointment_cancel": {"pk": 1},
        "api:number_blocks": office, "api:offline_tickets": office, "api:queue": office, "api:tickets": office,
        "api:indicator_rows": {"code": "I03"},
        "api:call_next": {**office, "counter": 1}, "api:ticket": turn, "api:ticket_act": {**turn, "action": "start"},
    }  # fmt: skip
    return reverse(name, kwargs=kwargs.get(name))


@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_the_table_holds_for_every_url_and_method(
    world: World, as_user: Callable[[Any], Client], role: str
) -> None:
    dossier = world.received()
    document_id = str(dossier.components.order_by("position").first().document_id)
    wrong = []
    for name, rule in ACCESS.items():
        for method in METHODS:
            client = (
                Client(raise_request_exception=False)
                if role == "anonymous"
                else as_user(world.users[ROLES[role]])
            )
            client.raise_request_exception = False
            response = client.generic(
                method, address(name, dossier, document_id), "{}", content_type="application/json"
            )
            allowed = role in rule.get(method, frozenset())
            if not fits(
                response.status_code,
                is_allowed=allowed,
                is_anonymous=role == "anonymous",
                is_known=method in rule,
            ):
                wrong.append(f"{role} {method} {name} → {response.status_code}")
    assert not wrong


def fits(status: int, *, is_allowed: bool, is_anonymous: bool, is_known: bool) -> bool:
    """Say whether the answer fits the table: an open door may still find nothing or refuse the empty body, but never break."""
    if is_allowed:
        return status < 500 and status not in {401, 403, 405}
    if not is_known:
        return status == 405
    return status in {302, 401} if is_anonymous else status == 403


def test_a_url_that_the_table_does_not_know_is_closed(
    world: World, as_user: Callable[[Any], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(ACCESS, "dossiers:tracked")
    token = tracking.token_of(world.received().code, 1)
    assert as_user(world.minh).get(f"/t/{token}/").status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "dossiers:detail",
        "dossiers:receipt",
        "dossiers:paper",
        "dossiers:page_image",
        "dossiers:as_citizen",
        "dossiers:readers",
        "api:dossier_notes",
        "api:dossier_messages",
        "api:dossier",
        "api:dossier_events",
        "api:dossier_due",
        "api:document",
        "api:document_content",
    ],
)
def test_an_officer_of_another_unit_finds_nothing(
    world: World, as_user: Callable[[Any], Client], name: str
) -> None:
    dossier = world.received()
    document_id = str(dossier.components.order_by("position").first().document_id)
    assert as_user(world.binh).get(address(name, dossier, document_id)).status_code == 404
