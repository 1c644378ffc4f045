"""What a citizen reads about a dossier, and what nobody can learn."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dossiers import tracking
from dossiers.models import Dossier
from dossiers.services.intake import receive_dossier, submit_dossier
from dossiers.services.lookup import PER_CODE_AND_NETWORK_AN_HOUR
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.world import TU_CCCD, World


def page(dossier: Dossier) -> str:
    response = Client().get(f"/t/{tracking.token_of(dossier.code, 1)}/")
    assert response.status_code == 200
    return response.content.decode()


def done(world: World, *acts: Action, **intake: object) -> Dossier:
    actors = {
        Action.APPROVE: world.ha,
        Action.REFUSE: world.ha,
        Action.STOP: world.ha,
        Action.RETURN_RESULT: world.lan,
        Action.WITHDRAW: world.lan,
    }
    dossier = world.received(**intake)
    for action in acts:
        act(
            dossier.code,
            action,
            actor=actors.get(action, world.minh),
            params=Params(reason="Lý do ghi ở đây"),
        )
    return dossier


F, A = Action.FORWARD, Action
STATES = [
    ((), "Hồ sơ đã được tiếp nhận", "Bạn chưa cần làm gì"),
    ((F,), "Hồ sơ đang được thẩm định", "Bạn chưa cần làm gì"),
    ((F, F), "Hồ sơ đang được trình ký", "Bạn chưa cần làm gì"),
    ((A.REQUEST_SUPPLEMENT,), "Hồ sơ chờ bạn bổ sung giấy tờ", "Bạn cần bổ sung giấy tờ"),
    ((A.REQUEST_PAYMENT,), "Hồ sơ chờ bạn nộp phí", "Bạn cần nộp phí, lệ phí"),
    ((F, F, A.APPROVE), "Hồ sơ đã có kết quả", "Mời bạn đến nhận kết quả"),
    ((F, F, A.REFUSE), "Hồ sơ không được chấp thuận", "khiếu nại theo quy định"),
    ((F, F, A.APPROVE, A.RETURN_RESULT), "Kết quả đã được trả", "Hồ sơ đã xong"),
    ((A.WITHDRAW,), "Hồ sơ đã được rút theo yêu cầu", "báo ngay Bộ phận Một cửa"),
    ((A.STOP,), "Hồ sơ đã dừng giải quyết", "Bạn có thể hỏi lại"),
]


@pytest.mark.parametrize(
    ("acts", "headline", "todo"), STATES, ids=[headline for _acts, headline, _todo in STATES]
)
def test_every_state_has_its_headline_and_its_next_step(
    world: World, acts: tuple[Action, ...], headline: str, todo: str
) -> None:
    text = page(done(world, *acts))
    assert headline in text
    assert todo in text
    assert text.count("<h1") == 1


def test_a_voided_dossier_says_so(world: World) -> None:
    dossier = world.received()
    act(dossier.code, A.VOID, actor=world.truong, params=Params(reason="Nhập nhầm"))
    from bpmc_portal.accounts.models import Role
    from bpmc_portal.accounts.permissions import appoint
    from tests.world import START, user

    second = user("truong2", "Phó phụ trách")
    appoint(second, unit=world.office.unit, role=Role.DESK_HEAD, office=world.office, starts_on=START)
    act(dossier.code, A.VOID, actor=second, params=Params(reason="Nhập nhầm"))
    assert "Hồ sơ bị huỷ do nhập sai" in page(dossier)


def test_an_online_dossier_waits_for_the_desk_and_may_be_declined(world: World) -> None:
    dossier = submit_dossier(world.intake(channel="online"), actor=world.tu)
    assert "Hồ sơ đã nộp, đang chờ tiếp nhận" in page(dossier)
    act(dossier.code, A.ASK_TO_FIX, actor=world.lan, params=Params(reason="Thiếu"))
    assert "Hồ sơ cần sửa trước khi tiếp nhận" in page(dossier)
    act(dossier.code, A.DECLINE, actor=world.lan, params=Params(reason="Không thuộc thẩm quyền"))
    assert "Hồ sơ không được tiếp nhận" in page(dossier)


def test_an_overdue_dossier_apologises_and_tells_the_truth(world: World) -> None:
    dossier = receive_dossier(world.intake(), actor=world.lan, at=timezone.now() - timedelta(days=30))
    text = page(dossier)
    assert "Quá hạn" in text
    assert "Chúng tôi xin lỗi" in text
    assert re.search(r"đã quá \d+ ngày làm việc", text)


def test_steps_ahead_come_from_the_procedure(world: World) -> None:
    text = page(done(world, F))
    assert (
        text.index("Đã tiếp nhận")
        < text.index('aria-current="step"')
        < text.index("Trình ký")
        < text.index("Trả kết quả")
    )


def test_the_page_names_no_person_no_number_and_no_paper(world: World) -> None:
    text = page(done(world, F, F, A.APPROVE))
    for secret in (
        "Trần Thị Tư",
        TU_CCCD,
        "0912345678",
        "912345678",
        "Văn bản đăng ký",
        "Trần Quang Minh",
        "Nguyễn Thị Lan",
        "Vũ Thu Hà",
        "Lý do ghi ở đây",
    ):
        assert secret not in text
    assert "T. T. T." in text


def test_only_the_last_two_digits_of_the_phone_are_shown(world: World) -> None:
    assert "kết thúc bằng 78" in page(done(world, F))


def test_the_page_costs_two_statements(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    dossier = done(world, F)
    page(dossier)
    with django_assert_max_num_queries(3):
        page(dossier)


def test_the_page_is_private(world: World) -> None:
    response = Client().get(f"/t/{tracking.token_of(world.received().code, 1)}/")
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in response["Cache-Control"]


def normal(text: str) -> str:
    text = re.sub(r'content="[A-Za-z0-9]{64}"|value="[A-Za-z0-9]{64}"', "", text)
    return re.sub(r"[0-9a-f]{16}", "", re.sub(r'name="(?:code|secret)" value="[^"]*"|/t/[^/"]*/', "", text))


def test_every_wrong_token_gets_the_same_answer(world: World) -> None:
    code = world.received().code
    tokens = ["0" * 24, "1" * 24, "abc", "9" * 23, tracking.token_of(code, 2)]
    answers = [Client().get(f"/t/{token}/") for token in tokens]
    assert {answer.status_code for answer in answers} == {404}
    assert len({normal(answer.content.decode()) for answer in answers}) == 1


def look_up(code: str, secret: str, client: Client | None = None):  # type: ignore[no-untyped-def]
    return (client or Client()).post("/tra-cuu/", {"code": code, "secret": secret})


def test_code_and_secret_open_the_page_however_they_are_typed(world: World) -> None:
    code = world.received().code
    secret = tracking.grouped(tracking.secret_of(code, 1))
    for typed in (code, code.lower(), code.replace(".", "").replace("-", " ")):
        response = look_up(typed, secret)
        assert response.status_code == 200
        assert "Hồ sơ đã được tiếp nhận" in response.content.decode()


def test_a_wrong_pair_gets_one_sentence_whatever_was_wrong(world: World) -> None:
    dossier, other = world.received(), world.received()
    wrong = tracking.secret_of(other.code, 1)
    answers = [
        look_up(dossier.code, wrong),
        look_up("000.00.00.G07-200101-0001", wrong),
        look_up(dossier.code, "123"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({normal(answer.content.decode()) for answer in answers}) == 1
    assert "Hãy kiểm tra mã hồ sơ và mã tra cứu 12 số" in answers[0].content.decode()


def test_a_network_that_guesses_is_stopped_and_the_qr_still_works(world: World) -> None:
    dossier = world.received()
    wrong = tracking.secret_of("khác", 1)
    answers = [look_up(dossier.code, wrong).status_code for _guess in range(PER_CODE_AND_NETWORK_AN_HOUR + 1)]
    assert answers == [404] * PER_CODE_AND_NETWORK_AN_HOUR + [429]
    assert "Hồ sơ đã được tiếp nhận" in page(dossier)


def test_the_code_of_the_home_page_is_carried_into_the_form(db: None) -> None:
    assert 'value="000.G07-1"' in Client().get("/tra-cuu/?code=000.G07-1").content.decode()


def test_the_page_speaks_english_when_asked(world: World) -> None:
    client = Client()
    client.get("/ngon-ngu/", {"language": "en", "next": "/"})
    text = client.get(f"/t/{tracking.token_of(done(world, F).code, 1)}/").content.decode()
    assert '<html lang="en"' in text
    assert "You do not need to do anything yet" in text
    assert "Monday" in text or "day" in text
    assert "Hồ sơ đang" not in text
