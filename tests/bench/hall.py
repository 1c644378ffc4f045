"""The hall under load: whole turns over HTTP, fifty counters of one office at once, and everybody who only looks."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import Barrier, Event
from typing import Any

from tests.bench.http_load import Line, Load, WrongAnswer
from tests.bench.measure import Site, cpu_seconds, postmaster
from tests.faults.processes import sql

TURN_CLIENTS, COUNTERS = 4, 50
LIMITS = ("ticket_issue", "ticket_next", "ticket_cycle")
# Who looks at a large office (design figure): how many, and every how many seconds.
LOOKERS = {"boards": (5, 1.0), "desks": (40, 2.0), "phones": (200, 15.0)}
_TWICE = "SELECT count(*) - count(DISTINCT number) FROM desk_ticket WHERE day = (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AND number <> ''"


@dataclass
class Hall:
    """One office of a portal under measurement, and who works in it."""

    site: Site
    given: dict[str, Any]
    calls: dict[str, list[float]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Return the address of the office."""
        return f"/api/v1/offices/{self.given['office']}"

    def prepare(self, verb: str, *numbers: int) -> dict[str, Any]:
        """Run a verb of hall_seed.py and return what it prints."""
        said = self.site.portal.run("tests.bench.prepare", verb, *map(str, numbers))
        return dict(json.loads(said.splitlines()[-1]))

    @contextmanager
    def line(self, token: str) -> Iterator["Asking"]:
        """Open a connection of one machine or clerk."""
        with closing(Line(self.site.portal.port)) as line:
            yield Asking(line, token)

    # -- whole turns

    def turns(self, seconds: float) -> dict[str, Any]:
        """Give, call, begin and finish, one turn after another at four counters, for some seconds."""
        began, before = time.perf_counter(), self._cpu()
        with ThreadPoolExecutor(TURN_CLIENTS) as pool:
            each = list(
                pool.map(self._turns_at, range(1, TURN_CLIENTS + 1), [began + seconds] * TURN_CLIENTS)
            )
        took = time.perf_counter() - began
        count = sum(len(steps["finish"]) for steps in each)
        web, postgres = (after - then for after, then in zip(self._cpu(), before, strict=True))
        steps = {
            name: Load(count, took, sorted(ms for part in each for ms in part[name])) for name in each[0]
        }
        return {
            "rate": count / took,
            "web_cpu_ms": web * 1000 / count,
            "postgres_cpu_ms": postgres * 1000 / count,
            "p50": {name: load.percentile(0.5) for name, load in steps.items()},
            "p95": {name: load.percentile(0.95) for name, load in steps.items()},
        }

    def _turns_at(self, counter: int, until: float) -> dict[str, list[float]]:
        steps: dict[str, list[float]] = {"issue": [], "next": [], "start": [], "finish": []}
        with self.line(self.given["kiosk"]) as kiosk, self.line(self.given["clerks"][counter - 1]) as clerk:
            while time.perf_counter() < until:
                kiosk.post(
                    f"{self.place}/tickets/", {"service": self.given["services"][0]}, took=steps["issue"]
                )
                called = clerk.post(f"{self.place}/counters/{counter}/call-next/", took=steps["next"])
                ticket = f"/api/v1/tickets/{called['token']}"
                clerk.post(f"{ticket}/start/", took=steps["start"])
                clerk.post(f"{ticket}/finish/", took=steps["finish"])
        return steps

    # -- fifty counters

    def burst(self) -> dict[str, Any]:
        """Let all counters call at one moment, once; each has nobody before and gets a visitor of its own."""
        barrier, took, tokens = Barrier(COUNTERS), list[float](), list[str]()

        def press(counter: int) -> None:
            with self.line(self.given["clerks"][counter - 1]) as clerk:
                clerk.get("/healthz")  # the connection stands before the moment comes
                barrier.wait()
                tokens.append(clerk.post(f"{self.place}/counters/{counter}/call-next/", took=took)["token"])

        with ThreadPoolExecutor(COUNTERS) as pool:
            list(pool.map(press, range(1, COUNTERS + 1)))
        return self._next_figures(took, tokens)

    def closed_loop(self, seconds: float, *, every: float = 0) -> dict[str, Any]:
        """Let all counters begin and call the next, over and over: without a pause, or each once every so many seconds."""
        until, took, tokens = time.perf_counter() + seconds, list[float](), list[str]()

        def work(counter: int) -> None:
            due = time.perf_counter() + every * counter / COUNTERS
            with self.line(self.given["clerks"][counter - 1]) as clerk:
                while (now := time.perf_counter()) < until:
                    if due > now:
                        _rest(due - now)
                    due += every
                    called = clerk.post(f"{self.place}/counters/{counter}/call-next/", took=took)
                    tokens.append(called["token"])
                    clerk.post(f"/api/v1/tickets/{called['token']}/start/")

        with ThreadPoolExecutor(COUNTERS) as pool:
            list(pool.map(work, range(1, COUNTERS + 1)))
        return self._next_figures(took, tokens)

    def _next_figures(self, took: list[float], tokens: list[str]) -> dict[str, Any]:
        load = Load(len(took), 1, sorted(took))
        return {
            "calls": len(took), "p50": load.percentile(0.5), "p95": load.percentile(0.95), "max": load.latencies[-1],
            "called_twice": len(tokens) - len(set(tokens)), "numbers_twice": int(sql(self.site.portal.url, _TWICE)[0][0]),
        }  # fmt: skip

    # -- looking

    def poll(self, seconds: float) -> dict[str, Any]:
        """Ask for an unchanged queue over and over on one connection; what a 304 costs."""
        with self.line("") as phone:
            tag = phone.queue(self.place)
            count, before, began = 0, self._cpu(), time.perf_counter()
            while time.perf_counter() < began + seconds:
                tag = phone.queue(self.place, known=tag)
                count += 1
            web, postgres = (after - then for after, then in zip(self._cpu(), before, strict=True))
            return {
                "rate": count / (time.perf_counter() - began), "web_cpu_ms": web * 1000 / count,
                "postgres_cpu_ms": postgres * 1000 / count,
            }  # fmt: skip

    def mixed(self, seconds: float) -> dict[str, Any]:
        """Let boards, desks and phones look at their pace while one number is given every second; the share of one core."""
        due = sorted(
            ((every * (number + 1) / count) % every + turn * every, kind)
            for kind, (count, every) in LOOKERS.items()
            for number in range(count)
            for turn in range(int(seconds / every) + 1)
        )
        answers = {200: 0, 304: 0}
        with self.line("") as eyes, self.line(self.given["kiosk"]) as kiosk:
            known = dict.fromkeys(LOOKERS, eyes.queue(self.place))
            before, began, given = self._cpu(), time.perf_counter(), 0
            for at, kind in (each for each in due if each[0] < seconds):
                if (ahead := began + at - time.perf_counter()) > 0:
                    _rest(ahead)
                if time.perf_counter() > began + given:
                    kiosk.post(f"{self.place}/tickets/", {"service": self.given["services"][1]})
                    given += 1
                tag = eyes.queue(self.place, known=known[kind])
                answers[304 if tag == known[kind] else 200] += 1
                known[kind] = tag
            took = time.perf_counter() - began
            web, postgres = (after - then for after, then in zip(self._cpu(), before, strict=True))
        return {
            "requests": sum(answers.values()), "seconds": took, "unchanged": answers[304], "changes": given,
            "core_percent": 100 * (web + postgres) / took, "web_percent": 100 * web / took,
        }  # fmt: skip

    def _cpu(self) -> tuple[float, float]:
        return cpu_seconds(self.site.web), cpu_seconds(postmaster(self.site.portal))


