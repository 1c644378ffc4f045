"""Files taken in and read back: judged by content, shown only to those in whose sight they are."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image
from rest_framework.test import APIClient

from bpmc_portal.audit.models import AccessEvent
from bpmc_portal.jobs import services as jobs
from digitization.models import Blob, Document
from digitization.storage import path_of
from dossiers.models import Dossier
from tests.api import bodies
from tests.world import TU_CCCD, World

Api = Callable[..., APIClient]
URL = "/api/v1/documents/"
LOCKED = pikepdf.Encryption(owner="o", user="u")
OWNER_LOCKED = pikepdf.Encryption(owner="o", user="")


def upload(
    client: APIClient, content: bytes, name: str = "giay.pdf", *, key: str | None = None, **fields: str
) -> Any:
    """Post a file."""
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(
        URL, {"file": bodies.named(content, name), **fields}, format="multipart", headers=headers
    )


@pytest.mark.parametrize(
    ("content", "pages", "media_type"),
    [
        (bodies.pdf(3), 3, "application/pdf"),
        (bodies.image("PNG"), 1, "image/png"),
        (bodies.image("JPEG"), 1, "image/jpeg"),
        (bodies.image("TIFF", pages=4), 4, "image/tiff"),
    ],
    ids=["pdf", "png", "jpeg", "tiff"],
)
def test_a_good_file_is_stored_whole_whatever_its_name(
    world: World, api: Api, content: bytes, pages: int, media_type: str
) -> None:
    response = upload(api(world.lan), content, "virus.exe")
    body = response.json()
    assert response.status_code == 201, body
    assert (body["pages"], body["state"], body["media_type"], body["document_code"]) == (
        pages,
        "stored",
        media_type,
        None,
    )
    assert body["sha256"] == hashlib.sha256(content).hexdigest()
    assert path_of(body["sha256"]).read_bytes() == content
    assert str(pages) in body["verdict"]
    assert response["Location"] == f"{URL}{body['id']}/"


def test_a_small_picture_is_taken_with_a_warning(world: World, api: Api) -> None:
    assert "quét lại" in upload(api(world.lan), bodies.image(size=(300, 400))).json()["verdict"]
    assert "đủ rõ" in upload(api(world.lan), bodies.image()).json()["verdict"]


REFUSED = {
    "empty": (b"", "file_empty"),
    "text named pdf": (b"day la van ban", "file_type"),
    "html": (b"<html><script>alert(1)</script></html>", "file_type"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "file_type"),
    "zip": (b"PK\x03\x04" + b"\x00" * 40, "file_type"),
    "gif": (b"GIF89a" + b"\x00" * 40, "file_type"),
    "html before pdf": (b"<html>" + bodies.pdf(), "file_type"),
    "locked pdf": (bodies.pdf(encryption=LOCKED), "pdf_encrypted"),
    "pdf locked for its owner": (bodies.pdf(encryption=OWNER_LOCKED), "pdf_encrypted"),
    "pdf of no pages": (bodies.pdf(0), "pdf_no_pages"),
    "pdf cut short": (bodies.pdf()[:-200], "pdf_unreadable"),
    "pdf in name only": (b"%PDF-1.7\n" + b"x" * 500, "pdf_unreadable"),
    "png cut short": (bodies.image("PNG")[:200], "image_unreadable"),
    "jpeg cut short": (bodies.image("JPEG")[:2000], "image_unreadable"),
    "tiff in name only": (b"II*\x00" + b"\xff" * 200, "image_unreadable"),
    "jpeg in name only": (b"\xff\xd8\xff" + b"<script>" * 20, "image_unreadable"),
    "picture of 41 million points": (bodies.image("PNG", (8200, 5000)), "image_too_large"),
    "picture of 100 million points": (bodies.image("PNG", (10_000, 10_000)), "image_too_large"),
}


@pytest.mark.parametrize(("content", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_file_is_refused_in_words_and_leaves_nothing(
    world: World, api: Api, content: bytes, code: str
) -> None:
    response = upload(api(world.lan), content)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert any(ord(letter) > 127 for letter in response.json()["detail"])
    assert not Document.objects.exists()
    assert not Blob.objects.exists()


def test_a_file_of_more_than_twenty_megabytes_is_refused(world: World, api: Api, settings: Any) -> None:
    for size in (settings.DOCUMENT_MAX_BYTES + 1, settings.DOCUMENT_MAX_BYTES + 200_000):
        response = upload(api(world.lan), bodies.pdf() + b"\x00" * size)
        assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_a_stack_of_pages_that_would_fill_the_memory_is_refused(world: World, api: Api) -> None:
    out, page = io.BytesIO(), Image.new("1", (6300, 6300), 1)
    page.save(out, "TIFF", compression="group4", save_all=True, append_images=[page] * 5)
    assert upload(api(world.lan), out.getvalue()).json()["code"] == "image_too_large"


def test_an_upload_without_a_file_says_so(world: World, api: Api) -> None:
    response = api(world.lan).post(URL, {"document_type": ""}, format="multipart")
    assert (response.status_code, response.json()["code"], list(response.json()["errors"])) == (
        400,
        "required",
        ["file"],
    )
    assert api(world.lan).post(URL, {"file": "x"}, format="json").json()["code"] == "media_type"


def test_an_unknown_type_of_paper_or_holder_is_refused(world: World, api: Api) -> None:
    assert (
        upload(api(world.lan), bodies.pdf(), document_type="KHONG-CO").json()["code"]
        == "unknown_document_type"
    )
    assert upload(api(world.lan), bodies.pdf(), holder="12").json()["code"] == "holder_format"
    assert upload(api(world.tu), bodies.pdf(), holder="001160000027").json()["code"] == "not_your_identity"


def test_an_upload_twice_with_one_key_is_one_paper(world: World, api: Api) -> None:
    client, content = api(world.lan), bodies.pdf()
    first, again = (upload(client, content, key="u") for _ in range(2))
    assert again.json() == first.json()
    assert again["Idempotent-Replay"] == "true"
    assert upload(client, bodies.image(), key="u").status_code == 422
    assert Document.objects.count() == 1


def received_with_file(world: World, api: Api) -> tuple[Dossier, str]:
    """Return a dossier whose first paper is an uploaded PDF, and the paper's id."""
    client = api(world.lan)
    document = upload(client, bodies.pdf()).json()["id"]
    papers = [
        {"component": "01", "provided_as": "file", "document": document},
        {"component": "02", "provided_as": "copy"},
    ]
    code = client.post("/api/v1/dossiers/", bodies.intake(world, components=papers)).json()["code"]
    jobs.run_due()
    return Dossier.objects.get(code=code), document


