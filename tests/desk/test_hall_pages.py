"""The hall: board, kiosk, slip and a visitor's own page, as the server draws them."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from bpmc_portal.accounts.models import Office
from desk import live, versions, words
from desk.models import Forecast, Service, Ticket
from desk.services import appointments, calling, serving, tickets
from desk.services.shifts import open_counter
from desk.slip import slip_of, url_of
from tests.papers.made import fonts_of, pages_of, sheets_of, text_of
from tests.world import World

AsUser = Callable[[Any], Client]
KIOSK, BOARD = "/kiosk/VPB/", "/bang/VPB/"


@pytest.fixture(autouse=True)
def fresh_queue(world: World) -> None:
    """Forget what Redis kept of another test's queue: offices get their ids anew."""
    live._office_ids.clear()
    for key in versions.redis().keys("q:*"):
        versions.redis().delete(key)


def service_of(world: World) -> Service:
    """Return the service of the letter A."""
    return Service.objects.get(office=world.office, prefix="A")


def taken(world: World, priority: str = "") -> Ticket:
    """Return a number that a visitor has just taken."""
    made = tickets.issue(
        world.office, service=service_of(world).code, priority=priority, actor=world.users["kiosk"]
    )
    return tickets.of_token(made.token)


def called(world: World, counter: int = 3) -> Ticket:
    """Return the number that Lan calls next."""
    made = calling.call_next(world.office.pk, counter=counter, actor=world.users["lan"])
    assert made is not None
    return made


def test_the_board_shows_the_calls_and_who_waits_without_javascript(world: World) -> None:
    taken(world)
    taken(world, "elderly")
    taken(world)
    called(world)
    text = Client().get(BOARD).content.decode()
    assert re.search(r'<span class="no">U001</span>\s*<span class="q"><span>Quầy</span> <b>3</b>', text)
    assert "Đang gọi" in text
    assert re.search(r"<b data-waiting>2</b>", text)
    assert "1 lượt" not in text.split("data-priority")[1].split("</li>")[0]
    assert "chưa đủ dữ liệu" in text
    assert '<noscript><meta http-equiv="refresh"' in text
    assert "lấy số ưu tiên U" in text
    for name in ("Nguyễn Thị Lan", "lan"):
        assert f">{name}<" not in text


def test_the_board_of_an_unknown_office_is_not_found(world: World) -> None:
    assert Client().get("/bang/KHONG/").status_code == 404
    Office.objects.create(code="MOI", name="Bộ phận mới", unit=world.office.unit)
    assert Client().get("/bang/MOI/").status_code == 404


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (360, 540, "khoảng 6–9 phút"),
        (380, 541, "khoảng 6–10 phút"),
        (0, 30, "khoảng 1 phút"),
        (None, None, "chưa đủ dữ liệu"),
    ],
)
def test_a_wait_is_told_in_whole_minutes_rounded_outwards(
    low: int | None, high: int | None, told: str
) -> None:
    assert words.range_words(low, high) == told


def test_the_rest_at_noon_is_what_lies_between_two_sessions() -> None:
    assert words.hours_words(["08:00–11:30", "13:30–17:00"]) == "Nghỉ trưa 11:30–13:30"
    assert words.hours_words(["07:30–16:30"]) == "Giờ làm việc: 07:30–16:30"
    assert words.hours_words([]) == "Hôm nay không làm việc"


def test_a_kiosk_gives_a_number_in_two_posts_of_one_form(world: World, as_user: AsUser) -> None:
    client = as_user(world.users["kiosk"])
    code = service_of(world).code
    assert f'href="?viec={code}"' in client.get(KIOSK).content.decode()
    second = client.get(KIOSK, {"viec": code}).content.decode()
    assert "Người khuyết tật" in second
    answer = client.post(KIOSK, {"service": code, "priority": ""})
    made = Ticket.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/so/{made.token}/phieu/")
    assert (made.number, made.origin) == ("A001", "kiosk")


