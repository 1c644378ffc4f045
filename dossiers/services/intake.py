"""Take a dossier in: at the desk it is received at once, online it is submitted and waits for the desk."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts import applicants
from bpmc_portal.accounts.models import Applicant, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.services import Work
from bpmc_portal.lib.vietnamese import local_date
from digitization.models import Document
from dossiers import numbering, tracking
from dossiers.models import Channel, Component, Dossier, DossierEvent, ProvidedAs, Status
from dossiers.services.checks import check_intake
from dossiers.services.commands import ComponentInput, IntakeInput
from dossiers.workflow import Action
from procedures import catalogue
from procedures.catalogue import CaseInForce, OfficeInForce, ProcedureInForce, Version
from procedures.deadlines import DeadlineError, Due, compute_due


def receive_dossier(intake: IntakeInput, *, actor: User, at: datetime | None = None) -> Dossier:
    """Receive a dossier at the desk: number, appointment, papers, event and jobs in one transaction.

    Locks the number series of the desk's day until commit. Publishes `dossier.received`. Raises InvalidInput with every
    sentence at once, DomainError for an unknown procedure, case or desk, NoVersionInForce, and 403 for another's desk.
    """
    held, now = catalogue.read()
    at = at or now
    office = held.office(intake.office)
    if (
        not principal_of(actor).may("receive_dossiers", office.row.unit_id)
        or office.row.pk not in principal_of(actor).office_ids
    ):
        raise DomainError(
            _("Bạn không trực tại %s nên không tiếp nhận được hồ sơ ở đây.") % office.row.name,
            code="not_your_desk",
            status=403,
        )
    return _take_in(intake, held, office, actor=actor, at=at, action=Action.RECEIVE)


def submit_dossier(intake: IntakeInput, *, actor: User, at: datetime | None = None) -> Dossier:
    """Submit a dossier online for the applicant who is signed in; the clock starts when the desk receives it."""
    held, now = catalogue.read()
    office = held.office(intake.office)
    own = actor.applicant
    if own is None or own.identity_number != intake.applicant.identity_number.replace(" ", ""):
        raise DomainError(
            _("Bạn chỉ nộp trực tuyến được hồ sơ của chính mình."), code="not_your_identity", status=403
        )
    if intake.channel != Channel.ONLINE:
        sentence = _("Hồ sơ nộp từ tài khoản của người dân là hồ sơ trực tuyến. Hãy gửi kênh “online”.")
        raise InvalidInput(sentence, code="channel_not_online", fields={"channel": sentence})
    return _take_in(intake, held, office, actor=actor, at=at or now, action=Action.SUBMIT)


def appointment(office: OfficeInForce, version: Version, at: datetime) -> Due:
    """Return the explained due instant of a dossier received now at this desk; a version without a known term is refused."""
    if version.limit is None:
        raise DomainError(
            _("Thủ tục này chưa có thời hạn giải quyết trong danh mục. Hãy báo đơn vị phụ trách bổ sung."),
            code="limit_unknown",
            status=409,
        )
    try:
        return compute_due(at, version.limit, office.calendar)
    except DeadlineError as error:
        raise DomainError(error.sentence, code=error.code, status=409) from error


@transaction.atomic
def _take_in(
    intake: IntakeInput,
    held: catalogue.Catalogue,
    office: OfficeInForce,
    *,
    actor: User,
    at: datetime,
    action: Action,
) -> Dossier:
    today = local_date(at)
    procedure, version = held.version(intake.procedure, today)
    case = version.case(intake.case)
    applicant, representative = check_intake(intake, case, today=today)
    due_at = appointment(office, version, at).due_at if action is Action.RECEIVE else None
    typed_name = applicant.name
    applicant = applicants.remember(applicant)
    components = _papers(intake.components, procedure, case, applicant, actor)
    dossier = _new_dossier(intake, office, procedure, version, case, applicant)
    dossier.applicant_name, dossier.representative = typed_name, representative
    if action is Action.RECEIVE:
        dossier.status, dossier.received_by = Status.RECEIVED, actor
        dossier.received_at, dossier.due_at, dossier.first_due_at = at, due_at, due_at
    _number(dossier, office, at)
    dossier.save(force_insert=True)
    for component in components:
        component.dossier = dossier
    Component.objects.bulk_create(components)
    DossierEvent.objects.create(
        dossier=dossier, seq=1, action=action, to_status=dossier.status, at=at, actor=actor, unit_id=office.row.unit_id,
        data={"due_at": due_at.isoformat() if due_at else None, "channel": dossier.channel, "name_differs": typed_name != applicant.name},
    )  # fmt: skip
    jobs.enqueue(*_works(dossier, components))
    return dossier


def _new_dossier(
    intake: IntakeInput,
    office: OfficeInForce,
    procedure: ProcedureInForce,
    version: Version,
    case: CaseInForce,
    applicant: Applicant,
) -> Dossier:
    return Dossier(
        office=office.row, unit_id=procedure.row.unit_id, procedure=procedure.row, version_of_procedure=version.row, case=case.row,
        channel=intake.channel, status=Status.SUBMITTED, applicant=applicant, phone=applicant.phone, email=applicant.email,
        address=applicant.address, return_method=intake.return_method, form=intake.form,
    )  # fmt: skip


def _number(dossier: Dossier, office: OfficeInForce, at: datetime) -> None:
    """Give the code and the tracking hash that hangs on it."""
    dossier.code = numbering.next_code(office.org_code, local_date(at))
    dossier.code_key = numbering.code_key(dossier.code)
    dossier.tracking_hash = tracking.hash_of(tracking.token_of(dossier.code, dossier.tracking_version))


def _papers(
    given: tuple[ComponentInput, ...],
    procedure: ProcedureInForce,
    case: CaseInForce,
    applicant: Applicant,
    actor: User,
) -> list[Component]:
    """Return unsaved components, each with its document: a new one for a paper, the uploaded file, or one already held."""
    uploaded = _uploaded(given, applicant, actor)
    components, new = [], []
    for paper in sorted(given, key=lambda each: case.components[each.component].position):
        need = case.components[paper.component]
        document = uploaded.get(paper.document) if paper.document else None
        if paper.provided_as == ProvidedAs.REUSED and document is None:
            document = _held_by(applicant, need.document_type_id)
        if document is None:
            document = Document(id=uuid4(), name=need.name, uploaded_by=actor)
            new.append(document)
        if document.code is None:
            document.holder, document.document_type = applicant, need.document_type
            document.code_owner, document.code_origin = applicant.identity_number, procedure.row.code
            document.code_type = need.document_type.code
        components.append(
            Component(
                requirement=need,
                position=need.position,
                name=need.name,
                provided_as=paper.provided_as,
                copies=paper.copies,
                document=document,
            )
        )
    Document.objects.bulk_create(new)
    changed = [document for document in uploaded.values() if document.code is None]
    if changed:
        Document.objects.bulk_update(
            changed, ["holder", "document_type", "code_owner", "code_origin", "code_type"]
        )
    return components


def _uploaded(given: tuple[ComponentInput, ...], applicant: Applicant, actor: User) -> dict[UUID, Document]:
    """Lock and return the documents named by the intake: own uploads, or papers this holder already has."""
    wanted = [paper.document for paper in given if paper.document is not None]
    if not wanted:
        return {}
    found = {
        document.pk: document
        for document in Document.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    }
    for index, paper in enumerate(given):
        if paper.document is None:
            continue
        document = found.get(paper.document)
        is_own_upload = document is not None and document.code is None and document.uploaded_by_id == actor.pk
        if document is None or not (is_own_upload or document.holder_id == applicant.pk):
            sentence = _("Không có giấy tờ này trong kho của người nộp. Hãy tải tệp lên lại.")
            raise InvalidInput(
                sentence, code="unknown_document", fields={f"components.{index}.document": sentence}
            )
    return found


def _held_by(applicant: Applicant, document_type_id: int) -> Document:
    held = (
        Document.objects.filter(holder=applicant, document_type_id=document_type_id, code__isnull=False)
        .order_by("-created_at")
        .first()
    )
    if held is None:
        raise InvalidInput(
            _("Kho chưa có giấy tờ này của người nộp nên chưa dùng lại được. Hãy nhận bản mới."),
            code="nothing_to_reuse",
        )
    return held


def _works(dossier: Dossier, components: list[Component]) -> list[Work]:
    waiting = [str(component.document.pk) for component in components if component.document.code is None]
    works = (
        [Work("digitization.assign_codes", f"codes:{dossier.code_key}", {"document_ids": waiting})]
        if waiting
        else []
    )
    if dossier.status == Status.RECEIVED:
        works.append(
            Work(
                "dossiers.issue_receipt",
                f"receipt:{dossier.code_key}:A5",
                {"dossier_id": dossier.pk, "size": "A5"},
            )
        )
        works += jobs.works_for("dossier.received", dossier_id=dossier.pk)
    return works
