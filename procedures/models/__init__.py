"""What the law defines: procedures, their versions and parts, and the calendar."""

from procedures.models.calendar import CalendarDay, CalendarYear, CatalogueStamp
from procedures.models.procedure import (
    Case,
    ComponentRequirement,
    Confidence,
    DocumentType,
    Fee,
    Field,
    LegalBasis,
    LimitUnit,
    Procedure,
    ProcedureVersion,
    Step,
    StepCondition,
    VersionQuerySet,
)

__all__ = [
    "CalendarDay",
    "CalendarYear",
    "Case",
    "CatalogueStamp",
    "ComponentRequirement",
    "Confidence",
    "DocumentType",
    "Fee",
    "Field",
    "LegalBasis",
    "LimitUnit",
    "Procedure",
    "ProcedureVersion",
    "Step",
    "StepCondition",
    "VersionQuerySet",
]
