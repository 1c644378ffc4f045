"""What applicants are told: short, without anything that names a person or a matter, once an event."""

import re

import pytest
from django.template.loader import render_to_string
from pytest_django import Settings

from bpmc_portal.accounts.models import Unit
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.models import Job
from bpmc_portal.notices.models import Notice
from dossiers import notices, tracking
from dossiers.models import Dossier
from dossiers.services.commands import ApplicantInput
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.world import TU_CCCD, World

TEMPLATES = sorted({"received", "message", *notices.TOLD.values()})
# 3GPP TS 23.038: what a text message of 160 characters may hold, without the letters that count twice.
GSM_7 = re.compile(r"[A-Za-z0-9 @$_!\"#%&'()*+,\-./:;<=>?\n]*")


def told(world: World) -> Dossier:
    """Return a dossier whose applicant has a phone and an e-mail address."""
    person = ApplicantInput(
        "citizen", TU_CCCD, "Trần Thị Tư", phone="0912345678", email="tu@example.vn", address="12 Ngô Quyền"
    )
    return world.received(applicant=person)


@pytest.mark.parametrize("org_code", ["000.00.00.G07", "H29.115.22.333.4444.55555.666666.77"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_text_message_fits_one_part_with_the_longest_code_and_address(
    world: World, settings: Settings, template: str, org_code: str
) -> None:
    settings.PUBLIC_URL = "https://motcua.bo-lao-dong-thuong-binh-xa-hoi.gov.vn"
    Unit.objects.filter(org_code="000.00.00.G07").update(org_code=org_code)
    dossier = told(world)
    text = render_to_string(f"notices/{template}.sms.txt", {"message": notices.message_of(dossier)}).strip()
    assert GSM_7.fullmatch(text)
    assert len(text) <= 160
    assert tracking.url_of(tracking.token_of(dossier.code, 1)) in text
    assert dossier.code[-11:] in text


@pytest.mark.parametrize("channel", ["sms", "email"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_no_message_tells_whose_it_is_or_what_it_is_about(world: World, template: str, channel: str) -> None:
    dossier = told(world)
    text = render_to_string(f"notices/{template}.{channel}.txt", {"message": notices.message_of(dossier)})
    for secret in (
        "Trần",
        "Tư",
        TU_CCCD,
        "0912",
        dossier.procedure.name,
        "Văn bản đăng ký",
        tracking.secret_of(dossier.code, 1),
        "Ngô Quyền, Hà Nội",
    ):
        assert secret not in text.replace(dossier.office.address, "")
    assert "{{" not in text
    assert "&" not in text


def test_the_applicant_is_told_of_the_reception_once_by_each_channel(world: World) -> None:
    dossier = told(world)
    jobs.run_due()
    rows = {
        (notice.channel, notice.address, notice.template, notice.subject)
        for notice in Notice.objects.order_by("pk")
    }
    assert rows == {
        ("email", "tu@example.vn", "received", dossier.code),
        ("sms", "+84912345678", "received", dossier.code),
    }
    notices.tell_received(dossier.pk)
    assert Notice.objects.count() == 2


def test_nobody_is_told_where_no_address_was_given(world: World) -> None:
    world.received(applicant=ApplicantInput("citizen", "001160000027", "Trần Thị Năm"))
    jobs.run_due()
    assert not Notice.objects.exists()


def test_every_later_act_that_concerns_the_applicant_is_told_once(world: World) -> None:
    dossier = told(world)
    why = Params(reason="Thiếu bản chính")
    act(dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, params=why)
    act(dossier.code, Action.SUPPLEMENT, actor=world.lan)
    act(dossier.code, Action.FORWARD, actor=world.minh)
    act(dossier.code, Action.REFUSE, actor=world.ha, params=why)
    act(dossier.code, Action.RETURN_RESULT, actor=world.lan)
    jobs.run_due()
    told_by_sms = list(Notice.objects.filter(channel="sms").order_by("pk").values_list("template", flat=True))
    assert sorted(told_by_sms) == ["received", "result_ready", "returned", "supplement"]
    for job in Job.objects.filter(kind__startswith="dossiers.tell_", payload__has_key="seq"):
        notices.tell_act(Action(job.kind.removeprefix("dossiers.tell_")), **job.payload)
    assert Notice.objects.count() == 8
    assert "Thiếu bản chính" not in " ".join(Notice.objects.values_list("body", flat=True))


def test_an_approval_and_a_refusal_are_told_in_the_same_words() -> None:
    assert notices.TOLD[Action.APPROVE] == notices.TOLD[Action.REFUSE]
