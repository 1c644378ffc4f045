"""Judge what was handed in: every refusal has its own sentence and stable code, and all of them come at once."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Applicant
from bpmc_portal.errors import InvalidInput
from bpmc_portal.lib import identifiers, names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from dossiers.models import AskedAgain, Complexity, ProvidedAs
from dossiers.services.commands import ApplicantInput, ComponentInput, IntakeInput, RepresentativeInput
from procedures.catalogue import CaseInForce

T = TypeVar("T")
FORM_BYTES = 64 * 1024
NOTE_LENGTH = 200
EARLIEST_BIRTH = date(1900, 1, 1)


@dataclass
class Findings:
    """Sentences by field, in the order in which they were found; the first one's code speaks for all."""

    sentences: dict[str, str] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)

    def add(self, path: str, code: str, sentence: str) -> None:
        """Note one refusal."""
        self.sentences.setdefault(path, sentence)
        self.codes.append(code)

    def take(self, path: str, judge: Callable[[], T]) -> T | None:
        """Run a pure parser; a refusal becomes a finding and None comes back."""
        try:
            return judge()
        except InvalidIdentifier as error:
            self.add(path, error.code, error.sentence)
            return None

    def raise_any(self) -> None:
        """Raise InvalidInput when anything was found."""
        if self.codes:
            raise InvalidInput(next(iter(self.sentences.values())), code=self.codes[0], fields=self.sentences)


def check_applicant(given: ApplicantInput, findings: Findings, *, today: date) -> Applicant:
    """Return an unsaved applicant with cleaned values; what is wrong goes into the findings."""
    applicant = Applicant(kind=given.kind, gender=given.gender, birth_on=given.birth_on)
    applicant.identity_kind, applicant.identity_number = _identity(given, findings)
    clean = names.clean_organisation_name if given.kind == Applicant.Kind.ORGANISATION else names.clean_name
    name = findings.take("applicant.name", lambda: clean(given.name))
    if name is not None:
        applicant.set_name(name)
    if given.birth_on is not None:
        if given.birth_on > today:
            findings.add(
                "applicant.birth_on",
                "birth_in_future",
                _("Ngày sinh không thể ở tương lai. Hãy kiểm tra lại năm."),
            )
        elif given.birth_on < EARLIEST_BIRTH:
            findings.add(
                "applicant.birth_on", "birth_too_early", _("Năm sinh phải từ 1900. Hãy kiểm tra lại.")
            )
    applicant.phone = _phone(given.phone, "applicant.phone", findings)
    applicant.email = _email(given.email, findings)
    applicant.address = findings.take("applicant.address", lambda: names.clean_text(given.address, 300)) or ""
    return applicant


def _identity(given: ApplicantInput, findings: Findings) -> tuple[str, str]:
    path, typed = "applicant.identity_number", given.identity_number
    if given.kind == Applicant.Kind.ORGANISATION:
        tax = findings.take(path, lambda: identifiers.parse_tax_code(typed))
        return Applicant.IdentityKind.TAX_CODE, tax.number if tax else ""
    # Passports have letters and at most ten characters; a longer number with a letter is a mistyped citizen's number.
    if len(typed.strip()) <= 10 and any(letter.isascii() and letter.isalpha() for letter in typed):
        passport = findings.take(path, lambda: identifiers.parse_passport(typed))
        return Applicant.IdentityKind.PASSPORT, passport.number if passport else ""
    cccd = findings.take(path, lambda: identifiers.parse_cccd(typed))
    return Applicant.IdentityKind.CCCD, cccd.number if cccd else ""


def _phone(typed: str, path: str, findings: Findings) -> str:
    if not typed.strip():
        return ""
    phone = findings.take(path, lambda: identifiers.parse_phone(typed))
    return phone.e164 if phone else ""


def _email(typed: str, findings: Findings) -> str:
    if not typed.strip():
        return ""
    try:
        validate_email(typed.strip())
    except ValidationError:
        findings.add(
            "applicant.email",
            "email_format",
            _("Địa chỉ e-mail cần có dạng ten@tenmien.vn. Hãy kiểm tra lại hoặc để trống."),
        )
        return ""
    return typed.strip()


