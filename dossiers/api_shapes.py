"""What the calls on dossiers take and answer. Input shapes check types only; answers are built by api_json, and a test compares."""

from typing import Any

from rest_framework import serializers

from bpmc_portal.accounts.models import Applicant
from bpmc_portal.api_input import Choice, Day, Flag, FreeForm, Identifier, Shape, Text, TextList, WholeNumber
from digitization.api import DocumentAnswer
from digitization.models import Document
from dossiers.models import AskedAgain, Channel, Letter, Outcome, Payment, ProvidedAs, ReturnMethod, Status
from dossiers.workflow import Action
from procedures.api_shapes import CodeName, Explained, Page

MOST_PAPERS = 200
MOST_REASONS = 50
ACTIONS = [(str(action), str(action)) for action in Action]


class ApplicantBody(Shape):
    """Who the dossier is for."""

    kind = Choice(Applicant.Kind.choices)
    identity_number = Text()
    name = Text()
    birth_on = Day(required=False, allow_null=True)
    gender = Choice(Applicant.Gender.choices, required=False, allow_null=True)
    phone = Text(required=False, allow_null=True)
    email = Text(required=False, allow_null=True)
    address = Text(required=False, allow_null=True)


class RepresentativeBody(Shape):
    """Who hands it in for somebody else."""

    identity_number = Text()
    name = Text()
    phone = Text(required=False, allow_null=True)
    authorisation_number = Text(required=False, allow_null=True)
    authorisation_expires_on = Day(required=False, allow_null=True)


class ComponentBody(Shape):
    """One paper that came."""

    component = Text()
    provided_as = Choice(ProvidedAs.choices)
    copies = WholeNumber(required=False, default=1)
    document = Identifier(required=False, allow_null=True)
    asked_again_reason = Choice(AskedAgain.choices, required=False, allow_null=True)
    asked_again_note = Text(required=False, allow_null=True)


class IntakeBody(Shape):
    """A whole dossier."""

    procedure = Text()
    case = Text(required=False, allow_null=True)
    office = Text()
    channel = Choice(Channel.choices)
    ticket = Text(required=False, allow_null=True)
    applicant = ApplicantBody()
    representative = RepresentativeBody(required=False, allow_null=True)
    components = ComponentBody(many=True, max_length=MOST_PAPERS)  # type: ignore[call-arg]
    return_method = Choice(ReturnMethod.choices, required=False, default=ReturnMethod.DESK.value)
    form = FreeForm(required=False)


class CollectorBody(Shape):
    """Who collects the result when it is not the applicant; number and day of the authorisation are then needed."""

    name = Text(required=False, allow_null=True)
    authorisation_number = Text(required=False, allow_null=True)
    authorised_on = Day(required=False, allow_null=True)
    authorisation_expires_on = Day(required=False, allow_null=True)


class ItemBody(Shape):
    """One thing that a letter asks for; without text the catalogue's words of the reason stand."""

    component = Text()
    reason = Text()
    text = Text(required=False, allow_null=True)
    remedy = Text(required=False, allow_null=True)


class OpinionBody(Shape):
    """How another unit is asked: its code, until when, what silence means, who may read it."""

    unit = Text()
    due_on = Day(required=False, allow_null=True)
    silence_is_consent = Flag(required=False, default=False)
    is_confidential = Flag(required=False, default=False)


class ActionBody(Shape):
    """What an act may need."""

    reason = Text(required=False, allow_null=True)
    paper_handoff = Flag(required=False, default=False)
    to_step = Text(required=False, allow_null=True)
    assignee = Text(required=False, allow_null=True)
    opinion_unit = Text(required=False, allow_null=True)
    opinion = OpinionBody(required=False, allow_null=True)
    due_on = Day(required=False, allow_null=True)
    respond_by = Day(required=False, allow_null=True)
    collector = CollectorBody(required=False, allow_null=True)
    legal_basis = Text(required=False, allow_null=True)
    items = ItemBody(many=True, required=False, allow_null=True, max_length=MOST_PAPERS)  # type: ignore[call-arg]
    reason_codes = TextList(required=False, allow_null=True, max_length=MOST_REASONS)
    amount = WholeNumber(required=False, allow_null=True)
    fee_name = Text(required=False, allow_null=True)
    method = Choice(Payment.Method.choices, required=False, allow_null=True)
    transaction = Text(required=False, allow_null=True)
    corrections = FreeForm(required=False, allow_null=True)
    result_revision = WholeNumber(required=False, allow_null=True)


class TrackingBody(serializers.Serializer[Any]):
    """Either the token of the QR, or the code and the secret of the receipt."""

    token = serializers.CharField(required=False)
    code = serializers.CharField(required=False)
    secret = serializers.CharField(required=False)


class ReceivedAnswer(serializers.Serializer[Any]):
    """What the one who handed the dossier in must be given; the secret is never shown again by any other call."""

    code = serializers.CharField()
    secret = serializers.CharField()
    tracking_url = serializers.URLField()
    status = serializers.ChoiceField(Status.choices)
    version = serializers.IntegerField()
    received_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    receipt_url = serializers.URLField(allow_null=True)


class PersonAnswer(serializers.Serializer[Any]):
    """An account that acted."""

    username = serializers.CharField()
    name = serializers.CharField()


