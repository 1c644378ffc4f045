"""The payment gateway, spoken to over HTTP: a simulator in a process of its own, and our door for its CONFIRM."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bpmc_portal.jobs.models import Job
from bpmc_portal.jobs.services import run_due
from dossiers import gateway
from dossiers.models import Dossier, GatewayCall, Payment, Status
from dossiers.services import online_payments
from dossiers.services.acts import MoneyInput
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.gateway_simulator import PARTNER, SECRET
from tests.world import World

DOOR = "/api/v1/payments/confirm/"


class Simulator:
    """The other side, spoken to by its own door for tests."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        """Post to the simulator."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", path, json.dumps(body))
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def seen(self, payment: Payment) -> list[str]:
        """Return the kinds of messages that came for one order, in order."""
        return [each.split()[0] for each in self.ask("/seen/", {}) if each.split()[1] == payment.reference]


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    """Start the simulator once."""
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.gateway_simulator", "0"], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    yield Simulator(int(running.stdout.readline()))
    running.kill()
    running.wait()
    running.stdout.close()


@pytest.fixture
def simulator(process: Simulator, settings: Any) -> Simulator:
    """Point the portal at the simulator, which behaves well again."""
    settings.GATEWAY_URL = f"http://127.0.0.1:{process.port}/"
    settings.GATEWAY_PARTNER, settings.GATEWAY_SECRET = PARTNER, SECRET
    process.ask("/behave/", {})
    return process


def asked(world: World, amount: int = 300_000) -> Payment:
    """Return an amount that a dossier waits for."""
    dossier = world.received()
    money = MoneyInput(amount, name="Lệ phí cấp giấy phép")
    act(
        dossier.code,
        Action.REQUEST_PAYMENT,
        actor=world.minh,
        params=Params(reason="Lệ phí theo TT 259", money=money),
    )
    return Payment.objects.get(dossier=dossier)


def opened(payment: Payment) -> GatewayCall:
    """Open an order and let the worker send it."""
    call = online_payments.open_order(payment.dossier_id, language="vi", at=timezone.now())
    run_due()
    call.refresh_from_db()
    return call


def confirm(payment: Payment, **changes: str) -> dict[str, Any]:
    """Return a CONFIRM as the gateway signs it."""
    message = {
        "LoaiBanTin": "CONFIRM", "MaLoi": "00", "MaDoiTac": PARTNER, "MaThamChieu": payment.reference, "SoTien": str(payment.amount),
        "MaTienTe": "VND", "MaGiaoDich": "GD-1", "MaNganHang": "VCB", "ThoiGianGD": "20261012090000", "ThongTinGiaoDich": "", **changes,
    }  # fmt: skip
    return {**message, "MaXacThuc": changes.get("MaXacThuc") or gateway.sign("confirm", message)}


def said(message: dict[str, Any]) -> str:
    """Send a CONFIRM as a stranger and return the code of our answer, whose checksum is right."""
    response = Client().post(DOOR, json.dumps(message), content_type="application/json")
    assert response.status_code == 200
    assert gateway.is_genuine("confirm_answer", response.json())
    return str(response.json()["MaLoi"])


def standing(payment: Payment) -> tuple[str, str]:
    """Return the state of the amount and the status of its dossier."""
    payment.refresh_from_db()
    return payment.state, Dossier.objects.get(pk=payment.dossier_id).status


def test_a_payment_by_the_gateway_carries_the_dossier_on(
    committed_world: World, simulator: Simulator, live_server: Any
) -> None:
    simulator.ask("/behave/", {"callback": live_server.url + DOOR})
    payment = asked(committed_world)
    call = opened(payment)
    assert call.outcome == "sent"
    assert call.answer["UrlThanhToan"].endswith(payment.reference)
    assert simulator.ask("/pay/", {"reference": payment.reference})["MaLoi"] == "00"
    assert standing(payment) == ("paid", "processing")
    assert (payment.method, payment.transaction) == ("gateway", f"GD-{payment.reference}")
    event = payment.dossier.events.get(action="pay")
    assert event.actor is None
    assert event.data["amount"] == 300_000
    assert [call.kind for call in payment.calls.order_by("pk")] == ["init", "confirm"]


