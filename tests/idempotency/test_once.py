"""Doing it twice is doing it once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from bpmc_portal.errors import DomainError
from bpmc_portal.idempotency.models import RememberedAnswer
from bpmc_portal.idempotency.services import KeyReused, once
from tests.world import World


def test_the_same_key_and_body_get_the_first_answer_again(world: World) -> None:
    acts: list[int] = []

    def act() -> tuple[int, Any]:
        acts.append(1)
        return 201, {"number": len(acts)}

    first = once(act, actor=world.lan, key="k1", body={"a": 1, "b": 2})
    again = once(act, actor=world.lan, key="k1", body={"b": 2, "a": 1})
    assert (first.status, first.body, first.is_replay) == (201, {"number": 1}, False)
    assert (again.status, again.body, again.is_replay) == (201, {"number": 1}, True)
    assert acts == [1]


def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    once(lambda: (201, {}), actor=world.lan, key="k1", body={"a": 1})
    with pytest.raises(KeyReused) as refused:
        once(lambda: (201, {}), actor=world.lan, key="k1", body={"a": 2})
    assert refused.value.status == 422


def test_another_person_may_use_the_same_key(world: World) -> None:
    once(lambda: (201, {"who": "lan"}), actor=world.lan, key="k1", body={})
    assert once(lambda: (201, {"who": "minh"}), actor=world.minh, key="k1", body={}).body == {"who": "minh"}


def test_a_refused_act_frees_its_key(world: World) -> None:
    def refuse() -> tuple[int, Any]:
        raise DomainError("không")

    with pytest.raises(DomainError):
        once(refuse, actor=world.lan, key="k1", body={"a": 1})
    assert not RememberedAnswer.objects.exists()
    assert once(lambda: (201, {}), actor=world.lan, key="k1", body={"a": 2}).status == 201


@pytest.mark.parametrize("key", ["x" * 101, "a\x00b", "dòng\nmới"])
def test_a_key_that_is_too_long_or_unprintable_is_refused(world: World, key: str) -> None:
    with pytest.raises(DomainError) as refused:
        once(lambda: (201, {}), actor=world.lan, key=key, body={})
    assert refused.value.code == "idempotency_key_format"


def test_sixteen_at_once_with_one_key_are_one_act(committed_world: World) -> None:
    lan = committed_world.lan

    def press(_: int) -> tuple[int, str]:
        try:
            answer = once(
                lambda: (201, {"code": committed_world.received().code}), actor=lan, key="one", body={}
            )
            return answer.status, answer.body["code"]
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(press, range(16)))
    assert len(answers) == 1
