"""A dossier with everything on it: papers with files, events, notes, messages, letters, opinions and verdicts."""

import io
from datetime import timedelta

import pikepdf
from django.db import transaction
from PIL import Image, ImageDraw

from digitization import storage
from digitization.models import Blob, Document
from dossiers.models import (
    Component,
    Dossier,
    DossierEvent,
    Letter,
    LetterItem,
    Message,
    Note,
    Opinion,
    Reason,
)
from dossiers.services import verdicts
from dossiers.services.transitions import act
from dossiers.workflow import Action
from tests.world import World


def pdf(pages: int) -> bytes:
    """Return a PDF of empty A4 pages."""
    out, file = io.BytesIO(), pikepdf.new()
    for _page in range(pages):
        file.add_blank_page(page_size=(595, 842))
    file.save(out)
    return out.getvalue()


def scan(text: str) -> bytes:
    """Return a picture of a sheet with some lines on it."""
    sheet, out = Image.new("RGB", (1240, 1754), "white"), io.BytesIO()
    pen = ImageDraw.Draw(sheet)
    pen.text((380, 120), text, fill="black", font_size=44)
    for line in range(26):
        pen.line((120, 260 + line * 52, 1100 - (line * 97) % 300, 260 + line * 52), fill="#555", width=5)
    sheet.save(out, "JPEG")
    return out.getvalue()


def stored(content: bytes, media_type: str) -> Blob:
    """Put bytes into the store."""
    return storage.put([content], media_type=media_type)


def full(world: World, *, papers: int = 30, events: int = 200, side: int = 10) -> Dossier:
    """Return a dossier in its second step with this many papers and events, and `side` notes and messages."""
    dossier = act(world.received().code, Action.FORWARD, actor=world.minh)
    for component, (content, kind, count) in zip(
        dossier.components.select_related("document").order_by("position"),
        ((scan("VAN BAN DANG KY"), "image/jpeg", 1), (pdf(3), "application/pdf", 3)),
        strict=True,
    ):
        Document.objects.filter(pk=component.document_id).update(
            state="stored", blob=stored(content, kind), pages=count
        )
    _papers(dossier, papers)
    _events(world, dossier, events)
    _beside(world, dossier, side)
    for position in range(1, min(papers, 20) + 1):
        failed = position == 2
        place = list(dossier.components.order_by("position"))[position - 1].position
        verdicts.judge(
            dossier.code,
            place,
            "failed" if failed else "passed",
            actor=world.minh,
            reason="paper-1" if failed else "",
            note="Trang 3 mờ." if failed else "",
        )
    return Dossier.objects.get(pk=dossier.pk)


def _papers(dossier: Dossier, papers: int) -> None:
    need = dossier.components.order_by("position")[0].requirement
    documents = Document.objects.bulk_create(Document(name=f"Giấy {number}") for number in range(papers - 2))
    Component.objects.bulk_create(
        Component(dossier=dossier, requirement=need, position=number, name=f"Giấy tờ kèm theo số {number}", provided_as="copy", document=document)
        for number, document in enumerate(documents, 10)
    )  # fmt: skip


@transaction.atomic
def _events(world: World, dossier: Dossier, events: int) -> None:
    DossierEvent.objects.bulk_create(
        DossierEvent(dossier=dossier, seq=seq, action="send_back", from_status="processing", to_status="processing",
                     from_step=dossier.step, to_step=dossier.step, at=dossier.received_at + timedelta(minutes=1),
                     actor=world.minh, unit=world.agency, reason="Làm lại", is_public=False)
        for seq in range(3, events + 1)
    )  # fmt: skip
    # The database checks at commit that the dossier stands at its last event.
    Dossier.objects.filter(pk=dossier.pk).update(version=events)


def _beside(world: World, dossier: Dossier, side: int) -> None:
    at, reason = dossier.received_at, Reason.objects.get(code="paper-1")
    for number in range(side):
        moment = timedelta(milliseconds=number)
        Note.objects.create(dossier=dossier, author=world.ha, at=at + moment, text=f"Ghi chú riêng {number}")
        author = world.minh if number % 2 else None
        Message.objects.create(dossier=dossier, author=author, at=at + moment, text=f"Tin nhắn {number}")
    for unit in (world.other, world.ministry, world.other)[: min(side, 3)]:
        Opinion.objects.create(
            dossier=dossier, unit=unit, question="Có trùng với đăng ký nào không?", asked_by=world.minh, asked_at=at,
            due_at=at + timedelta(days=5), answered_at=at, answered_by=world.ha, answer="Không trùng.",
        )  # fmt: skip
    for number in range(min(side, 3)):
        letter = Letter.objects.create(
            dossier=dossier, kind="supplement", state="issued", number=f"{number + 1}/HDHS", text="Đề nghị bổ sung.",
            drafted_at=at, drafted_by=world.minh, issued_at=at, issued_by=world.minh, answered_at=at,
        )  # fmt: skip
        need = dossier.components.order_by("position")[0].requirement
        LetterItem.objects.create(
            letter=letter, position=1, requirement=need, name=need.name, reason=reason, text="Mờ"
        )
