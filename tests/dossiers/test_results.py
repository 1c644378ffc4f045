"""The result of a dossier: drafted in revisions, read by who approves, given to the applicant, taken back on reopening."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bpmc_portal.errors import DomainError
from bpmc_portal.jobs import services as jobs
from digitization.models import Document
from dossiers.documents import visible_documents
from dossiers.models import Dossier, Result
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.api.bodies import named, pdf
from tests.world import TU_CCCD, World


def processed(world: World) -> Dossier:
    """Return a dossier in Minh's hands."""
    return act(world.received().code, Action.FORWARD, actor=world.minh)


def draft(client: Client, dossier: Dossier, **changes: Any) -> Any:
    """Save the form of the draft."""
    body = {"title": "Giấy xác nhận", "number": "12/GXN-QLLĐNN", **changes}
    return client.post(f"/ho-so/{dossier.code}/ket-qua/", body, follow=True)


def test_every_change_of_the_draft_is_a_new_revision(world: World, as_user: Callable[[Any], Client]) -> None:
    dossier, client = processed(world), as_user(world.minh)
    draft(client, dossier, file=named(pdf()))
    shown = draft(client, dossier, title="Giấy xác nhận, sửa").content.decode()
    result = Result.objects.get(dossier=dossier)
    assert (result.title, result.revision, result.issued_at) == ("Giấy xác nhận, sửa", 2, None)
    assert result.document is not None
    assert "Đã lưu dự thảo kết quả, lần 2." in shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": " "}, "Hãy ghi trích yếu của kết quả."),
        ({"file": named(b"MZ khong phai PDF", "x.pdf")}, "Đây là tệp chương trình"),
    ],
)
def test_what_is_no_draft_is_refused_in_words(
    world: World, as_user: Callable[[Any], Client], changes: dict[str, Any], words: str
) -> None:
    dossier = processed(world)
    assert words in draft(as_user(world.minh), dossier, **changes).content.decode()
    assert not Result.objects.exists()


def test_a_draft_belongs_to_the_unit_that_handles_the_dossier(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier = processed(world)
    assert draft(as_user(world.binh), dossier).status_code == 404
    assert draft(as_user(world.lan), dossier).status_code == 403
    assert not Result.objects.exists()


def test_the_applicant_reads_the_result_from_the_approval_on_and_not_before(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier = processed(world)
    draft(as_user(world.minh), dossier, file=named(pdf()))
    document = Result.objects.get(dossier=dossier).document_id
    act(dossier.code, Action.FORWARD, actor=world.minh)
    assert visible_documents(world.ha).filter(pk=document).exists()
    assert not visible_documents(world.tu).filter(pk=document).exists()
    act(dossier.code, Action.APPROVE, actor=world.ha, params=Params(result_revision=1))
    assert visible_documents(world.tu).filter(pk=document).exists()
    assert not visible_documents(world.binh).filter(pk=document).exists()
    for leader in (world.ha, world.ha2):
        act(dossier.code, Action.REOPEN, actor=leader, params=Params(reason="Sai số hộ chiếu"))
    assert Result.objects.get(dossier=dossier).issued_at is None
    assert not visible_documents(world.tu).filter(pk=document).exists()


def test_an_approved_result_gets_its_code_as_a_result_of_the_procedures_kind(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier = processed(world)
    draft(as_user(world.minh), dossier, file=named(pdf()))
    act(dossier.code, Action.FORWARD, actor=world.minh)
    act(dossier.code, Action.APPROVE, actor=world.ha, params=Params(result_revision=1))
    jobs.run_due()
    paper = Document.objects.get(pk=Result.objects.get(dossier=dossier).document_id)
    kind = dossier.version_of_procedure.result_type
    assert (paper.kind, paper.document_type) == ("result", kind)
    assert paper.code == f"{TU_CCCD}.MC-KQ0001.12/GXN-QLLĐNN.01"


def test_who_approves_approves_the_draft_that_was_read(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier = processed(world)
    draft(as_user(world.minh), dossier)
    act(dossier.code, Action.FORWARD, actor=world.minh)
    client = as_user(world.ha)
    page = client.get(f"/ho-so/{dossier.code}/viec/approve/").content.decode()
    assert 'name="result_revision" value="1"' in page
    draft(as_user(world.minh), dossier, title="Khác")
    version = Dossier.objects.get(pk=dossier.pk).version
    answer = client.post(
        f"/ho-so/{dossier.code}/viec/approve/", {"expected_version": version, "result_revision": 1}
    )
    assert answer.status_code == 409
    assert "vừa được sửa sau khi bạn mở" in answer.content.decode()
    with pytest.raises(DomainError) as refused:
        act(dossier.code, Action.APPROVE, actor=world.ha, params=Params(result_revision=1))
    assert refused.value.code == "result_changed"


def test_an_issued_result_is_not_drafted_any_more(world: World, as_user: Callable[[Any], Client]) -> None:
    dossier = world.finished()
    shown = draft(as_user(world.minh), dossier).content.decode()
    assert "Chỉ dự thảo được kết quả khi hồ sơ đang xử lý" in shown
