"""Know a person or organisation again by its identity number."""

from django.db import connection

from bpmc_portal.accounts.models import Applicant

_UPSERT = """
INSERT INTO accounts_applicant AS a
  (kind, identity_kind, identity_number, name, search_key, sort_key, birth_on, gender, phone, email, address, created_at, updated_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now(), now())
ON CONFLICT (identity_number, identity_kind) DO UPDATE SET
  phone = coalesce(nullif(excluded.phone, ''), a.phone), email = coalesce(nullif(excluded.email, ''), a.email),
  address = coalesce(nullif(excluded.address, ''), a.address), birth_on = coalesce(a.birth_on, excluded.birth_on),
  gender = coalesce(nullif(a.gender, ''), excluded.gender), updated_at = now()
RETURNING id, name
"""
_CONTACT = ("phone", "email", "address")


def remember(given: Applicant) -> Applicant:
    """Return the known applicant with this identity number, created or with newer contact data.

    The known name is never overwritten by what is typed at a counter: the dossier keeps the typed one, and a difference is for a
    person to settle. One statement when nothing is new, two otherwise; no lock is taken on an unchanged person.
    """
    known = Applicant.objects.filter(
        identity_number=given.identity_number, identity_kind=given.identity_kind
    ).first()
    if known is not None and not _has_news(given, known):
        return known
    values = [
        given.kind, given.identity_kind, given.identity_number, given.name, given.search_key, given.sort_key,
        given.birth_on, given.gender, given.phone, given.email, given.address,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, values)
        given.pk, given.name = cursor.fetchone()
    given.is_newcomer = known is None
    return given


def _has_news(given: Applicant, known: Applicant) -> bool:
    if any(getattr(given, name) and getattr(given, name) != getattr(known, name) for name in _CONTACT):
        return True
    return bool((given.birth_on and not known.birth_on) or (given.gender and not known.gender))
