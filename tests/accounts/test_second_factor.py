"""The second factor: authenticator, recovery codes, forced enrolment, one session."""

import time
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.models import SecurityEvent
from tests.world import World

PASSWORD = "mat-khau-dai-cua-minh"
KEY = "3132333435363738393031323334353637383930"


@pytest.fixture
def minh(world: World, settings: LazySettings) -> User:
    settings.DEMO = False
    user = world.minh
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def device(minh: User) -> TOTPDevice:
    return TOTPDevice.objects.create(user=minh, key=KEY, name="authenticator", confirmed=True)


def code_of(key: str, *, steps: int = 0) -> str:
    totp = TOTP(bytes.fromhex(key), 30, 0, 6)
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06d}"


def with_password(**more: str) -> Client:
    client = Client()
    response = client.post("/dang-nhap/", {"username": "minh", "password": PASSWORD, **more})
    assert response.status_code == 303
    return client


def send(client: Client, code: str):  # type: ignore[no-untyped-def]
    return client.post("/dang-nhap/ma-xac-thuc/", {"code": code})


def test_a_password_alone_opens_no_page(device: TOTPDevice) -> None:
    client = with_password()
    assert client.get("/viec/")["Location"] == "/dang-nhap/ma-xac-thuc/"
    assert client.get("/thu-tuc/")["Location"] == "/dang-nhap/ma-xac-thuc/"


def test_the_right_code_completes_the_sign_in_and_goes_on(device: TOTPDevice) -> None:
    client = with_password(next="/thu-tuc/")
    assert send(client, code_of(KEY))["Location"] == "/thu-tuc/"
    assert client.get("/thu-tuc/").status_code == 200


@pytest.mark.parametrize(("steps", "is_taken"), [(-1, True), (1, True), (-3, False), (3, False)])
def test_one_step_of_drift_is_forgiven(device: TOTPDevice, steps: int, is_taken: bool) -> None:
    assert (send(with_password(), code_of(KEY, steps=steps)).status_code == 303) is is_taken


def test_a_code_that_was_used_is_refused(device: TOTPDevice) -> None:
    code = code_of(KEY)
    assert send(with_password(), code).status_code == 303
    assert "Còn 4 lần thử." in send(with_password(), code).content.decode()


def test_five_wrong_codes_lock_for_a_quarter_of_an_hour_whatever_the_session(device: TOTPDevice) -> None:
    answers = [
        send(with_password(), "000000" if code_of(KEY) != "000000" else "111111").status_code
        for _try in range(5)
    ]
    assert answers == [200, 200, 200, 200, 429]
    assert send(with_password(), code_of(KEY)).status_code == 429
    assert SecurityEvent.objects.filter(act="second_factor_failed").count() == 5


def test_an_administrator_gives_the_tries_back(device: TOTPDevice, minh: User, world: World) -> None:
    SecurityEvent.objects.bulk_create(
        [SecurityEvent(act="second_factor_failed", actor=minh) for _try in range(5)]
    )
    assert send(with_password(), code_of(KEY)).status_code == 429
    SecurityEvent.objects.create(act="second_factor_unlocked", actor=minh)
    assert send(with_password(), code_of(KEY)).status_code == 303


def test_the_first_sign_in_forces_enrolment_and_gives_ten_codes_once(minh: User) -> None:
    client = with_password()
    assert client.get("/viec/", follow=True).redirect_chain[-1][0] == "/dang-nhap/ghi-danh/"
    page = client.get("/dang-nhap/ghi-danh/").content.decode()
    assert "<svg" in page
    key = client.session["enrolment_key"]
    assert "Mã chưa khớp" in client.post("/dang-nhap/ghi-danh/", {"code": "12"}).content.decode()
    assert (
        client.post("/dang-nhap/ghi-danh/", {"code": code_of(key)})["Location"] == "/dang-nhap/ma-du-phong/"
    )
    shown = client.get("/dang-nhap/ma-du-phong/")
    assert len(shown.context["codes"]) == 10
    assert client.get("/dang-nhap/ma-du-phong/").context["codes"] == []
    assert client.get("/thu-tuc/").status_code == 200


def test_a_recovery_code_works_once_and_is_not_stored_as_it_is(minh: User) -> None:
    client = with_password()
    client.get("/dang-nhap/ghi-danh/")
    client.post("/dang-nhap/ghi-danh/", {"code": code_of(client.session["enrolment_key"])})
    code = client.get("/dang-nhap/ma-du-phong/").context["codes"][0]
    assert not StaticToken.objects.filter(token__icontains=code.replace("-", "")[:8]).exists()
    assert send(with_password(), code.lower()).status_code == 303
    assert send(with_password(), code).status_code == 200
    assert StaticToken.objects.count() == 9


def test_new_recovery_codes_replace_the_old_ones(device: TOTPDevice) -> None:
    client = with_password()
    send(client, code_of(KEY))
    client.post("/dang-nhap/ma-du-phong/")
    old = client.get("/dang-nhap/ma-du-phong/").context["codes"][0]
    client.post("/dang-nhap/ma-du-phong/")
    assert send(with_password(), old).status_code == 200


def test_who_has_only_the_password_cannot_bind_another_authenticator(device: TOTPDevice) -> None:
    client = with_password()
    assert client.get("/dang-nhap/ghi-danh/")["Location"] == "/dang-nhap/ma-xac-thuc/"
    assert client.post("/dang-nhap/ghi-danh/", {"code": "123456"})["Location"] == "/dang-nhap/ma-xac-thuc/"


def test_a_new_sign_in_ends_the_older_session_with_a_notice(device: TOTPDevice) -> None:
    first = with_password()
    send(first, code_of(KEY, steps=-1))
    second = with_password()
    assert first.get("/thu-tuc/").status_code == 200
    send(second, code_of(KEY))
    assert "ở máy khác đã kết thúc" in second.get("/thu-tuc/").content.decode()
    assert first.get("/viec/").status_code == 302
    assert "vừa đăng nhập ở máy khác" in first.get("/dang-nhap/").content.decode()
    assert SecurityEvent.objects.filter(act="session_replaced").count() == 1


def test_old_failures_are_forgotten_after_the_lock(device: TOTPDevice, minh: User) -> None:
    events = [SecurityEvent(act="second_factor_failed", actor=minh) for _try in range(5)]
    SecurityEvent.objects.bulk_create(events)
    from bpmc_portal.sign_in.services import _failures

    assert _failures(minh, timezone.now()) == 5
    assert _failures(minh, timezone.now() + timedelta(minutes=16)) == 0


def test_demo_passes_over_the_second_factor(device: TOTPDevice, settings: LazySettings) -> None:
    settings.DEMO = True
    assert with_password().get("/dang-nhap/tiep/")["Location"] == "/viec/"
