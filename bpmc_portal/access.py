"""The access table: URL name → method → roles. A URL that is not here is answered 404 to everyone, so nothing ships undeclared.

This is the first wall (which role may use which door); the row scope `visible_to` is the second (which dossiers). Roles are those
of accounts.Role plus `anonymous` and `citizen`; `no_role` is a signed-in account without any membership in force.
"""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission

from bpmc_portal.accounts.permissions import principal_of

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

CLERK, DESK_HEAD, OFFICER, LEADER = "clerk", "desk_head", "officer", "leader"
REGISTRY, DIGITISER, MINISTRY, AUDITOR = "registry", "digitiser", "ministry_office", "auditor"
ADMIN, KIOSK, CITIZEN, ANONYMOUS, NO_ROLE = "admin", "kiosk", "citizen", "anonymous", "no_role"

DESK = frozenset({CLERK, DESK_HEAD})
CASE = frozenset({OFFICER, LEADER, REGISTRY})
READERS = DESK | CASE | {DIGITISER, MINISTRY, AUDITOR}
STAFF = READERS | {ADMIN}
# Who holds `view_figures` (accounts.permissions.ROLE_PERMISSIONS).
FIGURES = frozenset({DESK_HEAD, LEADER, MINISTRY, AUDITOR})
SIGNED_IN = STAFF | {KIOSK, CITIZEN, NO_ROLE}
EVERYONE = SIGNED_IN | {ANONYMOUS}

Roles = frozenset[str]


def read(roles: Roles) -> dict[str, Roles]:
    """Open GET and HEAD."""
    return {"GET": roles, "HEAD": roles}


def post(roles: Roles) -> dict[str, Roles]:
    """Open POST only."""
    return {"POST": roles}


def form(roles: Roles) -> dict[str, Roles]:
    """Open GET, HEAD and POST."""
    return {**read(roles), "POST": roles}


