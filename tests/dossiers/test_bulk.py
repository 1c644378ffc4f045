"""One act on many dossiers: the dry run, the run with a result for each, and what a fault in the middle leaves behind."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from bpmc_portal.accounts.models import Absence, Role, User
from bpmc_portal.accounts.permissions import appoint, dismiss
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.models import Job
from bpmc_portal.lib.vietnamese import local_date
from dossiers.models import BulkItem, BulkRun, Dossier, DossierEvent
from dossiers.services import bulk
from dossiers.services.bulk import Deed, Pick
from dossiers.services.transitions import act
from dossiers.workflow import Action
from tests.world import START, World, user


def officers(world: World, number: int) -> list[User]:
    """Appoint further officers beside minh."""
    people = [user(f"cv{index}", f"Chuyên viên {index}") for index in range(1, number + 1)]
    for each in people:
        appoint(each, unit=world.agency, role=Role.OFFICER, starts_on=START)
    return people


def picks(dossiers: list[Dossier]) -> list[Pick]:
    return [Pick(each.code, each.version) for each in dossiers]


def started(world: World, dossiers: list[Dossier], deed: Deed, *, actor: User | None = None) -> BulkRun:
    return BulkRun.objects.get(
        pk=bulk.start(picks(dossiers), deed, actor=actor or world.ha, key=str(uuid4()))
    )


def states(run: BulkRun) -> dict[str, int]:
    return dict(Counter(run.items.values_list("state", flat=True)))


def run_elsewhere(key: str) -> "subprocess.Popen[bytes]":
    """Run the job in a process of its own, on the database of the tests."""
    program = f"from bpmc_portal.jobs import services; services.run({key!r})"
    name = quote(str(connection.settings_dict["NAME"]))
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    environment = {**os.environ, "DATABASE_URL": url}
    return subprocess.Popen([sys.executable, "manage.py", "shell", "-c", program], env=environment)


def until_it_waits_for_a_row() -> None:
    """Come back when a session of this database waits for a lock that another one holds; fail after a minute."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
    last = monotonic() + 60
    while monotonic() < last:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.05)")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
    pytest.fail("nobody waits")


def test_a_dry_run_says_what_would_happen_and_changes_nothing(world: World) -> None:
    good, taken, stale = (world.received() for _each in range(3))
    act(taken.code, Action.FORWARD, actor=world.minh)
    chosen = [
        Pick(good.code, good.version),
        Pick(taken.code, taken.version),
        Pick(stale.code, 99),
        Pick("KHONG-CO-1", 1),
    ]
    before = DossierEvent.objects.count()
    tried = bulk.dry_run(chosen, Deed(Action.ASSIGN, "minh"), actor=world.ha)
    assert {row.dossier.code: bool(row.sentence) for row in tried.rows} == {
        good.code: False,
        taken.code: True,
        stale.code: True,
    }
    assert tried.missing == 1
    assert all("vừa được người khác thay đổi" in row.sentence for row in tried.rows if row.sentence)
    assert DossierEvent.objects.count() == before


def test_a_dry_run_costs_the_same_for_three_and_for_thirty(
    world: World, django_assert_max_num_queries: Any
) -> None:
    many = [world.received() for _each in range(30)]
    for chosen in (many[:3], many):
        with django_assert_max_num_queries(5):
            tried = bulk.dry_run(picks(chosen), Deed(Action.ASSIGN), actor=world.ha)
        assert len(tried.fit) == len(chosen)


def test_work_is_shared_out_to_who_has_least_and_not_to_who_is_away(world: World) -> None:
    first, second, away = officers(world, 3)
    Absence.objects.create(user=away, starts_on=local_date(), ends_on=local_date())
    for _each in range(2):
        act(world.received().code, Action.FORWARD, actor=world.minh)
    given = [world.received() for _each in range(7)]
    run = started(world, given, Deed(Action.ASSIGN))
    jobs.run_due()
    run.refresh_from_db()
    assert states(run) == {"done": 7}
    assert run.finished_at is not None
    # minh had two: 2 + 1, the others 3 each.
    loads = Counter(
        Dossier.objects.filter(pk__in=[each.pk for each in given]).values_list(
            "assignee__username", flat=True
        )
    )
    assert loads == {"minh": 1, first.username: 3, second.username: 3}