def test_the_same_confirm_twice_books_once_and_gets_the_same_answer(
    world: World, simulator: Simulator
) -> None:
    payment = asked(world)
    assert [said(confirm(payment)) for _time in range(3)] == ["00", "00", "00"]
    assert standing(payment) == ("paid", "processing")
    assert payment.dossier.events.filter(action="pay").count() == 1
    assert sorted(payment.calls.values_list("outcome", flat=True)) == ["again", "again", "paid"]


def test_a_wrong_checksum_moves_nothing_and_is_kept_only_so_often(world: World, simulator: Simulator) -> None:
    payment = asked(world)
    forged = confirm(payment, MaXacThuc="0" * 64)
    assert {said(forged) for _time in range(online_payments.FORGED_KEPT + 3)} == {"97"}
    assert standing(payment) == ("pending", "awaiting_payment")
    assert payment.calls.count() == online_payments.FORGED_KEPT


def test_every_signed_field_counts(world: World, simulator: Simulator) -> None:
    payment = asked(world)
    for name in gateway.SIGNED["confirm"]:
        if name == "MaThamChieu":
            continue
        assert said({**confirm(payment), name: "khác"}) == "97", name
    assert standing(payment) == ("pending", "awaiting_payment")


def test_without_a_secret_nothing_is_genuine(world: World, settings: Any) -> None:
    settings.GATEWAY_SECRET = ""
    payment = asked(world)
    assert not gateway.is_genuine("confirm", confirm(payment))


def test_another_amount_is_refused_and_told(world: World, simulator: Simulator) -> None:
    payment = asked(world)
    assert said(confirm(payment, SoTien="299999")) == "02"
    assert said(confirm(payment, MaTienTe="USD")) == "02"
    assert standing(payment) == ("pending", "awaiting_payment")
    assert set(payment.calls.values_list("outcome", flat=True)) == {"wrong_amount"}


def test_an_unknown_reference_is_told(world: World, simulator: Simulator) -> None:
    payment = asked(world)
    assert said(confirm(payment, MaThamChieu="KHONGCO")) == "01"
    assert not GatewayCall.objects.exists()


def test_a_transaction_number_pays_one_order_only(world: World, simulator: Simulator) -> None:
    first, second = asked(world), asked(world)
    assert said(confirm(first)) == "00"
    assert said(confirm(second)) == "99"
    assert standing(second) == ("pending", "awaiting_payment")


def test_a_confirm_that_overtakes_the_answer_to_init_is_booked_once(
    committed_world: World, simulator: Simulator, live_server: Any
) -> None:
    simulator.ask("/behave/", {"callback": live_server.url + DOOR, "confirm_first": True})
    payment = asked(committed_world)
    call = opened(payment)
    assert call.outcome == "sent"
    assert standing(payment) == ("paid", "processing")
    assert Dossier.objects.get(pk=payment.dossier_id).events.filter(action="pay").count() == 1


def test_an_init_without_an_answer_is_unknown_and_never_sent_again(
    committed_world: World, simulator: Simulator
) -> None:
    simulator.ask("/behave/", {"init": "silent", "query": "paid"})
    payment = asked(committed_world)
    call = opened(payment)
    assert call.outcome == "unknown"
    assert opened(payment).pk == call.pk
    online_payments.send_init(call.pk)
    assert simulator.seen(payment) == ["INIT"]
    online_payments.ask(call.pk, 0)
    assert simulator.seen(payment) == ["INIT", "QUERY"]
    assert standing(payment) == ("paid", "processing")
    online_payments.ask(call.pk, 1)
    assert simulator.seen(payment) == ["INIT", "QUERY"]


