"""A web server of its own process on the test's database and folder, and a signed-in script that sends files in pieces to it."""

import json
import os
import signal
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.test import Client

from bpmc_portal.accounts.models import User
from tests.faults.processes import HOST, free_port, until
from tools.processes import start, stop, tail

_CSRF = "c" * 32


def database_of_the_test() -> str:
    """Return the address of the database this test works on, for a process of its own."""
    given = connection.get_connection_params()
    place = str(given.get("host", "")).replace("/", "%2F")
    port = f":{given['port']}" if given.get("port") else ""
    secret = f":{given['password']}" if given.get("password") else ""
    return f"postgres://{given.get('user', '')}{secret}@{place}{port}/{given['dbname']}"


class Sender:
    """A signed-in script. Every method returns what the server said."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.cookie = port, cookie

    def ask(self, path: str, body: bytes, **headers: str) -> Any:
        """Post and return the JSON answer."""
        asked = HTTPConnection(HOST, self.port, timeout=60)
        sent = {"Cookie": f"sessionid={self.cookie}; csrftoken={_CSRF}", "X-CSRFToken": _CSRF, **headers}
        asked.request("POST", path, body, sent)
        answer = asked.getresponse()
        text = answer.read()
        asked.close()
        assert answer.status < 300, (answer.status, text[:2000])
        return json.loads(text)

    def begin(self, size: int, **more: str) -> str:
        """Open an upload."""
        body = urlencode({"name": "xap.pdf", "size": str(size), **more}).encode()
        given = self.ask("/so-hoa/tai-len/", body, **{"Content-Type": "application/x-www-form-urlencoded"})
        return str(given["id"])

    def send(self, key: str, offset: int, chunk: bytes) -> int:
        """Send a piece and return the new end."""
        headers = {"Content-Type": "application/octet-stream", "Upload-Offset": str(offset)}
        return int(self.ask(f"/so-hoa/tai-len/{key}/", chunk, **headers)["offset"])

    def finish(self, key: str) -> Any:
        """Finish the upload."""
        return self.ask(f"/so-hoa/tai-len/{key}/xong/", b"")


class Web:
    """One gunicorn with one worker; leaving the context stops it."""

    def __init__(self, place: Path) -> None:
        self.port, self.log = free_port(), place / "web.log"
        self.env = {
            **os.environ,
            "DATABASE_URL": database_of_the_test(),
            "DATA_DIR": str(settings.DATA_DIR),
            "DEBUG": "1",
            "DEMO": "1",
            "PORT": str(self.port),
        }

    def __enter__(self) -> Self:
        bind = f"{HOST}:{self.port}"
        command = [sys.executable, "-m", "gunicorn", "bpmc_portal.wsgi", "--bind", bind, "--workers", "1", "--threads", "2"]  # fmt: skip
        self.process = start(command, log=self.log, env=self.env)
        until(self._answers, seconds=60, what=lambda: tail(self.log))
        return self

    def __exit__(self, *_fault: object) -> None:
        stop(self.process, signal.SIGTERM)

    def _answers(self) -> bool:
        asked = HTTPConnection(HOST, self.port, timeout=5)
        try:
            asked.request("GET", "/healthz")
            return asked.getresponse().status == 200
        except OSError:
            return False
        finally:
            asked.close()

    @property
    def pid(self) -> int:
        """Return the process that answers: the worker, not its master."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def sign_in(self, user: User) -> Sender:
        """Return a script signed in as somebody."""
        browser = Client()
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return Sender(self.port, browser.cookies["sessionid"].value)
