"""The public page that says whether a paper is genuine: by its QR, by what is printed on it, or by the file."""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from bpmc_portal.audit.services import workstation_of
from bpmc_portal.errors import DomainError
from digitization import verification


class CodeForm(forms.Form):
    """What is printed on the access copy."""

    code = forms.CharField(
        label=_("Mã giấy tờ"),
        max_length=160,
        error_messages={"required": _("Hãy nhập mã giấy tờ in cạnh mã QR.")},
    )
    check_digits = forms.CharField(
        label=_("Số kiểm tra"),
        max_length=40,
        help_text=_("Dãy số in dưới mã giấy tờ; chỉ cần nhập 8 số đầu."),
        error_messages={"required": _("Hãy nhập số kiểm tra in dưới mã giấy tờ.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )


class FileForm(forms.Form):
    """The file itself."""

    file = forms.FileField(
        label=_("Tệp cần xác minh"),
        help_text=_("Tối đa 20 MB. Tệp chỉ dùng để so khớp rồi bỏ ngay, không lưu lại."),
        error_messages={
            "required": _("Hãy chọn tệp cần xác minh."),
            "empty": _("Tệp này rỗng. Hãy chọn tệp khác."),
        },
    )


def verify(request: HttpRequest) -> HttpResponse:
    """Answer a QR (GET with code and token), a typed code or a file (POST); otherwise ask."""
    if request.method == "POST":
        return (
            _by_file(request) if "file" in request.FILES or "by_file" in request.POST else _by_code(request)
        )
    code, token = request.GET.get("ma", "")[:160], request.GET.get("k", "")[:40]
    if code and token:
        return _show(request, verification.by_token(code, token))
    return _ask(request, CodeForm(initial={"code": code}), FileForm())


def _by_code(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _ask(request, form, FileForm(), status=400)
    given = form.cleaned_data
    try:
        answer = verification.by_code(given["code"], given["check_digits"], network=workstation_of(request))
    except DomainError as error:
        form.add_error(None, error.sentence)
        return _ask(request, form, FileForm(), status=error.status)
    return _show(request, answer)


def _by_file(request: HttpRequest) -> HttpResponse:
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _ask(request, CodeForm(), form, status=400)
    file: UploadedFile[bytes] = form.cleaned_data["file"]
    try:
        answer = verification.by_file(file, network=workstation_of(request))
    except DomainError as error:
        form.add_error("file" if error.fields else None, error.sentence)
        return _ask(request, CodeForm(), form, status=error.status)
    return _show(request, answer)


def _ask(request: HttpRequest, form: CodeForm, file_form: FileForm, *, status: int = 200) -> HttpResponse:
    wrong = file_form if file_form.errors else form
    context = {"form": form, "file_form": file_form, "wrong": wrong}
    return render(request, "digitization/verify.html", context, status=status)


def _show(request: HttpRequest, answer: verification.Answer) -> HttpResponse:
    response = render(request, "digitization/verified.html", {"answer": answer})
    response["Referrer-Policy"] = "no-referrer"
    return response
