"""Letters: what they must say, what may not be asked for, and what the clock drafts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from bpmc_portal.audit.models import SecurityEvent
from bpmc_portal.errors import InvalidInput
from bpmc_portal.idempotency.services import once
from bpmc_portal.lib.vietnamese import local_date
from dossiers.models import Component, Dossier, DossierEvent, Letter, Reason, Status
from dossiers.services import letters
from dossiers.services.acts import ItemInput, Params
from dossiers.services.intake import receive_dossier
from dossiers.services.reasons import bundled, load_reasons
from dossiers.services.transitions import act
from dossiers.workflow import Action
from procedures import catalogue
from tests.world import World

TWO = (
    ItemInput("01", "paper-1"),
    ItemInput("02", "paper-2", "Thiếu bản dịch trang 9.", "Nộp bản dịch công chứng."),
)


def asked(world: World, *items: ItemInput, **params: Any) -> Dossier:
    dossier = world.received()
    given = Params(items=items or TWO, **params)
    return act(dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, params=given)


def overdue(world: World) -> Dossier:
    dossier = receive_dossier(world.intake(), actor=world.lan, at=timezone.now() - timedelta(days=30))
    return act(dossier.code, Action.FORWARD, actor=world.minh)


def test_a_letter_made_of_items_needs_no_further_words(world: World) -> None:
    dossier = asked(world)
    letter = Letter.objects.get(dossier=dossier)
    first, second = letter.items.order_by("position")
    assert (first.text, first.remedy) == ("Nội dung không hợp lệ.", "Hãy nộp lại bản hợp lệ.")
    assert (second.text, second.remedy) == ("Thiếu bản dịch trang 9.", "Nộp bản dịch công chứng.")
    assert letter.number == "1/HDHS"
    assert (
        DossierEvent.objects.filter(dossier=dossier, action="request_supplement").exclude(reason="").exists()
    )


def test_failing_papers_are_asked_for_when_the_act_names_none(world: World) -> None:
    dossier = world.received()
    reason = Reason.objects.get(code="paper-1")
    Component.objects.filter(dossier=dossier, requirement__code="02").update(
        verdict="failed", verdict_reason=reason, verdict_note="Mờ ở trang 2."
    )
    act(dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, params=Params(reason="Xem phiếu"))
    assert list(Letter.objects.get(dossier=dossier).items.values_list("name", "text")) == [
        ("Bản sao hợp đồng cung ứng", "Mờ ở trang 2.")
    ]


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ((), "reason_missing"),
        ((ItemInput("01", "khong-co"),), "reason_unknown"),
        ((ItemInput("01", "decline-1"),), "reason_unknown"),
        ((ItemInput("99", "paper-1"),), "paper_not_listed"),
        ((TWO[0], TWO[0]), "item_twice"),
        ((replace(TWO[0], text="x" * 1001),), "text_too_long"),
    ],
)
def test_a_letter_that_cannot_be_sent_changes_nothing(
    world: World, items: tuple[ItemInput, ...], code: str
) -> None:
    dossier = world.received()
    with pytest.raises(InvalidInput) as refused:
        act(dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, params=Params(items=items))
    assert refused.value.code == code
    assert Dossier.objects.get(pk=dossier.pk).status == Status.RECEIVED
    assert not Letter.objects.exists()


def test_every_item_needs_a_remedy(world: World) -> None:
    Reason.objects.filter(code="paper-1").update(remedy="")
    with pytest.raises(InvalidInput) as refused:
        asked(world, ItemInput("01", "paper-1"))
    assert refused.value.code == "remedy_missing"
    assert asked(world, ItemInput("01", "paper-1", remedy="Nộp lại.")).status == Status.AWAITING_SUPPLEMENT


def test_an_attempt_on_an_unlisted_paper_is_logged_although_it_is_rolled_back(world: World) -> None:
    dossier = world.received()
    with pytest.raises(letters.PaperNotListed):
        act(
            dossier.code,
            Action.REQUEST_SUPPLEMENT,
            actor=world.minh,
            params=Params(items=(ItemInput("99", "paper-1"),)),
        )
    event = SecurityEvent.objects.get(act="letter.paper_not_listed")
    assert (event.actor, event.subject, event.data["component"]) == (world.minh, dossier.code, "99")


@pytest.mark.parametrize("key", [None, "khoa-1"])
def test_the_attempt_is_logged_through_the_api_too_where_everything_is_one_transaction(
    committed_world: World, api: Callable[..., Any], key: str | None
) -> None:
    dossier = committed_world.received()

    def attempt() -> tuple[int, Any]:
        params = Params(items=(ItemInput("99", "paper-1"),))
        act(dossier.code, Action.REQUEST_SUPPLEMENT, actor=committed_world.minh, params=params)
        return 200, {}

    with pytest.raises(letters.PaperNotListed):
        once(attempt, actor=committed_world.minh, key=key, body={})
    assert SecurityEvent.objects.filter(act="letter.paper_not_listed").count() == 1


def test_a_day_to_answer_that_has_passed_or_that_no_calendar_knows_is_refused(world: World) -> None:
    for day, code in (
        (local_date() - timedelta(days=7), "respond_by_past"),
        (date(2099, 1, 5), "calendar_missing"),
    ):
        with pytest.raises(InvalidInput) as refused:
            asked(world, respond_by=day)
        assert refused.value.code == code


def test_coded_reasons_are_kept_in_the_words_of_the_day(world: World) -> None:
    dossier = act(world.received().code, Action.FORWARD, actor=world.minh)
    params = Params(reason_codes=("refuse-2", "refuse-1"))
    act(dossier.code, Action.REFUSE, actor=world.ha, params=params)
    Reason.objects.filter(code="refuse-1").update(text="Đổi lời")
    letter = Letter.objects.get(dossier=dossier)
    assert letter.data["words"] == ["Nội dung chưa đầy đủ.", "Nội dung không hợp lệ."]
    assert letter.legal_basis == "NĐ 61/2018/NĐ-CP, Điều 17"
    assert letter.number == "1/TCGQ"


def test_a_refusal_names_its_basis_when_its_reason_has_none(world: World, settings: Settings) -> None:
    dossier = act(world.received().code, Action.FORWARD, actor=world.minh)
    Reason.objects.filter(code="refuse-1").update(legal_basis="")
    coded = Params(reason_codes=("refuse-1",))
    with pytest.raises(InvalidInput) as refused:
        act(dossier.code, Action.REFUSE, actor=world.ha, params=coded)
    assert refused.value.code == "legal_basis_missing"
    settings.REFUSAL_NEEDS_LEGAL_BASIS = True
    with pytest.raises(InvalidInput):
        act(dossier.code, Action.REFUSE, actor=world.ha, params=Params(reason="Không đủ điều kiện"))
    done = act(
        dossier.code,
        Action.REFUSE,
        actor=world.ha,
        params=replace(coded, legal_basis="Luật 69/2020/QH14, Điều 9"),
    )
    assert done.status == Status.FINISHED


def test_the_clock_drafts_one_apology_an_appointment(world: World) -> None:
    dossier, now = overdue(world), timezone.now()
    first = letters.draft_apology(dossier, at=now)
    again = letters.draft_apology(dossier, at=now + timedelta(hours=1))
    assert first is not None
    assert again is not None
    assert first.pk == again.pk
    assert (first.due_before, first.state, first.number, first.data["reasons"]) == (
        dossier.due_at,
        "draft",
        "",
        [],
    )
    calendar = catalogue.current().office_by_id(dossier.office_id).calendar
    # A fifth of five working days is one.
    assert first.due_at == calendar.close_of(calendar.next_working(local_date(now)))
    assert first.data["due_on"] == local_date(first.due_at).isoformat()


def test_a_draft_that_was_put_aside_stays_away(world: World) -> None:
    dossier, now = overdue(world), timezone.now()
    letters.draft_apology(dossier, at=now)
    assert letters.put_aside(dossier, Letter.Kind.APOLOGY, actor=world.ha)
    again = letters.draft_apology(dossier, at=now)
    assert again is not None
    assert again.state == Letter.State.DROPPED
    assert Letter.objects.count() == 1
    assert SecurityEvent.objects.filter(act="letter.draft_dropped", actor=world.ha).exists()


def test_sending_the_apology_completes_the_draft(world: World) -> None:
    dossier, now = overdue(world), timezone.now()
    draft = letters.draft_apology(dossier, at=now)
    assert draft is not None
    assert draft.due_at is not None
    params = Params(reason_codes=("delay-1",), due_on=local_date(draft.due_at))
    act(dossier.code, Action.POSTPONE, actor=world.ha, params=params)
    sent = Letter.objects.get(dossier=dossier)
    assert (sent.pk, sent.state, sent.number) == (draft.pk, "issued", "1/PXL")
    assert (sent.due_before, sent.due_at) == (dossier.due_at, draft.due_at)
    assert letters.draft_apology(dossier, at=now + timedelta(days=30)) is None


def test_nothing_is_drafted_for_a_dossier_that_is_in_time_or_stands_still(world: World) -> None:
    assert letters.draft_apology(world.received(), at=timezone.now()) is None
    paused = asked(world)
    assert letters.draft_apology(paused, at=timezone.now() + timedelta(days=90)) is None


def test_the_bundled_reasons_are_loaded_once_and_then_belong_to_the_ministry(db: None) -> None:
    added = load_reasons()
    assert added == len(bundled()) >= 30
    Reason.objects.filter(code="anh-mo").update(text="Ảnh không rõ.")
    assert load_reasons() == 0
    assert Reason.objects.get(code="anh-mo").text == "Ảnh không rõ."
    assert all(row["basis"] for row in bundled())
    assert {row["use"] for row in bundled()} == set(Reason.Use.values)
    assert all(row["remedy"] for row in bundled() if row["use"] == "paper")


def test_the_administrator_edits_the_reasons(world: World, as_user: Callable[[Any], Client]) -> None:
    reason = Reason.objects.get(code="paper-1")
    page = as_user(world.quantri).get(f"/quan-tri/dossiers/reason/{reason.pk}/change/")
    assert page.status_code == 200
    assert "cách khắc phục" in page.content.decode().lower()
    assert as_user(world.minh).get("/quan-tri/dossiers/reason/").status_code == 403
