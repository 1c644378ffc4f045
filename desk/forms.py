"""What is typed or pressed at the counter: the keys of the bar, opening and pausing a counter, booking by telephone."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

PAUSES = (
    ("an-trua", _("Nghỉ trưa")),
    ("viec-rieng", _("Việc riêng")),
    ("hop", _("Họp")),
    ("ho-tro", _("Hỗ trợ quầy khác")),
    ("may-loi", _("Máy hỏng, mất mạng")),
)
DIRECT = (
    ("phone", _("Qua điện thoại")),
    ("post", _("Hồ sơ qua bưu chính")),
    ("other", _("Việc khác không có số")),
)


class TurnForm(forms.Form):
    """The bar as it was shown: the turn, the counter and the key of this drawing; whether they still hold is judged by the services."""

    key = forms.CharField(max_length=60)
    ticket = forms.CharField(max_length=24, required=False)
    counter = forms.IntegerField(min_value=1, max_value=99, required=False)
    service = forms.CharField(max_length=40, required=False)
    to_counter = forms.IntegerField(min_value=1, max_value=99, required=False)
    reason = forms.CharField(max_length=200, required=False)
    back = forms.CharField(max_length=300, required=False)


class OpenForm(forms.Form):
    """Which services a counter is opened for."""

    services = forms.MultipleChoiceField(
        label=_("Dịch vụ phục vụ"), widget=forms.CheckboxSelectMultiple, error_messages={"required": _("Hãy chọn ít nhất một dịch vụ để phục vụ.")}
    )  # fmt: skip
    take_over = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *, services: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["services"].choices = services  # type: ignore[attr-defined]


class PauseForm(forms.Form):
    """Why a counter rests: one of the usual reasons, or own words."""

    reason = forms.ChoiceField(
        label=_("Lý do"), choices=PAUSES, error_messages={"required": _("Hãy ghi lý do tạm nghỉ.")}
    )
    other = forms.CharField(label=_("Lý do khác"), max_length=100, required=False)

    def words(self) -> str:
        """Return the reason as it is written down; the service refuses an empty one."""
        typed: str = self.cleaned_data["other"].strip()
        return typed or str(dict(PAUSES).get(self.cleaned_data["reason"], ""))


class BookForm(forms.Form):
    """A booking that a caller asks for. Name and telephone are judged by the service."""

    use_required_attribute = False

    service = forms.CharField(max_length=40, widget=forms.HiddenInput)
    slot_at = forms.ChoiceField(
        label=_("Giờ hẹn"), error_messages={"required": _("Hãy chọn giờ hẹn."), "invalid_choice": _("Giờ hẹn này không còn. Hãy chọn giờ khác.")}
    )  # fmt: skip
    name = forms.CharField(
        label=_("Họ và tên"), max_length=200, error_messages={"required": _("Hãy nhập họ và tên người đến.")}
    )
    phone = forms.CharField(
        label=_("Điện thoại"), max_length=20, error_messages={"required": _("Hãy nhập số điện thoại.")}
    )
    procedure = forms.ChoiceField(label=_("Thủ tục"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        slots: list[tuple[str, Any]],
        procedures: list[tuple[str, str]],
        **more: Any,
    ) -> None:
        super().__init__(data, **more)
        self.fields["slot_at"].choices = slots  # type: ignore[attr-defined]
        self.fields["procedure"].choices = [("", _("Chưa rõ")), *procedures]  # type: ignore[attr-defined]

    def slot(self) -> datetime:
        """Return the chosen instant; the choices were written by isoformat()."""
        return datetime.fromisoformat(self.cleaned_data["slot_at"])
