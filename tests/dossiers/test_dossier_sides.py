"""What stands beside the main line of a dossier: notes, messages, opinions, clocks, the citizen's eyes, and who has looked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bpmc_portal.audit.models import AccessEvent
from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.jobs import services as jobs
from bpmc_portal.notices.models import Notice
from dossiers import tracking
from dossiers.models import Dossier, Message, Note, Opinion
from dossiers.services import messages, notes, readers, verdicts
from dossiers.services.transitions import Params, act
from dossiers.views import clock_rows
from dossiers.workflow import Action
from procedures import catalogue
from tests.world import World


def test_a_note_is_for_colleagues_and_never_for_the_applicant(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier, client = world.received(), as_user(world.minh)
    answer = client.post(f"/ho-so/{dossier.code}/ghi-chu/", {"text": "Gọi lại cho Sở trước thứ Sáu."})
    assert (answer.status_code, answer["Location"]) == (303, f"/ho-so/{dossier.code}/#ghi-chu")
    assert "Gọi lại cho Sở" in as_user(world.lan).get(f"/ho-so/{dossier.code}/").content.decode()
    for page in (f"/ho-so/{dossier.code}/", f"/ho-so/{dossier.code}/xem-nhu-nguoi-dan/"):
        who = world.minh if "xem-nhu" in page else world.tu
        assert "Gọi lại cho Sở" not in as_user(who).get(page).content.decode()


@pytest.mark.parametrize(("text", "code"), [("  ", "text_missing"), ("a" * 2001, "text_too_long"), ("a\x07", "text_control")])  # fmt: skip
def test_what_cannot_be_written_keeps_what_was_typed(world: World, as_user, text: str, code: str) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    with pytest.raises(InvalidInput) as refused:
        notes.write(dossier, author=world.minh, text=text, at=timezone.now())
    assert refused.value.code == code
    answer = as_user(world.minh).post(f"/ho-so/{dossier.code}/trao-doi/", {"text": text})
    assert answer.status_code == 422
    assert refused.value.sentence in answer.content.decode()
    assert text.strip("\x07 ") in answer.content.decode()
    assert not Note.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize("who", ["thanhtra", "vanphong"])
def test_who_only_looks_on_writes_nothing(world: World, who: str) -> None:
    dossier = world.received()
    for write in (notes.write, messages.write):
        with pytest.raises(DomainError, match="Chỉ người tham gia"):
            write(dossier, author=world.users[who], text="Xin chào", at=timezone.now())


def test_a_message_is_told_of_once_until_it_is_read_and_never_in_words(world: World) -> None:
    dossier, now = world.received(), timezone.now()
    jobs.run_due()
    Notice.objects.all().delete()
    for _text in range(2):
        messages.write(dossier, author=world.minh, text="Xin gửi lại bản chụp rõ hơn.", at=now)
    jobs.run_due()
    told = Notice.objects.get()
    assert (told.template, told.channel) == ("message", "sms")
    assert "ban chup" not in told.body
    assert messages.mark_read(dossier, by_staff=False, at=now) == 2
    messages.write(dossier, author=world.minh, text="Cảm ơn ông/bà.", at=now)
    jobs.run_due()
    assert Notice.objects.count() == 2


def test_who_answers_has_read_what_stands_above(world: World) -> None:
    dossier, now = world.received(), timezone.now()
    messages.write(dossier, author=None, text="Bao giờ có kết quả?", at=now)
    assert messages.thread(dossier).get().read_at is None
    messages.write(dossier, author=world.minh, text="Đúng hẹn.", at=now + timedelta(minutes=1))
    asked, answered = messages.thread(dossier)
    assert asked.read_at == answered.at
    assert answered.read_at is None


def test_an_applicant_cannot_fill_the_box_unread(world: World) -> None:
    dossier, now = world.received(), timezone.now()
    for _number in range(messages.MOST_UNREAD):
        messages.write(dossier, author=None, text="Alô?", at=now)
    with pytest.raises(DomainError, match="chưa được đọc"):
        messages.write(dossier, author=None, text="Alô?", at=now)


def test_a_new_message_is_marked_on_the_page_until_staff_has_read_it(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    messages.write(dossier, author=None, text="Tôi gửi thiếu trang.", at=catalogue.read()[1])
    client = as_user(world.minh)
    assert "1 tin mới" in client.get(f"/ho-so/{dossier.code}/").content.decode()
    assert Message.objects.get().read_at is None  # a look alone changes nothing
    as_user(world.thanhtra).post(f"/ho-so/{dossier.code}/trao-doi/da-doc/")
    assert Message.objects.get().read_at is None
    assert client.post(f"/ho-so/{dossier.code}/trao-doi/da-doc/").status_code == 303
    assert Message.objects.get().read_at is not None
    assert "1 tin mới" not in client.get(f"/ho-so/{dossier.code}/").content.decode()


def test_a_confidential_opinion_is_read_by_the_two_units_alone(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = act(world.received().code, Action.FORWARD, actor=world.minh)
    Opinion.objects.create(
        dossier=dossier, unit=world.other, question="Có dấu hiệu giả mạo?", asked_by=world.minh, asked_at=timezone.now(),
        due_at=timezone.now() + timedelta(days=3), is_confidential=True, silence_is_consent=True,
    )  # fmt: skip
    for who, reads in (("minh", True), ("binh", True), ("lan", False), ("thanhtra", False)):
        page = as_user(world.users[who]).get(f"/ho-so/{dossier.code}/").content.decode()
        assert ("giả mạo" in page) is reads, who
        assert "Mật" in page
        assert "coi như đồng ý" in page


@pytest.mark.parametrize(("consent", "words"), [(True, "Coi như đồng ý"), (False, "Hết hạn, không có ý kiến")])  # fmt: skip
def test_silence_is_told_by_the_rule_it_was_asked_under(
    world: World, as_user, consent: bool, words: str
) -> None:  # type: ignore[no-untyped-def]
    dossier = act(world.received().code, Action.FORWARD, actor=world.minh)
    now = timezone.now()
    Opinion.objects.create(
        dossier=dossier, unit=world.other, question="?", asked_by=world.minh, asked_at=now, due_at=now,
        silence_is_consent=consent, answered_at=now,
    )  # fmt: skip
    assert words in as_user(world.minh).get(f"/ho-so/{dossier.code}/").content.decode()


def test_what_is_left_never_moves_while_the_clock_stands_still(world: World) -> None:
    dossier = act(world.received().code, Action.FORWARD, actor=world.minh)
    items = Params(reason="Bổ sung bản dịch.")
    verdicts.judge(dossier.code, 1, "failed", actor=world.minh, reason="paper-1")
    dossier = act(dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, params=items)
    held, now = catalogue.read()
    version = held.version_by_id(dossier.version_of_procedure_id)
    spans, events = list(dossier.spans.order_by("started_at")), list(dossier.events.order_by("-seq"))

    def told(later: timedelta) -> tuple[str, str]:
        clock = clock_rows.legal(dossier, spans, held=held, now=now + later)
        steps = clock_rows.steps_of(
            dossier, version, events, spans, held=held, now=now + later, is_citizen=False
        )
        assert clock is not None
        return clock["left"], next(row["note"] for row in steps if row["title"] == "Thẩm định")

    assert told(timedelta(0)) == told(timedelta(days=2)) == told(timedelta(days=20))
    assert told(timedelta(0))[0].startswith("còn ")


def test_a_step_tells_its_budget_what_it_used_and_what_is_over(world: World) -> None:
    dossier = act(world.received().code, Action.FORWARD, actor=world.minh)
    held, now = catalogue.read()
    step = held.version_by_id(dossier.version_of_procedure_id).steps[0]
    calendar = held.office_by_id(dossier.office_id).calendar
    spans = list(dossier.spans.order_by("started_at"))
    fresh = clock_rows.budget(step, spans, at=now, calendar=calendar, state="current")
    assert fresh["norm_hours"] == 24
    assert "/ 24 giờ làm việc, còn 24" in fresh["note"]
    late = clock_rows.budget(step, spans, at=now + timedelta(days=14), calendar=calendar, state="current")
    assert late["budget_kind"] == "late"
    assert "quá " in late["note"]


def test_staff_see_exactly_what_the_citizen_sees(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = act(world.received().code, Action.FORWARD, actor=world.minh, params=Params(reason="Nội bộ thôi"))  # fmt: skip
    page = as_user(world.minh).get(f"/ho-so/{dossier.code}/xem-nhu-nguoi-dan/").content.decode()
    assert "Trang này chỉ để xem" in page
    assert "Hồ sơ đang được thẩm định" in page
    assert tracking.token_of(dossier.code, 1) not in page
    for hidden in ("Nội bộ thôi", "Trần Quang Minh</", "Trần Thị Tư"):
        assert hidden not in page.split("<main", 1)[1]


def test_who_has_looked_is_listed_fifty_at_a_time(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    client = as_user(world.minh)
    client.get(f"/ho-so/{dossier.code}/")
    first = AccessEvent.objects.get()
    assert (first.actor, first.subject) == (world.minh, dossier.code)
    AccessEvent.objects.bulk_create(
        AccessEvent(actor=world.ha, view="dossiers:page_image", subject=dossier.code, purpose=f"trang {number}", request_id="1")
        for number in range(60)
    )  # fmt: skip
    reading = readers.who_read(dossier)
    assert len(reading.events) == readers.PAGE
    older = readers.who_read(dossier, before=reading.following)
    assert [each.pk for each in older.events][-1] == first.pk
    assert older.following is None
    page = client.get(f"/ho-so/{dossier.code}/nguoi-xem/").content.decode()
    assert "Vũ Thu Hà" in page
    assert "Trang sau" in page
    assert "Trang hồ sơ" in client.get(f"/ho-so/{dossier.code}/nguoi-xem/?truoc={reading.following}").content.decode()  # fmt: skip


def test_the_list_one_came_from_is_kept_through_what_is_written(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier: Dossier = world.received()
    answer = as_user(world.minh).post(f"/ho-so/{dossier.code}/ghi-chu/?tu=muc%3Dchua-giao", {"text": "Xong."})  # fmt: skip
    assert answer["Location"] == f"/ho-so/{dossier.code}/?tu=muc%3Dchua-giao#ghi-chu"
