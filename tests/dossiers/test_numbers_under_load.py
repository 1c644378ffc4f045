"""Numbers of one desk-day under many hands: no duplicate, no gap, none lost with a rollback."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

from bpmc_portal.jobs import services as jobs
from bpmc_portal.numbering.models import Series
from digitization.models import Document
from dossiers.models import Dossier, DossierEvent
from dossiers.services.transitions import StaleVersion, act
from dossiers.workflow import Action
from tests.world import World

CLIENTS, EACH = 16, 10


class Undone(Exception):
    """Thrown to roll a receipt back."""


def test_receipts_of_many_clients_with_rollbacks_leave_no_gap(committed_world: World) -> None:
    def clerk(number: int) -> int:
        kept = 0
        try:
            for turn in range(EACH):
                try:
                    with transaction.atomic():
                        committed_world.received()
                        if (number + turn) % 5 == 0:
                            raise Undone
                    kept += 1
                except Undone:
                    continue
        finally:
            connection.close()
        return kept

    with ThreadPoolExecutor(CLIENTS) as pool:
        kept = sum(pool.map(clerk, range(CLIENTS)))
    numbers = sorted(int(code.rsplit("-", 1)[1]) for code in Dossier.objects.values_list("code", flat=True))
    assert numbers == list(range(1, kept + 1))
    assert Series.objects.get(key__startswith="dossier:").last == kept
    assert DossierEvent.objects.count() == kept


def test_codes_are_given_once_whoever_runs_the_jobs(committed_world: World) -> None:
    for _ in range(6):
        committed_world.received()
    keys = [key for keys in jobs.due().values() for key in keys]

    def worker(_: int) -> None:
        try:
            for key in keys:
                jobs.run(key)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(worker, range(8)))
    jobs.run_due()
    codes = list(Document.objects.values_list("code", "code_type", "code_nn"))
    assert len({code for code, _, _ in codes}) == len(codes) == 12
    for kind in {kind for _, kind, _ in codes}:
        assert sorted(nn for _, each, nn in codes if each == kind) == list(range(1, 7))


def test_of_two_officers_who_act_at_once_exactly_one_wins(committed_world: World) -> None:
    dossier = committed_world.received()

    def press(user: object) -> str:
        try:
            act(dossier.code, Action.FORWARD, actor=user, expected_version=1)  # type: ignore[arg-type]
        except StaleVersion:
            return "stale"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(press, [committed_world.minh, committed_world.ha] * 4))
    assert sorted(answers) == ["done"] + ["stale"] * 7
    assert Dossier.objects.get(pk=dossier.pk).version == 2
