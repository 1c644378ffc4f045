"""Measure the plan for whoever may see the figures."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import units_where
from bpmc_portal.errors import DomainError, InvalidInput
from procedures.catalogue import Catalogue, OfficeInForce
from reporting import plan
from reporting.plan import Target
from reporting.registry import Indicator, Measure, Span, registered

FIRST_YEAR = 2021


@dataclass(frozen=True)
class Reading:
    """One indicator of one year: what was counted against what was asked."""

    indicator: Indicator
    measure: Measure
    target: Target


def span_of(
    held: Catalogue, user: User, *, year: int, office: str = "", unit: str = "", now: datetime
) -> Span:
    """Return the days of a plan year (calendar year) and the offices in the user's reach, narrowed by office or unit code.

    Raises `year_range` and 404 for an office or unit out of reach, the same as for one that does not exist.
    """
    if not FIRST_YEAR <= year <= now.year:
        sentence = _("Năm phải từ %(first)d đến %(last)d.") % {"first": FIRST_YEAR, "last": now.year}
        raise InvalidInput(sentence, code="year_range", fields={"year": sentence})
    seen = _in_reach(held, user)
    if office:
        seen = [each for each in seen if each.row.code == office]
    if unit:
        seen = [each for each in seen if each.row.unit.code == unit]
    if (office or unit) and not seen:
        raise DomainError(
            _("Không có số liệu của nơi này trong phạm vi bạn được xem."), code="out_of_reach", status=404
        )
    return Span(tuple(each.row.pk for each in seen), date(year, 1, 1), date(year, 12, 31))


def readings(span: Span) -> list[Reading]:
    """Measure every registered indicator."""
    return [
        Reading(each, each.measure(span), plan.target(each.code, span.first.year)) for each in registered()
    ]


def _in_reach(held: Catalogue, user: User) -> list[OfficeInForce]:
    units = units_where(user, "view_figures")
    return [each for each in held.offices.values() if each.row.unit_id in units]
