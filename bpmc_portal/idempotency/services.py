"""Do it once: doing it twice with the same key is doing it once (promise P3)."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from bpmc_portal.idempotency.models import RememberedAnswer

_CLAIM = """
INSERT INTO idempotency_rememberedanswer (actor_id, key, request_hash, created_at) VALUES (%s, %s, %s, now())
ON CONFLICT (actor_id, key) DO NOTHING RETURNING id
"""


class KeyReused(DomainError):
    """The same key came with another body."""

    code = "idempotency_key_reused"
    status = 422

    def __init__(self) -> None:
        super().__init__(_("Khoá chống lặp này đã dùng cho một yêu cầu khác. Hãy gửi lại với khoá mới."))


@dataclass(frozen=True)
class Answer:
    """What to say to the caller: HTTP status, JSON body, and whether it is the first answer again."""

    status: int
    body: Any
    is_replay: bool = False


def hash_of(body: Any) -> str:
    """Return a stable hash of a JSON body: key order does not matter."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def once(act: Callable[[], tuple[int, Any]], *, actor: User, key: str | None, body: Any) -> Answer:
    """Run `act` in one transaction with the memory of its answer; with a known key return that answer without acting.

    A second request with the same key waits for the first one's transaction. Raises KeyReused for another body.
    `act` returns (status, JSON body); what it raises rolls the key back too, so that a corrected retry may use it again.
    """
    try:
        return _once(act, actor=actor, key=key, body=body)
    except DomainError as error:
        if error.after_rollback is not None:
            error.after_rollback()
        raise


def _once(act: Callable[[], tuple[int, Any]], *, actor: User, key: str | None, body: Any) -> Answer:
    if not key:
        with transaction.atomic():
            return Answer(*act())
    if len(key) > 100 or not key.isprintable():
        raise DomainError(
            _("Khoá chống lặp dài tối đa 100 ký tự in được."), code="idempotency_key_format", status=400
        )
    wanted = hash_of(body)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [actor.pk, key, wanted])
            claimed = cursor.fetchone()
        if claimed is None:
            known = RememberedAnswer.objects.get(actor=actor, key=key)
            if known.request_hash != wanted:
                raise KeyReused
            return Answer(known.status or 200, known.answer, is_replay=True)
        status, answer = act()
        RememberedAnswer.objects.filter(pk=claimed[0]).update(status=status, answer=answer)
        return Answer(status, answer)


def answer_of(key: str, *, actor: User) -> dict[str, Any]:
    """Return the body that this person's key was answered with, empty for an unknown key."""
    known = RememberedAnswer.objects.filter(actor=actor, key=key).values_list("answer", flat=True).first()
    return known if isinstance(known, dict) else {}
