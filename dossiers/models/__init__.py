"""The case and what belongs to it."""

from dossiers.models.clock import Alert, ClockSpan
from dossiers.models.component import AskedAgain, Component, PaperVerdict, ProvidedAs
from dossiers.models.dossier import Channel, Complexity, Dossier, DossierShare, Outcome, ReturnMethod, Status
from dossiers.models.draft import IntakeDraft
from dossiers.models.event import DossierEvent
from dossiers.models.letter import Letter, LetterItem, Reason, Verdict
from dossiers.models.money import GatewayCall, Payment
from dossiers.models.paper import IssuedPaper, Reprint
from dossiers.models.side import Message, Note, Opinion, Proposal, Result
from dossiers.models.tracking import LookupBudget, OneTimeCode
from dossiers.models.work import BulkItem, BulkRun, SavedFilter

__all__ = [
    "Alert",
    "AskedAgain",
    "BulkItem",
    "BulkRun",
    "Channel",
    "ClockSpan",
    "Complexity",
    "Component",
    "Dossier",
    "DossierEvent",
    "DossierShare",
    "GatewayCall",
    "IntakeDraft",
    "IssuedPaper",
    "Letter",
    "LetterItem",
    "LookupBudget",
    "Message",
    "Note",
    "OneTimeCode",
    "Opinion",
    "Outcome",
    "PaperVerdict",
    "Payment",
    "Proposal",
    "ProvidedAs",
    "Reason",
    "Reprint",
    "Result",
    "ReturnMethod",
    "SavedFilter",
    "Status",
    "Verdict",
]
