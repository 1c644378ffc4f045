"""A dossier that fills every line of every paper: long names, twelve papers, letters, an opinion, money, a result; and its papers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import yaml
from django.utils import timezone

from bpmc_portal.lib import pdf
from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from digitization import storage
from digitization.models import Document
from dossiers import print_forms
from dossiers.list_forms import RESULT_HANDOVER, Volume
from dossiers.models import Dossier, Letter, Result
from dossiers.services import papers, prints
from dossiers.services.acts import ItemInput, MoneyInput, OpinionInput, Params
from dossiers.services.commands import ApplicantInput
from dossiers.services.intake import receive_dossier, submit_dossier
from dossiers.services.transitions import act
from dossiers.workflow import Action
from procedures.models import Fee
from tests.papers.made import with_papers
from tests.world import TU_CCCD, World

LAW = yaml.safe_load((Path(print_forms.__file__).parent / "data" / "forms.yaml").read_text(encoding="utf-8"))[
    "forms"
]
OWNER = "Công Tằng Tôn Nữ Nguyễn Phúc Thị Ánh Nguyệt Minh Châu Łukasz"
ADDRESS = "Số nhà 125/36/7A, ngách 14, ngõ 208, đường Nguyễn Văn Cừ kéo dài, phường Ngọc Lâm, quận Long Biên, thành phố Hà Nội"
OLD = datetime(2021, 10, 14, 9, 16, tzinfo=LOCAL_ZONE)
WHY = "Hợp đồng thiếu trang 3; chữ ký ở trang cuối không đọc được"


@dataclass(frozen=True)
class Made:
    """A printed paper: its bytes and the number that the form had on that day."""

    pdf: bytes
    number: str


def intake(world: World, **changes: object):  # type: ignore[no-untyped-def]
    """Return an intake with a long name and address."""
    person = ApplicantInput(
        "citizen", TU_CCCD, OWNER, phone="0912345678", email="tran.thi.anh.nguyet@gmail.com", address=ADDRESS
    )
    return world.intake(applicant=person, **changes)


def received(world: World, *, at: datetime | None = None, **changes: object) -> Dossier:
    """Return a received dossier with twelve papers, at that instant or now."""
    dossier = receive_dossier(intake(world, **changes), actor=world.lan, at=at or timezone.now())
    return with_papers(dossier, 12, name="Giấy tờ <b>kèm theo</b> số {} & phụ lục")


def in_hand(world: World, *, at: datetime | None = None) -> Dossier:
    """Return a dossier that has reached its first step."""
    dossier = received(world, at=at)
    return act(dossier.code, Action.FORWARD, actor=world.minh, at=at and at + timedelta(hours=2))


def finished(world: World) -> Dossier:
    """Return a dossier that went the whole way: opinion, supplement, fee, result, handed over by paper once."""
    dossier, minh = in_hand(world), world.minh
    ask = OpinionInput(unit=world.other.code)
    act(
        dossier.code,
        Action.ASK_OPINION,
        actor=minh,
        params=Params(reason="Xin ý kiến về hợp đồng", opinion=ask),
    )
    act(dossier.code, Action.GIVE_OPINION, actor=world.binh, params=Params(reason="Đồng ý"))
    act(dossier.code, Action.REQUEST_SUPPLEMENT, actor=minh, params=_asked())
    act(dossier.code, Action.SUPPLEMENT, actor=world.lan)
    money = MoneyInput(amount=5_450_000, name="Lệ phí đăng ký hợp đồng")
    act(dossier.code, Action.REQUEST_PAYMENT, actor=minh, params=Params(reason="Nộp lệ phí", money=money))
    act(
        dossier.code,
        Action.PAY,
        actor=world.lan,
        params=Params(money=MoneyInput(method="cash", transaction="BL-0042")),
    )
    Result.objects.create(
        dossier=dossier, title="Văn bản chấp thuận đăng ký hợp đồng cung ứng lao động", number="128/QLLĐNN-QLLĐ",
        drafted_by=minh, drafted_at=timezone.now(),
    )  # fmt: skip
    act(dossier.code, Action.FORWARD, actor=minh, params=Params(paper_handoff=True, reason="Bản vẽ khổ lớn"))
    act(dossier.code, Action.APPROVE, actor=world.ha)
    _scan(dossier, world)
    return Dossier.objects.get(pk=dossier.pk)


def letter(world: World, kind: str, *, at: datetime | None = None) -> Letter:
    """Return the issued letter of that kind, written by its act."""
    if kind in (Letter.Kind.FIX, Letter.Kind.DECLINE):
        dossier = submit_dossier(intake(world, channel="online"), actor=world.tu)
        action, actor = (
            (Action.ASK_TO_FIX, world.lan) if kind == Letter.Kind.FIX else (Action.DECLINE, world.lan)
        )
    else:
        dossier = in_hand(world, at=at)
        action, actor = _AFTER[kind](world)
    day = (at or timezone.now()).astimezone(LOCAL_ZONE).date() + timedelta(days=14)
    while day.weekday() > 4:
        day += timedelta(days=1)
    params = _asked() if kind in (Letter.Kind.FIX, Letter.Kind.SUPPLEMENT) else Params(
        reason=WHY, reason_codes=_CODES.get(kind, ()), legal_basis="NĐ 118/2025/NĐ-CP, Điều 17", due_on=day
    )  # fmt: skip
    act(dossier.code, action, actor=actor, params=params, at=at and at + timedelta(hours=5))
    return Letter.objects.get(dossier=dossier, kind=kind)


_AFTER: dict[str, Callable[[World], tuple[Action, object]]] = {
    Letter.Kind.SUPPLEMENT: lambda world: (Action.REQUEST_SUPPLEMENT, world.minh),
    Letter.Kind.APOLOGY: lambda world: (Action.POSTPONE, world.ha),
    Letter.Kind.STOP: lambda world: (Action.STOP, world.ha),
    Letter.Kind.REFUSE: lambda world: (Action.REFUSE, world.ha),
}
_CODES = {
    Letter.Kind.DECLINE: ("decline-1",), Letter.Kind.APOLOGY: ("delay-1",), Letter.Kind.STOP: ("stop-1",),
    Letter.Kind.REFUSE: ("refuse-1", "refuse-2"),
}  # fmt: skip


def _asked() -> Params:
    items = (ItemInput("01", "paper-1"), ItemInput("02", "paper-2", text="Trang 3 <thiếu> & mờ"))
    return Params(reason=WHY, items=items, legal_basis="NĐ 118/2025/NĐ-CP, Điều 17")


def _scan(dossier: Dossier, world: World) -> None:
    """Give the first papers a file, as the desk's scanner does."""
    for each in dossier.components.order_by("position")[:3]:
        blob = storage.put([f"tệp {each.pk}".encode()], media_type="application/pdf")
        Document.objects.filter(pk=each.document_id).update(
            blob=blob, state="stored", pages=4, uploaded_by=world.sohoa
        )


