"""Take a dossier in: at the desk it is received at once, online it is submitted and waits for the desk."""

from collections.abc import Mapping
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
from bpmc_portal.lib import names
from bpmc_portal.lib.vietnamese import local_date
from digitization.models import Document
from dossiers import numbering, tracking
from dossiers.models import AskedAgain, Channel, Component, Dossier, DossierEvent, ProvidedAs, Status
from dossiers.services import clocks, held, reusing, visits
from dossiers.services.checks import NOTE_LENGTH, check_intake
from dossiers.services.commands import ComponentInput, IntakeInput
from dossiers.services.due import appointment
from dossiers.services.held import HeldPaper
from dossiers.services.visits import Visit
from dossiers.workflow import Action, next_act
from procedures import catalogue
from procedures.catalogue import CaseInForce, OfficeInForce, ProcedureInForce, Version
from procedures.models import ComponentRequirement


def receive_dossier(intake: IntakeInput, *, actor: User, at: datetime | None = None) -> Dossier:
    """Receive a dossier at the desk: number, appointment, papers, event and jobs in one transaction.

    Locks the number series of the desk's day until commit. Publishes `dossier.received`. Raises InvalidInput with every
    sentence at once, DomainError for an unknown procedure, case or desk, NoVersionInForce, 403 for another's desk,
    `ticket_not_found`, `ticket_not_serving`, and `only_at_own_desk` where the unit lets no other desk receive for it.
    """
    in_force, now, visit = visits.read(intake.ticket)
    at = at or now
    office = in_force.office(intake.office)
    if (
        not principal_of(actor).may("receive_dossiers", office.row.unit_id)
        or office.row.pk not in principal_of(actor).office_ids
    ):
        raise DomainError(
            _("Bạn không trực tại %s nên không tiếp nhận được hồ sơ ở đây.") % office.row.name,
            code="not_your_desk",
            status=403,
        )
    if visit is not None:
        visits.refuse_unless_here(visit, office, actor=actor, at=at)
    return _take_in(intake, in_force, office, actor=actor, at=at, action=Action.RECEIVE, visit=visit)


def submit_dossier(intake: IntakeInput, *, actor: User, at: datetime | None = None) -> Dossier:
    """Submit a dossier online for the applicant who is signed in; the clock starts when the desk receives it."""
    in_force, now = catalogue.read()
    office = in_force.office(intake.office)
    own = actor.applicant
    if own is None or own.identity_number != intake.applicant.identity_number.replace(" ", ""):
        raise DomainError(
            _("Bạn chỉ nộp trực tuyến được hồ sơ của chính mình."), code="not_your_identity", status=403
        )
    if intake.channel != Channel.ONLINE:
        sentence = _("Hồ sơ nộp từ tài khoản của người dân là hồ sơ trực tuyến. Hãy gửi kênh “online”.")
        raise InvalidInput(sentence, code="channel_not_online", fields={"channel": sentence})
    return _take_in(intake, in_force, office, actor=actor, at=at or now, action=Action.SUBMIT)


@transaction.atomic
def _take_in(
    intake: IntakeInput,
    in_force: catalogue.Catalogue,
    office: OfficeInForce,
    *,
    actor: User,
    at: datetime,
    action: Action,
    visit: Visit | None = None,
) -> Dossier:
    today = local_date(at)
    procedure, version = in_force.version(intake.procedure, today)
    _refuse_elsewhere(in_force, office, procedure)
    case = version.case(intake.case)
    applicant, representative = check_intake(intake, case, today=today)
    typed_name = applicant.name
    applicant = applicants.remember(applicant)
    at_hand = held.for_case(applicant, case, at=at)
    components = _papers(intake.components, procedure, case, applicant, actor, at_hand)
    dossier = _new_dossier(intake, office, procedure, version, case, applicant)
    dossier.applicant_name, dossier.representative = typed_name, representative
    dossier.ticket_id = visit.ticket_id if visit else None
    about = {"name_differs": typed_name != applicant.name}
    return write_down(dossier, components, office, version, actor=actor, at=at, action=action, about=about)


