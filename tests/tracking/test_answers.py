"""The applicant's side: a one-time code opens the letters, a paper for each item is handed in, and the clock runs on by itself."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from bpmc_portal.jobs import services as jobs
from bpmc_portal.notices.models import Notice
from dossiers import tracking
from dossiers.models import Component, Dossier, IssuedPaper, Letter, LetterItem, OneTimeCode, Status
from dossiers.services import answers, one_time
from dossiers.services.acts import ItemInput, Params
from dossiers.services.answers import Came
from dossiers.services.commands import ApplicantInput
from dossiers.services.intake import receive_dossier
from dossiers.services.transitions import act
from dossiers.workflow import Action
from tests.world import TU_CCCD, World

ITEMS = (ItemInput("01", "paper-1"), ItemInput("02", "paper-2", "Thiếu bản dịch trang 9."))


def asked(world: World, **intake: object) -> Dossier:
    dossier = world.received(**intake)
    return act(
        dossier.code,
        Action.REQUEST_SUPPLEMENT,
        actor=world.minh,
        params=Params(items=ITEMS, reason="Chữ gõ riêng"),
    )


def photo(shade: int = 200) -> SimpleUploadedFile:
    held = io.BytesIO()
    Image.new("L", (1300, 1300), shade).save(held, "PNG")
    return SimpleUploadedFile("anh-chup.png", held.getvalue(), "image/png")


def root(dossier: Dossier) -> str:
    return f"/t/{tracking.token_of(dossier.code, 1)}/"


def code_in(dossier: Dossier) -> str:
    """Return the newest code that was sent, out of its message."""
    title = Notice.objects.filter(template="one_time", subject=dossier.code).order_by("-pk")[0].title
    return "".join(filter(str.isdigit, title.split(".")[0]))


def opened(dossier: Dossier) -> Client:
    client = Client()
    client.post(f"{root(dossier)}thu/ma/")
    client.post(f"{root(dossier)}thu/ma/", {"code": code_in(dossier)})
    return client


def item_ids(dossier: Dossier) -> list[int]:
    return list(
        LetterItem.objects.filter(letter__dossier=dossier).order_by("position").values_list("pk", flat=True)
    )


def test_the_token_alone_tells_how_many_papers_and_never_which(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    dossier = asked(world)
    Client().get(root(dossier))
    with django_assert_max_num_queries(3):
        text = Client().get(root(dossier)).content.decode()
    gate = Client().get(f"{root(dossier)}thu/").content.decode()
    assert "Bạn cần bổ sung 2 giấy tờ" in text
    assert "Hạn bổ sung:" in text
    assert f'href="{root(dossier)}thu/"' in text
    for secret in (
        "Văn bản đăng ký",
        "Bản sao hợp đồng",
        "Thiếu bản dịch",
        "Chữ gõ riêng",
        "Trần",
        TU_CCCD,
        "912345678",
    ):
        assert secret not in text
        assert secret not in gate


def test_nothing_behind_the_gate_opens_without_the_code(world: World) -> None:
    dossier = asked(world)
    letter, client = Letter.objects.get(dossier=dossier), Client()
    assert client.get(f"{root(dossier)}thu/{letter.pk}/").status_code == 303
    client.post(f"{root(dossier)}thu/nop/{item_ids(dossier)[0]}/", {"file": photo()})
    client.post(f"{root(dossier)}thu/tin-nhan/", {"text": "Xin chào"})
    assert not LetterItem.objects.exclude(document=None).exists()
    assert dossier.messages.count() == 0
    wrong = root(dossier).replace("/t/", "/t/0")[:-2] + "/"
    assert client.post(f"{wrong}thu/ma/").status_code == 404


def test_the_code_opens_the_letters_of_this_dossier_alone_for_half_an_hour(
    world: World, settings: Settings
) -> None:
    dossier, other = asked(world), asked(world)
    client = opened(dossier)
    text = client.get(f"{root(dossier)}thu/").content.decode()
    for words in (
        "Văn bản đăng ký hợp đồng",
        "Thiếu bản dịch trang 9.",
        "Cách khắc phục",
        "Chữ gõ riêng",
        "1/HDHS",
    ):
        assert words in text
    assert "Thiếu bản dịch" not in client.get(f"{root(other)}thu/").content.decode()
    session = client.session
    session["opened_dossiers"] = {str(dossier.pk): (timezone.now() - timedelta(hours=1)).isoformat()}
    session.save()
    assert "Gửi mã" in client.get(f"{root(dossier)}thu/").content.decode()


def test_only_the_demonstration_says_the_code_on_the_page(world: World, settings: Settings) -> None:
    dossier = asked(world)
    for is_demo in (False, True):
        settings.DEMO = is_demo
        text = Client().post(f"{root(dossier)}thu/ma/", follow=True).content.decode()
        assert (code_in(dossier) in text) is is_demo
    assert OneTimeCode.objects.exclude(code_hash=b"").count() == 2
    assert code_in(dossier).encode() not in b"".join(
        bytes(row.code_hash) for row in OneTimeCode.objects.order_by("pk")
    )


def test_guesses_are_bounded_and_counted_before_they_are_compared(world: World) -> None:
    dossier, now = asked(world), timezone.now()
    right = one_time.send(dossier.pk, network="10.0.0.1", at=now).code
    wrong = "000000" if right != "000000" else "111111"
    for left in (4, 3, 2, 1):
        with pytest.raises(one_time.WrongCode) as refused:
            one_time.check(dossier.pk, wrong, at=now)
        assert refused.value.extra["tries_left"] == left
    for guess in (wrong, right):
        with pytest.raises(one_time.CodeEnded):
            one_time.check(dossier.pk, guess, at=now)
    # Three codes an hour, five guesses each: fifteen of a million, whoever asks and from wherever.
    one_time.send(dossier.pk, network="10.0.0.2", at=now)
    one_time.send(dossier.pk, network="10.0.0.3", at=now)
    with pytest.raises(one_time.TooManyCodes):
        one_time.send(dossier.pk, network="10.0.0.4", at=now)


def test_a_code_lives_five_minutes_works_once_and_the_newest_counts(world: World) -> None:
    dossier, now = asked(world), timezone.now()
    first = one_time.send(dossier.pk, network=None, at=now).code
    second = one_time.send(dossier.pk, network=None, at=now).code
    if first != second:
        with pytest.raises(one_time.WrongCode):
            one_time.check(dossier.pk, first, at=now)
    assert one_time.check(dossier.pk, f"{second[:3]} {second[3:]}", at=now) == now + one_time.OPEN_FOR
    with pytest.raises(one_time.CodeEnded):
        one_time.check(dossier.pk, second, at=now)
    third = one_time.send(dossier.pk, network=None, at=now).code
    with pytest.raises(one_time.CodeEnded):
        one_time.check(dossier.pk, third, at=now + timedelta(minutes=5))


def test_codes_of_yesterday_are_forgotten(world: World) -> None:
    dossier, now = asked(world), timezone.now()
    one_time.send(dossier.pk, network=None, at=now - timedelta(days=2))
    one_time.send(dossier.pk, network=None, at=now)
    assert one_time.forget_old() == 1
    assert OneTimeCode.objects.get().sent_at == now


def test_without_a_telephone_the_page_sends_to_the_desk(world: World) -> None:
    person = ApplicantInput("citizen", "001160000027", "Trần Thị Năm")
    dossier = asked(world, applicant=person)
    text = Client().get(f"{root(dossier)}thu/").content.decode()
    assert "Hồ sơ chưa có số điện thoại" in text
    assert "12 Ngô Quyền, Hoàn Kiếm, Hà Nội" in text
    assert "Gửi mã cho tôi" not in text
    with pytest.raises(one_time.NoPhone):
        one_time.send(dossier.pk, network=None, at=timezone.now())


def test_the_last_paper_makes_the_clock_run_on(world: World) -> None:
    dossier = asked(world)
    client, (first, second) = opened(dossier), item_ids(dossier)
    kept = client.post(f"{root(dossier)}thu/nop/{first}/", {"file": photo()}, follow=True).content.decode()
    assert "đã nộp 1/2" in kept
    assert "anh-chup.png" in kept
    assert Dossier.objects.get(pk=dossier.pk).status == Status.AWAITING_SUPPLEMENT
    done = client.post(
        f"{root(dossier)}thu/nop/{second}/", {"file": photo(100)}, headers={"Accept": "application/json"}
    )
    assert done.json()["url"] == f"{root(dossier)}thu/"
    now = Dossier.objects.get(pk=dossier.pk)
    assert (now.status, now.respond_by) == (Status.PROCESSING, None)
    text = client.get(f"{root(dossier)}thu/").content.decode()
    assert "Đã nhận đủ giấy tờ" in text
    assert "hẹn trả kết quả mới" in text
    papers = Component.objects.filter(dossier=dossier).order_by("position")
    assert [paper.provided_as for paper in papers] == ["file", "file"]
    assert {paper.document.holder_id for paper in papers} == {dossier.applicant_id}
    assert {paper.document.code_owner for paper in papers} == {TU_CCCD}


def test_a_file_that_cannot_be_read_is_refused_in_words(world: World) -> None:
    dossier = asked(world)
    client, first = opened(dossier), item_ids(dossier)[0]
    broken = SimpleUploadedFile("a.png", photo().read()[:300])
    answer = client.post(
        f"{root(dossier)}thu/nop/{first}/", {"file": broken}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "image_unreadable")
    plain = client.post(f"{root(dossier)}thu/nop/{first}/", {}, follow=True)
    assert "Chưa chọn tệp" in plain.content.decode()


def test_a_paper_may_be_changed_or_taken_back_until_the_last_one_is_in(world: World) -> None:
    dossier, now = asked(world), timezone.now()
    first, second = item_ids(dossier)
    answers.hand_in(dossier.pk, first, photo(1), at=now)
    answers.hand_in(dossier.pk, first, photo(2), at=now)
    answers.take_back(dossier.pk, first)
    assert answers.hand_in(dossier.pk, second, photo(3), at=now).came is Came.KEPT
    assert answers.hand_in(dossier.pk, first, photo(4), at=now).came is Came.RESUMED
    with pytest.raises(answers.SupplementClosed):
        answers.take_back(dossier.pk, first)
    with pytest.raises(answers.SupplementClosed):
        answers.hand_in(dossier.pk, first, photo(5), at=now)


def test_what_is_sent_twice_counts_once(world: World) -> None:
    dossier, now = asked(world), timezone.now()
    first, second = item_ids(dossier)
    assert [answers.hand_in(dossier.pk, first, photo(), at=now).came for _click in range(2)] == [
        Came.KEPT
    ] * 2
    assert [answers.hand_in(dossier.pk, second, photo(), at=now).came for _click in range(2)] == [
        Came.RESUMED
    ] * 2
    assert dossier.events.filter(action="supplement").count() == 1


def test_a_paper_that_comes_after_the_desk_took_the_rest_is_kept_and_said(world: World) -> None:
    dossier, now = asked(world), timezone.now()
    first, second = item_ids(dossier)
    client = opened(dossier)
    answers.hand_in(dossier.pk, first, photo(1), at=now)
    act(dossier.code, Action.SUPPLEMENT, actor=world.lan)
    # What the applicant had uploaded before stands in the dossier now.
    assert Component.objects.get(dossier=dossier, requirement__code="01").provided_as == "file"
    late = client.post(f"{root(dossier)}thu/nop/{second}/", {"file": photo(2)}, follow=True).content.decode()
    assert "Bộ phận Một cửa đã nhận bổ sung trước khi tệp này tới" in late
    assert LetterItem.objects.get(pk=second).document is not None
    assert Component.objects.get(dossier=dossier, requirement__code="02").provided_as == "copy"


def test_two_tabs_that_send_the_last_two_papers_resume_once(committed_world: World) -> None:
    dossier, now = asked(committed_world), timezone.now()

    def send(order: tuple[int, int]) -> str:
        try:
            return str(answers.hand_in(dossier.pk, order[0], photo(order[1]), at=now).came)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        came = sorted(pool.map(send, zip(item_ids(dossier), (10, 20), strict=True)))
    assert came == ["kept", "resumed"]
    assert dossier.events.filter(action="supplement").count() == 1


def test_items_of_another_dossier_are_out_of_reach(world: World) -> None:
    dossier, other = asked(world), asked(world)
    client = opened(dossier)
    client.post(f"{root(dossier)}thu/nop/{item_ids(other)[0]}/", {"file": photo()})
    assert not LetterItem.objects.filter(letter__dossier=other).exclude(document=None).exists()


def test_the_applicant_writes_to_the_unit(world: World) -> None:
    dossier = asked(world)
    text = opened(dossier).post(
        f"{root(dossier)}thu/tin-nhan/", {"text": "Tôi nộp bản dịch được không?"}, follow=True
    )
    assert "Tôi nộp bản dịch được không?" in text.content.decode()
    assert dossier.messages.get().author is None


def test_the_page_of_an_overdue_dossier_says_sorry_then_the_new_day_and_why(world: World) -> None:
    dossier = receive_dossier(world.intake(), actor=world.lan, at=timezone.now() - timedelta(days=30))
    act(dossier.code, Action.FORWARD, actor=world.minh)
    world.office.phone = "024 1234 5678"
    world.office.save()
    assert (
        "Liên hệ: Bộ phận Một cửa Văn phòng Bộ, điện thoại 024 1234 5678."
        in Client().get(root(dossier)).content.decode()
    )
    day = timezone.localdate() + timedelta(days=14)
    while day.weekday() > 4:
        day += timedelta(days=1)
    act(
        dossier.code, Action.POSTPONE, actor=world.ha,
        params=Params(reason="Chữ gõ riêng", reason_codes=("delay-1",), due_on=day),
    )  # fmt: skip
    text = Client().get(root(dossier)).content.decode()
    assert "Đã hẹn lại" in text
    assert "Lý do: Nội dung không hợp lệ." in text
    assert f"{day:%d/%m/%Y}" in text
    assert "Chữ gõ riêng" not in text


def test_the_pages_speak_english_when_asked(world: World) -> None:
    dossier: Any = asked(world)
    client = opened(dossier)
    client.get("/ngon-ngu/", {"language": "en", "next": "/"})
    for path, words in (("", "2 more papers are needed from you"), ("thu/", "Letters and papers asked for")):
        assert words in client.get(f"{root(dossier)}{path}").content.decode()


def test_the_issued_letter_is_downloaded_as_it_was_stored(world: World) -> None:
    dossier, other = asked(world), asked(world)
    client = opened(dossier)
    mine, theirs = (Letter.objects.get(dossier=each).pk for each in (dossier, other))
    assert client.get(f"{root(dossier)}thu/{mine}/").status_code == 303
    jobs.run_due()
    answer = client.get(f"{root(dossier)}thu/{mine}/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert hashlib.sha256(answer.content).hexdigest() == IssuedPaper.objects.get(letter=mine).blob_id
    assert client.get(f"{root(dossier)}thu/{theirs}/").status_code == 404
