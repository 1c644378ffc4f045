"""The access copy beside the original: offered to those who see the paper, and never in the original's place."""

from typing import Any

import pytest

from bpmc_portal.jobs.services import run_due
from digitization import storage
from digitization.filing import keep_file
from digitization.models import Document
from dossiers.models import Dossier
from tests.digitization.test_stamping import picture
from tests.world import World


@pytest.fixture
def filed(world: World) -> tuple[Dossier, Document]:
    """Return a dossier whose first paper was coded on paper and scanned later."""
    dossier = world.received()
    run_due()
    document = dossier.components.order_by("position")[0].document
    assert document.code
    content = picture("PNG")
    keep_file(document, storage.put([content], media_type="image/png"), pages=1, actor=world.sohoa)
    return dossier, document


def test_who_sees_the_paper_gets_original_and_copy_apart(
    world: World, api: Any, filed: tuple[Dossier, Document]
) -> None:
    _dossier, document = filed
    at = f"/api/v1/documents/{document.pk}/content/"
    early = api(world.minh).get(f"{at}?copy=access")
    assert (early.status_code, early.json()["code"]) == (404, "no_access_copy")
    run_due()
    document.refresh_from_db()
    copy, original = (api(world.minh).get(address) for address in (f"{at}?copy=access", at))
    assert b"".join(copy.streaming_content) == storage.read(str(document.access_copy_id))
    assert b"".join(original.streaming_content) == storage.read(str(document.blob_id))
    assert copy["Content-Type"] == "application/pdf"
    assert "ban-tra-cuu" in copy["Content-Disposition"]
    assert api(world.binh).get(f"{at}?copy=access").status_code == 404


def test_the_viewer_offers_the_copy_once_it_is_there(
    world: World, as_user: Any, filed: tuple[Dossier, Document]
) -> None:
    dossier, document = filed
    page = f"/ho-so/{dossier.code}/"
    assert "copy=access" not in as_user(world.minh).get(page).content.decode()
    run_due()
    document.refresh_from_db()
    assert document.access_copy_id
    assert f"{document.pk}/content/?copy=access" in as_user(world.minh).get(page).content.decode()
