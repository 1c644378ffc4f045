"""The case and what belongs to it."""

from dossiers.models.dossier import (
    Channel,
    ClockPause,
    Component,
    Dossier,
    DossierShare,
    Outcome,
    ProvidedAs,
    ReturnMethod,
    Status,
)
from dossiers.models.event import DossierEvent
from dossiers.models.paper import IssuedPaper, Reprint
from dossiers.models.side import Opinion, Proposal
from dossiers.models.tracking import LookupBudget

__all__ = [
    "Channel",
    "ClockPause",
    "Component",
    "Dossier",
    "DossierEvent",
    "DossierShare",
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