def test_what_is_given_out_again_counts_for_nobody(world: World) -> None:
    (first,) = officers(world, 1)
    given = [world.received() for _each in range(4)]
    for each in given:
        act(each.code, Action.FORWARD, actor=world.minh)
    given = list(Dossier.objects.order_by("pk"))
    run = started(world, given, Deed(Action.ASSIGN))
    jobs.run_due()
    assert states(run) == {"done": 4}
    assert Counter(Dossier.objects.values_list("assignee__username", flat=True)) == {
        "minh": 2,
        first.username: 2,
    }


def test_a_named_person_who_is_away_is_covered(world: World) -> None:
    (cover,) = officers(world, 1)
    Absence.objects.create(user=world.minh, starts_on=local_date(), ends_on=local_date(), cover=cover)
    run = started(world, [world.received()], Deed(Action.ASSIGN, "minh"))
    jobs.run_due()
    assert states(run) == {"done": 1}
    assert Dossier.objects.get().assignee == cover


def test_each_refusal_has_its_sentence_and_the_others_go_on(world: World) -> None:
    given = [world.received() for _each in range(3)]
    run = started(world, given, Deed(Action.FORWARD), actor=world.minh)
    act(given[1].code, Action.FORWARD, actor=world.minh)
    jobs.run_due()
    assert states(run) == {"done": 2, "refused": 1}
    refused = run.items.get(state="refused")
    assert refused.dossier == given[1]
    assert refused.code == "stale_version"
    assert "vừa được người khác thay đổi" in refused.sentence
    assert Dossier.objects.get(pk=given[1].pk).version == given[1].version + 1


def test_what_was_refused_can_be_tried_again_as_it_stands_now(world: World) -> None:
    given = [world.received() for _each in range(2)]
    run = started(world, given, Deed(Action.ASSIGN, "minh"))
    act(given[0].code, Action.FORWARD, actor=world.minh)
    jobs.run_due()
    assert states(run) == {"done": 1, "refused": 1}
    bulk.retry(run.pk, actor=world.ha)
    jobs.run_due()
    run.refresh_from_db()
    assert states(run) == {"done": 2}
    assert run.finished_at is not None
    assert DossierEvent.objects.filter(action="assign").count() == 2


def test_the_same_key_starts_one_run(world: World) -> None:
    given = picks([world.received()])
    first, again = (
        bulk.start(given, Deed(Action.ASSIGN, "minh"), actor=world.ha, key="mot-khoa") for _each in range(2)
    )
    assert first == again
    assert BulkRun.objects.count() == 1


def test_a_right_that_was_taken_away_meanwhile_refuses_in_words(world: World) -> None:
    run = started(world, [world.received()], Deed(Action.FORWARD), actor=world.minh)
    dismiss(world.minh.memberships.get(), ends_on=local_date() - timedelta(days=1))
    jobs.run_due()
    assert states(run) == {"refused": 1}
    assert run.items.get().code == "not_found"


def test_a_worker_killed_in_the_middle_does_nothing_twice_and_forgets_nothing(committed_world: World) -> None:
    world = committed_world
    given = [world.received() for _each in range(5)]
    run = started(world, given, Deed(Action.ASSIGN, "minh"))
    key = Job.objects.get(kind=bulk.RUN).dedup_key
    with transaction.atomic():
        # The worker does two, waits for the third, which is held here, and is killed there.
        Dossier.objects.select_for_update().get(pk=given[2].pk)
        worker = run_elsewhere(key)
        until_it_waits_for_a_row()
        worker.kill()
        worker.wait()
    assert states(run) == {"done": 2, "waiting": 3}
    Job.objects.filter(dedup_key=key).update(
        not_before=timezone.now()
    )  # the wait after a try that never came back
    assert jobs.run(key)
    assert states(run) == {"done": 5}
    assert Counter(DossierEvent.objects.filter(action="assign").values_list("dossier_id", flat=True)) == {
        each.pk: 1 for each in given
    }


