"""What a person keeps beside the worklist: saved filters, and warnings that were read."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import InvalidInput, NotFound
from bpmc_portal.lib import names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from dossiers.models import Alert, SavedFilter

MOST_FILTERS = 30
NAME_LENGTH = 60
QUERY_LENGTH = 500


@transaction.atomic
def save_filter(name: str, query: Mapping[str, str], *, user: User) -> SavedFilter:
    """Keep an address of the worklist under a name. Raises InvalidInput: no name, a name twice, thirty kept already."""
    # One account's filters are counted under its own row's lock: two windows may not keep the thirty-first together.
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    try:
        cleaned = names.clean_text(name, NAME_LENGTH).strip()
    except InvalidIdentifier as error:
        raise _refused(error.code, error.sentence) from error
    if not cleaned:
        raise _refused("filter_name", _("Hãy đặt tên cho bộ lọc."))
    address = urlencode(query)
    if len(address) > QUERY_LENGTH:
        raise _refused("filter_long", _("Điều kiện lọc này quá dài để lưu. Hãy bớt chữ trong ô tìm kiếm."))
    if SavedFilter.objects.filter(user=user).count() >= MOST_FILTERS:
        raise _refused("filters_full", _("Bạn đã lưu %s bộ lọc. Hãy xoá bớt rồi lưu lại.") % MOST_FILTERS)
    try:
        with transaction.atomic():
            return SavedFilter.objects.create(user=user, name=cleaned, query=address)
    except IntegrityError as error:
        raise _refused("filter_named", _("Bạn đã có bộ lọc tên “%s”. Hãy đặt tên khác.") % cleaned) from error


def delete_filter(pk: int, *, user: User) -> str:
    """Forget one's own filter and return its name. Raises NotFound."""
    found = SavedFilter.objects.filter(user=user, pk=pk).first()
    if found is None:
        raise NotFound
    found.delete()
    return found.name


def mark_seen(up_to: int, *, user: User) -> int:
    """Note that the person has read the warnings up to this one, and return how many; what came since stays unread."""
    return Alert.objects.filter(user=user, seen_at=None, pk__lte=up_to).update(seen_at=timezone.now())


def _refused(code: str, sentence: str) -> InvalidInput:
    return InvalidInput(sentence, code=code, fields={"ten": sentence})
