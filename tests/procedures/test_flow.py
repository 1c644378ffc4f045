"""Steps as data: what may be published, where a dossier may go, and what a simulated one shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from dossiers.models import Channel, Complexity, ReturnMethod
from procedures import flow
from procedures.deadlines import TimeLimit, Unit
from procedures.models import Step
from procedures.steps_facts import FACTS
from tests.procedures.calendars import office_calendar

FIVE_DAYS = TimeLimit(5, Unit.WORKING_DAYS)


def step(number: int, name: str, role: str = "officer", **fields: Any) -> Step:
    """Return an unsaved step with a key."""
    given: dict[str, Any] = {"norm_hours": Decimal(8), "code": f"b{number}", **fields}
    return Step(pk=number, position=number, name=name, role=role, **given)


READ, SIGN = step(1, "Thẩm định"), step(2, "Trình ký", "leader")


@dataclass(frozen=True)
class Refused:
    """Steps that may not be published, and what the sentence must say."""

    steps: list[Step]
    words: str


REFUSED = {
    "unreachable": Refused(
        [step(1, "Thẩm định", next_codes=["b3"]), step(2, "Đóng dấu", "registry"), step(3, "Trình ký", "leader")],
        "Bước “Đóng dấu” không bao giờ được đến",
    ),
    "next step unknown": Refused([step(1, "Thẩm định", next_codes=["ky"]), SIGN], "Bước “Thẩm định”: bước sau “ky” không có"),
    "never ends": Refused(
        [step(1, "Thẩm định", next_codes=["b2"]), step(2, "Trình ký", "leader", next_codes=["b1"])],
        "Từ bước “Trình ký” không đi tới bước kết thúc nào",
    ),
    "condition without values": Refused(
        [READ, step(2, "Lấy ý kiến", condition="channel"), step(3, "Trình ký", "leader")], "Bước “Lấy ý kiến”: có điều kiện"
    ),
    "value unknown": Refused(
        [READ, step(2, "Lấy ý kiến", condition="channel", condition_values=["fax"]), step(3, "Trình ký", "leader")],
        "Bước “Lấy ý kiến”: điều kiện “Kênh nộp” không có giá trị “fax”",
    ),
    "case unknown": Refused(
        [READ, step(2, "Lấy ý kiến", condition="case", condition_values=["moi"]), step(3, "Trình ký", "leader")],
        "Bước “Lấy ý kiến”: điều kiện “Trường hợp” không có giá trị “moi”",
    ),
    "values without condition": Refused([READ, step(2, "Trình ký", "leader", condition_values=["desk"])], "Bước “Trình ký”: có giá trị"),
    "last is no leader": Refused([READ, step(2, "Trình ký", "leader"), step(3, "Đóng dấu", "registry")], "Bước cuối “Đóng dấu”"),
    "last is no leader for some": Refused(
        [READ, step(2, "Trình ký", "leader", condition="channel", condition_values=["desk"])], "Bước cuối “Thẩm định”"
    ),
    "no start for some": Refused(
        [step(1, "Trình ký", "leader", condition="channel", condition_values=["desk", "post"])], "Kênh nộp: Trực tuyến, nên hồ sơ đó"
    ),
    "too long": Refused([step(1, "Thẩm định", norm_hours=Decimal("32.5")), SIGN], "“Thẩm định” → “Trình ký” cần 40,5 giờ làm việc"),
    "code twice": Refused([step(1, "Thẩm định", code="b2"), SIGN], "Mã “b2” trùng giữa các bước “Thẩm định”, “Trình ký”"),
    "no norm": Refused([step(1, "Thẩm định", norm_hours=Decimal(0)), SIGN], "Bước “Thẩm định”: định mức phải lớn hơn 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_steps_that_cannot_run_are_refused_by_name(name: str) -> None:
    case = REFUSED[name]
    found = flow.problems(case.steps, FIVE_DAYS, values={"case": ["default"]})
    assert [sentence for sentence in found if case.words in sentence], found


ACCEPTED = {
    "two in a row": [READ, SIGN],
    "to the minute": [step(1, "Thẩm định", norm_hours=Decimal(32)), SIGN],
    "only for some": [READ, step(2, "Xác minh", condition="complexity", condition_values=["needs_verification"]), step(3, "Ký", "leader")],
    "a round with a way out": [
        step(1, "Thẩm định", next_codes=["b2", "b3"]), step(2, "Lấy ý kiến", next_codes=["b1"]), step(3, "Trình ký", "leader"),
    ],
    "two ways, each within the term": [
        step(1, "Phân loại", next_codes=["b2", "b3"]), step(2, "Nhanh", norm_hours=Decimal(24), next_codes=["b4"]),
        step(3, "Thường", norm_hours=Decimal(24)), step(4, "Trình ký", "leader"),
    ],
    "either of two, never both": [
        step(1, "Quầy", norm_hours=Decimal(24), condition="channel", condition_values=["desk"]),
        step(2, "Mạng", norm_hours=Decimal(24), condition="channel", condition_values=["online", "post"]), step(3, "Ký", "leader"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", ACCEPTED)
def test_steps_that_lead_to_a_decision_in_time_are_accepted(name: str) -> None:
    assert flow.problems(ACCEPTED[name], FIVE_DAYS, values={"case": ["default"]}) == []


def test_a_round_counts_with_all_its_steps() -> None:
    steps = [
        step(1, "Thẩm định", next_codes=["b2", "b3"], norm_hours=Decimal(16)),
        step(2, "Lấy ý kiến", next_codes=["b1"], norm_hours=Decimal(17)),
        step(3, "Trình ký", "leader"),
    ]
    assert flow.problems(steps, FIVE_DAYS) == [
        "Đường đi dài nhất “Thẩm định” → “Lấy ý kiến” → “Trình ký” cần 41 giờ làm việc, vượt thời hạn giải quyết là 40 giờ làm việc."
    ]


@pytest.mark.parametrize(
    ("limit", "hours"),
    [
        (TimeLimit(5, Unit.WORKING_DAYS), 40),
        (TimeLimit(7, Unit.CALENDAR_DAYS), 40),
        (TimeLimit(8, Unit.WORKING_HOURS), 8),
        (TimeLimit(1, Unit.SAME_DAY), 8),
        (TimeLimit(7, Unit.MONTHS), 1200),
    ],
)
def test_terms_are_compared_in_working_hours(limit: TimeLimit, hours: int) -> None:
    assert round(flow.term_hours(limit), 6) == hours


def test_the_values_of_conditions_are_those_of_dossiers() -> None:
    assert {
        kind: {value: str(words) for value, words in values.items()} for kind, values in FACTS.items()
    } == {
        "channel": {value: str(label) for value, label in Channel.choices},
        "return_method": {value: str(label) for value, label in ReturnMethod.choices},
        "complexity": {value: str(label) for value, label in Complexity.choices},
    }


def test_the_usual_way_leads_out_of_a_round() -> None:
    steps = ACCEPTED["a round with a way out"]
    assert [each.name for each in flow.path_of(steps, {})] == [
        "Thẩm định",
        "Lấy ý kiến",
        "Thẩm định",
        "Trình ký",
    ]


def test_a_simulated_dossier_shows_when_each_step_ends_and_what_is_left() -> None:
    received_at = datetime(
        2025, 1, 23, 9, 0, tzinfo=LOCAL_ZONE
    )  # Thursday; Tết begins on Saturday, work on 3 February
    legs = flow.simulate(
        [step(1, "Thẩm định", norm_hours=Decimal(12)), SIGN],
        {},
        received_at,
        TimeLimit(3, Unit.WORKING_DAYS),
        office_calendar(),
    )
    at = [
        (leg.starts_at.strftime("%d/%m %H:%M"), leg.ends_at.strftime("%d/%m %H:%M"), leg.margin)
        for leg in legs
    ]
    assert at == [
        ("23/01 09:00", "24/01 14:30", timedelta(hours=3 + 8 + 8)),
        ("24/01 14:30", "03/02 14:30", timedelta(hours=3 + 8)),
    ]  # fmt: skip


KINDS = {
    "": [[]],
    "channel": [["desk"], ["online", "post"], ["desk", "online", "post"]],
    "complexity": [["many_papers"]],
}


@st.composite
def graphs(draw: st.DrawFn) -> list[Step]:
    """Draw up to six steps with any next steps and conditions; most of them cannot be published."""
    count = draw(st.integers(1, 6))
    codes = [f"b{number}" for number in range(1, count + 1)]
    steps = []
    for number in range(1, count + 1):
        kind = draw(st.sampled_from(["", "", "", *KINDS]))
        steps.append(
            step(
                number, f"Bước {number}", draw(st.sampled_from(["leader", "leader", "officer", "registry"])),
                norm_hours=Decimal(draw(st.integers(1, 9))), condition=kind, condition_values=draw(st.sampled_from(KINDS[kind])),
                next_codes=draw(st.one_of(st.just([]), st.lists(st.sampled_from(codes), max_size=2, unique=True))),
            )
        )  # fmt: skip
    return steps


facts = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(Channel.values),
        "complexity": st.sampled_from(["", *Complexity.values]),
        "case": st.just("default"),
        "return_method": st.sampled_from(ReturnMethod.values),
    }
)


@settings(max_examples=400, deadline=None)
@given(steps=graphs(), known=facts)
def test_from_every_step_of_an_accepted_version_a_leader_can_be_reached(
    steps: list[Step], known: dict[str, str]
) -> None:
    if flow.problems(steps, FIVE_DAYS):
        return
    own = {each.pk for each in steps}
    path = flow.path_of(steps, known)
    assert path
    assert flow.is_last(steps, path[-1].pk, known)
    assert sum(each.norm_hours for each in {each.pk: each for each in path}.values()) <= 40
    for each in steps:
        if not flow.applies(each, known):
            continue
        assert {onward.pk for onward in flow.following(steps, each.pk, known)} <= own - {None}
        assert {back.pk for back in flow.earlier(steps, each.pk, known)} <= own
        assert _leader_in_reach(steps, each, known)


def _leader_in_reach(steps: list[Step], start: Step, known: dict[str, str]) -> bool:
    """Walk every way from a step, naively, and say whether one of them ends at a leader and none at anybody else."""
    seen, waiting, ends = {start.pk}, [start], []
    while waiting:
        here = waiting.pop()
        onward = flow.following(steps, here.pk, known)
        ends += [] if onward else [here.role]
        fresh = [each for each in onward if each.pk not in seen]
        seen |= {each.pk for each in fresh}
        waiting += fresh
    return bool(ends) and set(ends) == {"leader"}


@settings(max_examples=200, deadline=None)
@given(
    steps=graphs(), known=facts,
    at=st.datetimes(datetime(2021, 1, 4), datetime(2026, 6, 1), timezones=st.just(LOCAL_ZONE)),  # noqa: DTZ001  (the zone follows)
)  # fmt: skip
def test_a_simulated_dossier_never_goes_back_in_time(
    steps: list[Step], known: dict[str, str], at: datetime
) -> None:
    legs = flow.simulate(steps, known, at, FIVE_DAYS, office_calendar())
    instants = [at, *(instant for leg in legs for instant in (leg.starts_at, leg.ends_at))]
    assert instants == sorted(instants)
    margins = [leg.margin for leg in legs if leg.margin is not None]
    assert margins == sorted(margins, reverse=True)
    assert len(margins) == len(legs)


def test_hypothesis_draws_graphs_of_both_kinds() -> None:
    kinds = set()

    @settings(max_examples=300, deadline=None, database=None)
    @given(graphs())
    def look(steps: list[Step]) -> None:
        kinds.add((bool(flow.problems(steps, FIVE_DAYS)), len(steps) > 2))

    look()
    assert {(True, True), (False, True)} <= kinds