def test_a_double_press_at_the_kiosk_is_one_number(world: World, as_user: AsUser) -> None:
    client = as_user(world.users["kiosk"])
    headers = {"X-Requested-With": "fetch", "Idempotency-Key": "0123"}
    given = {"service": service_of(world).code, "priority": "merit"}
    first, second = (client.post(KIOSK, given, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert first.json()["number"] == Ticket.objects.get().number == "U001"
    assert first.json()["detail"] == "Ưu tiên: Người có công với cách mạng"


def test_the_kiosk_refuses_in_words(world: World, as_user: AsUser) -> None:
    client = as_user(world.users["kiosk"])
    answer = client.post(KIOSK, {"service": "khong-co"}, headers={"X-Requested-With": "fetch"})
    assert (answer.status_code, answer.json()["code"]) == (404, "service_unknown")
    answer = client.post(KIOSK, {"code": "999999"}, headers={"X-Requested-With": "fetch"})
    assert (answer.status_code, answer.json()["code"]) == (404, "appointment_unknown")
    assert not Ticket.objects.exists()


def test_the_kiosk_of_another_desk_is_not_found(world: World, as_user: AsUser) -> None:
    Office.objects.create(code="KHAC", name="Bộ phận khác", unit=world.office.unit)
    assert as_user(world.users["kiosk"]).get("/kiosk/KHAC/").status_code == 404


def test_a_booked_visitor_gets_the_number_of_the_appointment(world: World, as_user: AsUser) -> None:
    service = service_of(world)
    slot = appointments.slots(world.office, service.code)[0]
    booked = appointments.book(
        world.office, service=service.code, slot_at=slot.at, name="Trần Thị Tư", phone="0912345678"
    )
    type(booked).objects.filter(pk=booked.pk).update(slot_at=timezone.now())
    client = as_user(world.users["kiosk"])
    answer = client.post(KIOSK, {"code": booked.code}, headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 201
    assert answer.json()["detail"].startswith("Hẹn lúc")
    again = client.post(KIOSK, {"code": booked.token}, headers={"X-Requested-With": "fetch"})
    assert again.json()["number"] == answer.json()["number"]
    assert Ticket.objects.count() == 1


def test_the_slip_is_one_page_that_phones_read_and_readers_find(
    world: World, tmp_path: Path, as_user: AsUser
) -> None:
    Forecast.objects.create(
        service=service_of(world), hour=timezone.localtime().hour, bucket=-1, low_s=360, high_s=540, samples=9
    )
    taken(world)
    ticket = taken(world)
    answer = as_user(world.users["kiosk"]).get(f"/so/{ticket.token}/phieu.pdf")
    assert answer["Content-Type"] == "application/pdf"
    [text] = pages_of(answer.content)
    for expected in (
        "A002",
        "Lao động ngoài nước",
        "Trước ông/bà còn 1 lượt",
        "Chờ khoảng 6–9 phút",
        "Lấy số",
        "thẻ căn cước",
    ):
        assert expected in text
    [sheet] = sheets_of(answer.content, tmp_path)
    assert [code.text for code in zxingcpp.read_barcodes(sheet)] == [url_of(ticket.token)]
    assert len(fonts_of(answer.content)) >= 2
    assert all(fonts_of(answer.content).values())
    assert round(sheet.width / 200 * 25.4) == 80


def test_long_names_stay_on_one_slip(world: World, as_user: AsUser) -> None:
    Office.objects.filter(pk=world.office.pk).update(
        name="Bộ phận Tiếp nhận và Trả kết quả giải quyết thủ tục hành chính của Văn phòng Bộ tại Thành phố Hồ Chí Minh"
    )
    Service.objects.filter(prefix="A").update(
        name="Đăng ký hợp đồng cung ứng lao động và cấp giấy phép đưa người đi làm"
    )
    ticket = taken(world, "pregnant")
    content = as_user(world.users["lan"]).get(f"/so/{ticket.token}/phieu.pdf").content
    assert len(pages_of(content)) == 1
    assert "U001" in text_of(content)


def test_strangers_cannot_make_the_server_draw_pdfs(world: World) -> None:
    ticket = taken(world)
    assert Client().get(f"/so/{ticket.token}/phieu.pdf").status_code == 302
    assert ticket.number in Client().get(f"/so/{ticket.token}/phieu/").content.decode()


def test_the_slip_counts_the_papers_of_a_known_procedure(world: World) -> None:
    made = tickets.issue(
        world.office, service=service_of(world).code, actor=world.users["lan"], procedure=world.procedure
    )
    slip = slip_of(tickets.of_token(made.token))
    assert slip.detail == world.procedure.name
    assert slip.prepare == "Chuẩn bị: thẻ căn cước, 2 giấy tờ của thủ tục."
    numbers = world.office.counters.filter(is_active=True).order_by("number").values_list("number", flat=True)
    assert slip.counters == f"Quầy phục vụ: {', '.join(map(str, numbers))}"


def test_every_state_of_a_number_has_its_words(world: World) -> None:
    first, ticket = taken(world), taken(world)
    lan = world.users["lan"]
    page = lambda: Client().get(f"/so/{ticket.token}/").content.decode()  # noqa: E731
    assert "Trước bạn còn 1 lượt" in page()
    assert "<title>A002 · còn 1" in page()
    serving.cancel(first.token)
    assert "Bạn là lượt kế tiếp" in page()
    called(world)
    assert "Mời đến quầy 3" in page()
    serving.start(ticket.token, actor=lan)
    assert "Đang được phục vụ tại quầy 3" in page()
    serving.hold(ticket.token, actor=lan, note="điền tờ khai")
    assert "Đang tạm giữ" in page()
    assert "điền tờ khai" not in page()
    calling.recall(ticket.token, actor=lan, counter=3)
    serving.start(ticket.token, actor=lan)
    serving.finish(ticket.token, actor=lan)
    assert "Đã xong lúc" in page()
    for status, told in (
        ("no_show", "Bạn đã vắng khi được gọi"),
        ("unserved", "chưa được phục vụ"),
        ("cancelled", "Số này đã huỷ"),
    ):
        Ticket.objects.filter(pk=ticket.pk).update(status=status)
        assert told in page()


def test_yesterdays_open_number_is_over(world: World) -> None:
    ticket = taken(world)
    Ticket.objects.filter(pk=ticket.pk).update(day=ticket.day - timedelta(days=1))
    text = Client().get(f"/so/{ticket.token}/").content.decode()
    assert "Số này đã hết hiệu lực" in text
    assert "/huy/" not in text


def test_a_visitor_lets_others_go_first_or_gives_up(world: World) -> None:
    ticket = taken(world)
    for _ in range(5):
        taken(world)
    client = Client()
    assert client.post(f"/so/{ticket.token}/lui/").status_code == 303
    assert "Trước bạn còn 3 lượt" in client.get(f"/so/{ticket.token}/").content.decode()
    assert client.post(f"/so/{ticket.token}/huy/").status_code == 303
    assert client.post(f"/so/{ticket.token}/huy/").status_code == 409
    assert Ticket.objects.get(pk=ticket.pk).status == "cancelled"


def test_unknown_numbers_are_one_and_the_same_404(world: World) -> None:
    mine = taken(world)
    open_counter(world.office.pk, counter=4, actor=world.users["lan2"], services=None)
    direct = serving.serve_direct(
        world.office.pk, service=service_of(world).code, reason="post", actor=world.users["lan2"]
    )
    answers = [Client().get(f"/so/{token}/") for token in ("1" * 24, "x", direct.token)]
    assert {answer.status_code for answer in answers} == {404}
    bodies = {
        re.sub(rb"[0-9a-f]{16}|[A-Za-z0-9]{64}|\d{24}|/so/[^\"]*", b"", answer.content) for answer in answers
    }
    assert len(bodies) == 1
    assert Client().get(f"/so/{mine.token}/").status_code == 200


def test_pages_of_numbers_are_kept_out_of_caches_and_search(world: World) -> None:
    ticket = taken(world)
    for path in (f"/so/{ticket.token}/", f"/so/{ticket.token}/phieu/"):
        answer = Client().get(path)
        assert answer["Referrer-Policy"] == "same-origin"
        assert "noindex" in answer["X-Robots-Tag"]
        assert "no-store" in answer["Cache-Control"]


def test_an_unchanged_number_costs_no_statement(
    world: World,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    ticket, other = taken(world), taken(world)
    client = Client()
    tag = client.get(f"/so/{ticket.token}/")["ETag"]
    with django_assert_num_queries(0):
        assert client.get(f"/so/{ticket.token}/", headers={"If-None-Match": tag}).status_code == 304
    # Another visitor's tag, another office's, or nonsense opens nothing and hides nothing.
    for foreign in (client.get(f"/so/{other.token}/")["ETag"], '"KHONG.0123"', '"x"', '".."'):
        assert client.get(f"/so/{ticket.token}/", headers={"If-None-Match": foreign}).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        called(world)
    answer = client.get(f"/so/{ticket.token}/", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer["ETag"] != tag


@pytest.mark.parametrize("count", [3, 30])
def test_pages_cost_the_same_however_long_the_queue(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for _ in range(count):
        ticket = taken(world)
    Client().get(BOARD)  # the process reads its catalogue once
    live.versions.redis().delete(live.versions.key_of(world.office.pk))
    with django_assert_max_num_queries(5):
        Client().get(f"/so/{ticket.token}/")
    with django_assert_max_num_queries(12):
        Client().get(BOARD)


def test_the_page_of_a_number_speaks_english(world: World) -> None:
    ticket = taken(world)
    client = Client()
    client.cookies["django_language"] = "en"
    text = client.get(f"/so/{ticket.token}/").content.decode()
    assert "Overseas employment" in text
    assert "You are next" in text
    main = text.split("<main")[1].split("</main>")[0]
    left = re.sub(r"<[^>]+>", " ", main).replace(world.office.name, "").replace(world.office.address, "")
    assert not re.search(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", left, re.IGNORECASE)


def test_the_follow_page_names_no_number(world: World) -> None:
    taken(world)
    text = Client().get("/so/").content.decode()
    assert "Đang chờ: 1 lượt" in text
    assert "A001" not in text


def test_a_recording_of_the_ministry_replaces_our_clip(world: World, settings: Settings) -> None:
    ours = Client().get("/giong-noi/moi-so.mp3")
    assert (ours.status_code, ours["Content-Type"]) == (200, "audio/mpeg")
    folder = settings.DATA_DIR / "voice" / "vi"
    folder.mkdir(parents=True)
    (folder / "moi-so.mp3").write_bytes(b"theirs")
    assert Client().get("/giong-noi/moi-so.mp3").content == b"theirs"
    (folder / "bi-mat.mp3").write_bytes(b"x")
    assert Client().get("/giong-noi/bi-mat.mp3").status_code == 404
    assert Client().get("/giong-noi/..%2F..%2Fsettings.mp3").status_code == 404


def test_a_queue_never_tells_a_token(world: World) -> None:
    ticket = taken(world)
    state = json.loads(live.cached("VPB")[1])
    assert ticket.token not in json.dumps(state)
    assert ticket.token not in Client().get(BOARD).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM desk_ticket")
        assert cursor.fetchone() == (1,)
