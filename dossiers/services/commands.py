"""The shapes that every door (form, API, command) hands to the intake service: typed, not yet judged."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class ApplicantInput:
    """Who the dossier is for, as typed."""

    kind: str
    identity_number: str
    name: str
    birth_on: date | None = None
    gender: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""


@dataclass(frozen=True)
class RepresentativeInput:
    """Who hands the dossier in for somebody else, with the authorisation."""

    identity_number: str
    name: str
    phone: str = ""
    authorisation_number: str = ""
    authorisation_expires_on: date | None = None


@dataclass(frozen=True)
class ComponentInput:
    """One paper that came: the requirement's code, its form, how many, and the uploaded or re-used document.

    `asked_again_reason` (AskedAgain) says why a paper that is already held is handed in once more.
    """

    component: str
    provided_as: str
    copies: int = 1
    document: UUID | None = None
    asked_again_reason: str = ""
    asked_again_note: str = ""


@dataclass(frozen=True)
class IntakeInput:
    """A whole dossier as it is handed in."""

    procedure: str
    office: str
    channel: str
    applicant: ApplicantInput
    components: tuple[ComponentInput, ...]
    case: str | None = None
    representative: RepresentativeInput | None = None
    return_method: str = "desk"
    form: dict[str, Any] = field(default_factory=dict)
    complexity: str = ""
    # The token of the visit's ticket; empty for a dossier without a visit.
    ticket: str = ""
