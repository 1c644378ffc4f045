"""Sign papers digitally, many with one PIN; each signed file is a new blob and the draft stays in the store.

The PIN comes by a pipe and lives in the memory of one program for as long as its run (docs/decisions/0023-signing.md). A run that
dies is taken up again with the PIN: what is signed is noted in the transaction that put the new file in place, and is not signed twice.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.services import Work
from bpmc_portal.lib import pdf
from bpmc_portal.lib.vietnamese import to_local
from digitization import storage, verifying
from digitization.models import Document, SigningIdentity, SigningItem, SigningRun
from digitization.signing_pool import KeyRefused, Pool

MOST = 200
WIDEST = 4
SILENT_FOR = timedelta(seconds=90)  # longer than one file may take
LOOK_AT = "digitization.verify_signatures"
State = SigningItem.State


@dataclass(frozen=True)
class Progress:
    """How far a run is. `is_stuck`: its program died or was refused, and the PIN is needed again."""

    run: SigningRun
    waiting: int
    signed: int
    failed: int
    items: list[SigningItem]

    @property
    def total(self) -> int:
        """Return the number of papers."""
        return self.waiting + self.signed + self.failed

    @property
    def is_stuck(self) -> bool:
        """Whether papers wait and nothing works on them."""
        return bool(self.waiting) and not is_alive(self.run)


@dataclass(frozen=True)
class Block:
    """The text block of a certified copy (NĐ 30/2020/NĐ-CP, Phụ lục I): who signed and when, ISO 8601 with the zone of Vietnam."""

    title: str
    issuing_org: str
    dated_at: str
    signed_at: str


def identities_of(user: User) -> QuerySet[SigningIdentity]:
    """Keep the certificates in force that this person may use: its own, and those of agencies where it keeps the registry."""
    agencies = principal_of(user).units_where("register_papers")
    return SigningIdentity.objects.filter(
        Q(user=user) | Q(user=None, unit_id__in=agencies), is_active=True, not_after__gt=timezone.now()
    ).select_related("unit")


def level_now() -> SigningRun.Level:
    """Return the highest level that the installation can give: with a time-stamp server, and with roots to keep evidence against."""
    if not settings.TSA_URL:
        return SigningRun.Level.B
    return SigningRun.Level.LT if verifying.roots() else SigningRun.Level.T


@transaction.atomic
def start(
    documents: Sequence[Document], identity: SigningIdentity, *, actor: User, look: str, level: str = ""
) -> SigningRun:
    """Write down what is to be signed. Raises InvalidInput when there is nothing, or too much, or an unknown look."""
    if not documents or len(documents) > MOST:
        sentence = _("Hãy chọn từ 1 đến %s kết quả để ký.") % MOST
        raise InvalidInput(sentence, code="nothing_chosen")
    if look not in SigningRun.Look.values:
        raise InvalidInput(_("Hãy chọn hình thức ký: bản chính hoặc bản sao."), code="unknown_look")
    run = SigningRun.objects.create(
        actor=actor, identity=identity, level=level or level_now(), look=look, beat_at=timezone.now()
    )
    SigningItem.objects.bulk_create(
        SigningItem(run=run, position=place, document=each, draft_id=str(each.blob_id))
        for place, each in enumerate(documents, 1)
    )
    return run


def launch(run: SigningRun, pin: str) -> None:
    """Start the program that signs and hand it the PIN through a pipe: no argument, no environment, no file, no queue."""
    process = subprocess.Popen(  # noqa: S603  (our own command)
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "sign_run", str(run.pk)],
        stdin=subprocess.PIPE,
        start_new_session=True,
        cwd=settings.BASE_DIR,
    )
    if process.stdin is not None:
        process.stdin.write(pin.encode() + b"\n")
        process.stdin.close()
    Thread(target=process.wait, daemon=True).start()


def resume(run_id: UUID, *, actor: User) -> SigningRun:
    """Open a run again whose program died or whose PIN was wrong, what failed included. Raises NotFound, DomainError while it works."""
    with transaction.atomic():
        run = SigningRun.objects.select_for_update().filter(pk=run_id, actor=actor).first()
        if run is None:
            raise NotFound
        if is_alive(run):
            raise DomainError(_("Phiên ký đang chạy. Hãy chờ kết quả."), code="still_signing", status=409)
        run.items.filter(state=State.FAILED).update(state=State.WAITING, words="")
        run.state, run.words, run.beat_at, run.finished_at = run.State.RUNNING, "", timezone.now(), None
        run.save(update_fields=["state", "words", "beat_at", "finished_at"])
    return run


def is_alive(run: SigningRun) -> bool:
    """Say whether a program works on the run, as far as its last sign of life tells."""
    fresh = run.beat_at is not None and timezone.now() - run.beat_at < SILENT_FOR
    return run.state == SigningRun.State.RUNNING and fresh


def progress(run_id: UUID, *, user: User) -> Progress:
    """Return a run of this very person with a result for each paper. Two statements. Raises NotFound."""
    states = {state.value: Count("items", filter=Q(items__state=state)) for state in State}
    found: Any = (
        SigningRun.objects.filter(actor=user, pk=run_id).select_related("identity").annotate(**states).first()
    )
    if found is None:
        raise NotFound
    items = list(found.items.select_related("document").order_by("position"))
    return Progress(found, found.waiting, found.signed, found.failed, items)


def work(run_id: UUID | str, pin: str, *, width: int | None = None) -> None:
    """Sign what waits in a run: the body of the program. A wrong PIN ends the run in words and writes nothing else."""
    run = SigningRun.objects.select_related("identity__unit").get(pk=run_id)
    waiting = list(run.items.filter(state=State.WAITING).order_by("position"))
    key = _key_of(run, pin)
    # A token signs one thing at a time, whoever asks.
    width = width or (1 if key["kind"] == "pkcs11" else min(os.cpu_count() or 1, WIDEST))
    with override("vi"):
        try:
            with Pool(key, width=min(width, max(len(waiting), 1))) as pool:
                _sign_all(run, waiting, pool, width)
        except KeyRefused as refused:
            words = _KEY_WORDS.get(refused.code, _KEY_WORDS["key_unreadable"])
            SigningRun.objects.filter(pk=run.pk).update(state=run.State.REFUSED, words=_(words), beat_at=None)
            return
    left = run.items.filter(state=State.WAITING).exists()
    if not left:
        SigningRun.objects.filter(pk=run.pk).update(state=run.State.DONE, finished_at=timezone.now())


def _sign_all(run: SigningRun, waiting: list[SigningItem], pool: Pool, width: int) -> None:
    agency = run.identity.unit.name if run.identity.unit else run.identity.name
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(width) as threads:
        folder, blocks = Path(name), _Blocks(Path(name), agency if run.look == run.Look.COPY else "")
        asked: dict[Future[dict[str, str]], SigningItem] = {
            threads.submit(_sign_one, pool, item, folder, agency, blocks): item for item in waiting
        }
        for future in as_completed(asked):
            item = asked[future]
            _settle(item, future.result(), folder / str(item.pk))
            SigningRun.objects.filter(pk=run.pk).update(beat_at=timezone.now())


def _sign_one(pool: Pool, item: SigningItem, folder: Path, agency: str, blocks: "_Blocks") -> dict[str, str]:
    """Runs in a thread: no statement here."""
    try:
        with storage.local_path(item.draft_id) as source:
            line = {"source": str(source), "target": str(folder / str(item.pk)), "agency": agency}
            return pool.sign({**line, "block": blocks.now()})
    except FileNotFoundError:
        return {"error": "file_lost"}


class _Blocks:
    """Text blocks, one a second: the time that is seen is that of the signature to the second."""

    def __init__(self, folder: Path, agency: str) -> None:
        self._folder, self._agency = folder, agency

    def now(self) -> str | None:
        """Return the file of the block of this second, None when the signature shows none."""
        if not self._agency:
            return None
        at = to_local(timezone.now()).replace(microsecond=0)
        path = self._folder / f"block-{at:%H%M%S}.pdf"
        if not path.exists():
            draft = path.with_suffix(f".{os.urandom(4).hex()}")
            draft.write_bytes(block_pdf(self._agency, at))
            draft.replace(path)
        return str(path)


def block_pdf(agency: str, at: datetime) -> bytes:
    """Return the text block as a small PDF: agency and time, upright black letters of 10 points."""
    zone = f"{at:%z}"
    words = f"{at:%d-%m-%Y %H:%M:%S} {zone[:3]}:{zone[3:]}"
    block = Block(title=agency, issuing_org=agency, dated_at=at.isoformat(), signed_at=words)
    return pdf.render("pdf/signature_block.html", block, size="block", is_long=True)


def _settle(item: SigningItem, answer: dict[str, str], target: Path) -> None:
    """Put the signed file in the place of the draft and note it, in one transaction; or say why not."""
    code = answer.get("error", "")
    if not code:
        with target.open("rb") as file:
            blob = storage.put(iter(lambda: file.read(1024 * 1024), b""), media_type="application/pdf")
        target.unlink()
        with transaction.atomic():
            # The file that was signed must still be the paper's file: another run, or a correction, may have been faster.
            moved = Document.objects.filter(pk=item.document_id, blob_id=item.draft_id).update(
                blob=blob, searchable=None, signed="", signed_words=""
            )
            mine = moved and SigningItem.objects.filter(pk=item.pk, state=State.WAITING).update(
                state=State.SIGNED, blob=blob, words="", signed_at=answer["signed_at"]
            )
            if mine:
                ids = {"document_id": str(item.document_id)}
                jobs.enqueue(Work(LOOK_AT, f"{LOOK_AT}:{item.document_id}:{blob.pk}", ids))
                jobs.publish("digitization.signed", **ids, sha256=blob.pk)
                return
            transaction.set_rollback(True)
        code = "changed"
    words = _(_ITEM_WORDS.get(code, _ITEM_WORDS["signing_failed"]))
    SigningItem.objects.filter(pk=item.pk, state=State.WAITING).update(state=State.FAILED, words=words)


def _key_of(run: SigningRun, pin: str) -> dict[str, Any]:
    identity, folder = run.identity, Path(settings.SIGNING_DIR)
    images = {"signer": identity.signer_image, "seal": identity.seal_image}
    key = {
        "kind": identity.kind, "pin": pin, "level": run.level, "tsa": settings.TSA_URL,
        "roots": [str(path) for path in verifying.roots()],
        "images": {name: str(folder / file) for name, file in images.items() if file and run.look == run.Look.ORIGINAL},
    }  # fmt: skip
    if identity.kind == SigningIdentity.Kind.PKCS12:
        return {**key, "file": str(folder / identity.file)}
    return {**key, "module": identity.module, "token": identity.token, "key": identity.key_label}


def _mark(text: str) -> str:
    """Name a sentence for translation; it is translated where it is said."""
    return text


_KEY_WORDS = {
    "wrong_pin": _mark("Mã PIN không đúng. Chưa kết quả nào được ký. Hãy nhập lại."),
    "pin_locked": _mark("Thiết bị ký số đã khoá vì nhập sai PIN nhiều lần. Hãy liên hệ nơi cấp để mở khoá."),
    "key_missing": _mark("Không thấy khoá ký. Hãy cắm thiết bị hoặc báo quản trị kiểm tra nơi đặt khoá."),
    "key_unreadable": _mark("Không mở được khoá ký. Hãy báo quản trị kiểm tra tệp khoá và chứng thư."),
    "image_unreadable": _mark("Không đọc được ảnh chữ ký hoặc con dấu. Hãy báo quản trị thay tệp PNG."),
    "died": _mark("Chương trình ký dừng khi mở khoá. Hãy thử lại; nếu vẫn lỗi, báo quản trị."),
}
_ITEM_WORDS = {
    "unreadable": _mark("Tệp PDF hỏng hoặc có mật khẩu nên không ký được. Hãy thay tệp kết quả."),
    "died": _mark("Tệp PDF quá nặng hoặc hỏng nên không ký được. Hãy thay tệp kết quả."),
    "file_lost": _mark("Tệp của kết quả bị mất trong kho. Hãy báo quản trị khôi phục từ bản sao lưu."),
    "changed": _mark("Kết quả đã đổi tệp hoặc đã được ký ở phiên khác. Hãy mở lại danh sách."),
    "no_time_stamp": _mark("Máy chủ dấu thời gian không trả lời. Hãy ký lại sau ít phút."),
    "certificate_refused": _mark(
        "Chứng thư đã bị thu hồi, hết hạn hoặc không kiểm tra được. Hãy liên hệ nơi cấp."
    ),
    "signing_failed": _mark("Không ký được tệp này. Hãy ký lại; nếu vẫn lỗi, báo quản trị."),
}
