"""Public look-ups: by the token of the QR, or by code and secret within a budget. Every failure is the same."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError
from dossiers import tracking
from dossiers.numbering import code_key

PER_NETWORK_AN_HOUR = 20
PER_CODE_AND_NETWORK_AN_HOUR = 10

_SPEND = """
INSERT INTO dossiers_lookupbudget AS b (bucket, count, until) VALUES (%s, 1, now() + interval '1 hour'), (%s, 1, now() + interval '1 hour')
ON CONFLICT (bucket) DO UPDATE SET
  count = CASE WHEN b.until < now() THEN 1 ELSE b.count + 1 END,
  until = CASE WHEN b.until < now() THEN now() + interval '1 hour' ELSE b.until END
RETURNING bucket, count
"""
_REFUND = "UPDATE dossiers_lookupbudget SET count = count - 1 WHERE bucket = ANY(%s)"
# One statement: the dossier's public columns and its public events, as JSON. No name, number, address or paper title is read,
# and of letters no typed word: an apology's reasons are those of the catalogue.
_VIEW = """
SELECT d.id, d.code, d.status, d.outcome, d.channel, d.return_method, d.received_at, d.due_at, d.first_due_at, d.finished_at,
  d.returned_at, d.supplement_count, d.step_id, d.version_of_procedure_id, d.procedure_id, d.unit_id, d.office_id, d.created_at,
  d.tracking_version, d.applicant_name, right(d.phone, 2) AS phone_end, d.respond_by,
  (SELECT json_build_object('asked', count(*), 'given', count(i.answered_at)) FROM dossiers_letteritem i WHERE i.letter_id =
    (SELECT max(l.id) FROM dossiers_letter l WHERE l.dossier_id = d.id AND l.kind = 'supplement' AND l.state = 'issued')) AS asked,
  (SELECT json_build_object('due_at', l.due_at, 'reasons', (SELECT json_agg(r.text ORDER BY r.position) FROM dossiers_reason r
    WHERE l.data -> 'reasons' ? r.code)) FROM dossiers_letter l WHERE l.dossier_id = d.id AND l.kind = 'apology' AND l.state = 'issued'
    ORDER BY l.id DESC LIMIT 1) AS apology,
  (SELECT count(*) FROM dossiers_letter l WHERE l.dossier_id = d.id AND l.state = 'issued') AS letters,
  (SELECT value FROM procedures_cataloguestamp) AS catalogue_stamp,
  (SELECT json_agg(json_build_object('action', e.action, 'at', e.at, 'to_status', e.to_status, 'to_step', e.to_step_id) ORDER BY e.seq)
   FROM dossiers_dossierevent e WHERE e.dossier_id = d.id AND e.is_public) AS events,
  (SELECT json_object_agg(c.provided_as, c.n) FROM
    (SELECT provided_as, count(*) AS n FROM dossiers_component WHERE dossier_id = d.id GROUP BY provided_as) c) AS papers
FROM dossiers_dossier d WHERE {where} AND (d.returned_at IS NULL OR d.returned_at > now() - interval '12 months')
"""


class CannotTrack(DomainError):
    """Wrong code, wrong secret, unknown or ended token: always the same answer."""

    code = "cannot_track"
    status = 404

    def __init__(self) -> None:
        super().__init__(
            _(
                "Không tìm thấy hồ sơ với thông tin này. Hãy kiểm tra mã hồ sơ và mã tra cứu 12 số in trên giấy hẹn."
            )
        )


class TooManyLookups(DomainError):
    """The network has used up its look-ups of this hour. The QR of the receipt still works."""

    code = "too_many_lookups"
    status = 429

    def __init__(self) -> None:
        super().__init__(
            _("Có quá nhiều lần tra cứu từ mạng này. Hãy thử lại sau một giờ, hoặc quét mã QR trên giấy hẹn.")
        )


@dataclass(frozen=True)
class TrackedDossier:
    """The public columns of one dossier, without anything that names a person but the initials' source."""

    columns: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.columns[name]
        except KeyError:
            raise AttributeError(name) from None


def by_token(token: str) -> TrackedDossier:
    """Return the dossier of a 24-digit token or raise CannotTrack. One statement; never limited, so that a lock cannot be aimed at it."""
    if len(token) != tracking.TOKEN_DIGITS or not (token.isascii() and token.isdigit()):
        raise CannotTrack
    found = _read("d.tracking_hash = %s", tracking.hash_of(token))
    if found is None:
        raise CannotTrack
    return found


def by_secret(code: str, secret: str, *, network: str | None) -> TrackedDossier:
    """Return the dossier of a code and its typed secret. Only failures spend the network's budget: a right look-up is given back.

    A secret with a wrong check digit costs nothing, because it cannot be right. Raises CannotTrack for every mismatch and TooManyLookups.
    """
    digits = "".join(letter for letter in secret if letter.isalnum())
    if not tracking.is_well_formed(digits):
        raise CannotTrack
    key = code_key(code)
    buckets = _spend(network_of(network), key)
    found = _read("d.code_key = %s", key)
    # The comparison runs for an absent code too, so that the time tells nothing.
    right = tracking.matches(digits, found.code if found else key, found.tracking_version if found else 1)
    if found is None or not right:
        raise CannotTrack
    with connection.cursor() as cursor:
        cursor.execute(_REFUND, [buckets])
    return found


def _read(where: str, value: Any) -> TrackedDossier | None:
    with connection.cursor() as cursor:
        cursor.execute(_VIEW.format(where=where), [value])  # `where` is one of the two literals above
        row = cursor.fetchone()
        if row is None:
            return None
        columns = dict(zip([column.name for column in cursor.description], row, strict=True))
    for event in columns["events"] or []:
        event["at"] = datetime.fromisoformat(event["at"])
    return TrackedDossier(columns)


def _spend(network: str, key: str) -> list[str]:
    buckets = sorted([f"net:{network}", f"code:{network}:{key}"])
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, buckets)
        spent = dict(cursor.fetchall())
    if (
        spent[f"net:{network}"] > PER_NETWORK_AN_HOUR
        or spent[f"code:{network}:{key}"] > PER_CODE_AND_NETWORK_AN_HOUR
    ):
        raise TooManyLookups
    return buckets


def network_of(address: str | None) -> str:
    """Return the IPv4 address or the /64 of an IPv6 address: what one household or attacker holds."""
    if not address:
        return "unknown"
    parsed = ipaddress.ip_address(address)
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
