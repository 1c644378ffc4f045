"""Passwords, the lock, where people go on to, and how sessions end."""

from datetime import date, timedelta

import pytest
from django.conf import LazySettings
from django.core import signing
from django.test import Client
from django.utils import timezone

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import dismiss
from bpmc_portal.audit.models import SecurityEvent
from bpmc_portal.sign_in.models import OpenSession
from tests.world import World

PASSWORD = "mat-khau-dai-cua-lan"


@pytest.fixture
def lan(world: World, settings: LazySettings) -> User:
    settings.DEMO = True
    user = world.lan
    user.set_password(PASSWORD)
    user.save()
    return user


def enter(client: Client, username: str = "lan", password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    return client.post("/dang-nhap/", {"username": username, "password": password, **more})


def test_a_clerk_signs_in_and_comes_to_the_desk(lan: User) -> None:
    client = Client()
    assert enter(client)["Location"] == "/dang-nhap/tiep/"
    assert client.get("/dang-nhap/tiep/")["Location"] == "/tiep-nhan/"
    assert SecurityEvent.objects.filter(act="sign_in", actor=lan).count() == 1


@pytest.mark.parametrize(
    ("username", "place"),
    [("minh", "/viec/"), ("ha", "/viec/"), ("vanthu", "/viec/"), ("vanphong", "/viec/"), ("thanhtra", "/viec/"),
     ("quantri", "/quan-tri/"), ("tu", "/"), ("kiosk", "/"), ("truong", "/tiep-nhan/")],
)  # fmt: skip
def test_everybody_comes_to_the_page_of_the_own_work(
    world: World, as_user, username: str, place: str
) -> None:  # type: ignore[no-untyped-def]
    assert as_user(world.users[username]).get("/dang-nhap/tiep/")["Location"] == place


def test_a_wrong_password_says_how_many_tries_are_left_and_not_what_was_wrong(lan: User) -> None:
    client = Client()
    known = enter(client, password="sai").content.decode()
    assert "Tên đăng nhập hoặc mật khẩu không đúng. Còn 4 lần thử." in known
    assert "Còn 4 lần thử." in enter(Client(), username="khong-co").content.decode()
    assert SecurityEvent.objects.filter(act="sign_in_failed").count() == 2


def test_five_failures_lock_this_account_at_this_address_only(lan: User, world: World) -> None:
    client = Client()
    codes = [
        enter(client, username=name, password="sai").status_code
        for name in ("lan", "LAN", "Lan", " lan", "lan")
    ]
    assert codes == [200, 200, 200, 200, 429]
    assert enter(client).status_code == 429
    elsewhere = Client(REMOTE_ADDR="10.1.2.3")
    assert enter(elsewhere).status_code == 302 or enter(elsewhere).status_code == 303


def test_a_right_password_gives_the_five_tries_back(lan: User) -> None:
    client = Client()
    for _try in range(4):
        enter(client, password="sai")
    assert enter(client).status_code == 303
    assert "Còn 4 lần thử." in enter(Client(), password="sai").content.decode()


def test_an_address_of_our_own_is_gone_on_to(lan: User) -> None:
    assert enter(Client(), next="/viec/?tab=free")["Location"] == "/viec/?tab=free"


@pytest.mark.parametrize(
    "foreign",
    ["https://xau.example/", "//xau.example/", "/\\xau.example", "javascript:alert(1)", "/dang-nhap/"],
)
def test_a_foreign_address_is_not_gone_on_to(lan: User, foreign: str) -> None:
    assert enter(Client(), next=foreign)["Location"] == "/dang-nhap/tiep/"


def test_signing_out_clears_the_browser_and_the_session(lan: User) -> None:
    client = Client()
    enter(client)
    response = client.post("/dang-xuat/")
    assert response["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert "no-store" in response["Cache-Control"]
    assert client.get("/viec/").status_code == 302
    assert SecurityEvent.objects.filter(act="sign_out", actor=lan).exists()


def test_personal_pages_are_kept_by_no_cache(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    assert "no-store" in as_user(world.lan).get("/thu-tuc/")["Cache-Control"]


def test_an_idle_session_ends_and_says_so(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    client = as_user(world.minh)
    session = client.session
    session["seen_at"] = (timezone.now() - timedelta(minutes=16)).isoformat()
    session.save()
    response = client.get("/thu-tuc/", follow=True)
    assert response.redirect_chain[0][0].startswith("/dang-nhap/?vi=idle")
    assert "vì lâu không dùng" in response.content.decode()


def test_a_session_ends_after_ten_hours_however_busy(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    client = as_user(world.minh)
    client.get("/viec/")
    session = client.session
    session["since"] = (timezone.now() - timedelta(hours=10, minutes=1)).isoformat()
    session.save()
    assert client.get("/viec/")["Location"].startswith("/dang-nhap/?vi=idle")


def test_a_disabled_account_is_out_on_the_next_request(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    client = as_user(world.minh)
    assert client.get("/dang-nhap/tiep/")["Location"] == "/viec/"
    User.objects.filter(pk=world.minh.pk).update(is_active=False)
    assert client.get("/dang-nhap/tiep/")["Location"].startswith("/dang-nhap/?next=")


def test_a_role_that_ended_yesterday_opens_nothing_today(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    client = as_user(world.minh)
    assert client.get("/dang-nhap/tiep/")["Location"] == "/viec/"
    dismiss(world.minh.memberships.get(), ends_on=timezone.localdate() - timedelta(days=1))
    assert client.get("/dang-nhap/tiep/")["Location"] == "/"
    assert client.get("/viec/").status_code == 403
    assert date(2021, 1, 1) == world.minh.memberships.get().starts_on


def test_a_cookie_of_a_session_that_is_gone_gets_an_explanation(lan: User) -> None:
    client = Client()
    client.cookies["sessionid"] = signing.get_cookie_signer().sign("x")[:32]
    assert "vừa đăng nhập ở máy khác" in client.get("/dang-nhap/").content.decode()
    assert not OpenSession.objects.exists()
