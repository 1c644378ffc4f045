"""Find dossiers by what people type: a code or its end, an identity number, a phone number, a name with or without marks."""

from django.db.models import Q

from bpmc_portal.accounts.models import Applicant
from bpmc_portal.lib import identifiers, names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from dossiers.numbering import code_key

SHORTEST_SUFFIX = 4


def matching(typed: str) -> Q:
    """Keep the dossiers whose code, person or phone is what was typed; nothing typed keeps all.

    Persons are found first, by indexes of their own, so that the dossiers are read by applicant.
    """
    if not typed.strip():
        return Q()
    key = code_key(typed)
    found = Q(code_key=key)
    if len(key) >= SHORTEST_SUFFIX and key[-SHORTEST_SUFFIX:].isdigit():
        found |= Q(code_key__endswith=key)
    person = Q(identity_number=key)
    for name in names.search_keys(typed):
        person |= Q(search_key__contains=name)
    if phone := _phone(typed):
        found |= Q(phone=phone)
        person |= Q(phone=phone)
    return found | Q(applicant__in=Applicant.objects.filter(person).values("pk"))


def _phone(typed: str) -> str:
    try:
        return identifiers.parse_phone(typed).e164
    except InvalidIdentifier:
        return ""
