"""The table of acts, row by row, against domain.md section 0 written out again by hand: what no random walk may leave undecided."""

import pytest

from dossiers.models import Status
from dossiers.workflow import BY_APPLICANT, STEP_PERMISSION, TRANSITIONS, Action, next_act

IN_HAND = {"received", "processing"}
WAITING = {"awaiting_supplement", "awaiting_payment"}
ONLINE = {"submitted", "fixing"}
# act → (from, to, permission, clock, step, and of "desk", "reason", "two", "hidden" what holds)
LAW: dict[str, tuple[set[str], str | None, str, str, str, set[str]]] = {
    "submit": ({"draft", "fixing"}, "submitted", "apply", "none", "keep", set()),
    "ask_to_fix": ({"submitted"}, "fixing", "receive_dossiers", "none", "keep", {"desk", "reason"}),
    "receive": ({"draft"} | ONLINE, "received", "receive_dossiers", "starts", "keep", {"desk"}),
    "decline": (ONLINE, "declined", "receive_dossiers", "none", "keep", {"desk", "reason"}),
    "forward": (IN_HAND, "processing", "process_dossiers", "runs", "next", set()),
    "send_back": ({"processing"}, "processing", "process_dossiers", "runs", "earlier", {"reason", "hidden"}),
    "ask_opinion": ({"processing"}, "processing", "process_dossiers", "runs", "keep", {"reason", "hidden"}),
    "give_opinion": ({"processing"}, "processing", "give_opinion", "runs", "keep", {"reason", "hidden"}),
    "request_supplement": (IN_HAND, "awaiting_supplement", "process_dossiers", "stops", "keep", {"reason"}),
    "supplement": ({"awaiting_supplement"}, "processing", "receive_dossiers", "runs", "keep", {"desk"}),
    "request_payment": (IN_HAND, "awaiting_payment", "process_dossiers", "stops", "keep", {"reason"}),
    "pay": ({"awaiting_payment"}, "processing", "receive_dossiers", "runs", "keep", {"desk"}),
    "postpone": ({"processing"}, "processing", "approve_dossiers", "runs", "keep", {"reason"}),
    "approve": ({"processing"}, "finished", "approve_dossiers", "ends", "last", set()),
    "refuse": ({"processing"}, "finished", "approve_dossiers", "ends", "keep", {"reason"}),
    "return_result": ({"finished"}, "returned", "receive_dossiers", "none", "keep", {"desk"}),
    "withdraw": (ONLINE | IN_HAND | WAITING, "withdrawn", "receive_dossiers", "ends", "keep", {"desk", "reason"}),
    "stop": (IN_HAND | WAITING, "stopped", "approve_dossiers", "ends", "keep", {"reason"}),
    "reopen": (
        {"finished", "stopped", "withdrawn"}, "processing", "approve_dossiers", "runs", "keep", {"reason", "two"},
    ),
    "void": ({"received"}, "void", "supervise_desk", "ends", "keep", {"desk", "reason", "two"}),
    "assign": (IN_HAND | WAITING, None, "process_dossiers", "none", "keep", {"hidden"}),
    "correct": (
        IN_HAND | WAITING | {"finished"}, None, "receive_dossiers", "none", "keep", {"desk", "reason", "two", "hidden"},
    ),
}  # fmt: skip


def test_every_act_has_its_row_and_no_other() -> None:
    assert {str(action) for action in TRANSITIONS} == set(LAW) == {str(action) for action in Action}


@pytest.mark.parametrize("action", sorted(LAW))
def test_a_row_is_the_laws(action: str) -> None:
    row = TRANSITIONS[Action(action)]
    holds = {
        word
        for word, is_so in (
            ("desk", row.at_desk), ("reason", row.needs_reason), ("two", row.needs_second_person), ("hidden", not row.is_public),
        )
        if is_so
    }  # fmt: skip
    assert (set(row.sources), row.target, row.permission, row.clock, row.step, holds) == LAW[action]
    assert str(row.label)
    assert str(row.done)
    assert len(set(row.sources)) == len(row.sources)


def test_what_the_applicant_does_without_an_account() -> None:
    assert {"supplement", "pay"} == BY_APPLICANT


def test_each_role_works_its_own_steps() -> None:
    assert STEP_PERMISSION == {
        "officer": "process_dossiers", "leader": "approve_dossiers", "registry": "register_papers",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "is_last_step", "wanted"),
    [
        ("received", False, "forward"), ("received", True, "forward"), ("processing", False, "forward"),
        ("processing", True, "approve"), ("awaiting_supplement", True, "supplement"), ("awaiting_payment", False, "pay"),
        ("finished", False, "return_result"), ("finished", True, "return_result"),
        *((status, True, "") for status in ("draft", "submitted", "fixing", "declined", "returned", "withdrawn", "stopped", "void")),
    ],
)  # fmt: skip
def test_an_open_dossier_has_a_next_act(status: Status, is_last_step: bool, wanted: str) -> None:
    assert next_act(status, is_last_step=is_last_step) == wanted
