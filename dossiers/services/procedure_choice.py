"""Choose a procedure at the desk: by code, by name without marks, by nickname, all in the catalogue held in memory."""

from dataclasses import dataclass
from datetime import date

from bpmc_portal.lib import names
from procedures.catalogue import CaseInForce, Catalogue, ProcedureInForce, Version

MOST = 12


@dataclass(frozen=True)
class Chosen:
    """A procedure with its version in force and one of its cases."""

    procedure: ProcedureInForce
    version: Version
    case: CaseInForce


def choose(held: Catalogue, code: str, case: str, *, on: date) -> Chosen:
    """Return what a desk receives today under this code. Raises DomainError with a sentence for what is unknown or not in force.

    A case that belongs to the procedure chosen before falls back to the first one.
    """
    procedure, version = held.version(code, on)
    return Chosen(procedure, version, version.case(case if case in version.cases else None))


def search(held: Catalogue, text: str) -> list[ProcedureInForce]:
    """Return the active procedures that match, codes first, then names that begin with the words."""
    for key in names.search_keys(text):
        ranked = sorted(
            (
                (rank, found.row.name, found)
                for found in held.each()
                if (rank := _rank(found, key)) is not None
            ),
            key=lambda row: row[:2],
        )
        if ranked:
            return [found for _rank_of, _name, found in ranked[:MOST]]
    return []


def _rank(found: ProcedureInForce, key: str) -> int | None:
    row = found.row
    if not row.is_active:
        return None
    if not key:
        return 3
    codes = [names.fold(code) for code in (row.key, row.national_code or "") if code]
    if any(code.startswith(key) for code in codes):
        return 0
    name = names.fold(row.name)
    if name.startswith(key) or any(names.fold(alias) == key for alias in row.aliases):
        return 1
    text = " ".join((name, *(names.fold(alias) for alias in row.aliases), *codes))
    return 2 if all(word in text for word in key.split()) else None
