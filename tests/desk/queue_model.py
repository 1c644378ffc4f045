"""The queue once more, in plain dictionaries: written from the words of the rules, sharing no code with desk/.

Instants are aware local times. A turn keeps its chain as [kind, from, to]; `to` is None on the open link.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.procedures.oracle import is_open

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WAITS = ("waiting", "called", "absent")
AT_COUNTER = ("called", "serving")
SESSIONS = ((time(8), time(12)), (time(13, 30), time(17, 30)))
Turn = dict[str, Any]


class Refused(Exception):
    """The queue says no, with a code."""


def last_instant(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ZONE) - timedelta(microseconds=1)


def closed_gaps(first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield the times between the sessions of these days; the first gap begins in the distant past."""
    edge = datetime.min.replace(tzinfo=ZONE)
    for step in range((last - first).days + 1):
        day = first + timedelta(days=step)
        for opens, closes in SESSIONS if is_open(day) else ():
            yield edge, datetime.combine(day, opens, ZONE)
            edge = datetime.combine(day, closes, ZONE)


def without_closed_hours(kind: str, since: datetime, until: datetime) -> list[list[Any]]:
    """Cut out of a wait every closed gap after which the desk opened again before its end."""
    pieces: list[list[Any]] = []
    start = since
    for closes, opens in closed_gaps(since.date(), until.date()):
        if start < opens <= until:
            pieces += [[kind, start, max(closes, start)], ["closed", max(closes, start), opens]]
            start = opens
    return pieces if pieces and start == until else [*pieces, [kind, start, until]]


def seconds(turn: Turn, kinds: tuple[str, ...]) -> int:
    spans = (ended - started for kind, started, ended in turn["chain"] if kind in kinds and ended)
    return sum(spans, timedelta()) // timedelta(seconds=1)


