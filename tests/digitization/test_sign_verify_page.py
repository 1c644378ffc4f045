"""The public page: genuine, withdrawn, out of date or no match, and nothing that the paper itself does not show."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bpmc_portal.lib.vietnamese import format_date, local_date
from digitization import storage, verification, verify_token, verifying
from digitization.models import Document
from tests.digitization import signed
from tests.pki.place import Place
from tests.world import World

CODE = "001160000019.GP-QLLDNN.12.01"


def coded(world: World, **fields: Any) -> Document:
    """Return an issued result that has its code."""
    document = signed.issued(world)
    given = {"code": CODE, "code_nn": 1, "code_owner": "001160000019", "code_type": "GP", **fields}
    Document.objects.filter(pk=document.pk).update(**given)
    document.refresh_from_db()
    return document


def sent(content: bytes) -> str:
    """Send a file and return the page."""
    file = SimpleUploadedFile("ket-qua.pdf", content, "application/pdf")
    return Client().post("/xac-minh/", {"by_file": "1", "file": file}).content.decode()


def test_the_qr_shows_what_the_paper_shows_and_by_whom_it_was_signed(world: World, place: Place) -> None:
    document = coded(world)
    signed.sign(document, signed.identity(world.ha))
    verifying.look_at(str(document.pk))
    parts = urlsplit(verify_token.url_of(document))
    answer = Client().get(f"{parts.path}?{parts.query}")
    page = answer.content.decode()
    assert "Thật, còn hiệu lực" in page
    for shown in ("12/GP-QLLĐNN", "02/11/2026", "Cục Quản lý lao động ngoài nước", "T. T. T.", CODE):
        assert shown in page
    assert "Vũ Thu Hà (Cục Quản lý lao động ngoài nước) ký lúc" in page
    for hidden in ("Trần Thị Tư", "0912345678", "Ngô Quyền"):
        assert hidden not in page
    assert answer["Referrer-Policy"] == "no-referrer"


def test_withdrawn_and_ended_papers_say_since_when(world: World) -> None:
    document = coded(world)
    day = local_date() - timedelta(days=3)
    for fields, words in (
        ({"good_until": day}, f"Thật, hết hạn {format_date(day)}"),
        ({"revoked_on": day}, f"Thật, đã thu hồi {format_date(day)}"),
    ):
        Document.objects.filter(pk=document.pk).update(**fields)
        assert words in sent(storage.read(str(document.blob_id)))


def test_every_file_of_the_paper_matches_and_one_changed_byte_does_not(world: World, place: Place) -> None:
    document = coded(world)
    draft = storage.read(str(document.blob_id))
    signed.sign(document, signed.identity(world.ha))
    copies = [storage.put([each], media_type="application/pdf") for each in (b"searchable", b"access copy")]
    Document.objects.filter(pk=document.pk).update(searchable=copies[0], access_copy=copies[1])
    content = storage.read(str(document.blob_id))
    for genuine in (content, b"searchable", b"access copy"):
        assert "Thật, còn hiệu lực" in sent(genuine)
    for offset in (0, len(content) // 2, len(content) - 1):
        changed = bytearray(content)
        changed[offset] ^= 1
        assert "Không khớp" in sent(bytes(changed))
    assert "Không khớp" in sent(draft), "a draft was never issued"


def test_unknown_and_wrong_are_the_same_answer(world: World) -> None:
    document = coded(world)
    token = verify_token.token_of(document)
    known = Client().get("/xac-minh/", {"ma": CODE, "k": token[:-1] + str((int(token[-1]) + 1) % 10)})
    unknown = Client().get("/xac-minh/", {"ma": "KHONG.CO.01", "k": token})
    said = [each.content.decode().split("<main")[1].split("</main")[0] for each in (known, unknown)]
    assert said[0] == said[1]
    assert "Không khớp" in said[0]


def test_a_paper_that_was_only_handed_in_is_a_copy_and_a_draft_is_nothing(world: World) -> None:
    handed_in = signed.stored(signed.pdf("bằng cấp"))
    content = storage.read(str(handed_in.blob_id))
    assert "Không khớp" in sent(content)
    Document.objects.filter(pk=handed_in.pk).update(code="X.1", code_nn=1)
    assert "Khớp với bản số hoá cơ quan đang lưu" in sent(content)
    draft = coded(world, holder=None)
    assert "Không khớp" in sent(storage.read(str(draft.blob_id)))


def test_a_typed_code_needs_its_check_digits_and_failures_are_bounded(world: World) -> None:
    document = coded(world)
    digits = verify_token.token_of(document)[:8]
    client = Client()
    right = {"code": f" {CODE} ", "check_digits": f"{digits[:4]} {digits[4:]}"}
    for _ in range(verification.FAILURES_AN_HOUR + 5):
        assert "Thật, còn hiệu lực" in client.post("/xac-minh/", right).content.decode()
    wrong = {"code": CODE, "check_digits": "00000000" if digits != "00000000" else "11111111"}
    for _ in range(verification.FAILURES_AN_HOUR):
        assert "Không khớp" in client.post("/xac-minh/", wrong).content.decode()
    answer = client.post("/xac-minh/", wrong)
    assert (answer.status_code, "Có quá nhiều lần xác minh" in answer.content.decode()) == (429, True)
    url = verify_token.url_of(document)
    assert "Thật" in client.get(url[url.index("/xac-minh") :]).content.decode(), "the QR is never locked"


def test_ten_megabytes_are_answered_within_three_seconds_and_nothing_stays(
    world: World, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    import time

    files = sum(1 for each in storage.path_of("0" * 64).parents[2].rglob("*") if each.is_file())
    content = signed.pdf() + b"\0" * 10_000_000
    begun = time.monotonic()
    with django_assert_max_num_queries(4):
        assert "Không khớp" in sent(content)
    assert time.monotonic() - begun < 3
    assert sum(1 for each in storage.path_of("0" * 64).parents[2].rglob("*") if each.is_file()) == files


@pytest.mark.parametrize("form", [{"by_file": "1"}, {"code": "", "check_digits": ""}, {}])
def test_what_is_missing_is_said_beside_its_field(world: World, form: dict[str, str]) -> None:
    answer = Client().post("/xac-minh/", form)
    assert answer.status_code == 400
    assert "Hãy" in answer.content.decode()
