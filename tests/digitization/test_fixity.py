"""Every file is looked at again once a month; what is lost, changed or cut short is named with those whose papers it is."""

import hashlib
import io
import json
import os
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bpmc_portal.jobs.services import run_due, works_for
from digitization import fixity, storage
from digitization.models import Blob, Document
from dossiers.services import sentinel
from tests.world import World

pytestmark = pytest.mark.django_db


def stored(count: int) -> list[str]:
    """Lay many files into the store without waiting for the disk, and their rows."""
    rows = []
    for number in range(count):
        content = f"trang {number}".encode() * 40
        sha256 = hashlib.sha256(content).hexdigest()
        path = storage.path_of(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        rows.append(Blob(sha256=sha256, size=len(content), media_type="text/plain"))
    Blob.objects.bulk_create(rows)
    return [row.sha256 for row in rows]


def damaged(sha256: str, way: int, dice: random.Random) -> str:
    """Delete, cut or flip one file; return the fault that must be found."""
    path = storage.path_of(sha256)
    content = bytearray(path.read_bytes())
    if way == 0:
        path.unlink()
        return "lost"
    if way == 1:
        path.write_bytes(content[: dice.randrange(len(content))])
    else:
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        path.write_bytes(content)
    return "changed"


def verified(**options: Any) -> tuple[int, list[dict[str, Any]]]:
    """Run the command; return its exit code and its lines."""
    out, code = io.StringIO(), 0
    try:
        call_command("verify_blobs", stdout=out, **options)
    except SystemExit as error:
        code = int(str(error.code))
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def age(**ago: Any) -> None:
    """Make every file as if it had been put and seen so long ago."""
    Blob.objects.update(created_at=timezone.now() - timedelta(**ago), checked_at=None)


def test_a_thousand_damaged_files_of_many_are_all_named_and_no_other() -> None:
    dice = random.Random(654)
    keys = stored(1400)
    wrong = {key: damaged(key, number % 3, dice) for number, key in enumerate(dice.sample(keys, 1000))}
    code, lines = verified()
    assert code == 1
    assert {line["sha256"]: line["fault"] for line in lines} == wrong
    assert dict(Blob.objects.exclude(fault="").values_list("pk", "fault")) == wrong
    assert not Blob.objects.filter(checked_at=None).exists()


def test_a_whole_store_is_no_fault_and_the_command_leaves_with_zero() -> None:
    stored(5)
    assert verified() == (0, [])


def test_a_faulty_file_is_named_with_the_paper_and_the_dossier_that_use_it(world: World) -> None:
    dossier = world.received()
    run_due()
    document = dossier.components.get(position=1).document
    document.state, document.blob = "stored", storage.put([b"giay to"], media_type="application/pdf")
    document.save()
    storage.delete(document.blob_id)
    receipt = dossier.issued_papers.get()
    storage.path_of(receipt.blob_id).write_bytes(b"khac")
    _code, lines = verified()
    found = {line["sha256"]: (line["fault"], line["used_by"]) for line in lines}
    assert found == {
        document.blob_id: ("lost", [f"giấy tờ {document.code or document.pk}", f"hồ sơ {dossier.code}"]),
        receipt.blob_id: ("changed", [f"hồ sơ {dossier.code}"]),
    }


def test_limit_takes_the_longest_unseen_first_and_since_leaves_the_newly_seen_out() -> None:
    first, second, third = stored(3)
    now = timezone.now()
    for days, key in ((9, first), (40, second), (20, third)):
        Blob.objects.filter(pk=key).update(checked_at=now - timedelta(days=days))
        storage.delete(key)
    assert [line["sha256"] for line in verified(limit=1)[1]] == [second]
    assert [line["sha256"] for line in verified(since=(now - timedelta(days=15)).isoformat())[1]] == [third]
    assert len(verified()[1]) == 3


def test_a_tick_sees_only_what_is_due_and_asks_as_much_however_large_the_store_is(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    keys = stored(40)
    assert fixity.check_slice(at=timezone.now()) == []
    assert not Blob.objects.exclude(checked_at=None).exists()
    age(days=31)
    storage.delete(keys[0])
    with django_assert_max_num_queries(80):
        fixity.check_slice(at=timezone.now(), limit=30)
    assert Blob.objects.exclude(checked_at=None).count() == 30
    fixity.check_slice(at=timezone.now(), limit=30)
    assert Blob.objects.exclude(checked_at=None).count() == 40
    assert fixity.faults() == 1


def test_the_minute_s_tick_does_a_slice(world: World) -> None:
    stored(2)
    age(days=31)
    assert "digitization.check_files" in {
        work.kind for work in works_for("tick.minute", slot="2026-11-24T00:00")
    }
    fixity.check_slice(at=timezone.now())
    assert not Blob.objects.filter(checked_at=None).exists()


def test_a_restored_file_loses_its_fault_within_the_hour_or_at_once_when_it_is_put_again() -> None:
    first, second = stored(2)
    content = {key: storage.read(key) for key in (first, second)}
    for key in content:
        storage.delete(key)
    verified()
    assert fixity.faults() == 2
    storage.path_of(first).write_bytes(content[first])
    fixity.check_slice(at=timezone.now() + timedelta(minutes=61))
    assert dict(Blob.objects.values_list("pk", "fault")) == {first: "", second: "lost"}
    storage.put([content[second]], media_type="text/plain")
    assert fixity.faults() == 0


def test_an_orphan_goes_after_a_day_and_a_referenced_file_never_does() -> None:
    kept, orphan, fresh = stored(3)
    Blob.objects.filter(pk__in=[orphan, fresh]).delete()
    now = timezone.now()
    long_ago = (now - timedelta(hours=25)).timestamp()
    for key in (kept, orphan):
        os.utime(storage.path_of(key), (long_ago, long_ago))
    swept = sum(fixity.sweep_orphans(f"{number:02x}", at=now) for number in range(256))
    assert swept == 1
    assert [storage.path_of(key).exists() for key in (kept, orphan, fresh)] == [True, False, True]


def test_a_sweep_that_was_killed_half_way_loses_nothing() -> None:
    (kept,) = stored(1)
    path = storage.path_of(kept)
    path.replace(path.with_suffix(fixity.ASIDE))
    assert fixity.sweep_orphans(kept[:2], at=timezone.now()) == 0
    assert storage.is_intact(kept)


def test_every_folder_has_its_minute() -> None:
    now = timezone.now()
    assert len({fixity.prefix_of(now + timedelta(minutes=number)) for number in range(256)}) == 256


def test_faults_show_on_the_health_page_at_the_operator_s_and_in_the_daily_report(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    (key,) = stored(1)
    document = Document.objects.create(name="Hợp đồng", state="stored", blob_id=key)
    assert Client().get("/readyz").json()["file_faults"] == 0
    storage.delete(key)
    verified()
    assert Client().get("/readyz").json()["file_faults"] == 1
    assert (
        "1 tệp đã lưu bị mất hoặc bị thay đổi"
        in as_user(world.quantri).get("/quan-tri/cong-viec/").content.decode()
    )
    named = [each for each in sentinel.violations(timezone.now()) if each.code == "file_fault"]
    assert len(named) == 1
    assert str(document.pk) in named[0].sentence
