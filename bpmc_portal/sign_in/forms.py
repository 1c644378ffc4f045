"""The shapes of what is typed at the door."""

from typing import Any

from axes.conf import settings as axes_settings
from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """User name and password; a failure says how many tries are left, never which of the two was wrong."""

    username = forms.CharField(
        label=_("Tên đăng nhập"),
        max_length=60,
        error_messages={"required": _("Hãy nhập tên đăng nhập.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=_("Mật khẩu"),
        strip=False,
        error_messages={"required": _("Hãy nhập mật khẩu.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "data-password": ""}),
    )

    def clean_username(self) -> str:
        """Fold the case before the failures are counted, or every spelling would have five tries of its own."""
        return str(self.cleaned_data["username"]).strip().lower()

    def get_invalid_login_error(self) -> ValidationError:
        """Say how many tries are left for this account from this address."""
        credentials: dict[str, Any] = {"username": self.cleaned_data.get("username")}
        left = axes_settings.AXES_FAILURE_LIMIT - AxesProxyHandler.get_failures(self.request, credentials)
        sentence = gettext("Tên đăng nhập hoặc mật khẩu không đúng. Còn %s lần thử.") % max(left, 0)
        return ValidationError(sentence, code="wrong_password")


class CodeForm(forms.Form):
    """One code: six digits of the authenticator, or a recovery code."""

    code = forms.CharField(
        label=_("Mã xác thực"),
        max_length=20,
        error_messages={"required": _("Hãy nhập mã 6 số trong ứng dụng xác thực.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "spellcheck": "false", "data-one-time-code": ""}
        ),
    )
