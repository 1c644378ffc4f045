"""Home, health, language, large print, the job page and the administration."""

import re
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bpmc_portal.accounts.models import Membership, User
from bpmc_portal.jobs.models import Job
from procedures.models import ProcedureVersion
from tests.world import World


def test_the_home_page_leads_to_search_fields_tracking_and_the_desk(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Client().get("/")
    with django_assert_max_num_queries(3):
        text = Client().get("/").content.decode()
    for words in (
        "Bạn cần làm việc gì?",
        "Quản lý lao động ngoài nước",
        'action="/tra-cuu/"',
        "12 Ngô Quyền",
        "08:00–12:00",
    ):
        assert words in text


def test_health_asks_nothing_of_the_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_readiness_names_its_checks(db: None, client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["checks"] == {"database": True, "migrations": True, "disk": True}


def test_a_read_only_database_is_not_ready(db: None, client: Client) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] is False


def test_robots_stay_away_from_tracking_pages(client: Client) -> None:
    assert "Disallow: /t/" in client.get("/robots.txt").content.decode()


def test_large_print_is_remembered_and_forgotten(db: None) -> None:
    client = Client()
    response = client.get("/che-do-xem/", {"mode": "large", "next": "/thu-tuc/"})
    assert (response.status_code, response["Location"]) == (303, "/thu-tuc/")
    assert 'data-view="large"' in client.get("/").content.decode()
    client.get("/che-do-xem/", {"mode": "normal"})
    assert 'data-view="large"' not in client.get("/").content.decode()


@pytest.mark.parametrize(
    "place", ["https://xau.example/", "//xau.example/", "/\\xau.example/", "javascript:alert(1)", ""]
)
@pytest.mark.parametrize("switch", ["/che-do-xem/?mode=large", "/ngon-ngu/?language=en"])
def test_a_switch_does_not_lead_to_foreign_places(db: None, switch: str, place: str) -> None:
    assert Client().get(f"{switch}&next={quote(place)}")["Location"] == "/"


def test_a_language_that_is_not_spoken_is_not_remembered(db: None) -> None:
    client = Client()
    client.get("/ngon-ngu/", {"language": "en"})
    assert '<html lang="en"' in client.get("/").content.decode()
    client.get("/ngon-ngu/", {"language": "xx"})
    assert '<html lang="vi"' in client.get("/").content.decode()


def test_the_browser_does_not_choose_the_language(db: None) -> None:
    assert '<html lang="vi"' in Client().get("/", HTTP_ACCEPT_LANGUAGE="en-US,en").content.decode()


@pytest.mark.parametrize("path", ["/", "/thu-tuc/", "/thu-tuc/QLLDNN-04/", "/tra-cuu/", "/dang-nhap/"])
def test_citizens_pages_are_english_when_asked(world: World, path: str) -> None:
    client = Client()
    client.cookies["django_language"] = "en"
    text = client.get(path).content.decode()
    assert '<html lang="en"' in text
    for words in (
        "Bỏ qua",
        "Đăng nhập",
        "Tra cứu",
        "Giấy tờ",
        "Tìm",
        "Thời hạn",
        "Cơ quan giải quyết",
        "Mật khẩu",
    ):
        assert words not in text


def test_a_dead_job_is_shown_with_its_error_and_tried_again(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    job = Job.objects.create(
        kind="notices.deliver",
        queue="outbound",
        dedup_key="k",
        attempts=5,
        last_error="SMTPException: no",
        not_before=timezone.now(),
        dead_at=timezone.now(),
    )
    client = as_user(world.quantri)
    assert "SMTPException: no" in client.get("/quan-tri/cong-viec/").content.decode()
    assert client.post(f"/quan-tri/cong-viec/{job.pk}/lam-lai/").status_code == 303
    job.refresh_from_db()
    assert (job.dead_at, job.attempts) == (None, 0)
    assert client.post("/quan-tri/cong-viec/999999/lam-lai/").status_code == 404


def test_the_administration_is_closed_without_the_role_and_the_second_factor(
    world: World, as_user, settings
) -> None:  # type: ignore[no-untyped-def]
    assert as_user(world.lan).get("/quan-tri/").status_code == 403
    client = as_user(world.quantri)
    assert client.get("/quan-tri/").status_code == 200
    settings.DEMO = False
    assert client.get("/quan-tri/")["Location"] == "/dang-nhap/ma-xac-thuc/"


def test_the_administration_shows_no_dossier_and_no_library_page(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    client = as_user(world.quantri)
    text = client.get("/quan-tri/").content.decode()
    # Of the dossiers' own tables only the catalogue of reasons is a thing to administer.
    assert set(re.findall(r'href="/quan-tri/dossiers/(\w+)/', text)) == {"reason"}
    for path in (
        "/quan-tri/knox/",
        "/quan-tri/otp_totp/",
        "/quan-tri/axes/",
        "/quan-tri/auth/",
        "/quan-tri/accounts/applicant/",
    ):
        assert path not in text
    assert client.get("/quan-tri/dossiers/dossier/").status_code == 404


@pytest.mark.parametrize("path", ["accounts/unit", "accounts/office", "accounts/user", "procedures/procedure", "procedures/procedureversion", "procedures/documenttype", "procedures/calendarday", "procedures/calendaryear", "procedures/field", "digitization/codescheme"])  # fmt: skip
def test_every_list_and_form_of_the_administration_opens(world: World, as_user, path: str) -> None:  # type: ignore[no-untyped-def]
    client = as_user(world.quantri)
    assert client.get(f"/quan-tri/{path}/").status_code == 200
    assert client.get(f"/quan-tri/{path}/add/").status_code == 200


def roles(user: User, *rows: dict[str, str], initial: int = 0) -> dict[str, str]:
    data = {
        "username": user.username,
        "full_name": user.full_name,
        "title": "",
        "email": "",
        "is_active": "on",
    }
    data |= {"memberships-TOTAL_FORMS": str(len(rows)), "memberships-INITIAL_FORMS": str(initial)}
    return data | {
        f"memberships-{at}-{name}": value for at, row in enumerate(rows) for name, value in row.items()
    }


def test_a_role_is_given_and_ended_through_the_policy(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    client = as_user(world.quantri)
    user = User.objects.create_user("moi", full_name="Người Mới")
    address = f"/quan-tri/accounts/user/{user.pk}/change/"
    given = {"unit": str(world.other.pk), "role": "officer", "starts_on": "01/01/2021"}
    assert client.post(address, roles(user, given)).status_code == 302
    membership = user.memberships.get()
    assert membership.team.name == f"officer@{world.other.code}"
    ended = {"id": str(membership.pk), "user": str(user.pk), "ends_on": "31/12/2021"}
    assert client.post(address, roles(user, ended, initial=1)).status_code == 302
    assert Membership.objects.get(pk=membership.pk).ends_on is not None
    assert not user.groups.exists()


def test_a_version_is_copied_published_and_then_closed(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    client, version = as_user(world.quantri), ProcedureVersion.objects.get()
    versions = "/quan-tri/procedures/procedureversion/"
    response = client.post(versions, {"action": "copy_to_draft", "_selected_action": version.pk})
    draft = ProcedureVersion.objects.get(number=2)
    assert response["Location"] == f"{versions}{draft.pk}/change/"
    assert draft.cases.get().components.count() == version.cases.get().components.count() == 3
    ProcedureVersion.objects.filter(pk=draft.pk).update(
        in_force_from=timezone.localdate(), limit_unit="", limit_value=None
    )
    assert (
        "Chưa có thời hạn giải quyết."
        in client.post(
            versions, {"action": "publish", "_selected_action": draft.pk}, follow=True
        ).content.decode()
    )
    ProcedureVersion.objects.filter(pk=draft.pk).update(limit_unit="working_days", limit_value=5)
    client.post(versions, {"action": "publish", "_selected_action": draft.pk})
    draft.refresh_from_db()
    assert draft.state == "published"
    page = client.get(f"{versions}{draft.pk}/change/").content.decode()
    assert 'name="limit_value"' not in page
    assert 'name="in_force_to"' in page
