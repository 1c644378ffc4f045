"""Stored papers for tests, and their reading through the real jobs and programs."""

from bpmc_portal.jobs.services import publish, run_due
from digitization import storage
from digitization.models import Document
from tests.world import World


def stored(world: World, content: bytes, media_type: str, *, pages: int = 1) -> Document:
    """Return the first paper of a dossier just received, with this file."""
    document = world.received().components.get(position=1).document
    document.blob, document.state, document.pages = (
        storage.put([content], media_type=media_type),
        "stored",
        pages,
    )
    document.save()
    return document


def read(document: Document) -> Document:
    """Read a paper through its jobs and return it as it then stands."""
    publish("digitization.stored", document_id=str(document.pk))
    run_due()
    document.refresh_from_db()
    return document
