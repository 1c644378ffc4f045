"""The case and what belongs to it."""

from dossiers.models.dossier import (
    AskedAgain,
    Channel,
    ClockPause,
    Complexity,
    Component,
    Dossier,
    DossierShare,
    Outcome,
    ProvidedAs,
    ReturnMethod,
    Status,
)
from dossiers.models.draft import IntakeDraft
from dossiers.models.event import DossierEvent
from dossiers.models.paper import IssuedPaper, Reprint
from dossiers.models.side import Opinion, Proposal
from dossiers.models.tracking import LookupBudget

__all__ = [
    "AskedAgain",
    "Channel",
    "ClockPause",
    "Complexity",
    "Component",
    "Dossier",
    "DossierEvent",
    "DossierShare",
    "IntakeDraft",
    "IssuedPaper",
    "LookupBudget",
    "Opinion",
    "Outcome",
    "Proposal",
    "ProvidedAs",
    "Reprint",
    "ReturnMethod",
    "Status",
]
