"""The page where a letter is composed: prefilled, seen before it is sent, and nothing typed is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bpmc_portal.jobs import services as jobs
from bpmc_portal.notices.models import Notice
from dossiers.models import Component, Dossier, Letter, Reason, Status
from dossiers.services import composing, delivery, letters
from dossiers.services.acts import Params
from dossiers.services.intake import receive_dossier, submit_dossier
from dossiers.services.transitions import act
from dossiers.workflow import Action
from tests.world import World

SignIn = Callable[[Any], Client]


def failing(world: World, dossier: Dossier) -> Dossier:
    """Find both papers wanting."""
    for number in (1, 2):
        Component.objects.filter(dossier=dossier, requirement__code=f"0{number}").update(
            verdict="failed",
            verdict_reason=Reason.objects.get(code=f"paper-{number}"),
            verdict_note=f"Ghi chú {number}.",
        )
    return dossier


def typed(dossier: Dossier, **boxes: str) -> dict[str, str]:
    ticked = {"ask_0": "on", "why_0": "paper-1", "text_0": "Thiếu chữ ký ở trang cuối."}
    return {"expected_version": str(dossier.version), **ticked, "respond_by": "", **boxes}


def test_what_failed_stands_ready_and_what_is_sent_is_what_was_shown(world: World, as_user: SignIn) -> None:
    dossier = failing(world, world.received())
    minh = as_user(world.minh)
    page = minh.get(f"/ho-so/{dossier.code}/thu/bo-sung/").content.decode()
    assert page.count("checked") >= 2
    for words in (
        "Ghi chú 1.",
        "Ghi chú 2.",
        "PHIẾU YÊU CẦU BỔ SUNG",
        "Đây là lần 1.",
        "hẹn trả chuyển sang",
        "Tài liệu khác",
    ):
        assert words in page
    data = typed(dossier, ask_1="on", why_1="paper-2", remedy_1="Nộp bản dịch.")
    sent = minh.post(f"/ho-so/{dossier.code}/thu/bo-sung/", data)
    assert (sent.status_code, sent["Location"]) == (303, f"/ho-so/{dossier.code}/")
    letter = Letter.objects.get(dossier=dossier)
    assert list(letter.items.order_by("position").values_list("text", "remedy")) == [
        ("Thiếu chữ ký ở trang cuối.", "Hãy nộp lại bản hợp lệ."),
        ("Nội dung chưa đầy đủ.", "Nộp bản dịch."),
    ]


def test_the_preview_writes_nothing_and_warns_of_long_sentences(world: World, as_user: SignIn) -> None:
    dossier = world.received()
    long = "rất " * 31
    answer = as_user(world.minh).post(
        f"/ho-so/{dossier.code}/thu/bo-sung/?xem=1",
        typed(dossier, reason=long, respond_by="xx"),
        headers={"HX-Request": "true"},
    )
    text = answer.content.decode()
    assert "Thiếu chữ ký ở trang cuối." in text
    assert "Câu dài khó đọc" in text
    assert "<html" not in text
    assert not Letter.objects.exists()


def test_a_sentence_is_counted_by_its_own_words() -> None:
    assert composing.long_sentences("chữ " * 30) == []
    assert len(composing.long_sentences("chữ " * 31 + ". Ngắn.")) == 1
    assert composing.long_sentences(("chữ " * 20 + ". ") * 3) == []


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ({"why_0": ""}, "Hãy chọn lý do của giấy tờ"),
        ({"respond_by": "04/01/2021"}, "Hạn bổ sung phải sau thời điểm này"),
        ({"ask_0": ""}, "Hãy ghi lý do"),
    ],
)
def test_a_refusal_stands_beside_its_box_and_keeps_what_was_typed(
    world: World, as_user: SignIn, boxes: dict[str, str], words: str
) -> None:
    dossier = world.received()
    answer = as_user(world.minh).post(f"/ho-so/{dossier.code}/thu/bo-sung/", typed(dossier, **boxes))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert "Thiếu chữ ký ở trang cuối." in text


def test_unticking_everything_that_failed_is_not_sending_it_all(world: World, as_user: SignIn) -> None:
    dossier = failing(world, world.received())
    answer = as_user(world.minh).post(
        f"/ho-so/{dossier.code}/thu/bo-sung/", typed(dossier, ask_0="", reason="Lý do")
    )
    assert "Hãy đánh dấu ít nhất một giấy tờ" in answer.content.decode()
    assert not Letter.objects.exists()


def test_who_was_overtaken_sees_the_news_and_keeps_the_words(world: World, as_user: SignIn) -> None:
    dossier = world.received()
    act(dossier.code, Action.FORWARD, actor=world.minh)
    minh = as_user(world.minh)
    answer = minh.post(f"/ho-so/{dossier.code}/thu/bo-sung/", typed(dossier))
    text = answer.content.decode()
    assert answer.status_code == 412
    assert "Thiếu chữ ký ở trang cuối." in text
    assert "Đã chuyển bước" in text
    again = minh.post(
        f"/ho-so/{dossier.code}/thu/bo-sung/", typed(dossier, expected_version=str(dossier.version + 1))
    )
    assert again.status_code == 303
    gone = minh.post(
        f"/ho-so/{dossier.code}/thu/bo-sung/", typed(dossier, expected_version=str(dossier.version + 2))
    )
    assert gone.status_code == 409
    assert "Thiếu chữ ký ở trang cuối." in gone.content.decode()


def test_an_officer_of_another_unit_finds_no_page(world: World, as_user: SignIn) -> None:
    dossier = world.received()
    for path in ("thu/bo-sung/", "thu/tu-choi/"):
        assert as_user(world.binh).get(f"/ho-so/{dossier.code}/{path}").status_code == 404
        assert as_user(world.binh).post(f"/ho-so/{dossier.code}/{path}", typed(dossier)).status_code == 404


def test_every_kind_of_letter_is_sent_from_its_page(world: World, as_user: SignIn) -> None:
    online = submit_dossier(world.intake(channel="online"), actor=world.tu)
    lan, ha = as_user(world.lan), as_user(world.ha)
    assert lan.post(f"/ho-so/{online.code}/thu/sua/", typed(online)).status_code == 303
    fixing = Dossier.objects.get(pk=online.pk)
    code = {"expected_version": str(fixing.version), "reason_codes": ["decline-1"]}
    assert lan.post(f"/ho-so/{online.code}/thu/tu-choi/", code).status_code == 303
    refused = act(world.received().code, Action.FORWARD, actor=world.minh)
    data = {"expected_version": str(refused.version), "reason_codes": ["refuse-1"], "reason": "Thêm."}
    assert ha.post(f"/ho-so/{refused.code}/thu/tu-choi/", data).status_code == 303
    stopped = world.received()
    data = {"expected_version": str(stopped.version), "reason_codes": ["stop-1"]}
    assert ha.post(f"/ho-so/{stopped.code}/thu/dung/", data).status_code == 303
    assert sorted(Letter.objects.values_list("kind", flat=True)) == ["decline", "fix", "refuse", "stop"]


def test_the_draft_of_the_clock_is_shown_filled_sent_or_put_aside(world: World, as_user: SignIn) -> None:
    dossier = receive_dossier(world.intake(), actor=world.lan, at=timezone.now() - timedelta(days=30))
    act(dossier.code, Action.FORWARD, actor=world.minh)
    draft = letters.draft_apology(dossier, at=timezone.now())
    assert draft is not None
    ha = as_user(world.ha)
    assert "Dự thảo, chưa gửi" in ha.get(f"/ho-so/{dossier.code}/").content.decode()
    page = ha.get(f"/ho-so/{dossier.code}/thu/xin-loi/").content.decode()
    assert "Dự thảo do đồng hồ lập" in page
    assert ha.post(f"/ho-so/{dossier.code}/thu/xin-loi/", {"drop": "1"}).status_code == 303
    assert Letter.objects.get(pk=draft.pk).state == "dropped"
    assert Dossier.objects.get(pk=dossier.pk).status == Status.PROCESSING


def test_a_message_that_did_not_arrive_asks_for_a_call_which_is_noted_once(
    world: World, as_user: SignIn
) -> None:
    dossier = failing(world, world.received())
    act(dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, params=Params(reason="Xem phiếu"))
    assert not delivery.letters_of(dossier)[0].told
    jobs.run_due()
    Notice.objects.filter(template="supplement").update(state="failed")
    shown = delivery.letters_of(dossier)[0]
    assert [each.state for each in shown.told] == ["Không gửi được"]
    assert shown.needs_call
    minh = as_user(world.minh)
    assert "Cần gọi điện cho người nộp" in minh.get(f"/ho-so/{dossier.code}/").content.decode()
    assert minh.post(f"/ho-so/{dossier.code}/thu/{shown.letter.pk}/da-goi/").status_code == 303
    assert minh.post(f"/ho-so/{dossier.code}/thu/{shown.letter.pk}/da-goi/").status_code == 409
    after = delivery.letters_of(dossier)[0]
    assert (after.letter.called_by, after.needs_call) == (world.minh, False)


def test_a_message_says_how_many_papers_and_until_when(world: World) -> None:
    dossier = failing(world, world.received())
    act(dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, params=Params(reason="Xem phiếu"))
    jobs.run_due()
    body = Notice.objects.get(template="supplement", channel="sms").title
    assert "can bo sung 2 giay to den het" in body


def test_the_letters_of_a_dossier_cost_three_statements(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    dossier = world.received()
    for count in (3, 27):
        for _number in range(count):
            Letter.objects.create(
                dossier=dossier,
                kind="stop",
                state="issued",
                number="1/X",
                drafted_at=timezone.now(),
                issued_at=timezone.now(),
            )
        with django_assert_max_num_queries(3):
            delivery.letters_of(dossier)
