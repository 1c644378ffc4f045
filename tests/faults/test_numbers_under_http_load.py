"""Many clients receive on one office-day through HTTP, each intake twice, while Redis dies and comes back."""

import pytest

from tests.faults.clerks import Clerks, check_codes, check_numbers, jobs_left
from tests.faults.conftest import Prepared
from tests.faults.processes import Portal, until

pytestmark = pytest.mark.xdist_group("servers")


def receive_through_an_outage_of_redis(
    portal: Portal, prepared: Prepared, *, count: int, each: int, patience: float
) -> None:
    redis = prepared.servers.redis
    assert redis is not None
    assert redis.process is not None
    portal.start_web()
    portal.start_worker()
    portal.start_beat()
    clerks = Clerks(portal, prepared, count=count, each=each)
    try:
        with clerks.working() as finish:
            clerks.have_answers(0.3)
            redis.process.kill()
            redis.process.wait()
            before = clerks.book.answers
            finish()
        assert clerks.book.answers == clerks.total * 2 > before  # receipts went on without Redis
        assert clerks.book.unknown == 0
        check_numbers(portal, clerks)
        assert jobs_left(portal) > 0
    finally:
        redis.start()
    until(
        lambda: jobs_left(portal) == 0,
        seconds=patience,
        what=lambda: f"{portal.log('worker')}\n{portal.log('beat')}",
    )
    check_codes(portal)


@pytest.mark.timeout(300)
def test_a_busy_desk_gives_every_number_once_though_redis_dies(portal: Portal, prepared: Prepared) -> None:
    receive_through_an_outage_of_redis(portal, prepared, count=8, each=15, patience=60)


@pytest.mark.faults
def test_thirty_two_clients_give_3200_numbers_once_though_redis_dies(
    portal: Portal, prepared: Prepared
) -> None:
    receive_through_an_outage_of_redis(portal, prepared, count=32, each=100, patience=1800)
