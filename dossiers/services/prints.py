"""Papers that are laid out when somebody asks: slips of one dossier, hand-over lists, the register. Nothing is stored; each states its hour.

What binds (receipt, letters) is issued once by services/papers.py. Every list here is bounded, so that a page costs seconds at most.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Office, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import InvalidInput, NotFound
from bpmc_portal.lib import pdf
from bpmc_portal.lib.vietnamese import LOCAL_ZONE, local_date
from dossiers.list_forms import REGISTER, REGISTER_HEADINGS, RESULT_HANDOVER, Volume, register_cells
from dossiers.models import Dossier, Payment, Status
from dossiers.models.dossier import DossierQuerySet
from dossiers.numbering import code_key
from dossiers.print_forms import ON_DEMAND
from dossiers.print_frame import Print, PrintForm
from dossiers.services import exporting
from procedures.models import Field

# Rows of one part of the register: about two seconds of processor (forty milliseconds a row). A month of a busy field is several parts.
PART = 50
MOST_HANDED = 100
_LOADED = (
    "office__unit__parent", "unit__parent", "procedure", "version_of_procedure", "applicant", "received_by", "step", "result",
)  # fmt: skip


@dataclass(frozen=True)
class Sized:
    """A volume with how many dossiers it holds, and in how many parts it is printed."""

    volume: Volume
    count: int

    @property
    def parts(self) -> int:
        """At least one: an empty volume is printed too, and says so."""
        return max(1, -(-self.count // PART))


def of_dossier(dossier: Dossier, slug: str, *, at: datetime) -> bytes:
    """Return the PDF of one paper of a dossier as it stands now. Raises NotFound for a paper that there is not."""
    form = ON_DEMAND.get(slug)
    if form is None:
        raise NotFound(_("Không có mẫu giấy này. Hãy chọn lại trong mục Giấy in của hồ sơ."))
    loaded = Dossier.objects.select_related(*_LOADED).get(pk=dossier.pk)
    day = local_date(loaded.received_at or at)
    return pdf.render(form.template, form.build(loaded, paper=_print(form, day, at)), size=form.sizes[0])


def volume_of(user: User, *, field: Field, month: date) -> Volume:
    """Return the volume of a field and month at the person's own desk. Raises NotFound for who sits at none."""
    office = desk_of(user)
    first = month.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return Volume(office, field, first, last)


def desk_of(user: User) -> Office:
    """Return the desk of the person. Raises NotFound."""
    office = (
        Office.objects.select_related("unit__parent")
        .filter(pk__in=principal_of(user).office_ids)
        .order_by("position")
        .first()
    )
    if office is None:
        raise NotFound(_("Bạn chưa được phân công tại Bộ phận Một cửa nào nên không có sổ theo dõi."))
    return office


def register_of(user: User, volume: Volume) -> DossierQuerySet:
    """Return the dossiers of a volume in the order of their reception: the running number is the place in it."""
    start, end = (
        datetime.combine(day, time.min, LOCAL_ZONE) for day in (volume.first, volume.last + timedelta(days=1))
    )
    found: DossierQuerySet = Dossier.objects.visible_to(user).filter(
        office=volume.office, received_at__gte=start, received_at__lt=end, procedure__field=volume.field
    )
    return found.select_related("procedure", "unit").order_by("received_at", "id")


def sized(user: User, volume: Volume) -> Sized:
    """Count a volume."""
    return Sized(volume, register_of(user, volume).count())


def register_pdf(user: User, volume: Volume, *, part: int, at: datetime) -> bytes:
    """Return one part of a volume as PDF. Raises NotFound for a part that there is not."""
    whole = sized(user, volume)
    if not 1 <= part <= whole.parts:
        raise NotFound(_("Quyển sổ này chỉ có %d phần.") % whole.parts)
    first = (part - 1) * PART
    rows = register_of(user, volume)[first : first + PART]
    cells = [register_cells(number, each) for number, each in enumerate(rows, first + 1)]
    paper = _print(REGISTER, min(volume.last, local_date(at)), at)
    built = REGISTER.build(volume, cells=cells, part=part, parts=whole.parts, paper=paper)
    return pdf.render(REGISTER.template, built, size=REGISTER.sizes[0], is_long=len(cells) > PART // 10)


def register_csv(user: User, volume: Volume) -> Iterator[str]:
    """Yield a whole volume line by line, in the order and with the headings of the paper, as the worklist's file is written."""
    writer = csv.writer(exporting.Line(), delimiter=";", lineterminator="\r\n")
    yield exporting.BOM + writer.writerow(REGISTER_HEADINGS)
    for number, each in enumerate(register_of(user, volume).iterator(chunk_size=exporting.CHUNK), 1):
        cells = (cell.replace("\n", ", ") for cell in register_cells(number, each))
        yield writer.writerow([exporting.safe(cell) for cell in cells])


def to_hand_over(user: User) -> QuerySet[Dossier]:
    """Return the finished dossiers that this person sees and whose result has not left the desk, the longest waiting first."""
    visible: QuerySet[Dossier] = Dossier.objects.visible_to(user).filter(status=Status.FINISHED)
    return visible.select_related("unit__parent", "office__unit__parent", "procedure", "result").order_by(
        "finished_at", "id"
    )


def handover_pdf(user: User, codes: list[str], *, at: datetime) -> bytes:
    """Return the hand-over list of the chosen results of one unit. Raises InvalidInput for none, too many, or several units."""
    keys = {code_key(each) for each in codes}
    if not keys:
        raise InvalidInput(_("Hãy chọn ít nhất một kết quả để in phiếu bàn giao."), code="nothing_chosen")
    if len(keys) > MOST_HANDED:
        raise InvalidInput(
            _("Mỗi phiếu bàn giao nhiều nhất %d kết quả.") % MOST_HANDED, code="too_many_chosen"
        )
    paid = Payment.objects.filter(dossier=OuterRef("pk"), state=Payment.State.PAID)
    found = list(to_hand_over(user).filter(code_key__in=keys).annotate(has_paid=Exists(paid)))
    if not found:
        raise NotFound(_("Không tìm thấy kết quả nào trong số đã chọn. Hãy tải lại danh sách."))
    if len({(each.unit_id, each.office_id) for each in found}) > 1:
        sentence = _(
            "Các kết quả đã chọn của nhiều đơn vị hoặc nhiều Bộ phận Một cửa. Hãy in riêng từng phiếu."
        )
        raise InvalidInput(sentence, code="different_units")
    paper = _print(RESULT_HANDOVER, local_date(at), at)
    built = RESULT_HANDOVER.build(found[0].unit, dossiers=found, office=found[0].office, paper=paper)
    return pdf.render(RESULT_HANDOVER.template, built, size=RESULT_HANDOVER.sizes[0], is_long=True)


def _print(form: PrintForm, day: date, at: datetime) -> Print:
    return Print(form, form.version_on(day), form.sizes[0], at)
