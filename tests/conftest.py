"""Fixtures that every test may use; the guards of guards.py are on for all of them."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.db import connection
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from tests import world as worlds
from tests.guards import *  # noqa: F403  (autouse fixtures)
from tests.world import World


def pytest_configure() -> None:
    """Give every worker a Redis database of its own, as it has of PostgreSQL: rows of two worlds carry the same ids."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    project.REDIS_URL = f"{project.REDIS_URL.partition('?')[0]}?db={worker}"
    project.CACHES["default"]["LOCATION"] = os.environ["REDIS_URL"] = project.REDIS_URL


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Let pytest empty the append-only tables between tests that commit: only TRUNCATE is let through, and only here."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table, trigger in worlds.TRUNCATE_GUARDS:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")


@pytest.fixture
def world(db: None) -> World:
    """Return the small ministry, in a transaction that is rolled back."""
    return worlds.build()


@pytest.fixture
def committed(transactional_db: None) -> None:
    """Let the test commit, for threads, processes or a live server; give back what emptying the tables took along."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procedures_cataloguestamp VALUES (1, nextval('procedures_stamp_seq')) ON CONFLICT DO NOTHING"
        )


@pytest.fixture
def committed_world(committed: None) -> World:
    """Return the small ministry, committed."""
    return worlds.build()


@pytest.fixture(autouse=True)
def own_files(settings: Settings, tmp_path: Path) -> None:
    """Give every test its own store of files, and static files straight from the tree: nothing is collected for a test run."""
    settings.DATA_DIR = settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def as_user(settings: Settings):  # type: ignore[no-untyped-def]
    """Return a function that gives a browser signed in as someone, second factor passed over as in DEMO."""
    settings.DEMO = True

    def sign_in(user):  # type: ignore[no-untyped-def]
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def api(settings: Settings):  # type: ignore[no-untyped-def]
    """Return a function that gives an API client of someone with a token; without a user, an anonymous one."""
    from knox.models import AuthToken

    def client(user=None):  # type: ignore[no-untyped-def]
        found = APIClient()
        if user is not None:
            _, token = AuthToken.objects.create(user)
            found.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        return found

    return client
