"""The version of an office's queue, in Redis: it moves with every change, so that a poll that finds it unchanged reads nothing.

Redis is disposable. A lost key is made anew (pollers get one full answer); a change whose signal was lost shows after the key's
time to live at the latest, because the version is made anew then.
"""

import logging
import time

from django.conf import settings
from django.db import transaction
from redis import Redis, RedisError

log = logging.getLogger(__name__)
# Seconds that a lost signal may stay unseen, and that the rendered answer of a version is kept.
LIVES_FOR = 20
_redis: Redis | None = None


def redis() -> Redis:
    """Return the process's connection pool."""
    global _redis
    if _redis is None:
        _redis = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.3, socket_timeout=0.5)
    return _redis


def key_of(office_id: int) -> str:
    """Name the version of an office."""
    return f"q:{office_id}:v"


def touch(office_id: int) -> None:
    """Say on commit that the queue of an office has changed; a dead Redis never fails the desk."""
    transaction.on_commit(lambda: _move(office_id))


def _move(office_id: int) -> None:
    try:
        redis().set(key_of(office_id), time.time_ns(), ex=LIVES_FOR)
    except RedisError as error:
        log.warning("queue version not moved: %s", type(error).__name__)


def of(office_id: int) -> str:
    """Return the version; without Redis one that is never the same twice, so that everybody reads PostgreSQL."""
    try:
        found = redis().get(key_of(office_id))
        if found is None:
            redis().set(key_of(office_id), time.time_ns(), ex=LIVES_FOR, nx=True)
            found = redis().get(key_of(office_id))
    except RedisError:
        found = None
    return found.decode() if isinstance(found, bytes) else f"x{time.time_ns()}"
