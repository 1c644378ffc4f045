"""A dossier passes its appointment: the apology drafts itself, the leader sends it with one key, and the citizen reads it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.tasks import tick
from bpmc_portal.lib.vietnamese import format_date
from dossiers import tracking
from dossiers.models import Dossier, Letter
from dossiers.services.intake import receive_dossier
from dossiers.services.transitions import act
from dossiers.workflow import Action
from tests.browser.conftest import Desk
from tests.world import World

pytestmark = pytest.mark.browser
DELAY = "Chờ kết quả xác minh của cơ quan khác."


def test_an_overdue_dossier_apologises_to_its_applicant(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    long_ago = timezone.now() - timedelta(days=21)
    dossier = receive_dossier(committed_world.intake(), actor=committed_world.lan, at=long_ago)
    act(dossier.code, Action.FORWARD, actor=committed_world.minh, at=long_ago + timedelta(hours=1))
    address = f"/t/{tracking.token_of(dossier.code, 1)}/"
    tick("minute")
    jobs.run_due()
    assert Letter.objects.get(dossier=dossier).state == Letter.State.DRAFT
    citizen = desk(width=390, height=844)
    citizen.open(address)
    expect(citizen.page.locator("h1")).to_have_text("Hồ sơ đã quá hạn trả kết quả")
    expect(citizen.page.locator("main")).to_contain_text("xin lỗi")
    citizen.check()
    ha = desk("ha")
    ha.open(f"/ho-so/{dossier.code}/thu/xin-loi/")
    ha.page.locator("[name=reason]").fill(DELAY)
    ha.page.keyboard.press("F9")
    ha.page.wait_for_url(f"**/ho-so/{dossier.code}/")
    ha.check()
    after = Dossier.objects.get(pk=dossier.pk)
    assert Letter.objects.get(dossier=dossier).state == Letter.State.ISSUED
    assert after.due_at is not None
    assert after.due_at > timezone.now()
    jobs.run_due()
    citizen.open(address)
    expect(citizen.page.locator("main")).to_contain_text("Đã hẹn lại")
    expect(citizen.page.locator("main")).to_contain_text(format_date(after.due_at))
    citizen.check()