def write_down(
    dossier: Dossier,
    components: list[Component],
    office: OfficeInForce,
    version: Version,
    *,
    actor: User | None,
    at: datetime,
    action: Action,
    about: Mapping[str, object],
) -> Dossier:
    """Number an unsaved dossier and write it with its papers, first event (`about` joins its data) and jobs, in the caller's transaction.

    Receiving starts its clock. Locks the number series of the desk's day.
    """
    if action is Action.RECEIVE:
        due_at = appointment(office, version, at).due_at
        dossier.status, dossier.received_by = Status.RECEIVED, actor
        dossier.received_at, dossier.due_at, dossier.first_due_at = at, due_at, due_at
        dossier.next_act = next_act(dossier.status, is_last_step=False)
        dossier.look_at = clocks.next_look(dossier, office.calendar, after=at)
    _number(dossier, office, at)
    dossier.save(force_insert=True)
    for component in components:
        component.dossier = dossier
    Component.objects.bulk_create(components)
    reusing.write_down(dossier, components, actor=actor, at=at)
    DossierEvent.objects.create(
        dossier=dossier, seq=1, action=action, to_status=dossier.status, at=at, actor=actor, unit_id=office.row.unit_id,
        data={"due_at": dossier.due_at.isoformat() if dossier.due_at else None, "channel": dossier.channel, **about},
    )  # fmt: skip
    jobs.enqueue(*_works(dossier, components))
    return dossier


def _refuse_elsewhere(
    in_force: catalogue.Catalogue, office: OfficeInForce, procedure: ProcedureInForce
) -> None:
    """Refuse a desk that is neither the unit's own nor of a unit above it, where the unit takes dossiers only there."""
    unit = in_force.units[procedure.row.unit_id]
    if unit.accepts_at_any_desk:
        return
    own = {unit.pk}
    while unit.parent_id is not None:
        unit = in_force.units[unit.parent_id]
        own.add(unit.pk)
    if office.row.unit_id in own:
        return
    names_of_own = ", ".join(each.row.name for each in in_force.offices.values() if each.row.unit_id in own)
    raise DomainError(
        _("%(unit)s chỉ nhận hồ sơ của thủ tục này tại: %(desks)s. Hãy nộp hoặc hướng dẫn người nộp đến đó.")
        % {
            "unit": in_force.units[procedure.row.unit_id].name,
            "desks": names_of_own or _("trụ sở của đơn vị"),
        },
        code="only_at_own_desk",
        status=409,
    )


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
        address=applicant.address, return_method=intake.return_method, form=intake.form, complexity=intake.complexity,
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
    at_hand: Mapping[str, HeldPaper],
) -> list[Component]:
    """Return unsaved components, each with its document: a new one for a paper, the uploaded file, or one already held."""
    uploaded = _uploaded(given, applicant, actor)
    components, new, changed = [], [], []
    for paper in sorted(given, key=lambda each: case.components[each.component].position):
        need = case.components[paper.component]
        document = uploaded.get(paper.document) if paper.document else None
        if paper.provided_as == ProvidedAs.REUSED and document is None:
            document = _at_hand(at_hand, need.code)
        if document is None:
            document = Document(id=uuid4(), uploaded_by=actor)
            new.append(document)
        # A paper that was handed in a minute ago belongs to its dossier already, although its code is still being given.
        if document.code is None and not document.code_owner:
            document.holder, document.document_type = applicant, need.document_type
            document.code_owner, document.code_origin = applicant.identity_number, procedure.row.code
            document.code_type, document.name = need.document_type.code, need.name
            document.source = Document.Source.ONLINE if actor.applicant_id else Document.Source.DESK
            changed.append(document)
        components.append(component_of(paper, need, document, is_held=need.code in at_hand))
    Document.objects.bulk_create(new)
    mine = [document for document in changed if document.pk in uploaded]
    if mine:
        Document.objects.bulk_update(
            mine, ["holder", "document_type", "code_owner", "code_origin", "code_type", "name", "source"]
        )
    return components


def component_of(
    paper: ComponentInput, need: ComponentRequirement, document: Document, *, is_held: bool
) -> Component:
    """Return the paper as it came, with what the store had of it and why it was asked for all the same."""
    is_reused = paper.provided_as == ProvidedAs.REUSED
    asked_again = (paper.asked_again_reason or AskedAgain.UNSTATED) if is_held and not is_reused else ""
    return Component(
        requirement=need, position=need.position, name=need.name, provided_as=paper.provided_as, copies=paper.copies,
        document=document, was_held=is_held or is_reused, asked_again=asked_again,
        asked_again_note=names.clean_text(paper.asked_again_note, NOTE_LENGTH) if asked_again else "",
    )  # fmt: skip


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


def _at_hand(at_hand: Mapping[str, HeldPaper], code: str) -> Document:
    if code not in at_hand:
        raise InvalidInput(
            _("Kho chưa có giấy tờ này của người nộp nên chưa dùng lại được. Hãy nhận bản mới."),
            code="nothing_to_reuse",
        )
    return at_hand[code].document


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
