"""Lay the visits of one desk and day out, backwards from what was done at the counters. Pure: seconds of the local day, no database.

A counter serves one visitor at a time, and visitors of one class are called in the order in which they came: the wait is a smooth
curve over the day that never falls faster than time goes by, so who is called later has also come later.
"""

import random
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

HOUR = 3600
Session = tuple[int, int]
# Kind, from, until, index of the counter or -1, note, index of the service that a transfer left or -1.
Link = tuple[str, int, int, int, str, int]
# How crowded the hall is over the day, by hour; 1 is the day's mean.
_CROWD = (
    (0.0, 0.6),
    (8.0, 0.8),
    (8.75, 1.4),
    (9.75, 1.0),
    (11.5, 0.7),
    (13.5, 0.8),
    (14.5, 1.35),
    (15.5, 0.95),
    (17.5, 0.6),
    (24.0, 0.6),
)
PRIORITIES = ("elderly", "elderly", "elderly", "merit", "merit", "disabled", "pregnant", "child")
# Calls take somebody from the chairs to the counter; then nobody comes for so long before the number is called absent.
WALK_S, ABSENT_S, AWAY_S = 25, 95, 240


def _crowd() -> tuple[float, ...]:
    found = []
    for step in range(24 * 12):
        hour = step / 12
        right = next(place for place, (until, _value) in enumerate(_CROWD) if until > hour)
        (since, low), (until, high) = _CROWD[right - 1], _CROWD[right]
        found.append(low + (high - low) * (hour - since) / (until - since))
    return tuple(found)


CROWD = _crowd()


@dataclass(slots=True)
class Work:
    """What a clerk did with somebody at the counter at one moment; `keys` are the dossiers handed in."""

    at: int
    clerk: int
    service: int
    keys: list[int] = field(default_factory=list)
    # Seconds from the first dossier of the visit to its last.
    more: int = 0


@dataclass(slots=True)
class Visit:
    """One turn with its chain; `started` is -1 for who was never served, `slot` the appointment's time or -1."""

    service: int
    clerk: int
    issued: int
    links: list[Link]
    status: str = "finished"
    priority: str = ""
    slot: int = -1
    called: int = -1
    calls: int = 1
    started: int = -1
    wait: int = -1
    keys: list[int] = field(default_factory=list)

    @property
    def ready(self) -> int:
        """Return when the visitor began to wait: the slot of an appointment, else the moment of taking."""
        return max(self.issued, self.slot)

    @property
    def finished(self) -> int:
        """Return when the turn was over."""
        return self.links[-1][2]

    @property
    def first_service(self) -> int:
        """Return the service that the turn belonged to when it was first served."""
        return next((link[5] for link in self.links if link[5] >= 0), self.service)


