"""Opinions of other units: until when, what silence means, and who reads a confidential one."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client

from bpmc_portal.errors import InvalidInput
from dossiers.models import Dossier, Opinion
from dossiers.services import opinions
from dossiers.services.acts import OpinionInput
from dossiers.services.intake import receive_dossier
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.world import World

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2026, 10, 12, 9, 0, tzinfo=ZONE)
SECRET = "Doanh nghiệp đang bị thanh tra"


def asked(world: World, **changes: Any) -> Opinion:
    """Return a question to Bình's unit, asked on Monday."""
    dossier = receive_dossier(world.intake(), actor=world.lan, at=MONDAY)
    act(dossier.code, Action.FORWARD, actor=world.minh, at=MONDAY + timedelta(hours=1))
    asking = Params(reason=SECRET, opinion=OpinionInput("cuc-viec-lam", **changes))
    act(dossier.code, Action.ASK_OPINION, actor=world.minh, params=asking, at=MONDAY + timedelta(hours=2))
    return Opinion.objects.get(dossier=dossier)


def test_a_question_without_a_day_has_five_working_days(world: World) -> None:
    assert asked(world).due_at == datetime(2026, 10, 19, 17, 30, tzinfo=ZONE)


@pytest.mark.parametrize("day", [11, 17])
def test_a_day_that_has_passed_or_is_a_rest_day_is_refused(world: World, day: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(world, due_on=MONDAY.date().replace(day=day))
    assert refused.value.code == "opinion_due"


@pytest.mark.parametrize(
    ("is_consent", "words"), [(True, "Coi như đồng ý"), (False, "Hết hạn, không có ý kiến")]
)
def test_silence_past_the_deadline_is_what_the_question_said(
    world: World, as_user: Callable[[Any], Client], is_consent: bool, words: str
) -> None:
    opinion = asked(world, silence_is_consent=is_consent)
    assert opinion.due_at is not None
    before = Dossier.objects.get(pk=opinion.dossier_id)
    assert opinions.close_silent(opinion.due_at) == 0
    late = opinion.due_at + timedelta(minutes=1)
    assert opinions.close_silent(late) == 1
    assert opinions.close_silent(late) == 0
    opinion.refresh_from_db()
    assert (opinion.answered_at, opinion.answered_by, opinion.answer) == (late, None, "")
    after = Dossier.objects.get(pk=opinion.dossier_id)
    assert (after.status, after.version, after.due_at) == (before.status, before.version, before.due_at)
    assert words in as_user(world.minh).get(f"/ho-so/{after.code}/").content.decode()
    assert as_user(world.binh).get(f"/ho-so/{after.code}/").status_code == 404


def test_an_answer_in_time_is_not_closed(world: World) -> None:
    opinion = asked(world)
    act(opinion.dossier.code, Action.GIVE_OPINION, actor=world.binh, params=Params(reason="Nhất trí"))
    assert opinions.close_silent(MONDAY + timedelta(days=90)) == 0


def test_two_sweeps_at_once_close_nothing_twice(world: World, django_assert_max_num_queries: Any) -> None:
    for _count in range(3):
        asked(world)
    with django_assert_max_num_queries(4):
        assert opinions.close_silent(MONDAY + timedelta(days=90)) == 3


def test_a_confidential_opinion_stands_in_no_journal_and_no_answer_of_the_api(
    world: World, as_user: Callable[[Any], Client], api: Callable[[Any], Any]
) -> None:
    opinion = asked(world, is_confidential=True)
    code = opinion.dossier.code
    assert SECRET in as_user(world.binh).get(f"/ho-so/{code}/").content.decode()
    answer = "Không đồng ý vì lý do an ninh"
    act(code, Action.GIVE_OPINION, actor=world.binh, params=Params(reason=answer))
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(reason || data::text, '') FROM dossiers_dossierevent")
        journal = cursor.fetchone()[0]
    assert SECRET not in journal
    assert answer not in journal
    for who in ("thanhtra", "lan", "tu"):
        seen = as_user(world.users[who]).get(f"/ho-so/{code}/").content.decode()
        told = api(world.users[who]).get(f"/api/v1/dossiers/{code}/events/").content.decode()
        told += api(world.users[who]).get(f"/api/v1/dossiers/{code}/").content.decode()
        assert SECRET not in seen + told, who
        assert answer not in seen + told, who
    seen = as_user(world.minh).get(f"/ho-so/{code}/").content.decode()
    assert SECRET in seen
    assert answer in seen


def test_the_form_asks_for_unit_day_silence_and_secrecy(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier = act(world.received().code, Action.FORWARD, actor=world.minh)
    body = {
        "expected_version": dossier.version, "opinion_unit": "cuc-viec-lam", "opinion_due_on": "", "silence_is_consent": "on",
        "is_confidential": "on", "reason": "Xin ý kiến",
    }  # fmt: skip
    answer = as_user(world.minh).post(f"/ho-so/{dossier.code}/viec/ask_opinion/", body)
    assert answer.status_code == 303
    opinion = Opinion.objects.get(dossier=dossier)
    assert (opinion.silence_is_consent, opinion.is_confidential) == (True, True)
