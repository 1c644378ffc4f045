"""A dossier as a dictionary: the law's table of domain.md written out again by hand, sharing no code with the portal.

Minutes are naive local times. The due instant comes from the slow oracle through the spells in which the model's clock stood still.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from tests.procedures.oracle import CLOSE, due_by_walking, is_open, midnight

CLERKS = {"lan", "truong", "lan2"}
LEADERS = {"ha", "ha2"}
CASE = {"minh"} | LEADERS
RUNNING, WAITING = {"received", "processing"}, {"awaiting_supplement", "awaiting_payment"}
OPEN = RUNNING | WAITING
# action → (people who may, from, to; "" stays): domain.md section 0 and 4.2, and our two acts beside the table.
LAW: dict[str, tuple[set[str], set[str], str]] = {
    "submit": ({"tu"}, {"draft", "fixing"}, "submitted"),
    "ask_to_fix": (CLERKS, {"submitted"}, "fixing"),
    "receive": (CLERKS, {"draft", "submitted", "fixing"}, "received"),
    "decline": (CLERKS, {"submitted", "fixing"}, "declined"),
    "forward": (CASE, RUNNING, "processing"),
    "send_back": (CASE, {"processing"}, "processing"),
    "ask_opinion": (CASE, {"processing"}, "processing"),
    "give_opinion": ({"binh"}, {"processing"}, "processing"),
    "request_supplement": (CASE, RUNNING, "awaiting_supplement"),
    "supplement": (CLERKS, {"awaiting_supplement"}, "processing"),
    "request_payment": (CASE, RUNNING, "awaiting_payment"),
    "pay": (CLERKS, {"awaiting_payment"}, "processing"),
    "postpone": (LEADERS, {"processing"}, "processing"),
    "approve": (LEADERS, {"processing"}, "finished"),
    "refuse": (LEADERS, {"processing"}, "finished"),
    "return_result": (CLERKS, {"finished"}, "returned"),
    "withdraw": (CLERKS | {"tu"}, {"submitted", "fixing"} | OPEN, "withdrawn"),
    "stop": (LEADERS, OPEN, "stopped"),
    "reopen": (LEADERS, {"finished", "stopped", "withdrawn"}, "processing"),
    "void": ({"truong", "lan2"}, {"received"}, "void"),
    "assign": (CASE, OPEN, ""),
    "correct": (CLERKS, OPEN | {"finished"}, ""),
}
BY_TWO = {"reopen", "void", "correct"}
STEPS = 2
DAYS = 5
PHONES = ("+84912345678", "+84987654321")


@dataclass
class Model:
    """One dossier; `legal` says what may be done, `follow` does it."""

    status: str
    now: datetime
    step: int = 0
    version: int = 1
    supplements: int = 0
    postponed: int = 0
    asked: bool = False
    assignee: str = ""
    phone: str = PHONES[0]
    received: datetime | None = None
    due: datetime | None = None
    still: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    proposals: dict[str, str] = field(default_factory=dict)

    def receive(self) -> None:
        """Start the clock."""
        self.received = self.now
        self.due = self.oracle()

    def oracle(self) -> datetime | None:
        """Ask the slow oracle for the appointment, as if it had never been moved by an apology."""
        assert self.received is not None
        return due_by_walking(self.received, DAYS, "working_days", tuple(self.still))

    def legal(self, action: str, who: str, *, due_on: date, phone: str) -> bool:
        """Say what the law says; a first proposal of two people's act is legal too."""
        people, sources, _target = LAW[action]
        if who not in people or self.status not in sources:
            return False
        match action:
            case "forward":
                return self.step < STEPS
            case "send_back":
                return self.step > 1
            case "approve":
                return self.step == STEPS
            case "request_supplement":
                return self.supplements == 0 or who in LEADERS
            case "ask_opinion":
                return not self.asked
            case "give_opinion":
                return self.asked
            case "postpone":
                return self.postponed == 0 and self.may_move_to(due_on)
            case "reopen":
                return self.received is not None
            case "assign":
                return who in LEADERS or self.assignee in ("", who)
            case "correct":
                return action in self.proposals or phone != self.phone
        return True

    def may_move_to(self, day: date) -> bool:
        """Say whether a new appointment may be that day: worked, and over after the old one and after now."""
        assert self.due is not None
        return is_open(day) and midnight(day) + CLOSE > max(self.now, self.due)

    def follow(self, action: str, who: str, *, due_on: date, phone: str) -> bool:
        """Do a legal act; False when it only noted the first person's proposal."""
        if action in BY_TWO and self.proposals.get(action, who) == who:
            self.proposals.setdefault(action, who)
            if action == "correct":
                self.proposals.setdefault("phone", phone)
            return False
        self.proposals.pop(action, None)
        if action == "correct":
            self.phone = self.proposals.pop("phone")
        was, target = self.status, LAW[action][2]
        self.status = target or was
        self.version += 1
        self.move_clock(action, was, due_on)
        self.step += {"forward": 1, "send_back": -1}.get(action, 0)
        if self.status == "processing":
            self.step = max(self.step, 1)
            self.assignee = self.assignee or "minh"
        self.supplements += action == "request_supplement"
        self.asked = (self.asked or action == "ask_opinion") and action != "give_opinion"
        if action == "assign":
            self.assignee = "minh"
        return True

    def move_clock(self, action: str, was: str, due_on: date) -> None:
        """Start, stop, resume; or move the appointment by an apology. What ends while it waits goes on standing still."""
        if action == "receive":
            self.receive()
        elif action == "postpone":
            self.due, self.postponed = midnight(due_on) + CLOSE, 1
        elif was in RUNNING and self.status not in RUNNING:
            self.still.append((self.now, None))
        elif was not in RUNNING and self.status in RUNNING:
            began, _open = self.still[-1]
            self.still[-1] = (began, self.now)
            self.due = self.later_by(began) if self.postponed else self.oracle()

    def later_by(self, began: datetime) -> datetime:
        """Move an appointment that an apology has set by as many working days as the clock stood still last."""
        assert self.due is not None
        day, moved = began.date(), self.due.date()
        while day < self.now.date():
            day += timedelta(days=1)
            if is_open(day):
                moved += timedelta(days=1)
                while not is_open(moved):
                    moved += timedelta(days=1)
        return datetime.combine(moved, time.min) + CLOSE