class Day:
    """The counters of one day as they fill."""

    def __init__(
        self, sessions: Sequence[Session], *, clerks: int, level_s: float, rng: random.Random
    ) -> None:
        self.sessions, self.level_s, self.rng = sessions, level_s, rng
        self.busy: list[list[Session]] = [[] for _each in range(clerks)]
        self.visits: list[Visit] = []

    def wait_at(self, called: int) -> int:
        """Return how long an ordinary visitor has waited who is called at that moment."""
        opens = max((start for start, _end in self.sessions if start <= called), default=called)
        return int(min(self.level_s * CROWD[called // 300], 0.8 * (called - opens)))

    def receive(self, works: Sequence[Work]) -> None:
        """Lay the visits out in which dossiers were handed in: the moment of receipt lies inside each, none overlaps another."""
        by_clerk: list[list[Work]] = [[] for _each in self.busy]
        for work in works:
            by_clerk[work.clerk].append(work)
        for mine in by_clerk:
            before, ended = -(10**6), -(10**6)
            for place, work in enumerate(mine):
                after = mine[place + 1].at if place + 1 < len(mine) else 10**6
                last = work.at + work.more
                ended = self._receive(work, work.at - before, after - last, ended)
                before = last

    def _receive(self, work: Work, since: int, until: int, ended: int) -> int:
        """Serve one visitor between the neighbours `since` and `until` seconds away, and return when."""
        roll = self.rng.random()
        opens = max((start for start, _end in self.sessions if start <= work.at), default=work.at)
        free_from = max(opens, ended, work.at - int(since * 0.55))
        started = max(work.at - 220 - int(420 * roll), free_from)
        called = max(started - WALK_S - int(30 * roll), free_from)
        finished = work.at + work.more + min(40 + int(140 * self.rng.random()), int(until * 0.4))
        self.busy[work.clerk].append((called, finished))
        self.visits.append(self._served(work.service, work.clerk, called, started, finished, work.keys))
        return finished

    def short(self, at: int, clerk: int, service: int, length: int, *, slot: int = -1) -> Visit | None:
        """Serve a visitor without a dossier from about `at` on; None when the counter is not free then."""
        if not self._takes(clerk, at, at + WALK_S + length):
            return None
        visit = self._served(service, clerk, at, at + WALK_S, at + WALK_S + length, [], slot=slot)
        self.visits.append(visit)
        return visit

    def pass_on(self, at: int, clerk: int, other: int, service: int, target: int) -> None:
        """Serve a visitor who is sent on to another service, and served there."""
        again = at + 130 + 200
        if (
            not (self._is_free(clerk, at, at + 130) and self._is_free(other, again, again + 300))
            or clerk == other
        ):
            return
        self._takes(clerk, at, at + 130)
        self._takes(other, again, again + 300)
        visit = self._served(service, clerk, at, at + WALK_S, at + 130, [])
        visit.links += [
            ("waiting", at + 130, again, -1, "Chuyển đúng lĩnh vực", service), ("called", again, again + WALK_S, other, "", -1),
            ("serving", again + WALK_S, again + 300, other, "", -1),
        ]  # fmt: skip
        visit.service, visit.clerk, visit.called = target, other, again
        self.visits.append(visit)

    def miss(self, at: int, clerk: int, service: int) -> None:
        """Call somebody who never comes: twice, some places later the second time."""
        again = at + ABSENT_S + AWAY_S
        if not self._takes(clerk, at, again + ABSENT_S):
            return
        issued = at - self.wait_at(at)
        links: list[Link] = [
            ("waiting", issued, at, -1, "", -1), ("called", at, at + ABSENT_S, clerk, "", -1),
            ("absent", at + ABSENT_S, again, -1, "", -1), ("called", again, again + ABSENT_S, clerk, "", -1),
        ]  # fmt: skip
        self.visits.append(Visit(service, clerk, issued, links, "no_show", called=again))

    def give_up(self, at: int, service: int) -> None:
        """Let somebody take a number and give it up before being called."""
        wait = int(self.wait_at(at) * 0.7)
        self.visits.append(
            Visit(service, -1, at - wait, [("waiting", at - wait, at, -1, "", -1)], "cancelled", calls=0)
        )

    def _served(
        self, service: int, clerk: int, called: int, started: int, finished: int, keys: list[int], *, slot: int = -1
    ) -> Visit:  # fmt: skip
        priority = (
            PRIORITIES[int(self.rng.random() * len(PRIORITIES))]
            if slot < 0 and self.rng.random() < 0.08
            else ""
        )
        wait = self.wait_at(called)
        issued = called - (wait * 2 // 5 if priority else wait)
        links: list[Link] = []
        if slot >= 0:
            issued = slot - 180 - int(420 * self.rng.random())
            links.append(("early", issued, slot, -1, "", -1))
        ready = max(issued, slot)
        links += [("waiting", ready, called, -1, "", -1), ("called", called, started, clerk, "", -1)]
        # Now and then somebody is set aside to fill a form in again.
        if keys and finished - started > 400 and self.rng.random() < 0.1:
            links += [
                ("serving", started, started + 120, clerk, "", -1), ("held", started + 120, started + 240, -1, "Điền lại tờ khai", -1),
                ("serving", started + 240, finished, clerk, "", -1),
            ]  # fmt: skip
        else:
            links.append(("serving", started, finished, clerk, "", -1))
        return Visit(
            service,
            clerk,
            issued,
            links,
            "finished",
            priority,
            slot,
            called,
            1,
            started,
            started - ready,
            keys,
        )

    def _is_free(self, clerk: int, start: int, end: int) -> bool:
        """Say whether the counter is free and open throughout."""
        if not any(opens <= start and end <= closes for opens, closes in self.sessions):
            return False
        busy = self.busy[clerk]
        place = bisect_left(busy, (start, start))
        if place and busy[place - 1][1] > start:
            return False
        return place == len(busy) or busy[place][0] >= end

    def _takes(self, clerk: int, start: int, end: int) -> bool:
        if not self._is_free(clerk, start, end):
            return False
        insort(self.busy[clerk], (start, end))
        return True