class Model:
    """One hall. `bound` and `back` are the office's rules; `offered` its services in order."""

    def __init__(self, *, bound: int, back: int, offered: list[str], head: str) -> None:
        self.bound, self.back, self.offered, self.head = bound, back, offered, head
        self.turns: list[Turn] = []
        self.shifts: dict[int, dict[str, Any]] = {}
        self.serials: dict[tuple[date, str], int] = defaultdict(int)
        self.closed_days: set[date] = set()

    def ahead(self, service: str, rank: int) -> int:
        return sum(
            t["status"] == "waiting" and t["service"] == service and t["rank"] <= rank for t in self.turns
        )

    def give(self, service: str, prefix: str, rank: int, now: datetime, ready: datetime) -> Turn:
        self.serials[now.date(), prefix] += 1
        turn = self._turn(service, rank, now, ready)
        turn |= {
            "number": f"{prefix}{self.serials[now.date(), prefix]:03d}",
            "ahead": self.ahead(service, rank),
        }
        turn["chain"] = [["early", now, ready]] if ready > now else []
        turn["chain"].append(["waiting", ready, None])
        self.turns.append(turn)
        return turn

    def serve_direct(self, service: str, who: str, now: datetime) -> Turn:
        counter = self._place(None, who, None)
        turn = self._turn(service, 2, now, now) | {
            "status": "serving",
            "counter": counter,
            "clerk": who,
            "number": "",
        }
        turn |= {"chain": [["serving", now, None]], "started": now, "wait": 0, "ahead": 0}
        self._sit(counter, who, now)
        self.turns.append(turn)
        return turn

    def _turn(self, service: str, rank: int, now: datetime, ready: datetime) -> Turn:
        blank = dict.fromkeys(
            ("counter", "for_counter", "clerk", "called", "started", "finished", "wait", "counted")
        )
        known = {
            "service": service,
            "rank": rank,
            "place": ready,
            "ready": ready,
            "issued": now,
            "day": now.date(),
        }
        zero = {
            "status": "waiting",
            "passed": 0,
            "calls": 0,
            "absences": 0,
            "forced": False,
            "low": None,
            "high": None,
        }
        return {"id": len(self.turns), **blank, **known, **zero}

    def call_next(self, counter: int, who: str, now: datetime) -> Turn | None:
        """Preferred before ordinary, each by place; the longest waiting ordinary one is passed over `bound` times at most."""
        if self.shifts.get(counter, {"who": who})["who"] != who:
            raise Refused("counter_taken")
        self._sit(counter, who, now)
        there = self.at(counter)
        if there is not None and there["status"] == "called":
            return there
        if there is not None:
            self._end(there, "finished", now)
        waiting = [
            t for t in self.turns
            if t["status"] == "waiting" and t["ready"] <= now and t["for_counter"] in (None, counter)
            and t["service"] in self.shifts[counter]["services"]
        ]  # fmt: skip
        queue = sorted(waiting, key=lambda t: (t["rank"], t["place"], t["id"]))
        preferred = next((t for t in queue if t["rank"] < 2), None)
        longest = next((t for t in queue if t["rank"] == 2), None)
        chosen = preferred or longest
        if preferred and longest:
            if longest["passed"] >= self.bound:
                chosen = longest
            else:
                longest["passed"] += 1
        if chosen is not None:
            self._bring(chosen, counter, who, now, calls=1)
        return chosen

    def recall(self, t: Turn, who: str, counter: int | None, now: datetime) -> None:
        self._judge(t, who, "called", "waiting", "held", "no_show")
        if t["status"] == "called":
            t["calls"], t["called"] = t["calls"] + 1, now
            self._link(t, "called", now)
        else:
            self._bring(t, self._place(counter, who, t), who, now, calls=1)

    def undo_absent(self, t: Turn, who: str, now: datetime) -> None:
        self._judge(t, who, "waiting", "no_show")
        if not t["absences"]:
            raise Refused("ticket_state")
        counter = self._place(None, who, t)
        t["absences"] -= 1
        self._bring(t, counter, who, now, calls=t["calls"])

    def start(self, t: Turn, who: str, now: datetime) -> None:
        self._judge(t, who, "called", "held")
        if t["status"] == "held":
            counter = self._place(None, who, t)
            self._sit(counter, who, now)
            t |= {"counter": counter, "clerk": who}
        t["status"] = "serving"
        self._link(t, "serving", now)
        if t["started"] is None:
            t |= {"started": now, "wait": seconds(t, WAITS), "counted": True}

    def finish(self, t: Turn, who: str, now: datetime) -> None:
        self._judge(t, who, "serving")
        self._end(t, "finished", now)

    def hold(self, t: Turn, who: str, now: datetime) -> None:
        self._judge(t, who, "serving")
        t |= {"status": "held", "counter": None}
        self._link(t, "held", now)

    def absent(self, t: Turn, who: str, now: datetime) -> None:
        self._judge(t, who, "called")
        t |= {"absences": t["absences"] + 1, "counter": None}
        if t["started"] is not None or t["absences"] > 1:
            self._end(t, "no_show" if t["started"] is None else "finished", now)
        else:
            t |= {"status": "waiting", "place": self._back_place(t, now)}
            self._link(t, "absent", now)

    def transfer(self, t: Turn, service: str | None, counter: int | None, who: str, now: datetime) -> None:
        self._judge(t, who, "called", "serving", "held")
        t |= {
            "status": "waiting",
            "counter": None,
            "for_counter": counter,
            "service": service or t["service"],
        }
        there = self.shifts.get(counter or 0)
        if there and t["service"] not in there["services"]:
            t["service"] = there["services"][0]
        self._link(t, "waiting", now)

    def defer(self, t: Turn, now: datetime) -> None:
        self._judge(t, None, "waiting")
        t["place"] = self._back_place(t, now)

    def cancel(self, t: Turn, now: datetime) -> None:
        self._judge(t, None, "waiting", "held")
        self._end(t, "finished" if t["started"] else "cancelled", now)

    def open_counter(
        self, counter: int, who: str, services: list[str], now: datetime, *, take_over: bool
    ) -> None:
        there = self.shifts.get(counter)
        if there is not None and there["who"] == who:
            there["services"] = services
            return
        if there is not None and not take_over:
            raise Refused("counter_taken")
        mine = [number for number, shift in self.shifts.items() if shift["who"] == who]
        if any(self.at(number) for number in mine):
            raise Refused("counter_busy")
        for number in mine:
            del self.shifts[number]
        self.shifts[counter] = {"who": who, "services": services, "opened": now, "paused": False}
        for turn in self._there(counter):
            turn["clerk"] = who

    def close_counter(self, counter: int) -> None:
        if self.at(counter):
            raise Refused("counter_busy")
        del self.shifts[counter]

    def close_day(self, day: date) -> None:
        if day in self.closed_days:
            return
        self.closed_days.add(day)
        for t in self.turns:
            if t["day"] <= day and t["status"] in ("waiting", "called", "serving", "held"):
                t |= {"forced": True, "counter": None}
                at = max(last_instant(t["day"]), t["chain"][-1][1])
                self._end(t, "unserved" if t["started"] is None else "finished", at)
        for number in [
            n for n, shift in self.shifts.items() if shift["opened"].date() <= day and not self.at(n)
        ]:
            del self.shifts[number]

    def place_of(self, who: str) -> int | None:
        mine = [number for number, shift in self.shifts.items() if shift["who"] == who]
        return max(mine, key=lambda number: self.shifts[number]["opened"], default=None)

    def at(self, counter: int) -> Turn | None:
        return next(self._there(counter), None)

    def _there(self, counter: int) -> Iterator[Turn]:
        return (t for t in self.turns if t["counter"] == counter and t["status"] in AT_COUNTER)

    def _judge(self, t: Turn, who: str | None, *sources: str) -> None:
        if t["status"] not in sources:
            raise Refused("ticket_state")
        if who not in (None, self.head, t["clerk"]) and t["status"] in AT_COUNTER:
            raise Refused("ticket_other_counter")

    def _place(self, counter: int | None, who: str, t: Turn | None) -> int:
        found = self.place_of(who) if counter is None else counter
        if found is None:
            raise Refused("counter_closed")
        if self.shifts.get(found, {"who": who})["who"] != who:
            raise Refused("counter_taken")
        if self.at(found) not in (None, t):
            raise Refused("counter_busy")
        return found

    def _sit(self, counter: int, who: str, now: datetime) -> None:
        new = {"who": who, "services": self.offered, "opened": now}
        self.shifts.setdefault(counter, new)["paused"] = False

    def _bring(self, t: Turn, counter: int, who: str, now: datetime, *, calls: int) -> None:
        self._sit(counter, who, now)
        if t["finished"]:
            t["chain"].append(["absent", t["finished"], now])
        self._link(t, "called", now, leaves_out=t["status"] == "waiting")
        t |= {
            "status": "called",
            "counter": counter,
            "clerk": who,
            "called": now,
            "calls": calls,
            "finished": None,
        }

    def _link(self, t: Turn, kind: str | None, now: datetime, *, leaves_out: bool = False) -> None:
        chain = t["chain"]
        if chain[-1][2] is None:
            if chain[-1][1] > now:  # called or given up before the hour of the appointment
                chain[-2][2] = chain[-1][1] = now
            chain[-1][2] = now
            if leaves_out:
                chain[-1:] = without_closed_hours(*chain[-1])
        if kind:
            chain.append([kind, now, None])

    def _end(self, t: Turn, status: str, at: datetime) -> None:
        self._link(t, None, at)
        t |= {"status": status, "finished": at}

    def _back_place(self, t: Turn, now: datetime) -> datetime:
        after = sorted(
            other["place"] for other in self.turns
            if other["status"] == "waiting" and (other["service"], other["rank"]) == (t["service"], t["rank"])
            and other is not t and other["place"] > t["place"]
        )[: self.back]  # fmt: skip
        return after[-1] + timedelta(microseconds=1) if after else max(now, t["place"])

    def figures(self, day: date) -> dict[str, int | None]:
        """Count a day from the turns."""
        waits = [t for t in self.turns if t["counted"] and t["started"].date() == day]
        ended = [t for t in self.turns if t["finished"] and t["finished"].date() == day]
        served = [seconds(t, ("serving",)) for t in ended if t["status"] == "finished" and not t["forced"]]
        sums = [t["wait"] for t in waits]
        told = [t for t in waits if t["low"] is not None]
        return {
            "visits": len(sums), "wait_s": sum(sums), "wait_max_s": max(sums, default=0), "over_15": sum(s > 900 for s in sums),
            "over_30": sum(s > 1800 for s in sums), "served": len(served), "serve_s": sum(served), "forecasts": len(told),
            "forecast_hits": sum(t["low"] <= t["wait"] <= t["high"] for t in told),
            "no_shows": sum(t["status"] == "no_show" for t in ended),
            "cancelled": sum(t["status"] == "cancelled" for t in ended),
            "unserved": sum(t["status"] == "unserved" for t in ended),
            "average": int(Fraction(sum(sums), len(sums)) + Fraction(1, 2)) if sums else None,
        }  # fmt: skip
