"""Who may take a result away, and what is kept as the proof of handing over: one rule for the counter, the dossier page and the API.

A result leaves the desk to the applicant, to the representative whom the dossier names while that authorisation lasts, to somebody
with an authorisation of their own, or to the postal service with a tracking number (domain.md 4.2, Delivery).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpmc_portal.errors import InvalidInput
from bpmc_portal.lib import names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import format_date
from dossiers.models import Dossier, ReturnMethod

NAME_LENGTH = 200
NUMBER_LENGTH = 60
SLOT_LENGTH = 20
_TRACKING = re.compile(r"[0-9A-Z]{8,30}")


class Who(TextChoices):
    """Who stands at the counter."""

    APPLICANT = "applicant", gettext_lazy("Chính chủ")
    REPRESENTATIVE = "representative", gettext_lazy("Người đại diện ghi trong hồ sơ")
    AUTHORISED = "authorised", gettext_lazy("Người được uỷ quyền")
    POST = "post", gettext_lazy("Nhân viên bưu chính")


class Signed(TextChoices):
    """How the collector signed for the result."""

    PAPER = "paper", gettext_lazy("Ký giấy")
    PAD = "pad", gettext_lazy("Bảng ký")


@dataclass(frozen=True)
class Delivery:
    """How a result leaves the desk. `method` is a ReturnMethod, "" for the registered one; `together` are the codes of one handing over."""

    method: str = ""
    signed: str = ""
    slot: str = ""
    tracking_number: str = ""
    together: tuple[str, ...] = ()


def proof(
    dossier: Dossier, collector: Mapping[str, Any] | None, delivery: Delivery | None, *, on: date
) -> dict[str, Any]:
    """Return what the event of the return keeps, or raise InvalidInput when the result may not be given away like this.

    `collector`: name, authorisation_number, authorised_on, authorisation_expires_on (dates) and `who` (a value of Who; without it the
    name tells). No collector at all is the applicant in person.
    """
    given, way = collector or {}, delivery or Delivery()
    method = way.method or dossier.return_method
    if way.method == ReturnMethod.POST:
        return {"method": method, "collected_by": Who.POST.value, **_posted(way)}
    name = _clean(given, "name", NAME_LENGTH)
    who = _who(dossier, name, given)
    kept: dict[str, Any] = {"collected_by": who.value, "collected_by_other": who is not Who.APPLICANT}
    if who is Who.REPRESENTATIVE:
        kept |= _representation(dossier, given, on)
    elif who is Who.AUTHORISED:
        kept |= {"collector_name": name, **_authorisation(name, given, on)}
    return {"method": method, **kept, **_signature(way)}


def tracking_number_of(typed: str) -> str:
    """Return a parcel number as it is kept: capitals and digits only. Raises InvalidInput."""
    number = re.sub(r"[\s.\-]", "", typed.upper())
    if not number:
        raise _refused("tracking_number", "tracking_missing", _("Hãy nhập số hiệu bưu gửi của hồ sơ này."))
    if not _TRACKING.fullmatch(number):
        sentence = _("Số hiệu bưu gửi có 8 đến 30 chữ cái không dấu và chữ số, ví dụ EB123456785VN.")
        raise _refused("tracking_number", "tracking_format", sentence)
    return number


def is_same_name(one: str, other: str) -> bool:
    """Compare two names by letters and marks, not by case and spaces: "Tú" is not "Tư"."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _who(dossier: Dossier, name: str, given: Mapping[str, Any]) -> Who:
    """Tell who it is by what was chosen, else by the name; somebody else's name alone makes nobody a representative or applicant."""
    named = str((dossier.representative or {}).get("name", ""))
    if given.get("who") == Who.APPLICANT:
        return Who.APPLICANT
    if given.get("who") == Who.REPRESENTATIVE:
        if not named or (name and not is_same_name(name, named)):
            sentence = (
                _("Hồ sơ %s không ghi người đại diện này. Hãy chọn người được uỷ quyền.") % dossier.code
            )
            raise _refused("name", "not_the_representative", sentence)
        return Who.REPRESENTATIVE
    if given.get("who") != Who.AUTHORISED and (not name or is_same_name(name, dossier.applicant_name)):
        return Who.APPLICANT
    if named and is_same_name(name, named) and not given.get("authorisation_number"):
        return Who.REPRESENTATIVE
    return Who.AUTHORISED


def _representation(dossier: Dossier, given: Mapping[str, Any], on: date) -> dict[str, Any]:
    held = dossier.representative or {}
    ends = (
        date.fromisoformat(held["authorisation_expires_on"]) if held.get("authorisation_expires_on") else None
    )
    if ends is not None and ends < on:
        sentence = _(
            "Uỷ quyền của %(name)s ghi trong hồ sơ %(code)s đã hết hạn ngày %(day)s. Hãy chọn người được uỷ quyền và ghi giấy uỷ quyền mới."
        )
        values = {"name": held["name"], "code": dossier.code, "day": format_date(ends)}
        raise _refused("name", "authorisation_expired", sentence % values)
    return {"collector_name": held["name"], "authorisation_number": held.get("authorisation_number", "")}


def _authorisation(name: str, given: Mapping[str, Any], on: date) -> dict[str, Any]:
    """Check the data of an authorisation: a name, a number and a day are needed, and one that has ended is refused."""
    number = _clean(given, "authorisation_number", NUMBER_LENGTH)
    if not name:
        raise _refused("name", "collector_missing", _("Hãy ghi họ và tên người nhận thay."))
    if not number:
        sentence = _("Người nhận thay phải có giấy uỷ quyền. Hãy ghi số giấy uỷ quyền.")
        raise _refused("authorisation_number", "authorisation_missing", sentence)
    signed_on, ends = given.get("authorised_on"), given.get("authorisation_expires_on")
    if signed_on is None:
        sentence = _("Hãy ghi ngày của giấy uỷ quyền.")
        raise _refused("authorised_on", "authorisation_day_missing", sentence)
    if signed_on > on:
        sentence = _("Ngày của giấy uỷ quyền không thể sau hôm nay. Hãy kiểm tra lại.")
        raise _refused("authorised_on", "authorisation_day_future", sentence)
    if ends is not None and ends < on:
        sentence = _("Giấy uỷ quyền đã hết hạn ngày %s. Chỉ trả kết quả khi có giấy uỷ quyền còn hạn.")
        raise _refused("authorisation_expires_on", "authorisation_expired", sentence % format_date(ends))
    kept = {"authorisation_number": number, "authorised_on": signed_on.isoformat()}
    return kept | ({"authorisation_expires_on": ends.isoformat()} if ends else {})


def _posted(way: Delivery) -> dict[str, Any]:
    number = tracking_number_of(way.tracking_number)
    return {"collected_by_other": False, "tracking_number": number, **_signature(way)}


def _signature(way: Delivery) -> dict[str, Any]:
    slot = _clean({"slot": way.slot}, "slot", SLOT_LENGTH)
    kept = {"signed": way.signed, "slot": slot, "together": list(way.together)}
    return {key: value for key, value in kept.items() if value}


def _clean(given: Mapping[str, Any], name: str, length: int) -> str:
    try:
        return " ".join(names.clean_text(str(given.get(name) or ""), length).split())
    except InvalidIdentifier as error:
        raise _refused(name, error.code, error.sentence) from error


def _refused(field: str, code: str, sentence: str) -> InvalidInput:
    path = field if field in {"slot", "tracking_number"} else f"collector.{field}"
    return InvalidInput(sentence, code=code, fields={path: sentence})
