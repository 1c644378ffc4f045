"""Fees: asked for, paid at the desk, let go, given back, and the page on which the applicant pays."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.lib import vietqr
from dossiers import tracking
from dossiers.models import Dossier, Payment
from dossiers.services import settling
from dossiers.services.acts import MoneyInput
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.dossiers.test_gateway import asked, confirm, said
from tests.gateway_simulator import PARTNER, SECRET
from tests.world import World


# The two samples of NAPAS' format 1.5.2 for transfers to an account.
@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        (
            {},
            "00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F",
        ),
        (
            {"amount": 180_000, "bill": "NPS6869", "purpose": "thanh toan don hang"},
            "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800005802VN62340107NPS68690819thanh toan don hang63042E2E",
        ),
    ],
)
def test_a_vietqr_is_what_napas_prints(more: dict[str, Any], wanted: str) -> None:
    assert vietqr.payload("970403", "0011012345678", **more) == wanted


@pytest.mark.parametrize(
    ("bank", "account", "purpose"),
    [("97040", "1", ""), ("970403", "", ""), ("970403", "1", "phí"), ("970403", "1", "x" * 26)],
)
def test_what_no_bank_would_take_is_no_code(bank: str, account: str, purpose: str) -> None:
    with pytest.raises(ValueError, match=r"digits|letters"):
        vietqr.payload(bank, account, purpose=purpose)


def test_every_reference_fits_into_the_purpose_of_a_transfer(world: World) -> None:
    payment = asked(world)
    assert payment.reference.endswith("P1")
    assert vietqr.payload("970403", "1", amount=payment.amount, purpose=payment.reference)


def test_cash_at_the_desk_gets_a_receipt_number_and_resumes_the_clock(world: World) -> None:
    payment = asked(world)
    done = act(payment.dossier.code, Action.PAY, actor=world.lan)
    payment.refresh_from_db()
    assert (payment.state, payment.method, payment.taken_by) == ("paid", "cash", world.lan)
    assert re.fullmatch(r"1/BL-20\d\d", payment.transaction)
    assert done.status == "processing"
    assert done.respond_by is None


def test_a_typed_receipt_number_is_kept_and_a_clerk_never_speaks_for_the_gateway(world: World) -> None:
    payment = asked(world)
    with pytest.raises(InvalidInput) as refused:
        act(
            payment.dossier.code,
            Action.PAY,
            actor=world.lan,
            params=Params(money=MoneyInput(method="gateway")),
        )
    assert refused.value.code == "method_unknown"
    money = MoneyInput(method="transfer", transaction="FT26100012345")
    act(payment.dossier.code, Action.PAY, actor=world.lan, params=Params(money=money))
    payment.refresh_from_db()
    assert (payment.method, payment.transaction) == ("transfer", "FT26100012345")


def test_a_leader_lets_a_fee_go_with_a_reason_and_the_clock_resumes(world: World) -> None:
    payment = asked(world)
    with pytest.raises(InvalidInput) as refused:
        settling.waive(payment.dossier.code, actor=world.ha, reason=" ")
    assert refused.value.code == "reason_missing"
    done = settling.waive(payment.dossier.code, actor=world.ha, reason="Hộ nghèo theo NĐ 07")
    payment.refresh_from_db()
    assert (payment.state, payment.note) == ("cancelled", "Hộ nghèo theo NĐ 07")
    assert done.status == "processing"
    event = done.events.get(action="pay")
    assert (event.actor, event.reason, event.data["waived"]) == (world.ha, "Hộ nghèo theo NĐ 07", True)


@pytest.mark.parametrize("who", ["minh", "lan", "binh"])
def test_nobody_but_a_leader_of_the_unit_lets_a_fee_go(world: World, who: str) -> None:
    payment = asked(world)
    with pytest.raises(DomainError) as refused:
        settling.waive(payment.dossier.code, actor=world.users[who], reason="Miễn")
    assert refused.value.status in (403, 404)
    payment.refresh_from_db()
    assert payment.state == "pending"


def test_a_leader_with_an_old_page_lets_nothing_go(world: World) -> None:
    payment = asked(world)
    with pytest.raises(DomainError) as refused:
        settling.waive(payment.dossier.code, actor=world.ha, reason="Miễn", expected_version=1)
    assert refused.value.code == "stale_version"


def test_money_is_given_back_once_and_the_status_stays(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    payment = asked(world)
    act(payment.dossier.code, Action.PAY, actor=world.lan)
    address = f"/ho-so/{payment.dossier.code}/phi/"
    for _time in range(2):
        as_user(world.ha).post(address, {"payment": payment.pk, "reason": "Thu nhầm, UNC 12"})
    payment.refresh_from_db()
    assert payment.state == "refunded"
    assert "UNC 12" in payment.note
    assert Dossier.objects.get(pk=payment.dossier_id).status == "processing"


def page(payment: Payment) -> str:
    """Return the address of the applicant's page."""
    return f"/t/{tracking.token_of(payment.dossier.code, 1)}/nop-phi/"


