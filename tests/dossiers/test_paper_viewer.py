"""The papers under the viewer: pages as pictures through the same gate as the dossier, and every look written down."""

import pytest

from bpmc_portal.audit.models import AccessEvent
from digitization.models import Document
from dossiers.models import Dossier
from tests.dossiers.full_dossier import full
from tests.world import World


@pytest.fixture
def dossier(world: World) -> Dossier:
    """Return a dossier whose first paper is a photograph, the second a PDF of three pages, the third paper alone."""
    return full(world, papers=3, events=3, side=0)


def image_of(dossier: Dossier, position: int, page: int = 1, query: str = "") -> str:
    return f"/ho-so/{dossier.code}/giay/{position}/trang/{page}/{query}"


def test_a_page_is_a_private_picture_and_every_look_is_logged(
    world: World, as_user, dossier: Dossier
) -> None:  # type: ignore[no-untyped-def]
    client = as_user(world.minh)
    picture = client.get(image_of(dossier, 2, 3))
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/png")
    assert picture.content.startswith(b"\x89PNG")
    assert picture["Cache-Control"] == "private, no-cache"
    kept = client.get(image_of(dossier, 2, 3), headers={"If-None-Match": picture["ETag"]})
    assert (kept.status_code, kept.content) == (304, b"")
    seen = AccessEvent.objects.filter(view="dossiers:page_image", actor=world.minh, subject=dossier.code)
    assert [each.purpose for each in seen.order_by("pk")] == ["giấy tờ 2, trang 3"] * 2
    tags = {client.get(image_of(dossier, 1, 1, f"?phong={zoom}&xoay={turn}"))["ETag"] for zoom in (1, 2) for turn in (0, 90)}  # fmt: skip
    assert len(tags) == 4


def test_a_stranger_finds_neither_paper_nor_picture(world: World, as_user, dossier: Dossier) -> None:  # type: ignore[no-untyped-def]
    before, client = AccessEvent.objects.count(), as_user(world.binh)
    etag = as_user(world.minh).get(image_of(dossier, 1))["ETag"]
    for address in (
        image_of(dossier, 1), image_of(dossier, 2, 2, "?phong=3"), f"/ho-so/{dossier.code}/giay/1/",
        f"/ho-so/{dossier.code}/xem-nhu-nguoi-dan/", f"/ho-so/{dossier.code}/nguoi-xem/",
    ):  # fmt: skip
        answer = client.get(address, headers={"HX-Request": "true", "If-None-Match": etag})
        assert answer.status_code == 404, address
    for place in ("giay/1/ket-luan/", "ghi-chu/", "trao-doi/", "trao-doi/da-doc/"):
        answer = client.post(f"/ho-so/{dossier.code}/{place}", {"text": "x", "verdict": "passed"})
        assert answer.status_code == 404, place
    assert AccessEvent.objects.exclude(actor=world.minh).count() == before


@pytest.mark.parametrize("who", ["quantri", "kiosk", "tu"])
def test_who_does_not_handle_dossiers_has_no_viewer(
    world: World, as_user, dossier: Dossier, who: str
) -> None:  # type: ignore[no-untyped-def]
    assert as_user(world.users[who]).get(image_of(dossier, 1)).status_code == 403


@pytest.mark.parametrize(("position", "page"), [(1, 2), (2, 4), (2, 0), (10, 1), (99, 1)])
def test_a_page_that_is_not_there_is_not_found(
    world: World, as_user, dossier: Dossier, position: int, page: int
) -> None:  # type: ignore[no-untyped-def]
    assert as_user(world.minh).get(image_of(dossier, position, page)).status_code == 404


def test_a_broken_file_says_so_in_words(world: World, as_user, dossier: Dossier) -> None:  # type: ignore[no-untyped-def]
    document = dossier.components.get(position=2).document
    document.blob.media_type = "image/png"
    document.blob.save()
    answer = as_user(world.minh).get(image_of(dossier, 2))
    assert answer.status_code == 422
    assert "Không hiện được trang này" in answer.content.decode()


def test_the_viewer_turns_pages_without_javascript(world: World, as_user, dossier: Dossier) -> None:  # type: ignore[no-untyped-def]
    client = as_user(world.minh)
    page = client.get(f"/ho-so/{dossier.code}/?giay=2&trang=2&phong=2&xoay=90&tu=muc%3Dtoi").content.decode()
    assert f"/ho-so/{dossier.code}/giay/2/trang/2/?phong=2&amp;xoay=90" in page
    assert "Trang 2/3" in page
    for link in ("trang=1", "trang=3", "phong=1", "phong=3", "xoay=180", "xoay=0"):
        assert link in page
    assert page.count("tu=muc%3Dtoi") > 8
    alone = client.get(f"/ho-so/{dossier.code}/giay/2/?trang=2")
    assert alone["Location"] == f"/ho-so/{dossier.code}/?trang=2&giay=2#xem"
    part = client.get(f"/ho-so/{dossier.code}/giay/2/?trang=3", headers={"HX-Request": "true"}).content.decode()  # fmt: skip
    assert "<html" not in part
    assert "Trang 3/3" in part


def test_a_paper_without_file_says_what_it_is(world: World, as_user, dossier: Dossier) -> None:  # type: ignore[no-untyped-def]
    page = as_user(world.minh).get(f"/ho-so/{dossier.code}/?giay=10").content.decode()
    assert "chỉ có bản giấy" in page
    assert "data-page-image" not in page


def test_only_the_first_two_hundred_pages_are_shown_here(world: World, as_user, dossier: Dossier) -> None:  # type: ignore[no-untyped-def]
    Document.objects.filter(components__dossier=dossier, components__position=2).update(pages=250)
    page = as_user(world.minh).get(f"/ho-so/{dossier.code}/?giay=2&trang=999").content.decode()
    assert "Trang 200/200" in page
    assert "200 trang đầu" in page


def test_who_may_not_judge_sees_the_verdicts_alone(world: World, as_user, dossier: Dossier) -> None:  # type: ignore[no-untyped-def]
    page = as_user(world.thanhtra).get(f"/ho-so/{dossier.code}/").content.decode()
    assert "Không đạt:" in page
    assert "data-verdict=" not in page
    assert 'id="message-text"' not in page
    assert "data-main-action" not in page.split("<main", 1)[1].split("</main", 1)[0]
