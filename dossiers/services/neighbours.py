"""The dossier before and the one after in the list from which a dossier was opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import EmptyResultSet
from django.urls import reverse

from bpmc_portal.accounts.models import User
from dossiers.models import Dossier
from dossiers.models.dossier import DossierQuerySet
from dossiers.numbering import code_key
from dossiers.services import worklist as lists
from procedures.catalogue import Catalogue

LONGEST = 1000


@dataclass(frozen=True)
class Neighbours:
    """Where a dossier stands in its list: addresses of its neighbours ("" at the ends) and of its row; the place, bounded as counts are."""

    previous: str
    following: str
    back: str
    place: str
    total: str


def neighbours(user: User, code: str, query: str, *, held: Catalogue, now: datetime) -> Neighbours | None:
    """Return a dossier's neighbours in the list of that address (the page's `tu`), in two statements; None without a list.

    A dossier that an act took out of the list still has the neighbours of the place where it stood.
    """
    given = dict(parse_qsl(query[:LONGEST]))
    if not given.get("muc"):
        return None
    asked = lists.read(given, user=user, held=held, now=now)
    order = asked.tab.order
    here = (
        Dossier.objects.visible_to(user)
        .filter(code_key=code_key(code))
        .values_list("id", "code", order)
        .first()
    )
    if here is None or here[2] is None:
        return None
    cursor, rows = lists.cursor_of(here[2], here[0]), asked.rows()
    before, after = lists.beyond(rows, order, cursor, backwards=True), lists.beyond(rows, order, cursor)
    last, following, place, total, is_in = lists.one_row([
        _first(lists.sorted_rows(before, order, backwards=True), order),
        _first(lists.sorted_rows(after, order, backwards=False), order),
        lists.bounded(before), lists.bounded(rows), lists.bounded(rows.filter(pk=here[0])),
    ])  # fmt: skip
    page = {name: given[name] for name in ("sau", "truoc", "tai") if given.get(name)}
    return Neighbours(
        _address(last, asked.query), _address(following, asked.query),
        f"{reverse('dossiers:worklist')}?{urlencode({**asked.query, **page})}#hs-{here[1]}",
        lists.count_words(place + 1) if is_in else "–", lists.count_words(total),
    )  # fmt: skip


def _first(rows: DossierQuerySet, order: str) -> tuple[str, tuple[Any, ...]]:
    """Return an expression for the first row: its code, a space, its cursor."""
    try:
        sql, params = rows.values("code", order, "id")[:1].query.sql_with_params()
    except EmptyResultSet:
        return "(SELECT '')", ()
    cursor = f"(extract(epoch FROM {order}) * 1000000)::bigint || '.' || id"
    return f"(SELECT code || ' ' || {cursor} FROM ({sql}) AS found)", params  # noqa: S608  (the ORM wrote it, values apart)


def _address(found: str | None, query: Mapping[str, str]) -> str:
    """Return the address of a neighbour, from which one comes back to a page that begins with it."""
    if not found:
        return ""
    code, _space, cursor = found.partition(" ")
    return (
        f"{reverse('dossiers:detail', args=[code])}?{urlencode({'tu': urlencode({**query, 'tai': cursor})})}"
    )