def test_a_worker_that_died_while_sending_leaves_an_unknown_order(world: World, simulator: Simulator) -> None:
    payment = asked(world)
    call = online_payments.open_order(payment.dossier_id, language="vi", at=timezone.now())
    GatewayCall.objects.filter(pk=call.pk).update(outcome=online_payments.SENDING)
    online_payments.send_init(call.pk)
    call.refresh_from_db()
    assert call.outcome == "unknown"
    assert simulator.seen(payment) == []
    assert Job.objects.filter(kind="dossiers.gateway_query", payload__call_id=call.pk).exists()


def test_an_order_that_the_gateway_does_not_know_may_be_opened_anew(
    world: World, simulator: Simulator
) -> None:
    simulator.ask("/behave/", {"init": "silent", "query": "unknown"})
    payment = asked(world)
    call = opened(payment)
    online_payments.ask(call.pk, 0)
    call.refresh_from_db()
    assert call.outcome == "lost"
    simulator.ask("/behave/", {})
    assert opened(payment).pk != call.pk


def test_a_forged_answer_to_init_is_no_answer(world: World, simulator: Simulator) -> None:
    simulator.ask("/behave/", {"init": "forged"})
    assert opened(asked(world)).outcome == "unknown"


def test_an_order_that_is_refused_may_be_tried_again(world: World, simulator: Simulator) -> None:
    simulator.ask("/behave/", {"init": "refused"})
    payment = asked(world)
    first = opened(payment)
    assert first.outcome == "refused"
    assert opened(payment).pk != first.pk


def test_a_silent_query_is_asked_again_later_and_not_for_ever(world: World, simulator: Simulator) -> None:
    simulator.ask("/behave/", {"query": "silent"})
    payment = asked(world)
    call = opened(payment)
    for turn in range(len(online_payments.ASK_AFTER)):
        online_payments.ask(call.pk, turn)
    turns = Job.objects.filter(kind="dossiers.gateway_query").values_list("payload__turn", flat=True)
    assert sorted(turns) == list(range(len(online_payments.ASK_AFTER)))
    assert standing(payment) == ("pending", "awaiting_payment")


def test_money_for_a_withdrawn_dossier_is_kept_and_the_staff_told(world: World, simulator: Simulator) -> None:
    payment = asked(world)
    opened(payment)
    act(payment.dossier.code, Action.WITHDRAW, actor=world.lan, params=Params(reason="Người nộp xin rút"))
    assert standing(payment)[0] == "cancelled"
    assert said(confirm(payment)) == "00"
    assert standing(payment) == ("paid", Status.WITHDRAWN)
    assert "hoàn lại" in payment.note
    assert said(confirm(payment)) == "00"
    assert payment.calls.filter(outcome="late").count() == 1


def test_a_second_transaction_on_a_paid_order_is_noted_for_refund(world: World, simulator: Simulator) -> None:
    payment = asked(world)
    said(confirm(payment))
    assert said(confirm(payment, MaGiaoDich="GD-2")) == "00"
    payment.refresh_from_db()
    assert payment.transaction == "GD-1"
    assert "GD-2" in payment.note


def test_a_payer_who_gives_up_is_offered_the_ways_to_pay_again(world: World, simulator: Simulator) -> None:
    payment = asked(world)
    call = opened(payment)
    assert said(confirm(payment, MaLoi="24")) == "00"
    call.refresh_from_db()
    assert standing(payment) == ("pending", "awaiting_payment")
    assert not online_payments.is_under_way(call, now=timezone.now())


def test_an_order_runs_out_after_half_an_hour(world: World, simulator: Simulator) -> None:
    call = opened(asked(world))
    assert online_payments.is_under_way(call, now=call.at + timedelta(minutes=29))
    assert not online_payments.is_under_way(call, now=call.at + timedelta(minutes=31))


@pytest.mark.parametrize("body", [[], "x", {"MaThamChieu": "\ud800\x00"}, {"MaXacThuc": None}, {}])
def test_nonsense_is_a_wrong_checksum(world: World, simulator: Simulator, body: Any) -> None:
    response = Client().post(DOOR, json.dumps(body), content_type="application/json")
    assert response.json()["MaLoi"] == "97"
