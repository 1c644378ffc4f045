"""The administrator's table of steps: edited without JavaScript, by two at once, published from a day on."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.models import SecurityEvent
from bpmc_portal.lib.vietnamese import format_date, local_date
from procedures import catalogue, steps
from procedures.models import Procedure, ProcedureVersion, Step
from procedures.services import copy_to_draft
from tests.world import World

PAGE = "/quy-trinh/QLLDNN-04/"


@pytest.fixture
def admin(world: World, as_user: Callable[[User], Client]) -> Client:
    """Return the administrator's browser."""
    return as_user(world.quantri)


@pytest.fixture
def draft(world: World) -> ProcedureVersion:
    """Return a draft of the world's procedure."""
    return copy_to_draft(world.procedure.versions.get(number=1))


def typed(version: ProcedureVersion, **changes: str) -> dict[str, Any]:
    """Return the table of a draft as the page posts it; keys are written "b1__name"."""
    texts = steps.texts_of(version)
    data: dict[str, Any] = {"revision": steps.revision_of(texts), "rows": str(len(texts)), "do": "save"}
    for number, text in enumerate(texts, 1):
        data |= {
            f"b{number}-code": text.code, f"b{number}-name": text.name, f"b{number}-citizen_name": text.citizen_name,
            f"b{number}-role": text.role, f"b{number}-norm_hours": str(text.norm_hours).replace(".", ","),
            f"b{number}-next_codes": ", ".join(text.next_codes), f"b{number}-linked_procedure": text.linked_procedure or "",
        }  # fmt: skip
        data |= {f"b{number}-may_pause": "on"} if text.may_pause else {}
    return data | {key.replace("__", "-"): value for key, value in changes.items()}


def saved(version: ProcedureVersion) -> list[tuple[str, str]]:
    return list(version.steps.order_by("position").values_list("code", "name"))


def test_the_list_shows_versions_and_drafts_at_a_bounded_cost(
    admin: Client, draft: ProcedureVersion, world: World, django_assert_max_num_queries: Any
) -> None:
    text = admin.get("/quy-trinh/").content.decode()
    assert "từ 01/01/2021 · 2 bước" in text
    assert f"?ban={draft.number}" in text
    for number in range(30):
        Procedure.objects.create(
            key=f"T-{number:02d}", name=f"Thủ tục {number}", field=world.procedure.field, unit=world.agency, search_key=f"thu tuc {number}"
        )  # fmt: skip
    for size, query in ((31, ""), (1, "hop dong cung")):
        with django_assert_max_num_queries(8):
            assert len(admin.get("/quy-trinh/", {"q": query}).context["rows"]) == size


def test_a_published_version_is_read_and_copied(admin: Client, world: World) -> None:
    page = admin.get(PAGE)
    assert page.context["rows"] == []
    assert "Tạo bản nháp để sửa" in page.content.decode()
    answer = admin.post(f"{PAGE}nhap/")
    assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}?ban=2")
    assert admin.post(f"{PAGE}nhap/?ban=1")["Location"] == f"{PAGE}?ban=2"
    assert SecurityEvent.objects.filter(act="draft_created", actor=world.quantri).count() == 1


def test_every_column_is_saved(admin: Client, draft: ProcedureVersion, world: World) -> None:
    other = Procedure.objects.create(
        key="VL-01", name="Xác nhận", field=world.procedure.field, unit=world.other, search_key="xac nhan"
    )
    changes = {
        "b1__name": "Thẩm định nội dung", "b1__code": "xem", "b1__citizen_name": "Đang xem", "b1__role": "registry", "b1__norm_hours": "2,5",
        "b1__next_codes": "trinh-ky, xem", "b1__linked_procedure": "VL-01",
    }  # fmt: skip
    data = typed(draft, **changes) | {"b1-when": ["channel:online", "channel:post"]}
    del data["b1-may_pause"]
    assert admin.post(f"{PAGE}?ban=2", data).status_code == 303
    step = draft.steps.get(position=1)
    assert (step.code, step.name, step.citizen_name, step.role, step.norm_hours) == (
        "xem", "Thẩm định nội dung", "Đang xem", "registry", Decimal("2.5"),
    )  # fmt: skip
    assert (step.next_codes, step.condition, step.condition_values) == (
        ["trinh-ky", "xem"],
        "channel",
        ["online", "post"],
    )
    assert (step.linked_procedure, step.may_pause) == (other, False)
    event = SecurityEvent.objects.get(act="steps_saved")
    assert (event.actor, event.data["steps"]) == (world.quantri, ["xem", "trinh-ky"])
    assert "Kênh nộp: Trực tuyến" in admin.get(f"{PAGE}?ban=2").content.decode()


