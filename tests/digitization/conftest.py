"""The signing world, made once a session: keys, an authority and its server process."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.pki.place import Place, opened


@pytest.fixture(scope="session")
def signing_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Return the world with its server running."""
    with opened(tmp_path_factory.mktemp("pki") / "place") as place:
        yield place


@pytest.fixture
def place(signing_world: Place, settings: Settings) -> Place:
    """Let the portal use the signing world."""
    settings.SIGNING_DIR, settings.TSA_URL = signing_world.folder, signing_world.tsa_url
    return signing_world
