"""Nothing is destroyed before its time, by one person alone, or while anything else uses it; what is destroyed stays told."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from bpmc_portal.audit.models import SecurityEvent
from bpmc_portal.errors import DomainError
from bpmc_portal.jobs.services import run_due
from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from digitization import destruction, retention, storage
from digitization.models import ArchivePackage, Blob, DestructionList, RetentionClass
from dossiers.models import Dossier
from tests.dossiers.test_archiving import ended, with_file
from tests.papers.made import text_of
from tests.world import World

pytestmark = pytest.mark.django_db

TEN_YEARS = {
    "code": "10-nam",
    "name": "Mười năm",
    "period": "years",
    "years": 10,
    "citation": "Quyết định thử, Điều 1",
}
FOR_EVER = {
    "code": "vinh-vien",
    "name": "Vĩnh viễn",
    "period": "permanent",
    "citation": "Quyết định thử, Điều 2",
}


def over(world: World, *, kept: dict[str, Any] = TEN_YEARS, **files: Any) -> tuple[Dossier, ArchivePackage]:
    """Return a dossier with its package, whose retention ended long ago when its class has years."""
    dossier = ended(world, **files)
    run_due()
    retention.load({"classes": [kept], "procedures": {world.procedure.key: kept["code"]}})
    package = ArchivePackage.objects.get(dossier_code=dossier.code)
    package.closed_on -= timedelta(days=4100)
    package.keep_until = retention.keep_until(package.retention_class, package.closed_on)
    package.save()
    return dossier, package


def proposed(world: World, *packages: ArchivePackage) -> DestructionList:
    return destruction.propose([each.pk for each in packages], reason="Hết hạn", actor=world.vanthu)


def test_the_shipped_table_invents_no_period(world: World) -> None:
    retention.load(retention.shipped())
    assert [each.period for each in RetentionClass.objects.all()] == ["undetermined"]
    assert "không bao giờ được đề nghị tiêu huỷ" in RetentionClass.objects.get().note


def test_a_period_without_a_citation_is_refused(world: World) -> None:
    with pytest.raises(DomainError):
        retention.load({"classes": [{**TEN_YEARS, "citation": ""}]})
    assert not RetentionClass.objects.exists()


def test_a_retention_ends_with_the_year_and_never_for_what_has_none(world: World) -> None:
    ten, ever = RetentionClass(period="years", years=10), RetentionClass(period="permanent")
    assert str(retention.keep_until(ten, timezone.now().date().replace(2026, 3, 1))) == "2036-12-31"
    assert retention.keep_until(ever, timezone.now().date()) is None


@pytest.mark.parametrize("kept", [FOR_EVER, None])
def test_permanent_and_undetermined_packages_are_never_proposed(
    world: World, kept: dict[str, Any] | None
) -> None:
    dossier = ended(world)
    run_due()
    if kept:
        retention.load({"classes": [kept], "procedures": {world.procedure.key: kept["code"]}})
    package = ArchivePackage.objects.get(dossier_code=dossier.code)
    assert list(destruction.proposable(world.vanthu, at=timezone.now() + timedelta(days=90_000))) == []
    with pytest.raises(DomainError) as refused:
        destruction.propose([package.pk], reason="Hết hạn", actor=world.vanthu)
    assert refused.value.code == "not_destroyable"


def test_the_last_day_of_the_retention_still_keeps(world: World) -> None:
    _dossier, package = over(world)
    assert package.keep_until is not None
    last = datetime.combine(package.keep_until, time(9), LOCAL_ZONE)
    assert list(destruction.proposable(world.vanthu, at=last)) == []
    assert list(destruction.proposable(world.vanthu, at=last + timedelta(days=1))) == [package]


def test_only_the_registry_of_the_unit_proposes_and_a_package_stands_on_one_list(world: World) -> None:
    _dossier, package = over(world)
    for stranger in (world.minh, world.ha, world.binh, world.vanphong):
        with pytest.raises(DomainError):
            destruction.propose([package.pk], reason="Hết hạn", actor=stranger)
    proposed(world, package)
    with pytest.raises(DomainError):
        proposed(world, package)


def test_the_proposer_never_decides_not_even_in_the_database(world: World) -> None:
    _dossier, package = over(world)
    row = proposed(world, package)
    DestructionList.objects.filter(pk=row.pk).update(proposed_by=world.ha)
    with pytest.raises(DomainError) as refused:
        destruction.decide(row.pk, actor=world.ha, is_approved=True)
    assert refused.value.code == "same_person"
    with pytest.raises(IntegrityError), transaction.atomic():
        DestructionList.objects.filter(pk=row.pk).update(
            state="approved", decided_by=world.ha, decided_at=timezone.now()
        )
    for stranger in (world.vanthu, world.minh, world.binh, world.thanhtra):
        with pytest.raises(DomainError):
            destruction.decide(row.pk, actor=stranger, is_approved=True)


def test_a_refused_list_destroys_nothing_and_frees_its_packages(world: World) -> None:
    _dossier, package = over(world)
    row = proposed(world, package)
    with pytest.raises(DomainError):
        destruction.decide(row.pk, actor=world.vanphong, is_approved=False)
    destruction.decide(row.pk, actor=world.vanphong, is_approved=False, note="Còn tranh chấp")
    run_due()
    assert storage.is_intact(str(package.blob_id))
    assert list(destruction.proposable(world.vanthu)) == [package]


def test_an_approved_list_is_certified_and_erased_and_stays_told(world: World) -> None:
    dossier, package = over(world)
    document = dossier.components.get(position=1).document
    receipt = dossier.issued_papers.get()
    row = proposed(world, package)
    assert storage.is_intact(str(package.blob_id))
    destruction.decide(row.pk, actor=world.ha, is_approved=True)
    assert storage.is_intact(str(package.blob_id))
    run_due()
    row.refresh_from_db()
    package.refresh_from_db()
    assert (row.state, package.state) == ("done", "destroyed")
    assert len(package.manifest_sha256) == 64
    gone = [
        package.blob_id,
        document.blob_id,
        document.searchable_id,
        document.access_copy_id,
        receipt.blob_id,
    ]
    assert not any(storage.path_of(str(key)).exists() for key in gone)
    assert Blob.objects.filter(pk__in=gone, destroyed_at__isnull=False).count() == len(gone)
    paper = text_of(storage.read(str(row.certificate_id)))
    for words in ("33/2024/QH15", dossier.code, "Hoàng Thị Thư", "Vũ Thu Hà", "chưa được đối chiếu"):
        assert words in paper
    acts = (
        SecurityEvent.objects.filter(subject=f"destruction:{row.pk}")
        .order_by("pk")
        .values_list("act", flat=True)
    )
    assert list(acts) == ["destruction_proposed", "destruction_approved", "destruction_done"]
    destruction.certify(row.pk)
    assert DestructionList.objects.get().certificate_id == row.certificate_id


def test_files_that_anything_else_uses_survive(world: World) -> None:
    dossier, package = over(world, content=b"%PDF giay cua rieng")
    other = world.received()
    mine = dossier.components.get(position=1).document
    other.components.filter(position=1).update(document=mine)
    shared = with_file(dossier, 2, b"%PDF chung")
    loose = other.components.get(position=2).document
    loose.state, loose.blob = "stored", shared.blob
    loose.save()
    row = proposed(world, package)
    destruction.decide(row.pk, actor=world.vanphong, is_approved=True)
    run_due()
    assert storage.is_intact(str(mine.blob_id))
    assert storage.is_intact(str(shared.blob_id))
    assert not storage.path_of(str(package.blob_id)).exists()


def test_a_result_that_its_holder_still_shows_survives_and_a_revoked_one_does_not(world: World) -> None:
    dossier, package = over(world)
    document = dossier.components.get(position=1).document
    type(document).objects.filter(pk=document.pk).update(kind="result")
    kept = destruction.files_of([package], at=timezone.now())
    assert document.blob_id not in kept
    type(document).objects.filter(pk=document.pk).update(revoked_on=timezone.now().date())
    assert document.blob_id in destruction.files_of([package], at=timezone.now())


def test_the_same_paper_handed_in_anew_is_not_erased_by_a_late_job(world: World) -> None:
    dossier, package = over(world, content=b"%PDF nop lai")
    sha256 = str(dossier.components.get(position=1).document.blob_id)
    destruction.decide(proposed(world, package).pk, actor=world.ha, is_approved=True)
    run_due()
    storage.put([b"%PDF nop lai"], media_type="application/pdf")
    assert destruction.erase([sha256]) == 0
    assert storage.is_intact(sha256)


def test_the_screen_walks_from_proposal_to_certificate(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier, package = over(world)
    keeper, leader = as_user(world.vanthu), as_user(world.ha)
    address = "/so-hoa/luu-tru/tieu-huy/"
    assert dossier.code in keeper.get(address).content.decode()
    assert keeper.post(address, {"goi": package.pk, "reason": ""}).status_code == 422
    assert keeper.post(address, {"goi": package.pk, "reason": "Hết hạn"}).status_code == 303
    row = DestructionList.objects.get()
    assert "Duyệt tiêu huỷ" not in keeper.get(address).content.decode()
    assert "Duyệt tiêu huỷ" in leader.get(address).content.decode()
    assert keeper.post(f"{address}{row.pk}/", {"decision": "approve"}).status_code in (403, 404)
    assert leader.post(f"{address}{row.pk}/", {"decision": "approve"}).status_code == 303
    run_due()
    paper = leader.get(f"{address}{row.pk}/bien-ban/")
    assert paper["Content-Type"] == "application/pdf"
    assert as_user(world.vanthu).get(f"/ho-so/{dossier.code}/goi-luu-tru/").status_code == 404
    assert "Tài liệu đã tiêu huỷ" in as_user(world.minh).get(f"/ho-so/{dossier.code}/").content.decode()
