"""The rows of the intake page in words: each paper with its source or scan, and what a careful clerk would look at."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bpmc_portal.accounts.models import Applicant, User
from bpmc_portal.lib import identifiers
from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import format_date, local_date
from digitization import wording
from digitization.models import Document
from dossiers.forms import PaperRow, ReceiveForm
from dossiers.services import persons
from dossiers.services.held import HeldPaper
from procedures.catalogue import Catalogue, OfficeInForce

SOON_DAYS = 400


def rows(
    form: ReceiveForm, files: Mapping[str, Document], in_force: Catalogue, now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """Return the papers of both bands: {"held": […], "wanted": […]}, each {row, file, …} ready to show."""
    return {
        "held": [
            {**_shown(row, files), **held_words(row.held, in_force, now)} for row in form.papers if row.held
        ],
        "wanted": [_shown(row, files) for row in form.papers if not row.held],
    }


def _shown(row: PaperRow, files: Mapping[str, Document]) -> dict[str, Any]:
    file = files.get(row.file_id)
    return {"row": row, "file": wording.described(file) if file else None}


def held_words(paper: HeldPaper, in_force: Catalogue, now: datetime) -> dict[str, str]:
    """Say where a held paper comes from, since when, and how long it is good."""
    document = paper.document
    origin = in_force.procedures.get(document.code_origin)
    source = _("Kho kết quả của Bộ") if document.kind == "result" else _("Kho giấy tờ của Bộ")
    if document.code is None:
        source = _("Vừa nộp ở hồ sơ trước")
    number = _("Số %s") % document.number if document.number else ""
    signed = document.get_signed_display() if document.signed else ""
    parts = [
        number, document.issuer, signed, document.get_source_display(), document.code or "",
        origin.row.name if origin else "",
    ]  # fmt: skip
    if paper.valid_until is None:
        good = _("không thời hạn")
    elif (days := (paper.valid_until - now).days) < SOON_DAYS:
        good = _("còn hạn %d ngày") % days
    else:
        good = _("còn hạn đến %s") % format_date(paper.valid_until)
    return {
        "source": source,
        "since": _("%(day)s · %(good)s") % {"day": format_date(document.created_at), "good": good},
        "detail": " · ".join(filter(None, parts)),
        "document": str(document.pk),
    }


def person_line(person: Applicant) -> str:
    """Write "Nữ · 12/03/1986 · Hà Đông, Hà Nội"."""
    born = format_date(person.birth_on) if person.birth_on else ""
    return " · ".join(filter(None, (str(person.get_gender_display()), born, person.address)))


def checks(
    user: User,
    form: ReceiveForm,
    person: Applicant | None,
    in_force: Catalogue,
    desk: OfficeInForce,
    due: Mapping[str, str] | None,
    files: Mapping[str, Document],
) -> list[dict[str, str]]:
    """Return what a careful clerk would look at: kind (ok, warn, late = blocks), text, and the id of the control to go to."""
    found = [*_paper_checks(form)]
    if due and due["refused"]:
        found.append(_check("late", due["refused"], "id_procedure_text"))
    if person is not None and form.chosen:
        twin = persons.has_open_twin(user, person, form.chosen.procedure.row.pk)
        text = (
            _("Người nộp đang có hồ sơ thủ tục này chưa xong") if twin else _("Không trùng hồ sơ đang xử lý")
        )
        found.append(_check("warn" if twin else "ok", text))
    found += [*_scan_checks(form, files), *_number_checks(form)]
    if form.chosen:
        found.append(_place_check(form.chosen.procedure.row.unit_id, in_force, desk))
    return found


def _check(kind: str, text: str, target: str = "") -> dict[str, str]:
    return {"kind": kind, "text": text, "target": target}


def _paper_checks(form: ReceiveForm) -> list[dict[str, str]]:
    needed = [row for row in form.papers if row.requirement.is_mandatory]
    missing = [row for row in needed if not row.is_given]
    unexplained = [
        row
        for row in form.papers
        if row.held and row.is_given and not row.is_reused and not row.again.value()  # type: ignore[union-attr]
    ]
    found = []
    if missing:
        words = ngettext(
            "Còn thiếu %d giấy tờ bắt buộc", "Còn thiếu %d giấy tờ bắt buộc", len(missing)
        ) % len(missing)
        found.append(_check("late", words, missing[0].here.auto_id))
    else:
        found.append(
            _check(
                "ok", _("Đủ %(there)d/%(all)d giấy tờ bắt buộc") % {"there": len(needed), "all": len(needed)}
            )
        )
    if unexplained:
        text = _("Nêu lý do yêu cầu nộp lại giấy tờ đã có trong kho")
        found.append(_check("late", text, unexplained[0].again.auto_id))  # type: ignore[union-attr]
    if reused := sum(row.is_reused for row in form.papers):
        found.append(
            _check(
                "ok",
                ngettext("%d giấy tờ không phải nộp lại", "%d giấy tờ không phải nộp lại", reused) % reused,
            )
        )
    return found


def _place_check(unit_id: int, in_force: Catalogue, desk: OfficeInForce) -> dict[str, str]:
    """Say who decides: any desk may receive for another unit, and both are credited apart."""
    place = {"desk": desk.row.name, "unit": in_force.units[unit_id].name}
    if desk.row.unit_id == unit_id:
        return _check("ok", _("Giải quyết tại %(unit)s") % place)
    return _check("ok", _("Tiếp nhận tại %(desk)s, giải quyết tại %(unit)s") % place)


def _scan_checks(form: ReceiveForm, files: Mapping[str, Document]) -> list[dict[str, str]]:
    used = [files[row.file_id] for row in form.papers if row.file_id in files]
    doubtful = sum(wording.is_doubtful(each) for each in used)
    found = []
    if doubtful:
        text = ngettext(
            "%d tệp khó đọc, nên quét lại – không chặn tiếp nhận",
            "%d tệp khó đọc, nên quét lại – không chặn tiếp nhận",
            doubtful,
        )
        found.append(_check("warn", text % doubtful))
    if loose := sum(each in files for each in form.tray_ids):
        text = ngettext(
            "%d tệp trong khay chưa gắn với giấy tờ nào", "%d tệp trong khay chưa gắn với giấy tờ nào", loose
        )
        found.append(_check("warn", text % loose, "tray"))
    return found


def _number_checks(form: ReceiveForm) -> list[dict[str, str]]:
    """Compare a citizen's number with the typed day of birth: a doubt, never a refusal."""
    field = form.fields["birth_on"]
    try:
        cccd = identifiers.parse_cccd(str(form["identity_number"].value() or ""), on=local_date())
        born = field.to_python(form["birth_on"].value())
    except (InvalidIdentifier, ValidationError):
        return []
    return [
        _check("warn", each.sentence, "id_birth_on")
        for each in identifiers.cccd_warnings(cccd, birth_on=born)
    ]
