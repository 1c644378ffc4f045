"""The one-time page by which a phone sends photos to one page of a desk: no account, ten minutes, nothing else behind it."""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, NotFound
from digitization import transfers
from digitization.models import Handoff, Transfer

DIGITS = 24  # ≈ 80 bits
OPEN_FOR = timedelta(minutes=10)
# A photo that was on its way when the time ended may still arrive.
GRACE = timedelta(minutes=2)
MOST_FILES = 50
MOST_AN_HOUR = 60


class HandoffClosed(NotFound):
    """Unknown, expired and closed pages are one and the same to who asks."""

    code = "handoff_closed"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Trang chụp này đã đóng hoặc đã hết hạn. Ảnh đã gửi vẫn ở quầy; muốn gửi thêm, hãy nhờ cán bộ mở mã mới."
            )
        )


@dataclass(frozen=True)
class Opened:
    """A page that was opened, with the only copy of its token."""

    handoff: Handoff
    token: str

    @property
    def url(self) -> str:
        """Return the address that the QR holds."""
        return f"{settings.PUBLIC_URL}{reverse('digitization:phone', args=[self.token])}"


@transaction.atomic
def open_page(place: str, *, actor: User, at: datetime | None = None) -> Opened:
    """Open a page for photos of one page of the desk; an older one of the same place is closed. Raises DomainError 429."""
    at = at or timezone.now()
    User.objects.select_for_update(no_key=True).only("pk").get(pk=actor.pk)
    mine = Handoff.objects.filter(user=actor)
    if mine.filter(created_at__gt=at - timedelta(hours=1)).count() >= MOST_AN_HOUR:
        sentence = _(
            "Bạn đã mở quá nhiều mã chụp ảnh trong một giờ. Hãy dùng máy quét, hoặc thử lại sau ít phút."
        )
        raise DomainError(sentence, code="too_many_handoffs", status=429)
    mine.filter(place=place, closed_at=None, expires_at__gt=at).update(closed_at=at)
    token = str(secrets.randbelow(10**DIGITS)).zfill(DIGITS)
    handoff = Handoff.objects.create(
        token_hash=hash_of(token), user=actor, office=principal_of(actor).office, place=place[:80],
        created_at=at, expires_at=at + OPEN_FOR,
    )  # fmt: skip
    return Opened(handoff, token)


def by_token(token: str, *, at: datetime | None = None, is_under_way: bool = False) -> Handoff:
    """Return the open page of a token; `is_under_way` adds the grace of a file that was begun in time. Raises HandoffClosed."""
    at = at or timezone.now()
    found = (
        Handoff.objects.select_related("user", "office").filter(token_hash=hash_of(token)).first()
        if len(token) == DIGITS and token.isascii() and token.isdigit()
        else None
    )
    ends_at = found.expires_at + (GRACE if is_under_way else timedelta()) if found else at
    if found is None or found.closed_at is not None or ends_at <= at or not found.user.is_active:
        raise HandoffClosed
    return found


def own(pk: int, *, actor: User) -> Handoff:
    """Return a page that this account has opened. Raises NotFound."""
    found = Handoff.objects.filter(pk=pk, user=actor).first()
    if found is None:
        raise NotFound
    return found


def close(handoff: Handoff, *, at: datetime | None = None) -> None:
    """Close the page; closing it again changes nothing."""
    Handoff.objects.filter(pk=handoff.pk, closed_at=None).update(closed_at=at or timezone.now())


def is_open(handoff: Handoff, *, at: datetime | None = None) -> bool:
    """Say whether the page still takes files."""
    return handoff.closed_at is None and handoff.expires_at > (at or timezone.now())


@transaction.atomic
def begin(handoff: Handoff, *, name: str, size: int, at: datetime | None = None) -> Transfer:
    """Open the upload of one file of the phone, on behalf of who opened the page. Raises DomainError 409 beyond 50 files."""
    Handoff.objects.select_for_update().get(pk=handoff.pk)
    if handoff.transfers.count() >= MOST_FILES:
        sentence = (
            _("Mỗi lần chụp nhận nhiều nhất %s tệp. Hãy nhờ cán bộ mở mã mới để gửi tiếp.") % MOST_FILES
        )
        raise DomainError(sentence, code="too_many_files", status=409)
    return transfers.begin(
        name=name, size=size, actor=handoff.user, place=handoff.place, handoff=handoff, at=at
    )


def take(handoff: Handoff, files: "Iterable[UploadedFile[Any]]") -> list[str]:
    """Take files that came whole, as without JavaScript; return the sentences of those that could not even begin."""
    refused = []
    for file in files:
        try:
            transfer = begin(handoff, name=file.name or "", size=file.size or 0)
            offset = 0
            for chunk in file.chunks(transfers.CHUNK):
                offset = transfers.append(transfer, offset, chunk)
            transfers.finish(transfer)
        except DomainError as error:
            refused.append(f"{file.name}: {error.sentence}")
    return refused


def arrived(handoff: Handoff) -> list[Transfer]:
    """Return the files of a page, the first first. One statement."""
    return list(handoff.transfers.select_related("document__blob").order_by("created_at", "pk"))


def hash_of(token: str) -> uuid.UUID:
    """Return what the database keeps of a token: a keyed hash, useless without the key."""
    text = f"handoff:{token}".encode()
    return uuid.UUID(bytes=hmac.new(settings.TRACKING_KEY.encode(), text, hashlib.sha256).digest()[:16])