ACCESS: dict[str, dict[str, Roles]] = {
    # The public side
    "home": read(EVERYONE),
    "healthz": read(EVERYONE),
    "readyz": read(EVERYONE),
    "robots": read(EVERYONE),
    "set_language": read(EVERYONE),
    "set_view": read(EVERYONE),
    "procedures:list": read(EVERYONE),
    "procedures:detail": read(EVERYONE),
    "dossiers:track": form(EVERYONE),
    "digitization:verify": form(EVERYONE),
    "dossiers:tracked": read(EVERYONE),
    # The letters of a dossier, behind the token and a one-time code (dossiers/views/answer.py judges both)
    "dossiers:tracked_letters": read(EVERYONE),
    "dossiers:tracked_letter": read(EVERYONE),
    "dossiers:tracked_code": post(EVERYONE),
    "dossiers:tracked_answer": post(EVERYONE),
    "dossiers:tracked_message": post(EVERYONE),
    "dossiers:pay": form(EVERYONE),
    # The hall: board, voice, and a visitor's own number by the token of the slip
    "desk:board": read(EVERYONE),
    "desk:voice": read(EVERYONE),
    "desk:find_ticket": read(EVERYONE),
    "desk:ticket": read(EVERYONE),
    "desk:ticket_defer": post(EVERYONE),
    "desk:ticket_cancel": post(EVERYONE),
    "desk:ticket_slip": read(EVERYONE),
    "desk:ticket_pdf": read(DESK | {KIOSK}),
    "desk:kiosk": form(DESK | {KIOSK}),
    # The counters: the ticket bar and where I sit
    "desk:counters": read(DESK),
    "desk:print_test": read(DESK),
    "desk:bar": read(DESK),
    "desk:bar_act": post(DESK),
    "desk:open_counter": post(DESK),
    "desk:close_counter": post(DESK),
    "desk:pause_counter": post(DESK),
    "desk:resume_counter": post(DESK),
    "desk:appointments": form(DESK),
    "desk:appointment_check_in": post(DESK),
    "desk:appointment_cancel": post(DESK),
    "desk:live": read(FIGURES),
    # Accounts
    "accounts:sign_in": form(EVERYONE),
    "accounts:sign_in_code": form(EVERYONE),
    "accounts:enrol": form(SIGNED_IN),
    "accounts:recovery_codes": form(SIGNED_IN),
    "accounts:sign_out": post(EVERYONE),
    "accounts:home": read(SIGNED_IN),
    # Staff
    "dossiers:receive": form(DESK),
    "dossiers:receive_procedures": read(DESK),
    "dossiers:receive_people": read(DESK),
    "dossiers:receive_person": read(DESK),
    "dossiers:receive_draft": post(DESK),
    "dossiers:receive_file": post(DESK),
    "dossiers:receive_due": read(DESK),
    "dossiers:received": read(DESK),
    "dossiers:return_results": form(DESK),
    "dossiers:post_returns": form(DESK),
    "dossiers:results_returned": read(DESK),
    "dossiers:return_slip": read(DESK),
    "dossiers:shift_report": form(DESK),
    "dossiers:shift_print": read(DESK),
    "dossiers:find": read(READERS),
    "dossiers:worklist": read(READERS - {DIGITISER}),
    "dossiers:worklist_counts": read(READERS - {DIGITISER}),
    "dossiers:worklist_export": read(READERS - {DIGITISER}),
    "dossiers:save_filter": post(READERS - {DIGITISER}),
    "dossiers:delete_filter": post(READERS - {DIGITISER}),
    "dossiers:alerts_seen": post(READERS - {DIGITISER}),
    "dossiers:bulk": form(frozenset({OFFICER, LEADER})),
    "dossiers:bulk_run": form(frozenset({OFFICER, LEADER})),
    "dossiers:absences": form(frozenset({OFFICER, LEADER})),
    "dossiers:absence_remove": post(frozenset({OFFICER, LEADER})),
    "dossiers:detail": read(READERS | {CITIZEN}),
    # The page of one dossier: papers under the viewer, verdicts, what is written beside it, and who has seen it
    "dossiers:paper": read(READERS),
    "dossiers:page_image": read(READERS),
    "dossiers:verdict": post(CASE),
    "dossiers:note": post(DESK | CASE),
    "dossiers:message": post(DESK | CASE),
    "dossiers:messages_read": post(DESK | CASE),
    "dossiers:as_citizen": read(READERS),
    "dossiers:readers": read(READERS),
    "dossiers:act": form(DESK | CASE | {CITIZEN}),
    "dossiers:letter": form(DESK | CASE),
    "dossiers:letter_called": post(DESK | CASE),
    "dossiers:sign": form(frozenset({LEADER})),
    "dossiers:sign_results": form(frozenset({LEADER, REGISTRY})),
    "dossiers:signing_run": form(frozenset({LEADER, REGISTRY})),
    "dossiers:result": post(frozenset({OFFICER, LEADER})),
    "dossiers:settle_fee": post(frozenset({LEADER})),
    "dossiers:drop_proposal": post(DESK | CASE),
    "dossiers:receipt": form(READERS),
    "dossiers:reprint": form(DESK),
    "dossiers:dossier_paper": read(READERS),
    "dossiers:letter_paper": read(READERS),
    "dossiers:register": read(DESK),
    "dossiers:handover": read(DESK | CASE),
    # The archive: who keeps the papers proposes, who answers for the unit decides
    "dossiers:package": read(READERS),
    "dossiers:packages": read(CASE | {MINISTRY, AUDITOR}),
    "dossiers:package_again": post(frozenset({REGISTRY})),
    "dossiers:destructions": {**read(CASE - {OFFICER} | {MINISTRY, AUDITOR}), "POST": frozenset({REGISTRY})},
    "dossiers:destruction_decide": post(frozenset({LEADER, MINISTRY})),
    "dossiers:destruction_certificate": read(CASE - {OFFICER} | {MINISTRY, AUDITOR}),
    "design_system": read(STAFF),
    "steps:list": read(frozenset({ADMIN})),
    "steps:procedure": form(frozenset({ADMIN})),
    "steps:draft": post(frozenset({ADMIN})),
    "steps:publish": post(frozenset({ADMIN})),
    "jobs:list": read(frozenset({ADMIN})),
    "jobs:requeue": post(frozenset({ADMIN})),
    # Digitisation: the register of old results, and how far it is
    "digitization:register": read(CASE | FIGURES | {DIGITISER}),
    "digitization:register_result": form(CASE | FIGURES | {DIGITISER}),
    "digitization:register_template": read(frozenset({DIGITISER, REGISTRY})),
    "digitization:register_imports": form(frozenset({DIGITISER, REGISTRY})),
    "digitization:register_import": read(frozenset({DIGITISER, REGISTRY})),
    "digitization:register_apply": post(frozenset({DIGITISER, REGISTRY})),
    "digitization:progress": read(FIGURES),
    # The holder's own store, and what holders say is wrong in it
    "dossiers:store": read(frozenset({CITIZEN})),
    "dossiers:store_paper": form(frozenset({CITIZEN})),
    "dossiers:store_file": read(frozenset({CITIZEN})),
    "dossiers:objections": read(DESK | CASE | {DIGITISER}),
    "dossiers:objection_answer": post(DESK | CASE | {DIGITISER}),
    # Digitisation: files in pieces, and the one-time page of a phone (its token is the key)
    "digitization:transfer_begin": post(DESK | CASE | {DIGITISER}),
    "digitization:transfer_piece": form(DESK | CASE | {DIGITISER}),
    "digitization:transfer_finish": post(DESK | CASE | {DIGITISER}),
    "digitization:handoff_open": post(DESK | {DIGITISER}),
    "digitization:handoff_files": read(DESK | {DIGITISER}),
    "digitization:handoff_close": post(DESK | {DIGITISER}),
    "digitization:phone": form(EVERYONE),
    "digitization:phone_done": read(EVERYONE),
    "digitization:phone_begin": post(EVERYONE),
    "digitization:phone_piece": form(EVERYONE),
    "digitization:phone_finish": post(EVERYONE),
    # Digitisation: codes of papers, for all that wait
    "digitization:codes": form(frozenset({DIGITISER, ADMIN})),
    # Digitisation: stacks of scans, the tray, and separator sheets
    "digitization:batch_send": post(DESK | {DIGITISER}),
    "digitization:batch_list": read(DESK | {DIGITISER}),
    "digitization:batch_page": read(DESK | {DIGITISER}),
    "dossiers:tray": read(DESK | {DIGITISER}),
    "dossiers:tray_act": post(DESK | {DIGITISER}),
    "dossiers:tray_undo": post(DESK | {DIGITISER}),
    "dossiers:separators": read(DESK | {DIGITISER}),
    "dossiers:checklist_separators": read(DESK | {DIGITISER}),
    # Digitisation: what was read of a paper, and search over it
    "dossiers:find_pages": read(READERS),
    "dossiers:paper_read": read(READERS),
    "dossiers:read_page_image": read(READERS),
    "dossiers:searchable_copy": read(READERS),
    "dossiers:read_again": post(DESK | CASE | {DIGITISER}),
    "dossiers:suggestion": post(DESK | CASE | {DIGITISER}),
    # REST API
    "api:schema": read(EVERYONE),
    "api:docs": read(EVERYONE),
    "api:procedures": read(EVERYONE),
    "api:procedure": read(EVERYONE),
    "api:due": read(EVERYONE),
    "api:dossiers": {**read(READERS | {CITIZEN}), "POST": DESK | {CITIZEN}},
    "api:dossier": read(READERS | {CITIZEN}),
    "api:dossier_events": read(READERS | {CITIZEN}),
    "api:dossier_due": read(READERS | {CITIZEN}),
    "api:dossier_receipt": read(READERS | {CITIZEN}),
    "api:dossier_action": post(DESK | CASE | {CITIZEN}),
    "api:dossier_verdict": post(CASE),
    "api:dossier_notes": {**read(READERS), "POST": DESK | CASE},
    "api:dossier_messages": {**read(READERS | {CITIZEN}), "POST": DESK | CASE | {CITIZEN}},
    "api:documents": post(DESK | CASE | {DIGITISER, CITIZEN}),
    "api:document": read(READERS | {CITIZEN}),
    "api:document_content": read(READERS | {CITIZEN}),
    "api:holder_documents": read(DESK | CASE | {DIGITISER, CITIZEN}),
    "api:tracking": post(EVERYONE),
    "api:payments_confirm": post(EVERYONE),
    "api:indicators": read(FIGURES),
    "api:indicator_rows": read(FIGURES),
    "api:tickets": post(DESK | {KIOSK}),
    "api:ticket": read(DESK),
    "api:ticket_act": post(DESK),
    "api:call_next": post(DESK),
    "api:queue": read(EVERYONE),
    "api:number_blocks": post(DESK | {KIOSK}),
    "api:offline_tickets": post(DESK | {KIOSK}),
}


def rule_of(request: HttpRequest) -> dict[str, Roles] | None:
    """Return the table's row for the request; the Django admin has one rule for all its URLs."""
    match = request.resolver_match
    if match is None:
        return None
    if match.app_name == "admin":
        # The sign-in page of the admin is our own; who is not staff is turned away by the admin site itself.
        return form(frozenset({ADMIN}))
    return ACCESS.get(match.view_name)


def is_allowed(request: HttpRequest) -> bool:
    """Say whether the table opens this URL with this method to the user's roles."""
    rule = rule_of(request)
    if rule is None:
        return False
    if rule.get(request.method or "") == EVERYONE:
        return True  # without asking who it is: a public poll reads nothing
    return bool(rule.get(request.method or "", frozenset()) & principal_of(request.user).roles)


class TablePermission(BasePermission):
    """The same table for users whom DRF authenticates (tokens), which the middleware cannot know yet."""

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        """Check the token's user against the table."""
        rule = rule_of(request._request) or {}
        if rule and request.method not in rule:
            raise MethodNotAllowed(request.method or "")
        roles = rule.get(request.method or "", frozenset())
        return bool(roles & principal_of(request.user).roles)
