"""A real Chromium on a live server: no request may leave the origin, no CSP violation, no axe finding."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bpmc_portal.accounts.models import User
from tests.world import World

PASSWORD = "mot-cua-thu-nghiem"
A_PERSONS_PACE = 60  # ms a key: faster bursts are taken for a scanner
A_SCANNERS_PACE = 4  # ms a key
PATIENCE = 30_000  # ms that a page may take to show what is expected; tests that promise a time measure it
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Headless Chromium crashes when a frame prints a PDF (a headed one does not): its printer is replaced by one that counts.
PRINTER = """
Object.defineProperty(HTMLIFrameElement.prototype, 'contentWindow', { get() {
  return { focus() {}, print() { window.slipsPrinted = (window.slipsPrinted || 0) + 1; } };
} });
"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Desk:
    """One browser of one person: a page, and everything it asked for and complained about."""

    page: Page
    base: str
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> int:
        """Open a path and return its status."""
        response = self.page.goto(f"{self.base}{path}")
        assert response is not None
        return response.status

    def sign_in(self, username: str) -> None:
        """Sign in by keyboard."""
        self.open("/dang-nhap/")
        self.page.locator("#id_username").focus()
        self.page.keyboard.type(username)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/dang-nhap/" not in url)

    def burst(self, *keys: str, apart: int) -> None:
        """Press keys `apart` ms from one another, on a slow machine too.

        Each key bears the time at which it was pressed, as the operating system stamps it, however late the page gets it.
        """
        session, begun = self.page.context.new_cdp_session(self.page), time.time()
        for number, key in enumerate(keys):
            sent = {"key": key, "timestamp": begun + number * apart / 1000}
            text = {"text": "\r" if key == "Enter" else key} if len(key) == 1 or key == "Enter" else {}
            session.send("Input.dispatchKeyEvent", {"type": "keyDown", **text, **sent})
            session.send("Input.dispatchKeyEvent", {"type": "keyUp", **sent})
        session.detach()

    def scan(self, text: str) -> None:
        """Type as a scanner does, Enter at the end."""
        self.burst(*text, "Enter", apart=A_SCANNERS_PACE)

    def check(self) -> None:
        """Fail on any accessibility finding of the page as it stands, on any complaint, on any foreign host."""
        found = (
            Axe().run(self.page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
        )
        assert not found, [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found]
        assert not self.complaints
        assert self.hosts <= {urlsplit(self.base).netloc}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Chromium once."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # Playwright's loop runs in this thread; the ORM is still used synchronously
    )
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM_PATH", "/usr/bin/chromium"), args=FLAGS
        )
        yield browser
        browser.close()


@contextmanager
def answered() -> Iterator[None]:
    """Leave only when the server has answered all it was asked: the tables that it works on are emptied next."""
    at_work, changed = 0, Condition()

    def count(by: int) -> Callable[..., None]:
        def counted(**_signal: Any) -> None:
            nonlocal at_work
            with changed:
                at_work += by
                changed.notify_all()

        return counted

    begun, done = count(1), count(-1)
    request_started.connect(begun)
    request_finished.connect(done)
    yield
    with changed:
        assert changed.wait_for(lambda: not at_work, timeout=PATIENCE / 1000)
    request_started.disconnect(begun)
    request_finished.disconnect(done)


@pytest.fixture
def desk(
    chromium: Browser, live_server: Any, committed_world: World, settings: Any
) -> Iterator[Callable[..., Desk]]:
    """Return a function that opens a browser of its own for one person, at a screen size."""
    settings.DEMO = True
    settings.PUBLIC_URL = live_server.url
    for user in User.objects.order_by("pk"):
        user.set_password(PASSWORD)
        user.save()
    contexts: list[BrowserContext] = []

    def opened(username: str | None = None, *, width: int = 1366, height: int = 768) -> Desk:
        context = chromium.new_context(
            locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", viewport={"width": width, "height": height}
        )
        context.add_init_script(PRINTER)
        contexts.append(context)
        found = Desk(context.new_page(), live_server.url)
        # The browser's own parts (its viewer of PDFs) are no hosts of the network.
        found.page.on(
            "request",
            lambda request: (
                found.hosts.add(urlsplit(request.url).netloc)
                if request.url.startswith(("http", "ws"))
                else None
            ),
        )
        found.page.on(
            "console",
            lambda message: (
                found.complaints.append(message.text)
                if message.type == "error" and "404" not in message.text
                else None
            ),
        )
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        if username:
            found.sign_in(username)
        return found

    with answered():
        yield opened
        for context in contexts:
            context.close()