@dataclass
class Asking:
    """One connection with somebody's token."""

    line: Line
    token: str

    def post(self, path: str, body: Any = None, *, took: list[float] | None = None) -> dict[str, Any]:
        """Send a write and return its JSON; its milliseconds go to `took`. Raises WrongAnswer unless it went well."""
        data = b"" if body is None else json.dumps(body).encode()
        sent = time.perf_counter()
        status, _head, answer = self.line.ask("POST", path, data, Authorization=f"Token {self.token}")
        if took is not None:
            took.append((time.perf_counter() - sent) * 1000)
        if status not in {200, 201}:
            raise WrongAnswer(f"{path}: {status} {answer[:500].decode(errors='replace')}")
        return dict(json.loads(answer))

    def get(self, path: str) -> None:
        """Send a read whose answer does not matter."""
        self.line.ask("GET", path)

    def queue(self, place: str, *, known: str = "") -> str:
        """Ask for the queue and return its entity tag. Raises WrongAnswer."""
        status, head, _body = self.line.ask("GET", f"{place}/queue/", If_None_Match=known)
        tag = next(
            (each[5:].strip() for each in head.split(b"\r\n") if each.lower().startswith(b"etag:")), b""
        )
        if status not in {200, 304} or not tag:
            raise WrongAnswer(f"queue: {status}")
        return tag.decode()


def _rest(seconds: float) -> None:
    """Wait without spinning."""
    Event().wait(seconds)


def drive(site: Site, *, seconds: float, waiting: int) -> dict[str, Any]:
    """Measure everything about the hall on one portal and return the figures. Raises WrongAnswer."""
    hall = Hall(site, dict(json.loads(site.portal.run("tests.bench.prepare", "hall").splitlines()[-1])))
    found: dict[str, Any] = {"limit": {}}
    measure: Callable[[], dict[str, Any]]
    hall.turns(min(1, seconds))  # warm
    found["ticket"] = hall.turns(seconds)
    found["poll"] = hall.poll(seconds)
    found["mixed"] = hall.mixed(max(seconds, 2))
    hall.prepare("empty", 0)
    found["cost"] = {}
    for name, count in (("50", 50), (str(waiting), waiting)):
        hall.prepare("queue_up", count)
        hall.prepare("empty", 50)
        found["cost"][name] = hall.prepare("ticket_cost")
    hall.prepare("empty", 0)
    hall.prepare("queue_up", waiting)
    for name, measure in (
        ("burst", hall.burst), ("paced", lambda: hall.closed_loop(seconds, every=2)), ("loop", lambda: hall.closed_loop(seconds)),
    ):  # fmt: skip
        found[name] = measure()
        hall.prepare("empty", 0)
        hall.prepare("queue_up", waiting)
    return found
