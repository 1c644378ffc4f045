"""What lies on the officers' tables on the last day: verdicts, letters, notes, messages, opinions, payments, drafts and warnings.

Through the services like everything else, with injected time counted back from the present; which dossier gets what follows from the
order of the codes, so that the same day gives the same tables.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import count

from bpmc_portal.accounts.models import Absence, User
from bpmc_portal.accounts.permissions import may
from bpmc_portal.lib.vietnamese import local_date
from dossiers import policy
from dossiers.demo.people import START, People
from dossiers.models import Component, Dossier, Letter
from dossiers.models.dossier import RUNNING
from dossiers.services import messages, notes, own_list, results, verdicts, warnings
from dossiers.services.acts import MoneyInput, OpinionInput, Params
from dossiers.services.transitions import act
from dossiers.workflow import Action
from procedures import catalogue

# So many days of warnings are given as if the clock had been watched on each evening.
WATCHED_DAYS = 20
NOTES = (
    "Đã gọi điện cho người nộp, hẹn trả lời trong tuần.",
    "Cần đối chiếu với hồ sơ đã giải quyết năm trước.",
    "Đã thống nhất với lãnh đạo phòng về hướng xử lý.",
)
ASKED = "Tôi cần bổ sung gì thêm không?"
ANSWERED = "Hồ sơ đang được thẩm định, hiện chưa cần bổ sung. Khi có yêu cầu, Bộ phận Một cửa sẽ báo ngay."
QUESTION = "Đề nghị cho ý kiến về điều kiện của đơn vị nêu trong hồ sơ."
OPINION = "Đơn vị đủ điều kiện theo hồ sơ lưu; đề nghị lưu ý thời hạn của hợp đồng."
FEE = 200_000


def play(people: People, *, now: datetime) -> None:
    """Work on what is open, the oldest minutes first, then let the clock warn of what is late."""
    _Tables(people, now).work()
    start = max(local_date(now) - timedelta(days=WATCHED_DAYS), START)
    calendar = catalogue.current().office(None).calendar
    evenings = (start + timedelta(days=number) for number in range((local_date(now) - start).days))
    for day in evenings:
        if calendar.is_working(day):
            warnings.sweep(calendar.close_of(day) + timedelta(minutes=1))
    warnings.sweep(now)
    _apologise(people, now=now)


class _Tables:
    """The dossiers that are open at the end, by unit and in the order of their codes."""

    def __init__(self, people: People, now: datetime) -> None:
        self.people, self.now, self.held = people, now, catalogue.current()
        self.by_unit: dict[int, list[Dossier]] = defaultdict(list)
        for dossier in Dossier.objects.filter(status__in=RUNNING).order_by("code"):
            self.by_unit[dossier.unit_id].append(dossier)
        # Over all units, for small ones would never come to their turn.
        self.minute, self.asked = count(1), count()

    def work(self) -> None:
        """Do what is told of, unit by unit."""
        for unit_id, dossiers in sorted(self.by_unit.items(), key=lambda each: self.held.units[each[0]].code):
            officer = self.people.officer_of(self.held.units[unit_id])
            processed = [each for each in dossiers if each.status == "processing"]
            self._judge(processed, officer)
            self._talk(processed, officer)
            self._ask(processed, officer)
            self._draft(processed, officer)
        self._away()

    def _moment(self) -> datetime:
        """Return a moment of the last hours; each call one minute nearer to the present, never after it."""
        return self.now - timedelta(minutes=max(1, 240 - next(self.minute)))

    def _later(self, dossier: Dossier) -> datetime:
        """Return a moment after the last event of the dossier."""
        last = dossier.events.order_by("-seq").values_list("at", flat=True)[0]
        return min(max(self._moment(), last + timedelta(minutes=1)), self.now)

    def _judge(self, dossiers: Sequence[Dossier], officer: User) -> None:
        """Read the papers of every second dossier; a failed one leads to a letter in every second of those."""
        for number, dossier in enumerate(dossiers[::2]):
            positions = list(
                Component.objects.filter(dossier=dossier)
                .order_by("position")
                .values_list("position", flat=True)
            )
            for position in positions:
                is_failed = number % 3 == 1 and position == positions[-1]
                verdicts.judge(
                    dossier.code, position, "failed" if is_failed else "passed", actor=officer, at=self._later(dossier),
                    reason="anh-mo" if is_failed else "", note="Trang cuối không đọc được." if is_failed else "",
                )  # fmt: skip
            if number % 6 == 1 and self._may(Action.REQUEST_SUPPLEMENT, dossier, officer):
                given = Params(reason="Đề nghị bổ sung để đơn vị giải quyết đúng hạn.")
                act(
                    dossier.code,
                    Action.REQUEST_SUPPLEMENT,
                    actor=officer,
                    at=self._later(dossier),
                    params=given,
                )

    def _talk(self, dossiers: Sequence[Dossier], officer: User) -> None:
        for number, dossier in enumerate(dossiers):
            if number % 3 == 0:
                notes.write(dossier, author=officer, text=NOTES[number % len(NOTES)], at=self._later(dossier))
            if number % 5 == 0:
                messages.write(dossier, author=None, text=ASKED, at=self._later(dossier))
            if number % 10 == 0:
                messages.write(dossier, author=officer, text=ANSWERED, at=self._later(dossier))

    def _ask(self, dossiers: Sequence[Dossier], officer: User) -> None:
        """Ask other units, one of which answers, and ask for a fee."""
        # Bình's unit is asked by nobody: that he sees nothing of other units is part of the story.
        units = sorted((self.held.units[unit_id] for unit_id in self.by_unit), key=lambda each: each.code)
        others = [unit for unit in units if unit.code != "cuc-viec-lam"]
        for number, dossier in zip(self.asked, self._still(dossiers), strict=False):
            other = next((unit for unit in others if unit.pk != dossier.unit_id), None)
            if number % 3 == 0 and other is not None:
                asked = OpinionInput(
                    other.code, due_on=self._day_after(3), silence_is_consent=number % 2 == 0
                )
                given = Params(reason=QUESTION, opinion=asked)
                act(dossier.code, Action.ASK_OPINION, actor=officer, at=self._later(dossier), params=given)
                if number % 6 == 3:
                    answering = self.people.officer_of(other)
                    given = Params(reason=OPINION)
                    act(
                        dossier.code,
                        Action.GIVE_OPINION,
                        actor=answering,
                        at=self._later(dossier),
                        params=given,
                    )
            elif number % 7 == 5 and self._may(Action.REQUEST_PAYMENT, dossier, officer):
                given = Params(
                    reason="Đề nghị nộp lệ phí theo quy định.", money=MoneyInput(FEE, "Lệ phí giải quyết")
                )
                act(
                    dossier.code, Action.REQUEST_PAYMENT, actor=officer, at=self._later(dossier), params=given
                )

    def _draft(self, dossiers: Sequence[Dossier], officer: User) -> None:
        """Draft the result of what waits for the signature."""
        for dossier in self._still(dossiers):
            if dossier.next_act == Action.APPROVE:
                name = self.held.version_by_id(dossier.version_of_procedure_id).row.procedure.name
                results.draft(dossier, actor=officer, title=f"Kết quả: {name}"[:300], at=self._later(dossier))

    def _away(self) -> None:
        """Let an officer be away with cover, and keep a filter that Minh uses every morning."""
        today = local_date(self.now)
        Absence.objects.create(
            user=self.people.users["nga"], cover=self.people.users["minh"], starts_on=today, ends_on=today + timedelta(days=2),
            reason="Nghỉ phép",
        )  # fmt: skip
        own_list.save_filter(
            "Quá hạn của tôi", {"muc": "cua-toi", "han": "qua-han"}, user=self.people.users["minh"]
        )

    def _still(self, dossiers: Sequence[Dossier]) -> Iterator[Dossier]:
        """Yield those that are still processed, as they are now."""
        for dossier in dossiers:
            dossier.refresh_from_db()
            if dossier.status == "processing":
                yield dossier

    def _may(self, action: Action, dossier: Dossier, officer: User) -> bool:
        is_first = dossier.supplement_count == 0 or may(officer, "approve_dossiers", dossier.unit_id)
        return is_first and policy.is_available(
            action, dossier, officer, self.held.version_by_id(dossier.version_of_procedure_id)
        )

    def _day_after(self, days: int) -> date:
        day, calendar = local_date(self.now), self.held.office(None).calendar
        for _count in range(days):
            day = calendar.next_working(day)
        return day


def _apologise(people: People, *, now: datetime) -> None:
    """Send every second apology that the clock has drafted; the others stay on the leader's table."""
    held = catalogue.current()
    drafts = Letter.objects.filter(
        kind=Letter.Kind.APOLOGY, state=Letter.State.DRAFT, dossier__status="processing"
    )
    for letter in list(drafts.select_related("dossier").order_by("dossier__code"))[::2]:
        dossier = letter.dossier
        day = held.office_by_id(dossier.office_id).calendar.next_working(local_date(now))
        given = Params(
            reason="Cần thêm thời gian xác minh với cơ quan liên quan.",
            reason_codes=("can-xac-minh",),
            due_on=day,
        )
        act(
            dossier.code,
            Action.POSTPONE,
            actor=people.leader_of(held.units[dossier.unit_id]),
            at=now,
            params=given,
        )