def check_representative(
    given: RepresentativeInput | None, findings: Findings, *, today: date
) -> dict[str, Any] | None:
    """Return the representative as it is stored, or None. An authorisation that has ended is refused."""
    if given is None:
        return None
    cccd = findings.take(
        "representative.identity_number", lambda: identifiers.parse_cccd(given.identity_number)
    )
    name = findings.take("representative.name", lambda: names.clean_name(given.name))
    number = findings.take(
        "representative.authorisation_number", lambda: names.clean_text(given.authorisation_number, 60)
    )
    ends = given.authorisation_expires_on
    if ends is not None and ends < today:
        findings.add(
            "representative.authorisation_expires_on",
            "authorisation_ended",
            _("Giấy uỷ quyền đã hết hạn ngày %s. Cần giấy uỷ quyền còn hiệu lực.")
            % ends.strftime("%d/%m/%Y"),
        )
    return {
        "identity_number": cccd.number if cccd else "",
        "name": name or "",
        "phone": _phone(given.phone, "representative.phone", findings),
        "authorisation_number": number or "",
        "authorisation_expires_on": ends.isoformat() if ends else None,
    }


def check_components(given: tuple[ComponentInput, ...], case: CaseInForce, findings: Findings) -> None:
    """Find unknown, repeated, missing or impossible papers."""
    seen: set[str] = set()
    for index, paper in enumerate(given):
        path = f"components.{index}"
        if paper.component not in case.components:
            findings.add(
                f"{path}.component",
                "unknown_component",
                _("Thủ tục này không có giấy tờ mã “%s”.") % paper.component[:30],
            )
        if paper.component in seen:
            findings.add(
                f"{path}.component",
                "component_twice",
                _("Giấy tờ mã “%s” được ghi hai lần.") % paper.component[:30],
            )
        seen.add(paper.component)
        if paper.provided_as not in ProvidedAs.values:
            findings.add(
                f"{path}.provided_as",
                "provided_as",
                _("Hãy chọn bản chính, bản chứng thực, bản sao, bản điện tử hoặc dùng lại."),
            )
        if not 1 <= paper.copies <= 99:
            findings.add(
                f"{path}.copies", "copies_range", _("Số bản phải từ 1 đến 99. Bạn đã nhập %s.") % paper.copies
            )
        if paper.provided_as == ProvidedAs.FILE and paper.document is None:
            findings.add(
                f"{path}.document",
                "file_missing",
                _("Chưa có tệp của giấy tờ điện tử này. Hãy tải tệp lên trước."),
            )
        _check_reason(paper, path, findings)
    missing = [need for need in case.components.values() if need.is_mandatory and need.code not in seen]
    if missing:
        words = "; ".join(need.name for need in missing)
        findings.add("components", "component_missing", _("Còn thiếu giấy tờ bắt buộc: %s.") % words)


def _check_reason(paper: ComponentInput, path: str, findings: Findings) -> None:
    """Find a reason for asking again that is none of the coded ones, or an "other" that says nothing."""
    reason, note = paper.asked_again_reason, paper.asked_again_note
    if reason and reason not in AskedAgain.values:
        sentence = _("Hãy chọn lý do yêu cầu nộp lại trong danh sách.")
        findings.add(f"{path}.asked_again_reason", "reason_unknown", sentence)
    if reason == AskedAgain.OTHER and not note.strip():
        sentence = _("Hãy ghi rõ lý do khác, ví dụ “bản trong kho thiếu trang 3”.")
        findings.add(f"{path}.asked_again_note", "reason_note_needed", sentence)
    findings.take(f"{path}.asked_again_note", lambda: names.clean_text(note, NOTE_LENGTH))


def check_form(form: dict[str, Any], findings: Findings) -> None:
    """Refuse a form that is too big or carries characters that no text may have."""
    text = json.dumps(form, ensure_ascii=False)
    if len(text.encode()) > FORM_BYTES:
        findings.add(
            "form",
            "form_too_large",
            _("Nội dung biểu mẫu vượt quá 64 KB. Hãy rút gọn hoặc gửi phần dài thành tệp."),
        )
    if "\\u0000" in text:
        findings.add(
            "form",
            "control_character",
            _("Nội dung biểu mẫu có ký tự điều khiển không đọc được. Hãy gõ lại."),
        )


def check_intake(
    intake: IntakeInput, case: CaseInForce, *, today: date
) -> tuple[Applicant, dict[str, Any] | None]:
    """Judge the whole dossier and raise InvalidInput with every sentence at once."""
    findings = Findings()
    applicant = check_applicant(intake.applicant, findings, today=today)
    representative = check_representative(intake.representative, findings, today=today)
    check_components(intake.components, case, findings)
    check_form(intake.form, findings)
    if intake.complexity and intake.complexity not in Complexity.values:
        sentence = _("Hãy chọn lý do hồ sơ phức tạp trong danh sách, hoặc để trống.")
        findings.add("complexity", "complexity_unknown", sentence)
    findings.raise_any()
    return applicant, representative
