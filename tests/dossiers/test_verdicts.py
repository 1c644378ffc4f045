"""What the officer finds in each paper: who may say it, when, why, and that nothing said is lost."""

import pytest
from django.test import Client

from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from dossiers.models import Component, Dossier, Letter, Verdict
from dossiers.services import verdicts
from dossiers.services.acts import StaleVersion
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.world import World


def paper(dossier: Dossier, position: int = 1) -> Component:
    """Return a paper as it stands."""
    return Component.objects.get(dossier=dossier, position=position)


def test_a_verdict_stands_on_the_paper_and_every_one_is_kept(world: World) -> None:
    dossier = world.received()
    verdicts.judge(dossier.code, 1, "passed", actor=world.minh)
    verdicts.judge(
        dossier.code, 1, "failed", actor=world.ha, reason="paper-1", note="  Trang 3 mờ.\u200b ", seen=None
    )
    stands = paper(dossier)
    assert (stands.verdict, stands.verdict_reason.code, stands.verdict_note) == (
        "failed",
        "paper-1",
        "Trang 3 mờ.",
    )
    verdicts.judge(dossier.code, 1, "", actor=world.minh)
    assert (paper(dossier).verdict, paper(dossier).verdict_reason) == ("", None)
    said = [(each.verdict, each.actor.username) for each in verdicts.history_of(dossier)]
    assert said == [("", "minh"), ("failed", "ha"), ("passed", "minh")]
    dossier.refresh_from_db()
    assert dossier.version == 1  # a verdict is no act of the journal


def test_the_same_verdict_twice_is_said_once(world: World) -> None:
    dossier = world.received()
    for _press in range(2):
        verdicts.judge(dossier.code, 1, "passed", actor=world.minh)
    assert Verdict.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "decline-1", "no-such"])
def test_a_failed_paper_needs_a_reason_of_the_catalogue_of_papers(world: World, reason: str) -> None:
    dossier = world.received()
    with pytest.raises(InvalidInput) as refused:
        verdicts.judge(dossier.code, 1, "failed", actor=world.minh, reason=reason)
    assert refused.value.code == "reason_unknown"
    assert not Verdict.objects.exists()


def test_a_note_too_long_or_unreadable_is_refused_beside_its_box(world: World) -> None:
    dossier = world.received()
    for note in ("a" * 1001, "a\x07b"):
        with pytest.raises(InvalidInput) as refused:
            verdicts.judge(dossier.code, 1, "failed", actor=world.minh, reason="paper-1", note=note)
        assert "note" in refused.value.fields
    assert not Verdict.objects.exists()


@pytest.mark.parametrize("who", ["lan", "vanthu", "thanhtra", "vanphong"])
def test_only_who_processes_may_judge(world: World, who: str) -> None:
    dossier = world.received()
    with pytest.raises(DomainError) as refused:
        verdicts.judge(dossier.code, 1, "passed", actor=world.users[who])
    assert refused.value.code == "verdict_not_open"


def test_strangers_and_absent_papers_are_not_found(world: World) -> None:
    dossier = world.received()
    with pytest.raises(NotFound):
        verdicts.judge(dossier.code, 1, "passed", actor=world.binh)
    with pytest.raises(NotFound):
        verdicts.judge(dossier.code, 99, "passed", actor=world.minh)


def test_a_closed_dossier_is_judged_no_more(world: World) -> None:
    dossier = world.finished()
    with pytest.raises(DomainError, match="không còn trong giai đoạn giải quyết"):
        verdicts.judge(dossier.code, 1, "passed", actor=world.minh)


def test_whoever_judges_from_a_stale_page_is_told(world: World) -> None:
    dossier = world.received()
    verdicts.judge(dossier.code, 1, "passed", actor=world.ha, seen=0)
    with pytest.raises(StaleVersion):
        verdicts.judge(dossier.code, 1, "failed", actor=world.minh, reason="paper-1", seen=0)
    with pytest.raises(StaleVersion):
        verdicts.judge(dossier.code, 1, "passed", actor=world.minh, expected_version=7)
    assert paper(dossier).verdict == "passed"


def test_what_failed_is_what_the_letter_asks_for(world: World) -> None:
    dossier = act(world.received().code, Action.FORWARD, actor=world.minh)
    verdicts.judge(
        dossier.code, 2, "failed", actor=world.minh, reason="paper-2", note="Thiếu bản dịch trang 9–14."
    )
    act(
        dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, params=Params(reason="Bổ sung theo phiếu.")
    )
    item = Letter.objects.get(kind="supplement").items.get()
    assert (item.requirement.code, item.reason.code, item.text) == (
        "02",
        "paper-2",
        "Thiếu bản dịch trang 9–14.",
    )


def press(client: Client, dossier: Dossier, position: int, **typed: str):  # type: ignore[no-untyped-def]
    return client.post(f"/ho-so/{dossier.code}/giay/{position}/ket-luan/", typed)


def test_a_verdict_by_plain_form_comes_back_to_its_row(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier, client = world.received(), as_user(world.minh)
    answer = press(client, dossier, 2, verdict="passed", seen="0")
    assert (answer.status_code, answer["Location"]) == (303, f"/ho-so/{dossier.code}/?giay=2#giay-2")
    opened = press(client, dossier, 2, verdict="failed", seen="0").content.decode()
    assert "Lý do không đạt" in opened
    assert "Nội dung chưa đầy đủ." in opened
    assert paper(dossier, 2).verdict == "passed"
    refused = press(client, dossier, 2, verdict="failed", seen="0", reason="", note="Mờ")
    assert refused.status_code == 422
    assert "Mờ" in refused.content.decode()
    last = str(Verdict.objects.latest("pk").pk)
    assert press(client, dossier, 2, verdict="failed", seen=last, reason="paper-1").status_code == 303
    page = client.get(f"/ho-so/{dossier.code}/").content.decode()
    assert "Nội dung không hợp lệ." in page
    assert "2 lần kết luận" in page


def test_a_verdict_by_htmx_draws_its_row_alone(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier, client = world.received(), as_user(world.minh)
    address = f"/ho-so/{dossier.code}/giay/1/ket-luan/"
    row = client.post(address, {"verdict": "passed", "seen": "0"}, headers={"HX-Request": "true"})
    assert row.status_code == 200
    assert row.content.decode().count("<li ") == 1
    assert 'aria-pressed="true"' in row.content.decode()
    stale = client.post(address, {"verdict": "", "seen": "0"}, headers={"HX-Request": "true"})
    assert stale.status_code == 422
    assert "Người khác vừa thay đổi" in stale.content.decode()
    assert paper(dossier).verdict == "passed"