class DossierRow(serializers.Serializer[Any]):
    """A dossier in a list."""

    code = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    status_label = serializers.CharField()
    outcome = serializers.ChoiceField(Outcome.choices, allow_null=True)
    version = serializers.IntegerField()
    step = CodeName(allow_null=True)
    procedure = CodeName()
    unit = CodeName()
    office = serializers.CharField()
    channel = serializers.ChoiceField(Channel.choices)
    applicant_name = serializers.CharField()
    assigned = PersonAnswer(allow_null=True)
    received_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    returned_at = serializers.DateTimeField(allow_null=True)
    next_act = serializers.ChoiceField(ACTIONS, allow_null=True)
    step_due_at = serializers.DateTimeField(allow_null=True)
    respond_by = serializers.DateTimeField(allow_null=True)
    available_actions = serializers.ListField(child=serializers.ChoiceField(ACTIONS))


class DossierPage(Page):
    """A page of dossiers."""

    results = DossierRow(many=True)


class ApplicantAnswer(serializers.Serializer[Any]):
    """The applicant as given that day."""

    kind = serializers.ChoiceField(Applicant.Kind.choices)
    identity_number = serializers.CharField()
    name = serializers.CharField()
    birth_on = serializers.DateField(allow_null=True)
    phone = serializers.CharField()
    email = serializers.CharField()
    address = serializers.CharField()


class PaperAnswer(serializers.Serializer[Any]):
    """A paper of a dossier and the document it became."""

    component = serializers.CharField()
    name = serializers.CharField()
    provided_as = serializers.ChoiceField(ProvidedAs.choices)
    copies = serializers.IntegerField()
    document = serializers.UUIDField()
    document_code = serializers.CharField(allow_null=True)
    document_state = serializers.CharField()


class LetterAnswer(serializers.Serializer[Any]):
    """An issued letter to the applicant."""

    kind = serializers.ChoiceField(Letter.Kind.choices)
    number = serializers.CharField()
    issued_at = serializers.DateTimeField()
    respond_by = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)


class PaymentAnswer(serializers.Serializer[Any]):
    """An amount that was asked for, in đồng, and how it stands."""

    reference = serializers.CharField()
    name = serializers.CharField()
    amount = serializers.IntegerField()
    state = serializers.ChoiceField(Payment.State.choices)
    method = serializers.ChoiceField(Payment.Method.choices, allow_null=True)
    transaction = serializers.CharField()
    requested_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)


class DossierAnswer(DossierRow):
    """A whole dossier."""

    case = CodeName()
    applicant = ApplicantAnswer()
    representative = serializers.DictField(allow_null=True)
    return_method = serializers.ChoiceField(ReturnMethod.choices)
    ticket = serializers.CharField(allow_null=True)
    form = serializers.DictField()
    first_due_at = serializers.DateTimeField(allow_null=True)
    supplement_count = serializers.IntegerField()
    postpone_count = serializers.IntegerField()
    components = PaperAnswer(many=True)
    receipt_url = serializers.URLField(allow_null=True)
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    children = serializers.ListField(child=serializers.CharField())
    letters = LetterAnswer(many=True)
    payments = PaymentAnswer(many=True)


class EventAnswer(serializers.Serializer[Any]):
    """One act. Who acted is told to staff only."""

    seq = serializers.IntegerField()
    action = serializers.ChoiceField(ACTIONS)
    label = serializers.CharField()  # type: ignore[assignment]
    from_status = serializers.ChoiceField(Status.choices, allow_null=True)
    to_status = serializers.ChoiceField(Status.choices)
    step = CodeName(allow_null=True)
    at = serializers.DateTimeField()
    actor = PersonAnswer(allow_null=True)
    unit = CodeName()
    reason = serializers.CharField()
    is_public = serializers.BooleanField()


class EventPage(Page):
    """A page of acts, the first one first."""

    results = EventAnswer(many=True)


class DossierDueAnswer(Explained):
    """The appointment, explained; `appointed_at` is what is promised now, which a re-appointment moves off `due_at`."""

    code = serializers.CharField()
    appointed_at = serializers.DateTimeField(allow_null=True)


class PendingAnswer(serializers.Serializer[Any]):
    """The paper is being made."""

    code = serializers.CharField()
    detail = serializers.CharField()


class HeldAnswer(DocumentAnswer):
    """A paper that the holder already has here; `source` is the procedure it came with, `came_by` by which way, `signed` "" unverified."""

    valid_until = serializers.DateTimeField(allow_null=True)
    is_valid = serializers.BooleanField()  # type: ignore[assignment]
    source = serializers.CharField()  # type: ignore[assignment]
    came_by = serializers.ChoiceField(Document.Source.choices)
    number = serializers.CharField(allow_blank=True)
    issued_on = serializers.DateField(allow_null=True)
    issuer = serializers.CharField(allow_blank=True)
    signed = serializers.ChoiceField(Document.Signed.choices, allow_blank=True)


class HeldPage(Page):
    """A page of papers already held."""

    results = HeldAnswer(many=True)


class PublicEvent(serializers.Serializer[Any]):
    """One act in words for the applicant."""

    action = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    at = serializers.DateTimeField()
    step = serializers.CharField(allow_null=True)


class TrackingAnswer(serializers.Serializer[Any]):
    """What everybody with the receipt may see: nothing that names a person."""

    code = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    status_label = serializers.CharField()
    outcome = serializers.ChoiceField(Outcome.choices, allow_null=True)
    procedure = CodeName()
    unit = CodeName()
    step = serializers.CharField(allow_null=True)
    return_method = serializers.ChoiceField(ReturnMethod.choices)
    received_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    first_due_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    returned_at = serializers.DateTimeField(allow_null=True)
    events = PublicEvent(many=True)
