"""Language and letter size on a page that sends no referrer: browsers post from there with `Origin: null`."""

import pytest
from django.test import Client

from dossiers import tracking
from tests.world import World


@pytest.mark.parametrize(
    ("address", "given"), [("/ngon-ngu/", {"language": "en"}), ("/che-do-xem/", {"mode": "large"})]
)
def test_a_visitor_of_a_tracking_page_may_change_them(
    world: World, address: str, given: dict[str, str]
) -> None:
    page = f"/t/{tracking.token_of(world.received().code, 1)}/"
    answer = Client(enforce_csrf_checks=True).post(
        address, {**given, "next": page}, headers={"Origin": "null"}
    )
    assert (answer.status_code, answer["Location"]) in {(302, page), (303, page)}
