"""How long a dossier is kept: classes as data, each with its citation. What is not determined is kept, never guessed."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from bpmc_portal.errors import as_domain_error
from digitization.models import ArchivePackage, DestructionItem, ProcedureRetention, RetentionClass
from procedures.models import Procedure

DATA = Path(__file__).parent / "data" / "retention.yaml"
UNDETERMINED = "chua-xac-dinh"


@cache
def shipped() -> dict[str, Any]:
    """Return the table that is shipped: read once a process."""
    found: dict[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return found


def load(table: Mapping[str, Any]) -> tuple[int, int]:
    """Write the classes and the procedures of a table, and give packages the period that they now have; return how many of each.

    Raises DomainError for a class without a citation or with a wrong number of years, and for an unknown code. All or nothing.
    """
    classes, procedures = table.get("classes") or [], table.get("procedures") or {}
    with transaction.atomic():
        for row in classes:
            _write_class(row)
        for key, code in procedures.items():
            assign(Procedure.objects.get(key=key), retention_class=RetentionClass.objects.get(code=code))
    return len(classes), len(procedures)


def _write_class(row: Mapping[str, Any]) -> None:
    found = RetentionClass.objects.filter(code=row["code"]).first() or RetentionClass(code=row["code"])
    for name in ("name", "period", "years", "citation", "note"):
        setattr(found, name, row.get(name) or (None if name == "years" else ""))
    try:
        found.full_clean()
    except ValidationError as error:
        raise as_domain_error(error) or error from error
    found.save()


def assign(procedure: Procedure, *, retention_class: RetentionClass) -> int:
    """Say how long the dossiers of a procedure are kept; return how many packages follow. What is destroyed, or on a list, stays."""
    with transaction.atomic():
        ProcedureRetention.objects.update_or_create(
            procedure=procedure, defaults={"retention_class": retention_class}
        )
        packages = ArchivePackage.objects.filter(procedure=procedure).exclude(state="destroyed")
        moved = [
            each for each in packages.select_for_update() if each.retention_class_id != retention_class.pk
        ]
        for each in moved:
            each.retention_class = retention_class
            each.keep_until = keep_until(retention_class, each.closed_on)
        ArchivePackage.objects.bulk_update(moved, ["retention_class", "keep_until"], batch_size=500)
    return len(moved)


def class_of(procedure_id: int) -> RetentionClass:
    """Return the class of a procedure, the undetermined one when nobody has said."""
    found = RetentionClass.objects.filter(procedures__procedure_id=procedure_id).first()
    if found is None:
        row = next(each for each in shipped()["classes"] if each["code"] == UNDETERMINED)
        found, _created = RetentionClass.objects.get_or_create(code=UNDETERMINED, defaults=dict(row))
    return found


def keep_until(retention_class: RetentionClass, closed_on: date) -> date | None:
    """Return the last day of the retention: the end of the year in which the years are over, the longer reading of the law."""
    if retention_class.period != RetentionClass.Period.YEARS:
        return None
    return date(closed_on.year + (retention_class.years or 0), 12, 31)


def ended(unit_ids: Collection[int], *, on: date) -> QuerySet[ArchivePackage]:
    """Return the sealed packages of these units whose retention ended before that day and that stand on no list.

    Never a permanent or undetermined one: those have no last day.
    """
    listed = DestructionItem.objects.filter(package=OuterRef("pk"), is_live=True)
    return (
        ArchivePackage.objects.filter(
            ~Exists(listed),
            state=ArchivePackage.State.SEALED,
            retention_class__period=RetentionClass.Period.YEARS,
            unit_id__in=unit_ids,
            keep_until__lt=on,
        )
        .select_related("retention_class", "unit", "procedure", "blob")
        .order_by("keep_until", "pk")
    )
