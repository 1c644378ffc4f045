"""What the counter hands in: whole, or refused with every sentence at once and nothing half-written."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from bpmc_portal.accounts.models import Applicant
from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.jobs.models import Job
from bpmc_portal.numbering.models import Series
from dossiers.models import Component, Dossier, DossierEvent, Status
from dossiers.services.commands import ApplicantInput, ComponentInput, RepresentativeInput
from dossiers.services.intake import receive_dossier, submit_dossier
from procedures.models import CalendarYear, ProcedureVersion
from tests.world import TU_CCCD, World

TU = ApplicantInput("citizen", TU_CCCD, "Trần Thị Tư", phone="0912345678")
PAPERS = (ComponentInput("01", "original"), ComponentInput("02", "copy", 2))


def refused(world: World, **changes: Any) -> DomainError:
    """Receive with these changes, expect a refusal, and check that nothing was written."""
    with pytest.raises(DomainError) as caught:
        receive_dossier(world.intake(**changes), actor=world.lan)
    assert not Dossier.objects.exists()
    assert not DossierEvent.objects.exists()
    assert not Job.objects.exists()
    assert not Series.objects.exists()
    return caught.value


@pytest.mark.parametrize(
    ("applicant", "code", "words"),
    [
        (replace(TU, identity_number="00116000001"), "cccd_length", "12 chữ số. Bạn đã nhập 11"),
        (replace(TU, identity_number="00116000001O"), "cccd_not_digits", "chỉ gồm chữ số"),
        (replace(TU, identity_number=""), "cccd_length", "12 chữ số"),
        (replace(TU, kind="organisation", identity_number="0100233487"), "tax_code_checksum", "thuế"),
        (replace(TU, kind="organisation", identity_number="123"), "tax_code_length", "thuế"),
        (replace(TU, name=""), "name_empty", ""),
        (replace(TU, name="Trần\x00Tư"), "name_invisible", ""),
        (replace(TU, name="Trần Тư"), "name_lookalike", ""),
        (replace(TU, phone="12"), "phone_format", ""),
        (replace(TU, email="khong-phai-thu"), "email_format", "ten@tenmien.vn"),
        (replace(TU, birth_on=date(2090, 1, 1)), "birth_in_future", "tương lai"),
        (replace(TU, birth_on=date(1800, 1, 1)), "birth_too_early", "1900"),
        (replace(TU, address="x" * 400), "text_too_long", ""),
    ],
)
def test_each_bad_field_of_the_applicant_has_its_own_sentence(
    world: World, applicant: ApplicantInput, code: str, words: str
) -> None:
    error = refused(world, applicant=applicant)
    assert isinstance(error, InvalidInput)
    assert error.code == code
    assert words in error.sentence
    assert all(path.startswith("applicant.") for path in error.fields)


@pytest.mark.parametrize(
    ("papers", "code"),
    [
        (PAPERS[:1], "component_missing"),
        ((*PAPERS, ComponentInput("99", "original")), "unknown_component"),
        ((*PAPERS, PAPERS[0]), "component_twice"),
        ((PAPERS[0], ComponentInput("02", "copy", -1)), "copies_range"),
        ((PAPERS[0], ComponentInput("02", "copy", 0)), "copies_range"),
        ((PAPERS[0], ComponentInput("02", "copy", 1000)), "copies_range"),
        ((PAPERS[0], ComponentInput("02", "photo")), "provided_as"),
        ((PAPERS[0], ComponentInput("02", "file")), "file_missing"),
        ((PAPERS[0], ComponentInput("02", "file", document=uuid4())), "unknown_document"),
        ((PAPERS[0], ComponentInput("02", "reused")), "nothing_to_reuse"),
    ],
)
def test_each_fault_of_the_papers_has_its_own_code(
    world: World, papers: tuple[ComponentInput, ...], code: str
) -> None:
    assert refused(world, components=papers).code == code


def test_all_faults_come_at_once(world: World) -> None:
    error = refused(world, applicant=replace(TU, identity_number="1", name="", phone="1"), components=())
    assert set(error.fields) == {
        "applicant.identity_number",
        "applicant.name",
        "applicant.phone",
        "components",
    }


def test_a_missing_paper_is_named(world: World) -> None:
    assert "Bản sao hợp đồng cung ứng" in refused(world, components=PAPERS[:1]).sentence


def test_an_unknown_procedure_case_or_desk_is_said(world: World) -> None:
    assert refused(world, procedure="9.999999").code == "unknown_procedure"
    assert refused(world, case="khac").code == "unknown_case"
    assert refused(world, office="XXX").code == "unknown_office"


def test_a_procedure_without_a_version_in_force_cannot_be_received(world: World) -> None:
    ProcedureVersion.objects.update(in_force_to=date(2021, 12, 31))
    assert refused(world).code == "no_version_in_force"


def test_a_year_without_its_table_of_days_off_is_refused_never_guessed(world: World) -> None:
    CalendarYear.objects.all().delete()
    error = refused(world)
    assert error.code == "calendar_missing"
    assert "lịch nghỉ năm" in error.sentence


def test_only_who_sits_at_the_desk_receives_there(world: World) -> None:
    for user in (world.minh, world.ha, world.sohoa, world.vanphong, world.quantri):
        with pytest.raises(DomainError) as caught:
            receive_dossier(world.intake(), actor=user)
        assert caught.value.code == "not_your_desk"


def test_a_form_of_more_than_64_kb_or_with_nul_is_refused(world: World) -> None:
    assert refused(world, form={"note": "x" * 70_000}).code == "form_too_large"
    assert refused(world, form={"note": "a\x00b"}).code == "control_character"


def test_a_name_typed_in_nfd_is_the_same_person(world: World) -> None:
    from unicodedata import normalize

    first = world.received()
    second = world.received(applicant=replace(TU, name=normalize("NFD", "Trần Thị Tư")))
    assert second.applicant_id == first.applicant_id
    assert second.applicant_name == "Trần Thị Tư"
    assert Applicant.objects.filter(identity_number=TU_CCCD).count() == 1


def test_a_known_person_keeps_the_name_while_the_dossier_keeps_what_was_typed(world: World) -> None:
    dossier = world.received(applicant=replace(TU, name="Trần Thị Tứ"))
    assert dossier.applicant_name == "Trần Thị Tứ"
    assert dossier.applicant.name == "Trần Thị Tư"
    assert dossier.events.get().data["name_differs"] is True


def test_an_authorisation_that_has_ended_is_refused(world: World) -> None:
    given = RepresentativeInput(
        "001186012345",
        "Nguyễn Thị Minh Nguyệt",
        authorisation_number="14/UQ",
        authorisation_expires_on=date(2021, 12, 31),
    )
    assert refused(world, representative=given).code == "authorisation_ended"


def test_numbers_of_a_day_follow_each_other_and_start_anew_the_next(world: World) -> None:
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    monday, tuesday = datetime(2026, 10, 12, 23, 59, tzinfo=zone), datetime(2026, 10, 13, 0, 1, tzinfo=zone)
    codes = [receive_dossier(world.intake(), actor=world.lan, at=at).code for at in (monday, monday, tuesday)]
    assert codes == ["000.00.00.G07-261012-0001", "000.00.00.G07-261012-0002", "000.00.00.G07-261013-0001"]


def test_a_number_widens_past_9999(world: World) -> None:
    at = datetime(2026, 10, 12, 9, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
    Series.objects.create(key="dossier:000.00.00.G07:2026-10-12", last=9999)
    assert receive_dossier(world.intake(), actor=world.lan, at=at).code == "000.00.00.G07-261012-10000"


def test_a_citizen_submits_online_and_the_desk_receives(world: World) -> None:
    from dossiers.services.transitions import act
    from dossiers.workflow import Action

    dossier = submit_dossier(world.intake(channel="online"), actor=world.tu)
    assert (dossier.status, dossier.received_at, dossier.due_at) == (Status.SUBMITTED, None, None)
    assert act(dossier.code, Action.RECEIVE, actor=world.lan).due_at is not None


def test_a_citizen_submits_only_for_herself(world: World) -> None:
    with pytest.raises(DomainError) as caught:
        submit_dossier(world.intake(applicant=replace(TU, identity_number="001186012345")), actor=world.tu)
    assert caught.value.code == "not_your_identity"


def test_a_paper_held_already_is_used_again_and_keeps_its_code(world: World) -> None:
    from bpmc_portal.jobs import services as jobs

    world.received()
    jobs.run_due()
    again = world.received(components=(PAPERS[0], ComponentInput("02", "reused")))
    jobs.run_due()
    reused = Component.objects.select_related("document").get(dossier=again, position=2)
    assert reused.document.code == f"{TU_CCCD}.QLLDNN-04.MC-GT0002.01"
    assert (
        Component.objects.get(dossier=again, position=1).document.code == f"{TU_CCCD}.QLLDNN-04.MC-GT0001.02"
    )
