"""One-time codes to the telephone on file: what opens letters and uploads to whoever holds the receipt *and* the telephone.

A guesser needs the 24 digits of the receipt first; then five tries a code, three codes an hour and ten a day for one dossier leave fifty
guesses a day among a million (docs/decisions/0016-letters.md). Codes are never stored, only a keyed hash.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError
from bpmc_portal.notices.models import Notice
from bpmc_portal.notices.services import notify
from dossiers.models import Dossier, OneTimeCode
from dossiers.services.lookup import network_of

DIGITS = 6
LIVES_FOR = timedelta(minutes=5)
OPEN_FOR = timedelta(minutes=30)
KEPT_FOR = timedelta(days=1)
MOST_TRIES = 5
# Bucket, how many, and within what time.
PER_DOSSIER = ((3, timedelta(hours=1)), (10, timedelta(days=1)))
PER_NETWORK = (20, timedelta(hours=1))

_SPEND = """
INSERT INTO dossiers_lookupbudget AS b (bucket, count, until) VALUES (%s, 1, now() + %s * interval '1 second')
ON CONFLICT (bucket) DO UPDATE SET
  count = CASE WHEN b.until < now() THEN 1 ELSE b.count + 1 END,
  until = CASE WHEN b.until < now() THEN excluded.until ELSE b.until END
RETURNING count
"""


class TooManyCodes(DomainError):
    """No further code for now, so that nobody is flooded with messages and nobody may guess on."""

    code = "too_many_codes"
    status = 429

    def __init__(self) -> None:
        super().__init__(
            _("Đã gửi quá nhiều mã. Hãy thử lại sau một giờ, hoặc mang giấy tờ đến Bộ phận Một cửa.")
        )


class NoPhone(DomainError):
    """Nobody can be sent a code: the desk is the way."""

    code = "no_phone"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            _("Hồ sơ không có số điện thoại nên không gửi được mã. Hãy mang giấy tờ đến Bộ phận Một cửa.")
        )


class WrongCode(DomainError):
    """The code does not fit; `tries_left` says how often it may still be typed."""

    code = "wrong_code"
    status = 422


class CodeEnded(DomainError):
    """There is no code to compare with: too old, used, or guessed at too often."""

    code = "code_ended"
    status = 422

    def __init__(self) -> None:
        super().__init__(_("Mã này đã hết hiệu lực. Hãy lấy mã mới."))


@dataclass(frozen=True)
class Sent:
    """A code on its way. `code` is for the message, and for the page of a demonstration; nothing else may keep it."""

    code: str
    until: datetime


def send(dossier_id: int, *, network: str | None, at: datetime) -> Sent:
    """Make a code and send it to the telephone on file; codes sent before stop to count. Raises NoPhone, TooManyCodes."""
    dossier = Dossier.objects.only("id", "code", "phone").get(pk=dossier_id)
    if not dossier.phone:
        raise NoPhone
    _spend(dossier_id, network_of(network))
    code = "".join(secrets.choice("0123456789") for _digit in range(DIGITS))
    with transaction.atomic():
        row = OneTimeCode.objects.create(
            dossier=dossier, code_hash=_hash(dossier_id, code), sent_at=at, until=at + LIVES_FOR
        )
        notify(
            "one_time", channel=Notice.Channel.SMS, address=dossier.phone, subject=dossier.code,
            dedup_key=f"one-time:{row.pk}", context={"code": code, "minutes": LIVES_FOR.seconds // 60},
        )  # fmt: skip
    return Sent(code, row.until)


def check(dossier_id: int, typed: str, *, at: datetime) -> datetime:
    """Compare a typed code and return until when the dossier stays open. Raises WrongCode, CodeEnded.

    The try is counted in a commit of its own before anything is compared, so that guesses made at once are counted one by one.
    """
    digits = "".join(letter for letter in typed if letter.isalnum())
    with transaction.atomic():
        row = OneTimeCode.objects.select_for_update().filter(dossier_id=dossier_id).order_by("-pk").first()
        if row is None or row.used_at or row.until <= at or row.tries >= MOST_TRIES:
            raise CodeEnded
        OneTimeCode.objects.filter(pk=row.pk).update(tries=F("tries") + 1)
    if not hmac.compare_digest(_hash(dossier_id, digits), bytes(row.code_hash)):
        left = MOST_TRIES - row.tries - 1
        if left == 0:
            raise CodeEnded
        raise WrongCode(_("Mã không đúng. Bạn còn %s lần nhập.") % left, extra={"tries_left": left})
    if not OneTimeCode.objects.filter(pk=row.pk, used_at=None).update(used_at=at):
        raise CodeEnded
    return at + OPEN_FOR


def is_waiting(dossier_id: int, *, at: datetime) -> bool:
    """Say whether a code that was sent may still be typed."""
    row = OneTimeCode.objects.filter(dossier_id=dossier_id).order_by("-pk").first()
    return row is not None and row.used_at is None and row.until > at and row.tries < MOST_TRIES


def forget_old() -> int:
    """Delete the codes that ended a day ago and return how many there were; the budgets have forgotten them by then."""
    return OneTimeCode.objects.filter(until__lt=timezone.now() - KEPT_FOR).delete()[0]


def _spend(dossier_id: int, network: str) -> None:
    buckets = [
        (f"code-net:{network}", *PER_NETWORK),
        *((f"code:{dossier_id}:{number}", *bound) for number, bound in enumerate(PER_DOSSIER)),
    ]
    for bucket, most, within in buckets:
        with connection.cursor() as cursor:
            cursor.execute(_SPEND, [bucket, within.total_seconds()])
            count = cursor.fetchone()[0]
        if count > most:
            raise TooManyCodes


def _hash(dossier_id: int, code: str) -> bytes:
    text = f"one-time:{dossier_id}:{code}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest()
