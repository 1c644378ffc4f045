"""Made-up applicants for histories: numbers that no demo person has, names from lists."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar

from django.db import connection
from stdnum.vn import mst

from bpmc_portal.lib import names
from dossiers.demo.people import FAMILIES, FIRM_NAMES, FIRMS, MEN, TRADES, WOMEN

# Identity numbers of histories begin with these, so that a second load goes on where the first ended.
CITIZENS, FIRM_NUMBERS = "096", "09"


@dataclass(slots=True)
class Person:
    """One applicant with the numbers its papers have reached."""

    pk: int
    kind: str
    number: str
    name: str
    gender: str
    phone: str
    papers: dict[str, int] = field(default_factory=dict)
    latest: dict[str, str] = field(default_factory=dict)

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "id", "kind", "identity_kind", "identity_number", "name", "search_key", "sort_key", "gender", "phone", "email", "address",
        "created_at", "updated_at",
    )  # fmt: skip
    address: ClassVar[str] = "Hà Nội"

    def row(self) -> str:
        """Return the columns of accounts_applicant as a line of COPY."""
        identity = "cccd" if self.kind == "citizen" else "tax_code"
        search, sort = _keys(self.name, self.kind == "citizen")
        return (
            f"{self.pk}\t{self.kind}\t{identity}\t{self.number}\t{self.name}\t{search}\t{sort}\t{self.gender}\t{self.phone}\t"
            f"\t{self.address}\tnow\tnow"
        )


@lru_cache(maxsize=20_000)
def _keys(name: str, is_citizen: bool) -> tuple[str, str]:
    return names.fold(name)[:200], names.sort_key(name, given_name_first=is_citizen)[:800]


def newcomers(rng: random.Random, ids: Iterator[int]) -> dict[bool, Iterator[Person]]:
    """Return endless applicants that are not known yet, with those ids: citizens under True, enterprises under False.

    Reads the numbers that earlier histories have used at once, and nothing later.
    """
    citizens, firms = _last(CITIZENS, "cccd", 7, 6), _last(FIRM_NUMBERS, "tax_code", 3, 7)
    return {True: _citizens(rng, ids, (citizens + 1) * 100), False: _firms(rng, ids, firms)}


def _last(prefix: str, kind: str, start: int, length: int) -> int:
    """Return the highest serial number that a history has used."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(substr(identity_number, %s, %s)::bigint), 0) FROM accounts_applicant"
            " WHERE identity_kind = %s AND identity_number LIKE %s",
            [start, length, kind, f"{prefix}%"],
        )
        last: int = cursor.fetchone()[0]
    return last


def _citizens(rng: random.Random, ids: Iterator[int], serial: int) -> Iterator[Person]:
    while True:
        is_woman, year = serial // 50 % 2, 1950 + serial % 50
        middles, given = WOMEN if is_woman else MEN
        name = f"{rng.choice(FAMILIES)} {rng.choice(middles)} {rng.choice(given)}"
        number = f"{CITIZENS}{is_woman}{year % 100:02d}{serial // 100:06d}"
        yield Person(next(ids), "citizen", number, name, "female" if is_woman else "male", _phone(rng))
        serial += 1


def _firms(rng: random.Random, ids: Iterator[int], serial: int) -> Iterator[Person]:
    while True:
        serial += 1
        body = f"{FIRM_NUMBERS}{serial:07d}"
        number = body + mst.calc_check_digit(body)
        if len(number) == 10:
            name = f"{rng.choice(FIRMS)} {rng.choice(TRADES)} {rng.choice(FIRM_NAMES)} {serial}"
            yield Person(next(ids), "organisation", number, name, "", _phone(rng))


def _phone(rng: random.Random) -> str:
    return f"+849{10_000_000 + int(rng.random() * 90_000_000)}"
