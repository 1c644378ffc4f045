"""The new columns of a step go wherever the text of a version goes: copy, export, import, and back."""

import json
from decimal import Decimal

import pytest

from dossiers.workflow import STEP_PERMISSION
from procedures.exporting import as_json, texts
from procedures.facts import StepText
from procedures.importing import Report, import_procedures
from procedures.models import Procedure, ProcedureVersion, Step
from procedures.services import CannotPublish, copy_to_draft, faults_of, publish
from procedures.steps import texts_of
from procedures.steps_facts import ROLES
from tests.world import World

FULL = StepText(
    "lien-thong", "Phối hợp", "Đang phối hợp", "officer", Decimal("2.5"), True, ("trinh-ky",), "channel", ("online", "post"), "VL-01"
)  # fmt: skip


@pytest.fixture
def linked(world: World) -> Procedure:
    """Return a procedure of another agency, whose key comes after the world's."""
    return Procedure.objects.create(
        key="VL-01",
        name="Xác nhận nhu cầu",
        field=world.procedure.field,
        unit=world.other,
        search_key="xac nhan nhu cau",
    )


@pytest.fixture
def draft(world: World, linked: Procedure) -> ProcedureVersion:
    """Return a draft with a step that uses every column."""
    version = copy_to_draft(world.procedure.versions.get(number=1))
    version.steps.filter(code="tham-dinh").update(norm_hours=20)
    version.steps.filter(code="trinh-ky").update(position=3)
    Step.objects.create(
        version=version, code=FULL.code, name=FULL.name, citizen_name=FULL.citizen_name, role=FULL.role, position=2, norm_hours=FULL.norm_hours,
        may_pause=True, next_codes=["trinh-ky"], condition="channel", condition_values=["online", "post"], linked_procedure=linked,
    )  # fmt: skip
    return version


def test_a_copy_keeps_every_column(draft: ProcedureVersion) -> None:
    assert FULL in texts_of(draft)
    assert texts_of(copy_to_draft(draft)) == texts_of(draft)


def test_export_and_import_bring_back_the_same_steps(world: World, draft: ProcedureVersion) -> None:
    published = world.procedure.versions.get(number=1)
    ProcedureVersion.objects.filter(pk=published.pk).update(
        in_force_to=draft.in_force_from.replace(year=2021, month=12)
    )
    draft.in_force_from = draft.in_force_from.replace(year=2022)
    draft.save()
    publish(draft)
    document = json.loads(as_json(texts()))
    assert import_procedures(document, Report()).drafts == []
    before = texts_of(draft)
    document["procedures"][0]["version"]["steps"][1]["name"] = "Phối hợp liên ngành"
    report = import_procedures(document, Report())
    assert report.problems == []
    new = world.procedure.versions.get(state="draft")
    assert [text for text in texts_of(new) if text.code != FULL.code] == [
        text for text in before if text.code != FULL.code
    ]
    changed = next(text for text in texts_of(new) if text.code == FULL.code)
    assert changed == StepText(**{**FULL.__dict__, "name": "Phối hợp liên ngành"})


def test_a_link_may_point_further_down_the_file_and_must_point_somewhere(
    world: World, draft: ProcedureVersion
) -> None:
    ProcedureVersion.objects.filter(pk=draft.pk).delete()
    document = json.loads(as_json(texts()))
    rows = document["procedures"]
    assert [row["key"] for row in rows] == ["QLLDNN-04", "VL-01"]
    rows[1]["key"], rows[1]["name"] = "VL-02", "Xác nhận lần hai"
    rows[0]["version"]["steps"][0]["linked_procedure"] = "VL-02"
    report = import_procedures(document, Report())
    assert report.problems == []
    step = Step.objects.get(version__procedure=world.procedure, version__state="draft", code="tham-dinh")
    assert step.linked_procedure is not None
    assert step.linked_procedure.key == "VL-02"
    rows[0]["version"]["steps"][0]["linked_procedure"] = "KHONG-CO"
    report = import_procedures(document, Report())
    assert report.problems == [
        "QLLDNN-04: bước “Thẩm định” mở hồ sơ của thủ tục “KHONG-CO”, mà danh mục chưa có."
    ]


def test_an_export_made_before_steps_had_conditions_is_still_read(world: World) -> None:
    document = json.loads(as_json(texts()))
    for step in document["procedures"][0]["version"]["steps"]:
        for column in ("next_codes", "condition", "condition_values", "linked_procedure"):
            del step[column]
    report = import_procedures(document, Report())
    assert (report.problems, report.drafts) == ([], [])
    assert world.procedure.versions.count() == 1


def test_publishing_refuses_steps_that_cannot_run(draft: ProcedureVersion) -> None:
    draft.steps.filter(code="trinh-ky").update(role="officer")
    with pytest.raises(CannotPublish) as refused:
        publish(draft)
    assert refused.value.code == "cannot_publish"
    assert any("Bước cuối “Trình ký”" in fault for fault in refused.value.extra["faults"])


def test_a_step_cannot_open_its_own_procedure_or_one_out_of_use(
    world: World, draft: ProcedureVersion, linked: Procedure
) -> None:
    assert faults_of(draft) == []
    linked.is_active = False
    linked.save()
    assert faults_of(draft) == ["Bước “Phối hợp” mở hồ sơ của thủ tục “Xác nhận nhu cầu” nay không còn dùng."]
    draft.steps.filter(code=FULL.code).update(linked_procedure=world.procedure)
    assert faults_of(draft) == ["Bước “Phối hợp” mở hồ sơ liên thông của chính thủ tục này."]


def test_the_roles_of_steps_are_those_that_have_a_permission() -> None:
    assert set(ROLES) == set(STEP_PERMISSION)
