"""The page /he-thiet-ke/: every component in every state, with made-up data, for eyes and for axe."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django import forms
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

CALLED: Final = datetime(2021, 10, 14, 2, 16, tzinfo=UTC)
TRACKING: Final = "https://motcua.example.vn/t/104729130111726351428806/"

COLOURS: Final = (
    ("ink", "#12202E"),
    ("lam", "#0B4A8F"),
    ("navy", "#0A2745"),
    ("vang", "#FFCE3A"),
    ("do", "#C8102E"),
    ("ok", "#0B6438"),
    ("warn", "#7A4A00"),
    ("late", "#B0122A"),
    ("pause", "#56348A"),
)
EVENTS: Final = (
    {
        "when": CALLED,
        "title": "Chuyển thẩm định",
        "who": "Lê Văn Bình",
        "text": "Giao Nguyễn Văn Minh, hạn 16:30 20/10.",
        "internal": True,
    },
    {"when": CALLED, "title": "Yêu cầu bổ sung 1 giấy tờ", "who": "Nguyễn Văn Minh", "kind": "pause"},
    {"when": CALLED, "title": "Đã tiếp nhận", "who": "Nguyễn Thu Hạnh, Quầy 3", "kind": "ok"},
)
STEPS: Final = (
    {
        "state": "done",
        "title": "Đã tiếp nhận",
        "when": "09:16, Thứ Năm 14/10/2021 · Quầy 3",
        "note": "Bạn không phải nộp lại 3 giấy tờ đã có trong kho dữ liệu.",
    },
    {"state": "done", "title": "Đã chuyển phòng chuyên môn", "when": "14:05, Thứ Năm 14/10/2021"},
    {
        "state": "current",
        "title": "Đang thẩm định",
        "when": "Từ 08:10, Thứ Sáu 15/10/2021",
        "note": "Thủ tục này thường hoàn thành trong 3–4 ngày làm việc (quy định: 5 ngày).",
    },
    {"title": "Trình ký kết quả", "when": "Chưa bắt đầu"},
    {"title": "Trả kết quả", "when": "Dự kiến trước 16:30, 21/10/2021"},
)
FACTS: Final = (
    {"label": "Mã hồ sơ", "value": "9900-211014-0127", "code": True},
    {"label": "Người nộp", "value": "N. T. M. N."},
    {"label": "Nơi giải quyết", "value": "Cục Quản lý lao động ngoài nước"},
)
DETAILS: Final = (
    {"label": "Điện thoại", "value": "0912 345 678"},
    {"label": "Nộp thay", "value": "Công ty CP Nhân lực Biển Xanh", "note": "MST 0109 999 001"},
    {"label": "Uỷ quyền", "value": "Số 14/UQ, đến 31/12/2021"},
)
TABS: Final = (
    {"label": "Của tôi", "url": "?tab=mine", "count": 12, "current": True},
    {"label": "Chưa phân công", "url": "?tab=free", "count": 5},
    {"label": "Chờ bổ sung", "url": "?tab=paused", "count": 0},
    {"label": "Nhật ký", "url": "?tab=log"},
)
FILTERS: Final = (
    {"name": "q", "label": "Tìm trong danh sách", "kind": "search", "value": "nguyệt"},
    {
        "name": "unit",
        "label": "Đơn vị",
        "options": (("", "Tất cả"), ("qlldnn", "Cục Quản lý lao động ngoài nước")),
        "value": "qlldnn",
    },
    {"name": "due", "label": "Hạn", "options": (("", "Tất cả"), ("late", "Quá hạn"))},
)
ROWS: Final = (
    {
        "due": "16:30 13/10",
        "code": "9900-211012-0098",
        "procedure": "Báo cáo ký quỹ",
        "person": "Trần Văn Tư",
        "sla": "late",
        "left": "Quá hạn 1 ngày",
    },
    {
        "due": "16:30 14/10",
        "code": "9900-211014-0127",
        "procedure": "Đăng ký hợp đồng cung ứng lao động",
        "person": "Nguyễn Thị Minh Nguyệt",
        "sla": "warn",
        "left": "Còn 5 giờ",
    },
    {
        "due": "Tạm dừng",
        "code": "9900-211011-0044",
        "procedure": "Cấp giấy phép hoạt động dịch vụ",
        "person": "Công ty CP Nhân lực Biển Xanh",
        "sla": "pause",
        "left": "Chờ bổ sung",
    },
)
KEYS: Final = ({"key": "F2", "label": "Gọi số"}, {"key": "F9", "label": "Tiếp nhận"})
CRUMBS: Final = (
    {"label": "Thủ tục", "url": "/thu-tuc/"},
    {"label": "Lao động ngoài nước", "url": "/thu-tuc/"},
    {"label": "Đăng ký hợp đồng"},
)


class SampleForm(forms.Form):
    """One field of every kind."""

    full_name = forms.CharField(label="Họ và tên", help_text="Ghi đúng như trên thẻ căn cước.")
    number = forms.RegexField(
        r"^\d{12}$",
        label="Số căn cước",
        error_messages={"invalid": "Số căn cước gồm 12 chữ số. Bạn đã nhập 11."},
    )
    born_on = forms.CharField(label="Ngày sinh", required=False)
    phone = forms.CharField(label="Điện thoại")
    place = forms.ChoiceField(
        label="Nơi nhận kết quả", choices=(("desk", "Tại Bộ phận Một cửa"), ("post", "Qua bưu chính"))
    )
    papers = forms.MultipleChoiceField(
        label="Giấy tờ mang theo",
        widget=forms.CheckboxSelectMultiple,
        choices=(("a", "Giấy phép hoạt động dịch vụ"), ("b", "Hợp đồng cung ứng và bản dịch")),
        required=False,
    )
    channel = forms.ChoiceField(
        label="Báo tin cho tôi",
        widget=forms.RadioSelect,
        choices=(("sms", "Tin nhắn"), ("mail", "Thư điện tử")),
        error_messages={"required": "Hãy chọn một cách báo tin."},
    )
    text = forms.CharField(label="Ghi chú", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    scan = forms.FileField(label="Tệp đính kèm", help_text="PDF hoặc ảnh, tối đa 20 MB.", required=False)
    agree = forms.BooleanField(
        label="Tôi cam kết các nội dung khai là đúng", error_messages={"required": "Cần đánh dấu cam kết."}
    )


@lru_cache(maxsize=1)
def icon_names() -> list[str]:
    """Read the names of the sprite's symbols."""
    path = finders.find("img/sprite.svg")
    if not isinstance(path, str):
        return []
    return re.findall(r'id="i-([a-z0-9-]+)"', Path(path).read_text(encoding="utf-8"))


def samples() -> dict[str, Any]:
    """Return the data that the page's components show."""
    wrong = SampleForm(
        {
            "full_name": "Nguyễn Thị Minh Nguyệt",
            "number": "00118601234",
            "phone": "0912345678",
            "place": "desk",
        },
        auto_id="wrong_%s",
    )
    return {
        "events": EVENTS,
        "steps": STEPS,
        "facts_rows": FACTS,
        "details": DETAILS,
        "tab_rows": TABS,
        "filter_rows": FILTERS,
        "chips": ({"label": "Quá hạn", "url": "?due="},),
        "rows": ROWS,
        "keys": KEYS,
        "crumbs": CRUMBS,
        "form": SampleForm(),
        "wrong": wrong,
        "colours": COLOURS,
        "icons": icon_names(),
        "tracking": TRACKING,
        "now": CALLED,
        "bad_pages": (2,),
    }


def index(request: HttpRequest) -> HttpResponse:
    """Show every component; `?mat-do=thoang` shows them at the citizens' density."""
    layout = "layouts/citizen.html" if request.GET.get("mat-do") == "thoang" else "layouts/office.html"
    return render(request, "design_system/index.html", {"layout": layout, "samples": samples()})