def test_the_page_says_how_much_and_offers_only_what_there_is(world: World, settings: Any) -> None:
    payment = asked(world)
    shown = Client().get(page(payment)).content.decode()
    assert "300.000 đồng" in shown
    assert "Tại Bộ phận Một cửa" in shown
    assert "VietQR" not in shown
    assert "Nộp qua cổng thanh toán" not in shown
    settings.BANK_BIN, settings.BANK_ACCOUNT, settings.BANK_ACCOUNT_NAME = "970415", "113366668888", "KHO BAC"
    settings.GATEWAY_URL, settings.GATEWAY_PARTNER, settings.GATEWAY_SECRET = "http://127.0.0.1:9/", "A", "B"
    shown = Client().get(page(payment)).content.decode()
    assert "VietQR" in shown
    assert payment.reference in shown
    assert "Nộp qua cổng thanh toán" in shown


def test_the_page_tells_no_name_and_no_paper(world: World) -> None:
    payment = asked(world)
    shown = Client().get(page(payment)).content.decode()
    papers = payment.dossier.components.values_list("name", flat=True)
    assert not [word for word in ("Trần Thị Tư", "001160000019", *papers) if word in shown]


def test_the_tracking_page_leads_to_the_fee_while_it_is_waited_for(world: World) -> None:
    payment = asked(world)
    tracked = page(payment).removesuffix("nop-phi/")
    assert page(payment) in Client().get(tracked).content.decode()
    act(payment.dossier.code, Action.PAY, actor=world.lan)
    assert "nop-phi" not in Client().get(tracked).content.decode()


def test_the_page_in_english(world: World) -> None:
    payment, browser = asked(world), Client()
    browser.cookies["django_language"] = "en"
    shown = browser.get(page(payment)).content.decode()
    assert "You need to pay the fee" in shown
    assert "At the One-Stop-Shop" in shown


def test_pressing_the_gateways_button_opens_one_order_however_often(world: World, settings: Any) -> None:
    settings.GATEWAY_URL, settings.GATEWAY_PARTNER, settings.GATEWAY_SECRET = "http://127.0.0.1:9/", "A", "B"
    payment, browser = asked(world), Client(enforce_csrf_checks=True)
    first = browser.get(page(payment))
    assert first["Referrer-Policy"] == "same-origin"
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', first.content.decode())
    assert token is not None
    for _time in range(2):
        answer = browser.post(page(payment), {"csrfmiddlewaretoken": token[1]})
        assert (answer.status_code, answer["Location"]) == (303, page(payment))
    assert payment.calls.count() == 1
    assert "Đang mở cổng thanh toán" in browser.get(page(payment)).content.decode()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("pay", "Bạn đã nộp phí"),
        ("waive", "Bạn không phải nộp khoản này"),
        ("late", "sẽ liên hệ để hoàn lại tiền"),
    ],
)
def test_the_page_after_it_was_settled(world: World, settings: Any, how: str, words: str) -> None:
    settings.GATEWAY_PARTNER, settings.GATEWAY_SECRET = PARTNER, SECRET
    payment = asked(world)
    if how == "pay":
        act(payment.dossier.code, Action.PAY, actor=world.lan)
    elif how == "waive":
        settling.waive(payment.dossier.code, actor=world.ha, reason="Hộ nghèo")
    else:
        act(payment.dossier.code, Action.WITHDRAW, actor=world.lan, params=Params(reason="Xin rút"))
        said(confirm(payment))
    shown = Client().get(page(payment)).content.decode()
    assert words in shown
    assert '<form method="post"' not in shown


def test_a_wrong_token_opens_nothing(world: World) -> None:
    assert Client().get(f"/t/{'1' * 24}/nop-phi/").status_code == 404


def test_the_page_costs_few_statements(
    world: World, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    payment = asked(world)
    Client().get(page(payment))
    with django_assert_max_num_queries(5):
        Client().get(page(payment))
