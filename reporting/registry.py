"""What an indicator is: a name, a formula over what happened, and the rows that it counted. Never a bare percentage."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Model, QuerySet


@dataclass(frozen=True)
class Span:
    """What is measured: some offices over some days, both ends included."""

    office_ids: tuple[int, ...]
    first: date
    last: date


@dataclass(frozen=True)
class Measure:
    """What was counted. The value is None, not zero, when there is nothing to divide by."""

    numerator: Decimal
    denominator: int

    @property
    def value(self) -> Decimal | None:
        """Return the quotient with two decimals."""
        if not self.denominator:
            return None
        return (self.numerator / self.denominator).quantize(Decimal("0.01"), ROUND_HALF_UP)


PARTS = ("numerator", "denominator", "excluded")


@dataclass(frozen=True)
class Indicator:
    """One indicator. `rows` returns exactly what a part of the measure counted, ordered by primary key."""

    code: str
    measure: Callable[[Span], Measure]
    rows: Callable[[Span, str], QuerySet[Model]]
    show: Callable[[Model], dict[str, object]]
    note: str


_REGISTRY: dict[str, Indicator] = {}


def register(indicator: Indicator) -> Indicator:
    """Add an indicator to the registry."""
    _REGISTRY[indicator.code] = indicator
    return indicator


def registered() -> list[Indicator]:
    """Return the indicators in the order of their codes."""
    return [_REGISTRY[code] for code in sorted(_REGISTRY)]


def find(code: str) -> Indicator | None:
    """Return an indicator by its code."""
    return _REGISTRY.get(code.upper())