def test_a_job_rung_twice_does_each_dossier_once(world: World) -> None:
    run = started(world, [world.received() for _each in range(3)], Deed(Action.ASSIGN, "minh"))
    for _each in range(2):
        bulk.run_batch(str(run.pk), 0, bulk.BATCH)
    assert DossierEvent.objects.filter(action="assign").count() == 3


def test_from_the_list_to_the_result_in_the_browsers_words(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    given = [world.received() for _each in range(2)]
    client = as_user(world.ha)
    ticks = [f"{each.code}~{each.version}" for each in given]
    page = client.get(
        "/viec/hang-loat/", {"viec": "assign", "giao": "minh", "hs": ticks, "muc": "chua-phan-cong"}
    )
    text = page.content.decode()
    assert "2 hồ sơ hợp lệ" in text
    hidden = dict(re.findall(r'name="(viec|giao|hs|idempotency_key)" value="([^"]*)"', text))
    answer = client.post("/viec/hang-loat/", hidden)
    assert answer.status_code == 303
    assert client.post("/viec/hang-loat/", hidden)["Location"] == answer["Location"]
    waiting = client.get(answer["Location"]).content.decode()
    assert "Đã làm <b>0</b>/2 hồ sơ" in waiting
    jobs.run_due()
    after = client.get(answer["Location"]).content.decode()
    assert "Đã làm <b>2</b>/2 hồ sơ" in after
    assert "hx-get" not in after
    assert as_user(world.minh).get(answer["Location"]).status_code == 404
    assert as_user(world.binh).post(answer["Location"]).status_code == 404


def test_the_whole_list_is_tried_with_its_filters(world: World, as_user: Callable[[Any], Client]) -> None:
    mine, free = world.received(), world.received()
    act(mine.code, Action.FORWARD, actor=world.minh)
    page = as_user(world.ha).get(
        "/viec/hang-loat/", {"viec": "assign", "tat_ca": "1", "muc": "dang-xu-ly", "nguoi": "khong"}
    )
    text = page.content.decode()
    assert "1 hồ sơ hợp lệ" in text
    assert free.code in text
    assert mine.code not in text


@pytest.mark.parametrize(
    ("query", "words"),
    [({"viec": "assign"}, "chưa chọn hồ sơ nào"), ({}, "Hãy chọn việc"), ({"viec": "void", "hs": "X~1"}, "Hãy chọn việc"),
     ({"viec": "assign", "hs": "x"}, "chưa chọn hồ sơ nào")],
)  # fmt: skip
def test_nothing_to_do_is_said_in_words(
    world: World, as_user: Callable[[Any], Client], query: dict[str, str], words: str
) -> None:
    answer = as_user(world.ha).get("/viec/hang-loat/", query)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_strangers_dossier_is_only_counted_as_missing(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier = world.received()
    text = (
        as_user(world.binh)
        .get("/viec/hang-loat/", {"viec": "assign", "hs": f"{dossier.code}~2"})
        .content.decode()
    )
    assert "1 hồ sơ đã chọn không còn tìm thấy" in text
    assert "Trần Thị Tư" not in text
    assert (
        as_user(world.binh)
        .post(
            "/viec/hang-loat/", {"viec": "assign", "hs": f"{dossier.code}~2", "idempotency_key": str(uuid4())}
        )
        .status_code
        == 422
    )
    assert not BulkItem.objects.exists()
