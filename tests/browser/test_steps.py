"""The administrator edits, tries out and publishes the steps of a procedure, at the desk and on a telephone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bpmc_portal.lib.vietnamese import format_date, local_date
from procedures.models import Procedure
from tests.browser.conftest import Desk
from tests.world import World

pytestmark = pytest.mark.browser


def test_a_procedure_gets_a_new_step_that_opens_a_linked_dossier(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    Procedure.objects.create(
        key="VL-01", name="Xác nhận nhu cầu lao động", field=committed_world.procedure.field, unit=committed_world.other,
        search_key="xac nhan nhu cau lao dong",
    )  # fmt: skip
    admin = desk("quantri")
    page = admin.page
    admin.open("/quy-trinh/")
    admin.check()
    page.get_by_role("link", name="Đăng ký hợp đồng cung ứng lao động").click()
    admin.check()
    page.get_by_role("button", name="Tạo bản nháp để sửa").click()
    page.get_by_role("button", name="Thêm bước").click()
    page.get_by_label("Tên bước, bước 3").fill("Phối hợp liên ngành")
    page.get_by_label("Mở hồ sơ liên thông, bước 3").fill("VL-01")
    page.get_by_role("button", name="Lên Bước mới").click()
    expect(page.get_by_label("Tên bước, bước 2")).to_have_value("Phối hợp liên ngành")
    expect(page.get_by_text("cần 48 giờ làm việc, vượt thời hạn giải quyết là 40")).to_be_visible()
    admin.check()
    page.get_by_label("Định mức (giờ làm việc), bước 1").fill("16")
    second = page.locator("tbody tr:nth-of-type(2)")
    second.locator("summary").click()
    second.get_by_label("Kênh nộp: Trực tuyến").check()
    page.keyboard.press("F9")
    expect(page.get_by_text("Quy trình đã đủ")).to_be_visible()
    try_out(admin)
    page.get_by_label("Hiệu lực từ ngày").fill(format_date(local_date() + timedelta(days=7)))
    page.get_by_role("button", name="Công bố", exact=True).click()
    page.get_by_role("button", name="Đồng ý").click()
    expect(page.get_by_text("Đã công bố bản số 2")).to_be_visible()
    admin.check()


def try_out(admin: Desk) -> None:
    """Send a dossier that is not there through the saved steps."""
    page = admin.page
    page.get_by_label("Ngày tiếp nhận").fill("12/10/2026")
    page.get_by_label("Giờ tiếp nhận").fill("09:00")
    page.get_by_role("button", name="Thử", exact=True).click()
    expect(page.get_by_text("Hẹn trả 17:30, Thứ Hai 19/10/2026")).to_be_visible()
    admin.check()


def test_the_table_fits_a_telephone(desk: Callable[..., Desk]) -> None:
    admin = desk("quantri", width=390, height=844)
    for path in ("/quy-trinh/", "/quy-trinh/QLLDNN-04/"):
        admin.open(path)
        admin.check()
    admin.page.get_by_role("button", name="Tạo bản nháp để sửa").click()
    expect(admin.page.get_by_label("Tên bước, bước 1")).to_have_value("Thẩm định")
    admin.check()
    assert admin.page.evaluate("document.documentElement.scrollWidth") <= 390
