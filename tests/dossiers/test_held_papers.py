"""No paper twice: what is already held comes first, and asking again says why (Kế hoạch 654, II.2)."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from bpmc_portal.errors import InvalidInput
from bpmc_portal.jobs import services as jobs
from bpmc_portal.lib.vietnamese import local_date
from digitization.models import Blob, Document
from dossiers.models import Component, Dossier, Reason, Result
from dossiers.services import held, own_store
from dossiers.services.commands import ApplicantInput, ComponentInput
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from procedures import catalogue
from procedures.catalogue import CaseInForce
from procedures.models import Case, ComponentRequirement, DocumentType, Procedure, ProcedureVersion, Step
from procedures.services import publish
from tests.dossiers.test_receive_page import PAGE, typed
from tests.world import START, TU_CCCD, World

FIRST, SECOND = ComponentInput("01", "original"), ComponentInput("02", "copy", 2)


@pytest.fixture
def lan(world: World, as_user) -> Client:  # type: ignore[no-untyped-def]
    return as_user(world.lan)  # type: ignore[no-any-return]


def held_now(world: World) -> dict[str, held.HeldPaper]:
    in_force, now = catalogue.read()
    _procedure, version = in_force.version("QLLDNN-04", now.date())
    return held.for_case(world.tu.applicant, version.case(None), at=now)


def once_before(world: World) -> Dossier:
    """Receive a first dossier of bà Tư and give its papers their codes."""
    dossier = world.received()
    jobs.run_due()
    return dossier


def posted(world: World, **changes: str) -> dict[str, str]:
    """Return what the page posts for bà Tư when both papers are held and re-used."""
    papers = {code: str(paper.document.pk) for code, paper in held_now(world).items()}
    kept = {
        f"paper_{code}{part}": value
        for code, pk in papers.items()
        for part, value in (("_held", pk), ("_reuse", "on"))
    }
    return typed(world, **{"paper_01": "-", "paper_02": "-", **kept, **changes})


def how(dossier: Dossier) -> list[tuple[str, str, bool, str, str]]:
    rows = dossier.components.select_related("requirement").order_by("position")
    return [
        (each.requirement.code, each.provided_as, each.was_held, each.asked_again, each.asked_again_note)
        for each in rows
    ]


def test_papers_with_a_code_come_first_and_pre_selected(world: World, lan: Client) -> None:
    once_before(world)
    page = lan.get(PAGE, {"thu_tuc": "QLLDNN-04", "cung": Dossier.objects.get().code}).content.decode()
    assert "Đã có trong kho – không yêu cầu nộp" in page
    assert (
        page.index('name="paper_01_reuse"') < page.index("Cần nhận hôm nay") < page.index('name="paper_03"')
    )
    for code in ("01", "02"):
        assert f'name="paper_{code}_reuse" id="id_paper_{code}_reuse" data-reuse checked' in page
    assert "001160000019.QLLDNN-04.MC-GT0001.01" in page
    assert "không thời hạn" in page
    assert "2 giấy tờ không phải nộp lại" in page


def test_re_used_papers_are_the_same_documents(world: World, lan: Client) -> None:
    first = once_before(world)
    assert lan.post(PAGE, posted(world)).status_code == 303
    second = Dossier.objects.latest("id")
    assert how(second) == [("01", "reused", True, "", ""), ("02", "reused", True, "", "")]
    assert set(second.components.values_list("document_id", flat=True)) == set(
        first.components.values_list("document_id", flat=True)
    )
    assert Document.objects.count() == 2


def test_asking_again_without_a_reason_is_refused_and_nothing_is_received(world: World, lan: Client) -> None:
    once_before(world)
    page = posted(world, paper_01_reuse="-", paper_01="on")
    answer = lan.post(PAGE, page)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "“Văn bản đăng ký hợp đồng” đã có trong kho nên không yêu cầu nộp lại." in text
    assert 'href="#id_paper_01_again"' in text
    assert 'id="id_paper_01_reuse" data-reuse>' in text  # what the clerk undid stays undone
    assert Dossier.objects.count() == 1


@pytest.mark.parametrize("reason", ["expired", "changed", "poor_quality", "citizen_wants_new"])
def test_a_coded_reason_is_kept_for_the_figures(world: World, lan: Client, reason: str) -> None:
    once_before(world)
    page = posted(world, paper_01_reuse="-", paper_01="on", paper_01_again=reason)
    assert lan.post(PAGE, page).status_code == 303
    assert how(Dossier.objects.latest("id"))[0] == ("01", "original", True, reason, "")


def test_another_reason_needs_its_words(world: World, lan: Client) -> None:
    once_before(world)
    page = posted(world, paper_01_reuse="-", paper_01="on", paper_01_again="other")
    answer = lan.post(PAGE, page)
    assert answer.status_code == 422
    assert "Hãy ghi rõ lý do khác" in answer.content.decode()
    assert lan.post(PAGE, {**page, "paper_01_note": "Bản trong kho thiếu trang 3"}).status_code == 303
    assert how(Dossier.objects.latest("id"))[0] == (
        "01", "original", True, "other", "Bản trong kho thiếu trang 3",
    )  # fmt: skip


def test_a_reason_that_is_none_is_refused(world: World) -> None:
    once_before(world)
    odd = ComponentInput("01", "original", asked_again_reason="vì thích")
    with pytest.raises(InvalidInput) as refused:
        world.received(components=(odd, SECOND))
    assert refused.value.code == "reason_unknown"


def test_a_page_that_did_not_know_of_the_paper_is_shown_again_with_it_pre_selected(
    world: World, lan: Client
) -> None:
    once_before(world)
    page = typed(world)
    answer = lan.post(PAGE, page)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_paper_01_reuse" data-reuse checked' in text
    assert lan.post(PAGE, {**posted(world), "idempotency_key": page["idempotency_key"]}).status_code == 303


def test_the_same_page_sent_again_after_the_codes_are_given_is_still_the_first_dossier(
    world: World, lan: Client
) -> None:
    page = typed(world)
    first = lan.post(PAGE, page)
    jobs.run_due()
    again = lan.post(PAGE, page)
    assert (again.status_code, again["Location"]) == (303, first["Location"])
    assert Dossier.objects.count() == 1


def test_the_api_takes_a_paper_without_a_reason_and_writes_down_that_none_was_given(
    world: World, api: Any
) -> None:
    once_before(world)
    applicant = {"kind": "citizen", "identity_number": TU_CCCD, "name": "Trần Thị Tư"}
    body = {
        "procedure": "QLLDNN-04", "office": "VPB", "channel": "desk", "applicant": applicant,
        "components": [
            {"component": "01", "provided_as": "original"},
            {"component": "02", "provided_as": "copy", "asked_again_reason": "changed", "asked_again_note": None},
        ],
    }  # fmt: skip
    assert api(world.lan).post("/api/v1/dossiers/", body, format="json").status_code == 201
    assert [row[2:4] for row in how(Dossier.objects.latest("id"))] == [(True, "unstated"), (True, "changed")]


def test_a_first_paper_needs_no_reason(world: World) -> None:
    assert how(world.received()) == [
        ("01", "original", False, "", ""),
        ("02", "copy", False, "", ""),
    ]


def stricter(world: World) -> CaseInForce:
    """Publish a procedure that asks for the same papers: the first must be new each time, the second has a limited validity."""
    procedure = Procedure.objects.create(
        key="QLLDNN-05",
        name="Gia hạn giấy phép",
        field=world.procedure.field,
        unit=world.agency,
        search_key="gia han",
    )
    version = ProcedureVersion.objects.create(
        procedure=procedure, number=1, in_force_from=START, limit_value=5, limit_unit="working_days"
    )
    case = Case.objects.create(version=version, code="default", name="Trường hợp chung")
    for position, kind in enumerate(
        DocumentType.objects.filter(code__in=["MC-GT0001", "MC-GT0002"]).order_by("code"), 1
    ):
        ComponentRequirement.objects.create(
            case=case, code=f"{position:02d}", name=kind.name, document_type=kind, position=position,
            is_reusable=position != 1, is_validity_limited=position == 2,
        )  # fmt: skip
    Step.objects.create(
        version=version, code="tham-dinh", name="Thẩm định", citizen_name="Đang thẩm định", role="leader", position=1, norm_hours=8
    )  # fmt: skip
    publish(version)
    in_force, now = catalogue.read()
    return in_force.version("QLLDNN-05", now.date())[1].case(None)


def test_uncoded_and_expired_papers_are_not_offered(world: World) -> None:
    world.received()
    assert held_now(world) == {}
    jobs.run_due()
    assert set(held_now(world)) == {"01", "02"}
    DocumentType.objects.filter(code="MC-GT0001").update(valid_months=6)
    Document.objects.filter(code_type="MC-GT0001").update(created_at="2020-01-01T00:00:00Z")
    assert set(held_now(world)) == {"02"}


def test_a_requirement_may_forbid_re_use_or_take_only_a_paper_whose_last_day_is_known(world: World) -> None:
    once_before(world)
    case, now = stricter(world), catalogue.read()[1]
    assert held.for_case(world.tu.applicant, case, at=now) == {}
    DocumentType.objects.filter(code="MC-GT0002").update(valid_months=6)
    found = held.for_case(world.tu.applicant, case, at=now)
    assert set(found) == {"02"}
    assert found["02"].valid_until is not None
    assert found["02"].valid_until - found["02"].document.created_at > timedelta(days=180)


def test_the_page_and_the_api_offer_the_same_papers(world: World, api: Any) -> None:
    once_before(world)
    listed = api(world.lan).get(f"/api/v1/holders/{TU_CCCD}/documents/", {"reusable": "1"}).json()["results"]
    assert {each["id"] for each in listed} == {str(each.document.pk) for each in held_now(world).values()}


def test_nobody_else_is_offered_the_paper(world: World) -> None:
    once_before(world)
    stranger = ApplicantInput("citizen", "001160000027", "Lê Thị Mới")
    with pytest.raises(InvalidInput) as refused:
        world.received(applicant=stranger, components=(FIRST, ComponentInput("02", "reused")))
    assert refused.value.code == "nothing_to_reuse"


def test_a_second_dossier_of_one_visit_shares_the_papers_while_their_codes_are_still_being_given(
    world: World, lan: Client
) -> None:
    first = world.received()
    page = lan.get(PAGE, {"cung": first.code, "thu_tuc": "QLLDNN-04"}).content.decode()
    assert "Vừa nộp ở hồ sơ trước" in page
    papers = dict(first.components.values_list("requirement__code", "document_id"))
    together = {
        f"paper_{code}{part}": value
        for code, pk in papers.items()
        for part, value in (("_held", str(pk)), ("_reuse", "on"))
    }
    answer = lan.post(PAGE, typed(world, paper_01="-", paper_02="-", together_with=first.code, **together))
    assert answer.status_code == 303
    jobs.run_due()
    second = Dossier.objects.latest("id")
    assert [row[1:3] for row in how(second)] == [("reused", True), ("reused", True)]
    assert sorted(Document.objects.values_list("code_nn", flat=True)) == [1, 1]


def test_the_database_refuses_a_paper_asked_again_without_a_reason(world: World) -> None:
    component = world.received().components.order_by("position").first()
    for change in ({"was_held": True}, {"asked_again": "changed"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Component.objects.filter(pk=component.pk).update(**change)


def test_the_list_of_held_papers_costs_one_statement(
    world: World, django_assert_max_num_queries: Any
) -> None:
    once_before(world)
    in_force, now = catalogue.read()
    case = in_force.version("QLLDNN-04", now.date())[1].case(None)
    with django_assert_max_num_queries(1):
        assert len(held.for_case(world.tu.applicant, case, at=now)) == 2


def offered(world: World, **facts: Any) -> set[str]:
    """Return what is offered once the first paper says these things of itself."""
    once_before(world)
    Document.objects.filter(code_type="MC-GT0001").update(**facts)
    return set(held_now(world))


def test_a_printed_last_day_counts_to_its_end_and_goes_before_the_months_of_the_type(world: World) -> None:
    today = local_date()
    DocumentType.objects.filter(code="MC-GT0001").update(valid_months=600)
    assert "01" in offered(world, good_until=today)
    until = held_now(world)["01"].valid_until
    assert until is not None
    assert local_date(until) == today
    Document.objects.filter(code_type="MC-GT0001").update(good_until=today - timedelta(days=1))
    assert "01" not in held_now(world)


def test_months_run_from_the_papers_own_date_when_it_is_known(world: World) -> None:
    DocumentType.objects.filter(code="MC-GT0001").update(valid_months=6)
    assert "01" not in offered(world, issued_on=local_date() - timedelta(days=190))
    Document.objects.filter(code_type="MC-GT0001").update(issued_on=date(2026, 5, 31))
    paper = held.with_validity(Document.objects.filter(code_type="MC-GT0001")).get()
    assert local_date(paper.valid_until) == date(2026, 11, 30)


@pytest.mark.parametrize("facts", [{"revoked_on": date(2026, 1, 1)}, {"signed": "broken"}])
def test_what_was_revoked_or_bears_a_broken_signature_is_never_offered(
    world: World, facts: dict[str, Any]
) -> None:
    assert offered(world, **facts) == {"02"}


def test_a_paper_that_an_officer_found_wanting_is_not_offered(world: World) -> None:
    dossier = once_before(world)
    reason = Reason.objects.filter(use=Reason.Use.PAPER).first()
    dossier.components.filter(position=1).update(verdict="failed", verdict_reason=reason)
    assert set(held_now(world)) == {"02"}


def test_a_paper_whose_bytes_are_lost_is_not_offered(world: World) -> None:
    blob = Blob.objects.create(sha256="0" * 64, size=1, media_type="application/pdf", fault="lost")
    assert offered(world, blob=blob, state="stored") == {"02"}


def test_a_result_of_ours_serves_only_once_it_is_returned(world: World) -> None:
    dossier = world.finished()
    jobs.run_due()
    paper = dossier.components.get(position=1).document
    result = Result.objects.create(
        dossier=dossier, title="Giấy phép", document=paper, drafted_by=world.minh, drafted_at=timezone.now()
    )
    assert set(held_now(world)) == {"02"}
    assert not own_store.papers_of(world.tu).filter(pk=paper.pk).exists()
    collector = {"collector_name": "Trần Thị Tư"}
    act(dossier.code, Action.RETURN_RESULT, actor=world.lan, params=Params(collector=collector))
    assert set(held_now(world)) == {"01", "02"}
    assert result.document_id == paper.pk


def test_the_api_says_whose_paper_it_is_and_whether_its_signature_holds(world: World, api: Any) -> None:
    offered(world, number="15/HĐ", issued_on=date(2026, 1, 5), issuer="Công ty Việt Lao", signed="valid")
    listed = api(world.lan).get(f"/api/v1/holders/{TU_CCCD}/documents/").json()["results"]
    paper = next(each for each in listed if each["document_type"] == "MC-GT0001")
    assert {name: paper[name] for name in ("number", "issued_on", "issuer", "signed", "came_by")} == {
        "number": "15/HĐ", "issued_on": "2026-01-05", "issuer": "Công ty Việt Lao", "signed": "valid", "came_by": "desk",
    }  # fmt: skip


def test_the_desk_reads_number_issuer_signature_and_source(world: World, lan: Client) -> None:
    offered(world, number="15/HĐ", issuer="Công ty Việt Lao", signed="valid")
    page = lan.get(PAGE, {"thu_tuc": "QLLDNN-04", "cung": Dossier.objects.get().code}).content.decode()
    assert "Số 15/HĐ · Công ty Việt Lao · Chữ ký số hợp lệ · Nộp tại quầy" in page
