"""Change the steps of a draft, and publish it: what the page of a procedure's steps does. Every write is audited."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Role, User
from bpmc_portal.audit.services import record_security
from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.lib.vietnamese import local_date
from procedures import services
from procedures.facts import StepText
from procedures.models import Procedure, ProcedureVersion, Step
from procedures.texts import step_text

MOST_STEPS = 40


class ChangedMeanwhile(DomainError):
    """Somebody saved other steps since the caller read them; nothing was written."""

    code = "stale_version"
    status = 412


def texts_of(version: ProcedureVersion) -> list[StepText]:
    """Return the steps of a version as texts, in order. One statement."""
    return [step_text(step) for step in version.steps.select_related("linked_procedure").order_by("position")]


def revision_of(texts: Sequence[StepText]) -> str:
    """Return a short mark of these steps: another mark means that somebody changed them."""
    # A norm read from a form may be written 8 where the database says 8.0.
    plain = [replace(text, norm_hours=Decimal(text.norm_hours).quantize(Decimal("0.1"))) for text in texts]
    return sha256(repr(plain).encode()).hexdigest()[:16]


@transaction.atomic
def save(
    version: ProcedureVersion,
    texts: Sequence[StepText],
    *,
    revision: str,
    actor: User,
    request: HttpRequest | None = None,
) -> None:
    """Put these steps in place of a draft's. Steps that cannot be published yet are kept too: publishing refuses them.

    Locks the version. Raises ChangedMeanwhile when the draft's steps are not those of `revision`, DomainError (`already_published`)
    when it is no draft any more, InvalidInput for two steps with one code, an unknown linked procedure, or too many steps.
    """
    version = _locked(version, revision)
    linked = _linked_procedures(texts)
    _refuse_doubles(texts)
    version.steps.all().delete()
    Step.objects.bulk_create(
        Step(
            version=version, code=text.code, name=text.name, citizen_name=text.citizen_name, role=text.role, position=place,
            norm_hours=text.norm_hours, may_pause=text.may_pause, next_codes=list(text.next_codes), condition=text.condition,
            condition_values=list(text.condition_values),
            linked_procedure=linked[text.linked_procedure] if text.linked_procedure else None,
        )
        for place, text in enumerate(texts, 1)
    )  # fmt: skip
    codes = [text.code for text in texts]
    record_security(
        "steps_saved", actor=actor, subject=str(version), request=request, steps=codes, before=revision
    )


@transaction.atomic
def publish(
    version: ProcedureVersion,
    *,
    starts_on: date,
    revision: str,
    actor: User,
    request: HttpRequest | None = None,
) -> None:
    """Publish the draft whose steps were read as `revision`, in force from a day that has not passed.

    Raises what `services.publish` raises, ChangedMeanwhile, and InvalidInput (`force_in_past`).
    """
    version = _locked(version, revision)
    if starts_on < local_date():
        sentence = _(
            "Ngày hiệu lực phải từ hôm nay trở đi: hồ sơ đã nhận giữ nguyên quy trình của ngày nhận."
        )
        raise InvalidInput(sentence, code="force_in_past", fields={"starts_on": sentence})
    services.publish(version, starts_on=starts_on)
    record_security(
        "version_published",
        actor=actor,
        subject=str(version),
        request=request,
        starts_on=starts_on.isoformat(),
    )


@transaction.atomic
def draft_of(
    version: ProcedureVersion, *, actor: User, request: HttpRequest | None = None
) -> ProcedureVersion:
    """Return the procedure's newest draft, copied from this version when there is none: two people edit one draft, not two."""
    Procedure.objects.select_for_update().get(pk=version.procedure_id)
    drafts = ProcedureVersion.objects.filter(
        procedure=version.procedure_id, state=ProcedureVersion.State.DRAFT
    )
    found = drafts.order_by("-number").first()
    if found is not None:
        return found
    draft = services.copy_to_draft(version)
    record_security(
        "draft_created", actor=actor, subject=str(draft), request=request, copied_from=version.number
    )
    return draft


def moved(texts: Sequence[StepText], do: str) -> list[StepText]:
    """Return the steps after one button of the table: "add", "up:2", "down:2", "drop:2"; anything else leaves them as they are."""
    rows = list(texts)
    word, _gap, number = do.partition(":")
    place = int(number) - 1 if number.isdecimal() else -1
    if word == "add":
        return [*rows, _new(rows)]
    if not 0 <= place < len(rows):
        return rows
    if word == "drop":
        del rows[place]
    elif word in {"up", "down"}:
        other = place + (1 if word == "down" else -1)
        if 0 <= other < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
    return rows


def _new(rows: Sequence[StepText]) -> StepText:
    """Return a step to fill in, with a code that is free."""
    codes = {row.code for row in rows}
    free = next(code for number in range(len(rows) + 1, 1000) if (code := f"buoc-{number}") not in codes)
    return StepText(free, _("Bước mới"), _("Đang xử lý"), Role.OFFICER, Decimal(8))


def _locked(version: ProcedureVersion, revision: str) -> ProcedureVersion:
    version = (
        ProcedureVersion.objects.select_for_update(of=("self",))
        .select_related("procedure")
        .get(pk=version.pk)
    )
    if version.state == ProcedureVersion.State.PUBLISHED:
        raise DomainError(
            _("Bản này đã công bố nên không sửa được nữa. Hãy tạo bản nháp mới để sửa."),
            code="already_published",
            status=409,
        )
    if revision_of(texts_of(version)) != revision:
        raise ChangedMeanwhile(
            _(
                "Người khác vừa lưu quy trình này. Nội dung bạn nhập vẫn còn bên dưới, cạnh bản đang lưu; "
                "hãy đối chiếu rồi bấm Lưu lần nữa nếu vẫn muốn thay."
            )
        )
    return version


def _linked_procedures(texts: Sequence[StepText]) -> dict[str, Procedure]:
    wanted = {text.linked_procedure for text in texts if text.linked_procedure}
    if not wanted:
        return {}
    found = {
        each.key: each for each in Procedure.objects.filter(key__in=wanted, is_active=True).order_by("key")
    }
    if unknown := sorted(wanted - set(found)):
        sentence = _("Không có thủ tục mã “%s” đang dùng. Hãy chọn trong danh sách gợi ý.") % unknown[0]
        raise InvalidInput(sentence, code="unknown_procedure", fields={"linked_procedure": sentence})
    return found


def _refuse_doubles(texts: Sequence[StepText]) -> None:
    if len(texts) > MOST_STEPS:
        sentence = _("Một quy trình có nhiều nhất %d bước.") % MOST_STEPS
        raise InvalidInput(sentence, code="too_many_steps", fields={"code": sentence})
    codes = [text.code for text in texts]
    for text in texts:
        if codes.count(text.code) > 1:
            names = ", ".join(f"“{each.name}”" for each in texts if each.code == text.code)
            words = {"code": text.code, "names": names}
            sentence = _("Mã “%(code)s” trùng giữa các bước %(names)s. Mỗi bước cần một mã riêng.") % words
            raise InvalidInput(sentence, code="step_code_twice", fields={"code": sentence})
