"""Find dossiers by what people type: a code or its end, an identity number, a phone number, a name with or without marks.

`matching` is exact and composes with any list. `newest_found` answers while somebody types: every branch of it reads a bounded
number of rows off an index of its own, so that a name half the country bears costs what a rare one costs.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Right
from django.db.models.lookups import Exact

from bpmc_portal.accounts.models import Applicant, User
from bpmc_portal.lib import identifiers, names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from dossiers.models import Dossier
from dossiers.models.dossier import DossierQuerySet
from dossiers.numbering import code_key

SHORTEST_SUFFIX = 4
MAX_TYPED = 120
# A common name is looked for among the newest persons who bear it, and among the newest dossiers of one's own units and desks:
# the first finds everything in a large unit, the second in a small one.
PERSONS_READ, OWN_READ = 200, 2000
NOT_WORD = re.compile(r"[^0-9a-z]")
COLUMNS = (
    "id", "code", "status", "outcome", "received_at", "due_at", "finished_at", "applicant_id", "applicant_name", "procedure_id",
    "version_of_procedure_id", "step_id", "office_id",
)  # fmt: skip
_BEARER = Subquery(Applicant.objects.filter(pk=OuterRef("applicant_id")).values("search_key"))
# How a dossier was found, the surest first. An undone spelling counts only where the typed one finds nothing.
CODE, NUMBER, PERSON, NAME, UNDONE = range(5)


@dataclass(frozen=True)
class Typed:
    """What was typed, read: the whole without punctuation, the digits that stand alone, and the words in each spelling.

    `spellings` holds the words as typed and, where that differs, with the keys of a switched-off TELEX or VNI undone.
    """

    key: str
    digits: str
    spellings: tuple[tuple[str, ...], ...]

    @property
    def is_mixed(self) -> bool:
        """Whether words and digits narrow each other, as in "nguyet 0127"."""
        return bool(self.spellings) and len(self.digits) >= SHORTEST_SUFFIX

    @property
    def number(self) -> str:
        """Return what may be a number or a code: "" when no digit was typed."""
        if self.is_mixed:
            return self.digits
        return self.key if any(char.isdigit() for char in self.key) else ""


def read(text: str) -> Typed:
    """Read what was typed, composed or not, full-width or not, with any spaces, dots and dashes."""
    plain = unicodedata.normalize("NFKC", text[:MAX_TYPED]).replace("\x00", "")
    tokens = [token for token in names.fold(plain).split() if NOT_WORD.sub("", token)]
    numbers = [token for token in tokens if NOT_WORD.sub("", token).isdigit()]
    # A part of a code may carry a letter; a name spelled with VNI keys never carries so many digits.
    words = [
        token for token in tokens if sum(map(str.isdigit, token)) < SHORTEST_SUFFIX and token not in numbers
    ]
    digits = NOT_WORD.sub("", "".join(numbers))
    if not words and len(digits) < SHORTEST_SUFFIX:
        # "Công ty 319": so few digits are part of a name, never of a number.
        words, digits = numbers, ""
    spellings = tuple(tuple(key.split()) for key in names.search_keys(" ".join(words)) if key)
    return Typed(code_key(plain), digits, spellings)


def matching(text: str) -> Q:
    """Keep the dossiers whose code, person or phone is what was typed; nothing typed keeps all.

    Persons are found first, by indexes of their own, so that the dossiers are read by applicant.
    """
    if not text.strip():
        return Q()
    typed = read(text)
    numbers = [condition for _rank, condition in _by_number(typed.number)]
    whole = [Q(code_key=typed.key)] if typed.number else []
    if not typed.spellings:
        return _any_of([*whole, *numbers])
    name = Q(applicant__in=_bearers(typed.spellings))
    if typed.is_mixed:
        return _any_of([*whole, *(name & each for each in numbers)])
    return _any_of([*whole, *numbers, name])


def newest_found(user: User, text: str, *, most: int) -> list[tuple[Any, ...]]:
    """Return up to `most` visible dossiers that fit, exact codes first, then the newest, as (rank, *COLUMNS). One statement."""
    typed = read(text)
    seen = Dossier.objects.visible_to(user)
    branches = [_ranked(CODE, seen.filter(code_key=typed.key), most)] if typed.number else []
    if typed.is_mixed:
        for rank, condition in _by_number(typed.digits):
            fits = condition & Q(applicant__in=_bearers(typed.spellings))
            branches.append(_ranked(rank, seen.filter(fits), most))
    else:
        branches += [
            _ranked(rank, seen.filter(condition), most) for rank, condition in _by_number(typed.number)
        ]
        branches += [_ranked(rank, found, most) for rank, found in _by_name(user, seen, typed.spellings)]
    if not branches:
        return []
    first, *others = branches
    rows = list(first.union(*others, all=True)) if others else list(first)
    return _best(rows, most)


def all_found(user: User, text: str, *, most: int) -> list[tuple[Any, ...]]:
    """Return the newest visible dossiers that fit, whatever it costs: what a person asks for when the quick search fails."""
    seen = Dossier.objects.visible_to(user).filter(matching(text))
    return list(_ranked(NAME, seen, most)) if text.strip() else []


def _best(rows: list[tuple[Any, ...]], most: int) -> list[tuple[Any, ...]]:
    """Keep each dossier once, by its surest way, and undone spellings only when nothing else was found."""
    surest: dict[int, tuple[Any, ...]] = {}
    for row in sorted(rows):
        surest.setdefault(row[1], row)
    kept = [row for row in surest.values() if row[0] != UNDONE] or list(surest.values())
    return sorted(kept, key=lambda row: (row[0] != CODE, -row[1]))[:most]


def _ranked(rank: int | Case, found: DossierQuerySet, most: int) -> QuerySet[Any, Any]:
    ranked = found.annotate(rank=Value(rank, IntegerField()) if isinstance(rank, int) else rank)
    return ranked.order_by("-pk").values_list("rank", *COLUMNS)[:most]


def _by_number(number: str) -> list[tuple[int, Q]]:
    """Return one condition for each index that can find a number, with its rank."""
    if not number:
        return []
    phone = _phone(number)
    person = Q(identity_number=number) | Q(phone=phone) if phone else Q(identity_number=number)
    found = [(PERSON, Q(applicant__in=Applicant.objects.filter(person).values("pk")))]
    if phone:
        found.append((PERSON, Q(phone=phone)))
    end = number[-SHORTEST_SUFFIX:]
    if len(number) >= SHORTEST_SUFFIX and end.isdigit():
        # The last four digits are what the index holds; what was typed before them is compared on the few rows they leave.
        found.append(
            (NUMBER, Q(Exact(Right("code_key", SHORTEST_SUFFIX), end)) & Q(code_key__endswith=number))
        )
    return found


def _by_name(
    user: User, seen: DossierQuerySet, spellings: tuple[tuple[str, ...], ...]
) -> Iterable[tuple[int | Case, DossierQuerySet]]:
    for rank, words in zip((NAME, UNDONE), spellings, strict=False):
        bearers = Applicant.objects.filter(_named(words)).order_by("-pk").values("pk")[:PERSONS_READ]
        yield rank, seen.filter(applicant__in=bearers)
    if spellings:
        yield _rank_of_bearer(spellings), _own_by_name(user, spellings)


def _own_by_name(user: User, spellings: tuple[tuple[str, ...], ...]) -> DossierQuerySet:
    """Return the dossiers of that name among the newest of one's own units and desks.

    The name is a subquery of each row, and compared outside the limit: as a join, PostgreSQL would rather read every bearer of
    the name, or the whole table of persons.
    """
    found = Dossier.objects.annotate(bearer=_BEARER)
    own = (
        Dossier.objects.in_own_scope(user)
        .annotate(bearer=_BEARER)
        .order_by("-pk")
        .values("id", "bearer")[:OWN_READ]
    )
    try:
        sql, params = own.query.sql_with_params()
    except EmptyResultSet:  # no unit, no desk: nothing of one's own
        return found.none()
    within = RawSQL(f"SELECT own.id FROM ({sql}) own WHERE own.bearer ~ %s", (*params, _pattern(*spellings)))  # noqa: S608, S611  (the ORM wrote it, values apart)
    return found.filter(pk__in=within)


def _rank_of_bearer(spellings: tuple[tuple[str, ...], ...]) -> Case:
    as_typed = When(bearer__regex=_pattern(spellings[0]), then=Value(NAME))
    return Case(as_typed, default=Value(UNDONE), output_field=IntegerField())


def _pattern(*spellings: tuple[str, ...]) -> str:
    """Return one pattern for words that begin, in this order, with what was typed in one of the spellings.

    One for all: PostgreSQL guesses well how many rows one pattern keeps, and badly how many several keep together. The plain
    space lets the trigram index know where words begin.
    """
    return "|".join("(^| )" + ".* ".join(map(re.escape, words)) for words in spellings)


def _named(words: tuple[str, ...]) -> Q:
    """Keep the persons of that name. Plain containment is weighed first and spares most rows the slower pattern."""
    return Q(search_key__contains=max(reversed(words), key=len), search_key__regex=_pattern(words))


def _bearers(spellings: tuple[tuple[str, ...], ...]) -> QuerySet[Any, Any]:
    either = Q()
    for words in spellings:
        either |= _named(words)
    return Applicant.objects.filter(either).values("pk")


def _any_of(conditions: list[Q]) -> Q:
    """Keep what meets any condition, each looked up by its own index: an OR over several tables would read them whole."""
    if not conditions:
        return Q(pk__in=[])
    first, *others = (Dossier.objects.filter(each).order_by().values("pk") for each in conditions)
    return Q(pk__in=first.union(*others)) if others else conditions[0]


def _phone(number: str) -> str:
    """Return the number as phones are stored, "" when it is none; the first zero may be missing."""
    for candidate in (number, f"0{number}"):
        try:
            return identifiers.parse_phone(candidate).e164
        except InvalidIdentifier:
            continue
    return ""
