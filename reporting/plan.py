"""The plan's targets, as the decision gives them (QĐ 654/QĐ-LĐTBXH, reporting/data/plan_654.yaml)."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

_FILE = Path(__file__).parent / "data" / "plan_654.yaml"


@dataclass(frozen=True)
class Target:
    """The target of one indicator in one year; `value` is None where the plan sets none. `note` says how it was read."""

    title: str
    unit: str
    comparator: str
    value: Decimal | None
    note: str

    def is_met_by(self, measured: Decimal | None) -> bool | None:
        """Say whether a value meets the target; None when either is missing."""
        if measured is None or self.value is None:
            return None
        return {"<=": measured <= self.value, ">=": measured >= self.value, "=": measured == self.value}[
            self.comparator
        ]


@cache
def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return facts


def target(code: str, year: int) -> Target:
    """Return the target of a year. After the plan's last year its last target is held for comparison, and the note says so."""
    facts = _facts()["indicators"][code]
    targets: dict[int, float] = facts.get("targets", {})
    last = max(targets, default=year)
    value = targets.get(min(year, last))
    note = facts.get("ambiguity", "")
    if year > last:
        note = " ".join([_("Kế hoạch kết thúc năm %d; giữ mức cuối để đối chiếu.") % last, note]).strip()
    return Target(
        title=facts["name_vi"],
        unit=facts["unit"],
        comparator=facts["comparison"],
        value=None if value is None else Decimal(str(value)),
        note=note,
    )
