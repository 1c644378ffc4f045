"""What a bulk load needs to know of the tables and of the staff: columns in their order, and who acts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from bpmc_portal.accounts.models import Membership, Office, Role, User
from digitization import codes
from digitization.models import CodeScheme
from procedures.deadlines import WorkingCalendar

HISTORY_USER = "lich-su"
TABLES = (
    "accounts_applicant", "digitization_document", "dossiers_dossier", "dossiers_dossierevent", "dossiers_component", "dossiers_clockspan",
)  # fmt: skip

DOCUMENT = (
    "id", "holder_id", "document_type_id", "kind", "name", "state", "verdict", "code", "code_owner", "code_origin", "code_type", "code_nn",
    "coded_at", "uploaded_by_id", "created_at",
)  # fmt: skip
DOSSIER = (
    "id", "code", "code_key", "office_id", "unit_id", "procedure_id", "version_of_procedure_id", "case_id", "channel", "status", "outcome",
    "step_id", "version", "applicant_id", "applicant_name", "phone", "email", "address", "return_method", "form", "assignee_id",
    "received_by_id", "received_at", "due_at", "first_due_at", "finished_at", "returned_at", "supplement_count", "postpone_count",
    "tracking_hash", "tracking_version", "created_at", "ticket_id", "step_due_at", "respond_by", "next_act", "look_at",
)  # fmt: skip
EVENT = (
    "dossier_id", "seq", "action", "from_status", "to_status", "from_step_id", "to_step_id", "at", "actor_id", "unit_id", "reason",
    "is_public", "data",
)  # fmt: skip
COMPONENT = (
    "dossier_id",
    "requirement_id",
    "position",
    "name",
    "provided_as",
    "copies",
    "document_id",
    "was_held",
)


@dataclass(frozen=True)
class Staff:
    """Who acts: the clerks of the desk, and one officer and one leader a unit."""

    clerks: tuple[int, ...]
    officers: dict[int, int]
    leaders: dict[int, int]
    spare: int


def staff_of(office: Office) -> Staff:
    """Return who acts; an account that cannot sign in stands in for roles that nobody holds."""
    spare, _created = User.objects.get_or_create(
        username=HISTORY_USER, defaults={"full_name": "Dữ liệu lịch sử", "is_active": False, "password": "!"}
    )
    rows = Membership.objects.filter(role__in=[Role.CLERK, Role.OFFICER, Role.LEADER]).order_by("-pk")
    clerks = tuple(row.user_id for row in rows if row.role == Role.CLERK and row.office_id == office.pk)
    by_role = {
        role: {row.unit_id: row.user_id for row in rows if row.role == role}
        for role in (Role.OFFICER, Role.LEADER)
    }
    return Staff(clerks or (spare.pk,), by_role[Role.OFFICER], by_role[Role.LEADER], spare.pk)


def end_of(day: date, calendar: WorkingCalendar) -> datetime:
    """Return when the last day of a history is over for the office."""
    return calendar.end_of(day) if calendar.is_working(day) else calendar.end_of(day) - timedelta(hours=6)


def span(first: date, last: date) -> Iterator[date]:
    """Yield every day of a period, both ends included."""
    for step in range((last - first).days + 1):
        yield first + timedelta(days=step)


def component_template() -> str:
    """Return the grammar of component codes in force."""
    scheme = CodeScheme.objects.filter(
        kind=CodeScheme.Kind.COMPONENT, in_force_from__lte=timezone.localdate()
    ).last()
    return scheme.template if scheme else codes.COMPONENT_TEMPLATE