def test_the_buttons_of_the_table_work_without_javascript(admin: Client, draft: ProcedureVersion) -> None:
    address = f"{PAGE}?ban=2"
    admin.post(address, typed(draft, do="add"))
    assert saved(draft)[2] == ("buoc-3", "Bước mới")
    admin.post(address, typed(draft, do="up:3", b3__name="Lấy ý kiến"))
    assert [name for _code, name in saved(draft)] == ["Thẩm định", "Lấy ý kiến", "Trình ký"]
    admin.post(address, typed(draft, do="down:1"))
    assert [name for _code, name in saved(draft)] == ["Lấy ý kiến", "Thẩm định", "Trình ký"]
    admin.post(address, typed(draft, do="drop:1", b1__name=""))
    assert [name for _code, name in saved(draft)] == ["Thẩm định", "Trình ký"]


def test_all_faults_of_the_table_come_at_once_and_nothing_is_saved(
    admin: Client, draft: ProcedureVersion
) -> None:
    data = typed(draft, b1__name="", b2__norm_hours="0", b2__next_codes="có dấu") | {
        "b1-when": ["channel:online", "case:default"]
    }
    page = admin.post(f"{PAGE}?ban=2", data)
    text = page.content.decode()
    assert page.status_code == 422
    for words in (
        "Tên bước, bước 1: ",
        "Định mức (giờ làm việc), bước 2: ",
        "“có” không phải mã bước",
        "một loại điều kiện",
    ):
        assert words in text
    assert [code for code, _name in saved(draft)] == ["tham-dinh", "trinh-ky"]
    assert not SecurityEvent.objects.filter(act="steps_saved").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"b2__code": "tham-dinh"}, "Mã “tham-dinh” trùng"), ({"b2__linked_procedure": "KHONG-CO"}, "Không có thủ tục mã “KHONG-CO”")],
)  # fmt: skip
def test_what_no_version_can_hold_is_refused_in_words(
    admin: Client, draft: ProcedureVersion, changes: dict[str, str], words: str
) -> None:
    page = admin.post(f"{PAGE}?ban=2", typed(draft, **changes))
    assert page.status_code == 422
    assert words in page.content.decode()


def test_the_second_of_two_editors_is_told_and_loses_nothing(admin: Client, draft: ProcedureVersion) -> None:
    mine = typed(draft, b1__name="Tên của tôi")
    admin.post(f"{PAGE}?ban=2", typed(draft, b1__name="Tên của người kia"))
    page = admin.post(f"{PAGE}?ban=2", mine)
    text = page.content.decode()
    assert page.status_code == 412
    assert "Người khác vừa lưu quy trình này" in text
    assert "Tên của tôi" in text
    assert "Tên của người kia" in text
    assert saved(draft)[0][1] == "Tên của người kia"
    # Seen both, the second may still put the own one in its place.
    assert admin.post(f"{PAGE}?ban=2", mine | {"revision": page.context["revision"]}).status_code == 303
    assert saved(draft)[0][1] == "Tên của tôi"


def test_problems_name_the_step_and_publishing_is_refused(admin: Client, draft: ProcedureVersion) -> None:
    admin.post(f"{PAGE}?ban=2", typed(draft, b1__norm_hours="32", b2__role="officer"))
    text = admin.get(f"{PAGE}?ban=2").content.decode()
    assert "Bước cuối “Trình ký” giao cho vai trò “Chuyên viên thụ lý”" in text
    assert "cần 48 giờ làm việc, vượt thời hạn giải quyết là 40 giờ làm việc" in text
    page = publish(admin, draft)
    assert page.status_code == 409
    draft.refresh_from_db()
    assert draft.state == "draft"