def test_a_stored_file_is_handed_back_as_it_came_and_can_run_nothing(world: World, api: Api) -> None:
    _, document = received_with_file(world, api)
    response = api(world.minh).get(f"{URL}{document}/content/", headers={"Accept": "application/pdf"})
    assert (
        b"".join(response.streaming_content)
        == path_of(Document.objects.get(pk=document).blob_id).read_bytes()
    )
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert AccessEvent.objects.filter(view="api:document_content", actor=world.minh).count() == 1


def test_a_paper_gets_its_code_from_the_background(world: World, api: Api) -> None:
    _, document = received_with_file(world, api)
    body = api(world.minh).get(f"{URL}{document}/").json()
    assert body["document_code"] == f"{TU_CCCD}.QLLDNN-04.MC-GT0001.01"


def test_papers_follow_the_sight_of_their_dossier(world: World, api: Api) -> None:
    _, document = received_with_file(world, api)
    for end in ("", "content/"):
        at = f"{URL}{document}/{end}"
        for name in ("lan", "minh", "tu", "thanhtra", "sohoa"):
            response = api(getattr(world, name)).get(at)
            assert (name, response.status_code) == (name, 200)
            assert response.getvalue() if response.streaming else response.json()["id"] == document
        foreign, absent = (
            api(world.binh).get(url).json()
            for url in (at, at.replace(document, "00000000-0000-4000-8000-000000000000"))
        )
        assert {**foreign, "request_id": ""} == {**absent, "request_id": ""}


def test_a_paper_without_a_file_says_so(world: World, api: Api) -> None:
    paper = world.received().components.order_by("position").first()
    response = api(world.minh).get(f"{URL}{paper.document_id}/content/")
    assert (response.status_code, response.json()["code"]) == (404, "no_file")


def test_a_lost_file_is_a_fault_told_in_words(world: World, api: Api) -> None:
    _, document = received_with_file(world, api)
    Path(path_of(Document.objects.get(pk=document).blob_id)).unlink()
    response = api(world.minh).get(f"{URL}{document}/content/")
    assert (response.status_code, response.json()["code"]) == (500, "file_lost")


def held(client: APIClient, **params: str) -> list[Any]:
    """Return the papers of bà Tư."""
    response = client.get(f"/api/v1/holders/{TU_CCCD}/documents/", params)
    assert response.status_code == 200
    found: list[Any] = response.json()["results"]
    return found


def test_the_desk_sees_what_a_holder_already_has(world: World, api: Api) -> None:
    received_with_file(world, api)
    Document.objects.filter(code_type="MC-GT0002").update(created_at="2020-01-01T00:00:00Z")
    world.procedure.versions.get().cases.get().components.get(
        code="02"
    ).document_type.__class__.objects.filter(code="MC-GT0002").update(valid_months=6)
    every, usable = held(api(world.lan)), held(api(world.lan), reusable="1")
    assert [(paper["document_type"], paper["is_valid"]) for paper in every] == [
        ("MC-GT0001", True),
        ("MC-GT0002", False),
    ]
    assert every[1]["valid_until"] == "2020-07-01T07:00:00+07:00"
    assert [paper["document_type"] for paper in usable] == ["MC-GT0001"]
    assert usable[0]["source"] == "QLLDNN-04"


def test_an_officer_learns_nothing_of_papers_that_other_units_hold(world: World, api: Api) -> None:
    received_with_file(world, api)
    assert held(api(world.binh)) == []
    assert len(held(api(world.minh))) == 2
    assert len(held(api(world.tu))) == 2
    assert api(world.tu).get("/api/v1/holders/001160000027/documents/").json()["results"] == []
    assert api(world.lan).get("/api/v1/holders/%00'--/documents/").json()["results"] == []
