"""Papers and their files, pages, scans, signatures, archive and registers."""

from digitization.models.archive import (
    ArchivePackage,
    DestructionItem,
    DestructionList,
    PackageFile,
    ProcedureRetention,
    RetentionClass,
)
from digitization.models.batch import Batch, BatchPage
from digitization.models.code_run import CodeRun
from digitization.models.document import Blob, CodeScheme, Document
from digitization.models.page import Page, PaperReading, Suggestion
from digitization.models.register import (
    LegacyImport,
    LegacyImportRow,
    LegacyResult,
    RegisterCount,
    RegisterDay,
)
from digitization.models.reuse import PaperObjection, Reuse
from digitization.models.signature import (
    Signature,
    SigningIdentity,
    SigningItem,
    SigningRun,
    VerificationBudget,
)
from digitization.models.transfer import Handoff, Transfer

__all__ = [
    "ArchivePackage",
    "Batch",
    "BatchPage",
    "Blob",
    "CodeRun",
    "CodeScheme",
    "DestructionItem",
    "DestructionList",
    "Document",
    "Handoff",
    "LegacyImport",
    "LegacyImportRow",
    "LegacyResult",
    "PackageFile",
    "Page",
    "PaperObjection",
    "PaperReading",
    "ProcedureRetention",
    "RegisterCount",
    "RegisterDay",
    "RetentionClass",
    "Reuse",
    "Signature",
    "SigningIdentity",
    "SigningItem",
    "SigningRun",
    "Suggestion",
    "Transfer",
    "VerificationBudget",
]
