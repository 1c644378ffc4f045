"""The one-time page of a phone: its token opens one desk's page for ten minutes, and nothing else."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from digitization import handoff, transfers
from digitization.models import Document, Handoff, Transfer
from dossiers.services import drafts
from tests.api import bodies
from tests.world import World

OPEN = "/so-hoa/chup/"
PHOTO = bodies.image("JPEG")


@pytest.fixture
def lan(world: World, as_user: Any) -> Client:
    return as_user(world.lan)  # type: ignore[no-any-return]


def opened(client: Client, place: str = "") -> dict[str, Any]:
    """Open a page and return what the desk is told, with the path that the QR leads to."""
    answer = client.post(OPEN, {"place": place or str(uuid4())})
    assert answer.status_code == 201
    return {**answer.json(), "path": urlsplit(answer.json()["url"]).path}


def photo(name: str = "IMG_1.jpg", content: bytes = PHOTO) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/jpeg")


def test_photos_of_a_plain_form_arrive_at_the_desk_in_words(
    world: World, lan: Client, client: Client
) -> None:
    page = opened(lan)
    assert page["qr"].startswith("data:image/svg+xml")
    shown = client.get(page["path"])
    assert shown.status_code == 200
    assert (shown["Cache-Control"], shown["X-Robots-Tag"]) == ("no-store, private", "noindex, nofollow")
    files = [photo("a.jpg"), photo("b.jpg", bodies.image("PNG")), photo("c.exe", b"MZ" + bytes(99))]
    sent = client.post(page["path"], {"files": files})
    assert (sent.status_code, sent["Location"]) == (303, page["path"])
    text = client.get(page["path"]).content.decode()
    assert "a.jpg" in text
    assert Transfer.objects.get(name="c.exe").refusal in text
    desk = lan.get(page["files_url"]).json()
    assert [each["name"] for each in desk["files"]] == ["a.jpg", "b.jpg"]
    assert desk["is_open"] is True
    assert 0 < desk["seconds_left"] <= 600
    ids = [each["id"] for each in desk["files"]]
    assert set(drafts.files_of(ids, actor=world.lan)) == set(ids)


def test_a_photo_in_pieces_is_told_its_verdict_and_not_the_papers_number(
    world: World, lan: Client, client: Client
) -> None:
    page = opened(lan)
    begun = client.post(f"{page['path']}tep/", {"name": "a.jpg", "size": str(len(PHOTO))}).json()
    url = f"{page['path']}tep/{begun['id']}/"
    half = len(PHOTO) // 2
    for offset, part in ((0, PHOTO[:half]), (half, PHOTO[half:])):
        answer = client.post(
            url, part, content_type="application/octet-stream", headers={"Upload-Offset": str(offset)}
        )
        assert answer.json()["offset"] == offset + len(part)
        assert lan.get(page["files_url"]).json()["arriving"][0]["name"] == "a.jpg"
    done = client.post(f"{url}xong/")
    assert done.status_code == 201
    assert set(done.json()) == {"name", "words", "is_refused", "is_doubtful"}
    assert done.json()["words"] == Document.objects.get().verdict
    assert Document.objects.get().uploaded_by == world.lan


def test_unknown_closed_and_expired_pages_look_the_same(world: World, lan: Client, client: Client) -> None:
    closed, expired = opened(lan, "1"), opened(lan, "2")
    assert lan.post(closed["close_url"]).status_code == 204
    Handoff.objects.filter(place="2").update(expires_at=timezone.now())
    answers = [
        client.get(path) for path in (closed["path"], expired["path"], f"/chup/{'7' * 24}/", "/chup/x/")
    ]
    assert [each.status_code for each in answers] == [404] * 4
    texts = {each.content for each in answers}
    assert len({text.split(b"<main")[1] for text in texts}) == 1
    assert "nhờ cán bộ mở mã mới" in answers[0].content.decode()
    assert client.post(closed["path"], {"files": [photo()]}).status_code == 404
    refused = client.post(f"{expired['path']}tep/", {"name": "a.jpg", "size": "10"})
    assert (refused.status_code, refused.json()["code"]) == (404, "handoff_closed")
    assert not Transfer.objects.exists()


def test_the_phone_closes_its_page_itself(world: World, lan: Client, client: Client) -> None:
    page = opened(lan)
    done = client.post(page["path"], {"close": "1"}, follow=True)
    assert "Đã gửi tới quầy" in done.content.decode()
    assert client.get(page["path"]).status_code == 404
    assert lan.get(page["files_url"]).json()["is_open"] is False


def test_a_new_code_for_the_same_page_ends_the_old_one(world: World, lan: Client, client: Client) -> None:
    first, other, second = opened(lan, "1"), opened(lan, "2"), opened(lan, "1")
    assert [client.get(each["path"]).status_code for each in (first, other, second)] == [404, 200, 200]


def test_a_photo_under_way_may_still_arrive_when_the_time_is_over_but_none_may_begin(
    world: World, lan: Client, client: Client
) -> None:
    page = opened(lan)
    begun = client.post(f"{page['path']}tep/", {"name": "a.jpg", "size": str(len(PHOTO))}).json()
    Handoff.objects.update(expires_at=timezone.now() - timedelta(seconds=30))
    url = f"{page['path']}tep/{begun['id']}/"
    sent = client.post(url, PHOTO, content_type="application/octet-stream", headers={"Upload-Offset": "0"})
    assert sent.status_code == 200
    assert client.post(f"{url}xong/").status_code == 201
    assert client.post(f"{page['path']}tep/", {"name": "b.jpg", "size": "10"}).status_code == 404


def test_the_token_opens_no_other_upload_and_the_desk_no_other_page(
    world: World, lan: Client, client: Client, as_user: Any
) -> None:
    page, mine = opened(lan), transfers.begin(name="a.pdf", size=10, actor=world.lan)
    assert client.get(f"{page['path']}tep/{mine.pk}/").status_code == 404
    assert client.get(page["files_url"]).status_code == 302
    other = as_user(world.lan2)
    assert other.get(page["files_url"]).status_code == 404
    assert other.post(page["close_url"]).status_code == 404
    assert client.get(page["path"]).status_code == 200


def test_the_database_holds_no_token(world: World) -> None:
    page = handoff.open_page("1", actor=world.lan)
    assert len(page.token) == 24
    row = Handoff.objects.values_list().get()
    assert page.token not in " ".join(map(str, row))


def test_pages_and_files_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handoff, "MOST_FILES", 2)
    monkeypatch.setattr(handoff, "MOST_AN_HOUR", 2)
    page = handoff.open_page("1", actor=world.lan).handoff
    assert len(handoff.take(page, [photo(f"{number}.jpg") for number in range(3)])) == 1
    assert page.transfers.count() == 2
    handoff.open_page("2", actor=world.lan)
    with pytest.raises(handoff.DomainError, match="quá nhiều mã"):
        handoff.open_page("3", actor=world.lan)


def test_the_desks_poll_costs_the_same_at_three_and_at_thirty_files(
    world: World, lan: Client, django_assert_max_num_queries: Any
) -> None:
    page = opened(lan)
    found = Handoff.objects.get()
    for total in (3, 30):
        have = found.transfers.count()
        handoff.take(found, [photo(f"{number}.jpg") for number in range(have, total)])
        with django_assert_max_num_queries(7):
            assert len(lan.get(page["files_url"]).json()["files"]) == total
