"""The palette and the search page: every way of typing finds it, nobody finds what is not theirs, at a bounded price."""

import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bpmc_portal.accounts.models import Applicant
from bpmc_portal.audit.models import AccessEvent
from dossiers.models import Dossier, DossierShare
from dossiers.services import finding, palette
from dossiers.services.commands import ApplicantInput
from procedures import catalogue
from tests.world import TU_CCCD, World

SignIn = Callable[[Any], Client]
# What every signed-in page pays first: the session, the person, the grants.
SESSION_AND_POLICY = 3
NGUYET = ApplicantInput(
    "citizen", "001190000127", "Nguyễn Thị Minh Nguyệt", phone="0987654321", address="12 Ngô Quyền, Hà Nội"
)
COMPANY = ApplicantInput(
    "organisation", "0100109106", "Công ty Cổ phần Ánh Dương", phone="02438251234", address="5 Lê Lợi, Hà Nội"
)


def typed(client: Client, text: str) -> str:
    """Return the palette's fragment for a typed text."""
    answer = client.get("/tim/", {"q": text}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def found(user: Any, text: str) -> dict[str, list[palette.Item]]:
    """Return the groups of an answer by their slugs."""
    held, now = catalogue.read()
    return {group.slug: list(group.items) for group in palette.search(user, text, held=held, now=now).groups}


def codes(user: Any, text: str) -> list[str]:
    return [item.code for item in found(user, text).get("ho-so", [])]


@pytest.mark.parametrize(
    "text",
    [
        "nguyeenx", "nguyen", "NGUYỄN", "Nguyễn Thị Minh Nguyệt", "nguyen nguyet", "minh nguyet", "nguye6n4",
        "nguye6n4 thi5 minh nguye6t5", "nguyeenx thij minh nguyeetj", "  nguyệt ",
        unicodedata.normalize("NFD", "Nguyễn Thị Minh Nguyệt"), "987654321", "0987654321", "0987 654 321",
        "+84 987.654.321", "001190000127", "001 190 000 127", "０９８７６５４３２１",
    ],
)  # fmt: skip
def test_a_person_is_found_however_the_name_or_the_number_is_typed(world: World, text: str) -> None:
    other = world.received()
    hers = world.received(applicant=NGUYET)
    answer = found(world.lan, text)
    assert [item.code for item in answer["ho-so"]] == [hers.code]
    assert [item.label for item in answer["nguoi"]] == ["Nguyễn Thị Minh Nguyệt"]
    assert other.code not in [item.code for item in answer["ho-so"]]


@pytest.mark.parametrize(
    "write",
    [
        lambda code: code,
        lambda code: code.lower(),
        lambda code: code.replace("-", "").replace(".", ""),
        lambda code: code.replace(".", " ").replace("-", " "),
        lambda code: code[-4:],
        lambda code: code[-11:],
        lambda code: code[-11:].replace("-", ""),
        lambda code: f"nguyet {code[-4:]}",
        lambda code: f"{code[-4:]} nguyeetj",
    ],
)
def test_a_code_is_found_whole_or_by_its_end_and_narrowed_by_a_name(
    world: World, write: Callable[[str], str]
) -> None:
    world.received()
    hers = world.received(applicant=NGUYET)
    assert codes(world.lan, write(hers.code)) == [hers.code]


def test_the_wrong_name_beside_the_right_end_finds_nothing(world: World) -> None:
    hers = world.received(applicant=NGUYET)
    assert codes(world.lan, f"tran {hers.code[-4:]}") == []
    assert codes(world.lan, "nguyet 9999") == []


@pytest.mark.parametrize(
    "text", ["0100109106", "0100109106 ", "010 010 9106", "cong ty anh duong", "anh duong", "02438251234"]
)
def test_a_company_is_found_by_its_tax_code_name_or_phone(world: World, text: str) -> None:
    world.received()
    its = world.received(applicant=COMPANY)
    answer = found(world.lan, text)
    assert [item.code for item in answer["ho-so"]] == [its.code]
    assert [item.note for item in answer["nguoi"]] == ["0100109106 · 1 hồ sơ"]


@pytest.mark.parametrize(
    "text", ["zzqqy", "nguyen van khac", "0999999999", "%", "_", "(", "\\", "a\x00b", "x" * 500, "…", "[a"]
)
def test_nonsense_finds_no_person_and_breaks_nothing(world: World, as_user: SignIn, text: str) -> None:
    world.received()
    page = typed(as_user(world.lan), text)
    assert 'id="pal-ho-so' not in page
    assert 'id="pal-nguoi' not in page


def test_a_typed_spelling_that_finds_somebody_is_not_undone(world: World) -> None:
    tess = world.received(
        applicant=ApplicantInput(
            "citizen", "001190000128", "Tess Brown", phone="0911222333", address="Hà Nội"
        )
    )
    world.received(
        applicant=ApplicantInput("citizen", "001190000129", "Lê Thị Tế", phone="0911222334", address="Hà Nội")
    )
    assert codes(world.lan, "tess") == [tess.code]
    assert len(codes(world.lan, "tees")) == 2


def test_words_begin_words_and_keep_their_order(world: World) -> None:
    hers = world.received(applicant=NGUYET)
    assert codes(world.lan, "ng th mi") == [hers.code]
    assert codes(world.lan, "guyet") == []
    assert codes(world.lan, "nguyet nguyen") == []


def test_an_officer_of_another_unit_finds_nothing(world: World, as_user: SignIn) -> None:
    hers = world.received(applicant=NGUYET)
    for text in ("nguyet", hers.code, hers.code[-4:], "0987654321", "001190000127"):
        assert {"ho-so", "nguoi"}.isdisjoint(found(world.binh, text)), text
        assert hers.code in codes(world.minh, text)
    pk = hers.applicant_id
    assert as_user(world.binh).get("/tim/", {"nguoi": pk}).status_code == 404
    assert as_user(world.binh).get("/tim/", {"nguoi": 10**12}).status_code == 404


def test_a_dossier_shared_by_name_is_found_until_the_share_ends(world: World) -> None:
    hers = world.received(applicant=NGUYET)
    share = DossierShare.objects.create(
        user=world.binh, content_object=hers, permission=Permission.objects.get(codename="view_dossier"),
        expires_at=timezone.now() + timedelta(days=1), reason="Lấy ý kiến",
    )  # fmt: skip
    assert codes(world.binh, "nguyet") == [hers.code]
    DossierShare.objects.filter(pk=share.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert codes(world.binh, "nguyet") == []


def test_a_citizen_and_a_stranger_cannot_open_it(world: World, as_user: SignIn) -> None:
    assert as_user(world.tu).get("/tim/", {"q": "tu"}).status_code == 403
    assert Client().get("/tim/", {"q": "tu"}).status_code == 302


def test_identity_numbers_are_masked_and_the_visible_dossiers_counted(world: World, as_user: SignIn) -> None:
    for _each in range(3):
        world.received()
    page = typed(as_user(world.lan), TU_CCCD)
    assert "001 ••• ••0 019 · 3 hồ sơ" in page
    assert TU_CCCD not in page
    passport = Applicant(kind="citizen", identity_kind="passport", identity_number="C1234567")
    assert palette.identity_words(passport) == "C••••567"


def test_a_person_opens_with_the_visible_dossiers_and_the_log_says_so(world: World, as_user: SignIn) -> None:
    hers = world.received(applicant=NGUYET)
    page = as_user(world.lan).get("/tim/", {"nguoi": hers.applicant_id}).content.decode()
    assert hers.code in page
    assert "001 ••• ••0 127" in page
    event = AccessEvent.objects.get(subject=f"applicant:{hers.applicant_id}")
    assert (event.actor, event.view, event.count) == (world.lan, "dossiers:find", 1)


def test_only_answers_that_show_persons_are_logged(world: World, as_user: SignIn) -> None:
    world.received()
    client = as_user(world.lan)
    typed(client, "zzqqy")
    assert not AccessEvent.objects.filter(view="dossiers:find").exists()
    typed(client, "tran thi tu")
    assert AccessEvent.objects.get(view="dossiers:find").count == 2


def test_nothing_typed_shows_the_dossiers_opened_last(world: World, as_user: SignIn) -> None:
    opened = [world.received().code for _each in range(7)]
    client = as_user(world.lan)
    for code in [*opened, opened[3]]:
        client.get(f"/ho-so/{code}/")
    as_user(world.minh).get(f"/ho-so/{opened[0]}/")
    last = [item.code for item in found(world.lan, "")["vua-mo"]]
    assert last == [opened[3], opened[6], opened[5], opened[4], opened[2]]
    assert [item.code for item in found(world.minh, "")["vua-mo"]] == [opened[0]]
    assert "vua-mo" not in found(world.binh, "")


def test_commands_follow_the_roles_and_need_no_marks(world: World) -> None:
    def commands(user: Any, text: str) -> list[str]:
        return [item.label for item in found(user, text).get("lenh", [])]

    assert "Tiếp nhận hồ sơ" in commands(world.lan, "tiep nhan")
    assert "Tiếp nhận hồ sơ" in commands(world.lan, "tieeps nhaanj")
    assert "Tiếp nhận hồ sơ" not in commands(world.minh, "tiep nhan")
    assert commands(world.minh, "viec cua toi") == ["Việc của tôi"]
    assert commands(world.lan, "zzqqy") == []


def test_a_command_whose_page_is_not_there_is_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = palette.Command("nowhere:page", "Trang chưa có")
    monkeypatch.setattr(palette, "COMMANDS", (*palette.COMMANDS, absent))
    monkeypatch.setitem(palette.access.ACCESS, "nowhere:page", palette.access.read(palette.access.READERS))
    assert palette.commands(world.lan, "trang chua") == ()


def test_procedures_are_found_by_everyday_words(world: World) -> None:
    assert [item.label for item in found(world.minh, "dang ky hop dong")["thu-tuc"]] == [
        "Đăng ký hợp đồng cung ứng lao động"
    ]


def test_groups_hold_five_lines_newest_first(world: World) -> None:
    received = [world.received().code for _each in range(7)]
    assert codes(world.lan, "tran thi tu") == received[:1:-1]


def test_a_small_unit_finds_its_old_dossier_under_a_name_that_thousands_bear(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "PERSONS_READ", 1)
    monkeypatch.setattr(finding, "OWN_READ", 2)
    first = world.received(applicant=NGUYET)
    namesake = ApplicantInput(
        "citizen", "001190000130", "Nguyễn Thị Minh Nguyệt", phone="0911222335", address="Hà Nội"
    )
    theirs = world.received(applicant=namesake)
    Dossier.objects.filter(pk=theirs.pk).update(unit=world.other)
    assert codes(world.minh, "nguyet") == [first.code]
    assert codes(world.binh, "nguyet") == [theirs.code]


def test_nothing_found_says_what_was_tried_and_where_else_to_look(world: World, as_user: SignIn) -> None:
    page = typed(as_user(world.lan), "thoongx")
    assert "Không tìm thấy “thoongx”" in page
    assert "Đã thử cả cách gõ “thong”" in page
    assert 'href="/viec/?q=thoongx"' in page
    assert 'href="/tim/?q=thoongx&amp;khap=1"' in page
    assert "/viec/?q=" not in typed(as_user(world.sohoa), "thoongx")


def test_looking_everywhere_finds_what_the_quick_search_is_too_quick_for(
    world: World, as_user: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "PERSONS_READ", 0)
    monkeypatch.setattr(finding, "OWN_READ", 0)
    hers = world.received(applicant=NGUYET)
    client = as_user(world.lan)
    assert hers.code not in client.get("/tim/", {"q": "nguyet"}).content.decode()
    assert hers.code in client.get("/tim/", {"q": "nguyet", "khap": "1"}).content.decode()


def test_the_page_works_without_javascript_and_a_whole_code_opens_the_dossier(
    world: World, as_user: SignIn
) -> None:
    hers = world.received(applicant=NGUYET)
    client = as_user(world.lan)
    page = client.get("/tim/", {"q": "nguyeenx"}).content.decode()
    assert f'href="/ho-so/{hers.code}/"' in page
    assert 'action="/tim/"' in page
    assert client.get("/tim/", {"q": hers.code.replace(".", "")})["Location"] == f"/ho-so/{hers.code}/"
    assert client.get("/tim/").status_code == 200


@pytest.mark.parametrize("number", [3, 30])
@pytest.mark.parametrize("text", ["", "nguyeenx", "nguyen", "0127", "0987654321", "001190000127", "zzqqy"])
def test_a_search_costs_four_statements_whatever_the_volume(
    world: World, as_user: SignIn, number: int, text: str
) -> None:
    hers = [world.received(applicant=NGUYET) for _each in range(number)]
    client = as_user(world.lan)
    client.get(f"/ho-so/{hers[0].code}/")
    typed(client, text)
    with CaptureQueriesContext(connection) as seen:
        typed(client, text)
    assert len(seen) <= SESSION_AND_POLICY + 4


@pytest.mark.parametrize("number", [3, 30])
def test_a_persons_page_costs_four_statements_whatever_the_volume(
    world: World, as_user: SignIn, number: int
) -> None:
    hers = [world.received(applicant=NGUYET) for _each in range(number)]
    client = as_user(world.minh)  # no desk, so that the page asks for no queue
    client.get("/tim/", {"nguoi": hers[0].applicant_id})
    with CaptureQueriesContext(connection) as seen:
        page = client.get("/tim/", {"nguoi": hers[0].applicant_id}).content.decode()
    assert len(seen) <= SESSION_AND_POLICY + 4
    assert page.count("/ho-so/") == number