def printed_letter(world: World, kind: str, *, at: datetime | None = None) -> Made:
    """Issue the letter and return its paper."""
    written = letter(world, kind, at=at)
    paper = papers.issue_letter(written.pk)
    form = print_forms.letter_form(kind, written.issued_at.astimezone(LOCAL_ZONE).date())
    return Made(
        storage.read(paper.blob_id),
        next(each.number for each in form.versions if each.id == paper.form_version),
    )


def printed_slip(world: World, slug: str) -> Made:
    """Return a paper that is laid out on demand."""
    form = print_forms.ON_DEMAND[slug]
    return Made(prints.of_dossier(finished(world), slug, at=timezone.now()), form.versions[-1].number)


def printed_register(world: World) -> Made:
    """Return the first part of this month's volume."""
    finished(world)
    world.received()
    volume = volume_of(world)
    return Made(prints.register_pdf(world.lan, volume, part=1, at=timezone.now()), "Mẫu số 07")


def volume_of(world: World) -> Volume:
    """Return this month's volume of the world's field."""
    today = timezone.now().astimezone(LOCAL_ZONE).date()
    return prints.volume_of(world.lan, field=world.procedure.field, month=today)


def printed_handover(world: World) -> Made:
    """Return the hand-over list of one finished dossier."""
    dossier = finished(world)
    made = prints.handover_pdf(world.lan, [dossier.code], at=timezone.now())
    return Made(made, RESULT_HANDOVER.versions[-1].number)


def printed_receipt(world: World) -> Made:
    """Return Mẫu số 01 of a procedure that costs something."""
    related = (
        "office__unit__parent",
        "unit",
        "procedure",
        "version_of_procedure",
        "applicant",
        "received_by",
    )
    dossier = Dossier.objects.select_related(*related).get(pk=received(world).pk)
    form = print_forms.FORMS["receipt"]
    fees = [Fee(name="Lệ phí đăng ký", amount=200_000)]
    components = list(dossier.components.order_by("position"))
    built = form.build(
        dossier, components=components, fees=fees, form=form, version=form.versions[-1], size="A5"
    )
    return Made(pdf.render(form.template, built, size="A5"), "Mẫu số 01")


# Every form of data/forms.yaml that this system lays out as a page, by its key there.
PAPERS: dict[str, Callable[[World], Made]] = {
    "receipt_appointment": printed_receipt,
    "supplement_request": lambda world: printed_letter(world, Letter.Kind.SUPPLEMENT),
    "intake_refusal": lambda world: printed_letter(world, Letter.Kind.DECLINE),
    "apology_reappointment": lambda world: printed_letter(world, Letter.Kind.APOLOGY, at=OLD),
    "apology_extension": lambda world: printed_letter(world, Letter.Kind.APOLOGY),
    "stop_notice": lambda world: printed_letter(world, Letter.Kind.STOP),
    "control_slip": lambda world: printed_slip(world, "phieu-kiem-soat"),
    "dossier_register": printed_register,
    "multi_dossier_receipt": lambda world: printed_slip(world, "nhieu-ho-so"),
    "result_handover": printed_handover,
    "result_receipt": lambda world: printed_slip(world, "bien-nhan-tra-ket-qua"),
    "processing_history": lambda world: printed_slip(world, "qua-trinh-xu-ly"),
    "withdrawal_request": lambda world: printed_slip(world, "de-nghi-rut"),
    "digitization_receipt": lambda world: printed_slip(world, "bien-nhan-so-hoa"),
    "fee_receipt": lambda world: printed_slip(world, "bien-lai"),
    "satisfaction_survey": lambda world: printed_slip(world, "danh-gia"),
}
