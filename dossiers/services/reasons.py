"""The catalogue of coded reasons: loaded from the bundled table, afterwards the ministry's own rows."""

from pathlib import Path
from typing import Any

import yaml

from dossiers.models import Reason

BUNDLED = Path(__file__).parent.parent / "data" / "reasons.yaml"


def bundled() -> list[dict[str, Any]]:
    """Return the rows of the bundled table, in its order."""
    rows: list[dict[str, Any]] = yaml.safe_load(BUNDLED.read_text(encoding="utf-8"))["reasons"]
    return rows


def load_reasons() -> int:
    """Add the bundled reasons that are not there yet and return how many; what people have changed stays as it is."""
    known = set(Reason.objects.order_by("pk").values_list("code", flat=True))
    rows = [
        Reason(
            code=row["code"], use=row["use"], position=position, text=row["text"],
            remedy=row.get("remedy", ""), legal_basis=row.get("legal_basis", ""),
        )
        for position, row in enumerate(bundled(), 1)
        if row["code"] not in known
    ]  # fmt: skip
    # Two starts at once write each code once.
    Reason.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