def publish(admin: Client, draft: ProcedureVersion, *, days: int = 7, revision: str = "") -> Any:
    """Press "Công bố" with a day so many days from today."""
    mark = revision or steps.revision_of(steps.texts_of(draft))
    starts_on = format_date(local_date() + timedelta(days=days))
    return admin.post(f"{PAGE}cong-bo/?ban=2", {"starts_on": starts_on, "revision": mark})


def test_a_draft_is_published_from_a_day_and_the_version_before_ends_the_day_before(
    admin: Client, draft: ProcedureVersion, world: World
) -> None:
    assert publish(admin, draft).status_code == 303
    starts_on = local_date() + timedelta(days=7)
    before = world.procedure.versions.get(number=1)
    assert before.in_force_to == starts_on - timedelta(days=1)
    found = catalogue.current().version("QLLDNN-04", starts_on)[1]
    assert found.row.number == 2
    assert catalogue.current().version("QLLDNN-04", local_date())[1].row.number == 1
    assert SecurityEvent.objects.get(act="version_published").data["starts_on"] == starts_on.isoformat()
    page = admin.post(f"{PAGE}?ban=2", typed(draft, b1__name="Sửa sau công bố"))
    assert page.status_code == 409
    assert "đã công bố nên không sửa được nữa" in page.content.decode()


def test_publishing_what_somebody_else_changed_meanwhile_is_refused(
    admin: Client, draft: ProcedureVersion
) -> None:
    read = steps.revision_of(steps.texts_of(draft))
    admin.post(f"{PAGE}?ban=2", typed(draft, b1__name="Khác"))
    assert publish(admin, draft, revision=read).status_code == 412
    assert publish(admin, draft, days=-1).status_code == 422
    assert publish(admin, draft).status_code == 303


def test_two_versions_never_hold_on_the_same_day(
    admin: Client, draft: ProcedureVersion, world: World
) -> None:
    assert publish(admin, draft, days=7).status_code == 303
    third = copy_to_draft(draft)
    mark = steps.revision_of(steps.texts_of(third))
    answer = admin.post(
        f"{PAGE}cong-bo/?ban=3",
        {"starts_on": format_date(local_date() + timedelta(days=3)), "revision": mark},
    )
    assert answer.status_code == 409
    assert "Bản số 2 đã công bố" in answer.content.decode()


def test_a_dossier_is_tried_out_with_instants_and_margins(admin: Client, world: World) -> None:
    asked = {
        "ban": "1", "case": "default", "channel": "desk", "return_method": "desk", "complexity": "", "received_on": "12/10/2026",
        "received_time": "09:00",
    }  # fmt: skip
    text = admin.get(PAGE, asked).content.decode()
    assert "Hẹn trả 17:30, Thứ Hai 19/10/2026" in text
    assert "09:00, Thứ Năm 15/10/2026" in text
    assert "còn 7 giờ" in text
    assert (
        "Chưa có lịch nghỉ năm 2190"
        in admin.get(PAGE, asked | {"received_on": "12/10/2190"}).content.decode()
    )
    assert "Không hiểu ngày" in admin.get(PAGE, asked | {"received_on": "hôm qua"}).content.decode()


def test_the_drawing_says_in_words_what_it_shows(admin: Client, draft: ProcedureVersion) -> None:
    Step.objects.filter(version=draft, code="tham-dinh").update(next_codes=["trinh-ky"])
    page = admin.get(f"{PAGE}?ban=2")
    text = page.content.decode()
    assert '<svg class="flow-graph"' in text
    assert "1. Thẩm định → 2. Trình ký; 2. Trình ký → kết thúc" in text
    assert " style=" not in text
    assert len(page.context["graph"].ways) == 2


@pytest.mark.parametrize("name", ["lan", "minh", "ha", "truong", "vanphong", "thanhtra", "tu"])
def test_nobody_but_the_administrator_comes_here(
    world: World, as_user: Callable[[User], Client], name: str
) -> None:
    client = as_user(world.users[name])
    assert client.get("/quy-trinh/").status_code == 403
    assert client.post(PAGE, {}).status_code == 403


@pytest.mark.parametrize(
    "address", ["/quy-trinh/KHONG-CO/", f"{PAGE}?ban=9", f"{PAGE}?ban=mot", f"{PAGE}?ban=99999"]
)
def test_what_is_not_there_is_not_found(admin: Client, address: str) -> None:
    assert admin.get(address).status_code == 404
