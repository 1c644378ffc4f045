"""Know the person at the counter again, before anything is written."""

from collections.abc import Callable

from django.db.models import Case, When
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Applicant, User
from bpmc_portal.errors import InvalidInput
from bpmc_portal.lib import identifiers, names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from dossiers.models import Dossier
from dossiers.services.commands import ApplicantInput

RECENT = 3
FOUND = 8
SHORTEST = 2
Numbered = identifiers.Cccd | identifiers.Passport | identifiers.TaxCode


def known_person(kind: str, typed: str) -> Applicant | None:
    """Return the applicant with the identity number as typed; None when it is unknown or cannot be read."""
    readers: tuple[Callable[[str], Numbered], ...]
    if kind == Applicant.Kind.ORGANISATION:
        readers = (identifiers.parse_tax_code,)
    else:
        readers = (identifiers.parse_cccd, identifiers.parse_passport)
    numbers = []
    for read in readers:
        try:
            numbers.append(read(typed).number)
        except InvalidIdentifier:
            continue
    if not numbers:
        return None
    return Applicant.objects.filter(identity_number__in=numbers, kind=kind).order_by("pk").first()


def by_id(text: str) -> Applicant | None:
    """Return the applicant that was chosen from a list, None for anything else."""
    return (
        Applicant.objects.filter(pk=int(text)).first()
        if text.isascii() and text.isdigit() and len(text) < 19
        else None
    )


def find_by_name(text: str) -> list[Applicant]:
    """Return known people and organisations whose name holds all the words, however they are typed, those that begin so first."""
    for key in names.search_keys(text):
        if len(key) < SHORTEST:
            continue
        found = Applicant.objects.all()
        for word in key.split():
            found = found.filter(search_key__contains=word)
        begins_so = Case(When(search_key__startswith=key, then=0), default=1)
        ranked = list(found.order_by(begins_so, "sort_key", "pk")[:FOUND])
        if ranked:
            return ranked
    return []


def is_other_name(known: Applicant, typed: str) -> bool:
    """Say whether a typed name differs from the known one by more than case and spaces; marks do matter."""
    clean = names.clean_organisation_name if known.kind == Applicant.Kind.ORGANISATION else names.clean_name
    try:
        return clean(typed).casefold() != known.name.casefold()
    except InvalidIdentifier:
        return False


def recent_dossiers(user: User, person: Applicant) -> list[Dossier]:
    """Return the person's latest dossiers that this user may see."""
    seen = Dossier.objects.visible_to(user).filter(applicant=person).select_related("procedure")
    return list(seen.order_by("-id")[:RECENT])


def has_open_twin(user: User, person: Applicant, procedure_id: int) -> bool:
    """Say whether the person already has a visible dossier of this procedure under way."""
    seen = Dossier.objects.visible_to(user).open().filter(applicant=person, procedure_id=procedure_id)
    return seen.exists()


def refuse_other_name(given: ApplicantInput, *, is_confirmed: bool) -> None:
    """Refuse a known number under another name until somebody has compared the papers. Raises InvalidInput."""
    known = known_person(given.kind, given.identity_number)
    if known is None or is_confirmed or not given.name.strip() or not is_other_name(known, given.name):
        return
    sentence = (
        _(
            "Số này đã có trong hệ thống với tên “%s”. Hãy đối chiếu giấy tờ rồi đánh dấu xác nhận, hoặc sửa lại tên."
        )
        % known.name
    )
    raise InvalidInput(sentence, code="name_differs", fields={"applicant.name_confirmed": sentence})
