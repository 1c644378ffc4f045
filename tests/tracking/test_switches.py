"""Language and letter size on a page that sends no referrer, without JavaScript: plain forms that ask and come back."""

import re

import pytest
from django.test import Client

from dossiers import tracking
from tests.world import World


@pytest.mark.parametrize(
    ("address", "name", "value", "then"),
    [
        ("/ngon-ngu/", "language", "en", '<html lang="en"'),
        ("/che-do-xem/", "mode", "large", 'data-view="large"'),
    ],
)
def test_a_visitor_of_a_tracking_page_may_change_them(
    world: World, address: str, name: str, value: str, then: str
) -> None:
    browser, page = Client(), f"/t/{tracking.token_of(world.received().code, 1)}/"
    shown = browser.get(page).content.decode()
    assert then not in shown
    form = next(each for each in re.findall(r"<form.+?</form>", shown, re.DOTALL) if address in each)
    assert 'method="get"' in form
    assert f'name="{name}" value="{value}"' in form
    assert f'name="next" value="{page}"' in form
    answer = browser.get(address, {name: value, "next": page})
    assert (answer.status_code, answer["Location"]) == (303, page)
    assert then in browser.get(page).content.decode()
