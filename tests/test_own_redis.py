"""Two workers of one test run never see each other's Redis."""

import os

from django.conf import settings
from django.core.cache import cache
from redis import Redis

from desk import versions


def database_of(client: Redis) -> str:
    """Return the number of the database that a client speaks to."""
    return str(client.connection_pool.connection_kwargs["db"])


def test_queue_and_cache_speak_to_the_database_of_their_worker() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    assert database_of(versions.redis()) == worker
    assert database_of(cache._cache.get_client()) == worker  # type: ignore[attr-defined]
    assert os.environ["REDIS_URL"] == settings.REDIS_URL
