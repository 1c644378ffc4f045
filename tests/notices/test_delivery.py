"""Delivery over a real SMTP server: arrives once, waits when the server is away, and is never sent again blindly."""

import email
import email.policy
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.models import Job
from bpmc_portal.notices import services
from bpmc_portal.notices.models import Notice

ROOT = Path(__file__).resolve().parent.parent.parent
Server = Callable[[str], Path]


@pytest.fixture
def smtp(settings: Settings, tmp_path: Path) -> Iterator[Server]:
    """Return a function that starts a server in one of its modes, points Django at it, and gives the folder where mail arrives."""
    running: list[subprocess.Popen[str]] = []

    def start(mode: str) -> Path:
        folder = tmp_path / f"mail{len(running)}"
        folder.mkdir()
        command = [sys.executable, "-W", "ignore", "-m", "tests.notices.smtp_server", str(folder), mode]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        running.append(server)
        assert server.stdout is not None
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(server.stdout.readline())
        return folder

    yield start
    for server in running:
        server.kill()
        server.communicate()


def notice(key: str = "k") -> Notice:
    """Write an e-mail into the outbox."""
    context = {
        "message": {
            "code": "000.00.00.G07-211014-0127",
            "url": "https://motcua.example.vn/t/1/",
            "due": "thứ Năm",
            "office": "Một cửa",
        }
    }
    services.notify(
        "received", channel="email", address="tu@example.vn", subject="x", dedup_key=key, context=context
    )
    return Notice.objects.get(dedup_key=f"{key}:email")


@pytest.mark.django_db
def test_a_message_arrives_whole_and_once(smtp: Server) -> None:
    folder = smtp("take")
    sent = notice()
    jobs.run_due()
    services.deliver(sent.pk)
    [file] = folder.glob("*.eml")
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert message["Subject"].strip() == "Đã tiếp nhận hồ sơ 000.00.00.G07-211014-0127"
    assert message["To"] == "tu@example.vn"
    assert f"notice-{sent.pk}@" in message["Message-ID"]
    assert "https://motcua.example.vn/t/1/" in message.get_content()
    sent.refresh_from_db()
    assert (sent.state, sent.last_error) == (Notice.State.SENT, "")
    assert sent.sent_at is not None


@pytest.mark.django_db
def test_a_server_that_is_away_costs_a_wait_and_not_the_message(smtp: Server, settings: Settings) -> None:
    folder = smtp("take")
    port = settings.EMAIL_PORT
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = free.getsockname()[1]
    waiting = notice()
    jobs.run_due()
    waiting.refresh_from_db()
    assert waiting.state == Notice.State.PENDING
    assert "Refused" in waiting.last_error
    settings.EMAIL_PORT = port
    Job.objects.filter(kind="notices.deliver").update(not_before=timezone.now())
    jobs.run_due()
    waiting.refresh_from_db()
    assert waiting.state == Notice.State.SENT
    assert len(list(folder.glob("*.eml"))) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("mode", "state"), [("busy", Notice.State.PENDING), ("no", Notice.State.FAILED)])
def test_a_clear_answer_of_the_server_is_taken_at_its_word(smtp: Server, mode: str, state: str) -> None:
    smtp(mode)
    refused = notice()
    jobs.run_due()
    refused.refresh_from_db()
    assert refused.state == state
    assert refused.last_error


@pytest.mark.django_db
def test_an_answer_that_never_comes_leaves_the_message_unknown(
    smtp: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = smtp("stall")
    monkeypatch.setattr(services, "SMTP_TIMEOUT", 1)
    lost = notice()
    jobs.run_due()
    services.deliver(lost.pk)
    lost.refresh_from_db()
    assert lost.state == Notice.State.UNKNOWN
    assert len(list(folder.glob("*.eml"))) == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_after_the_server_took_the_message_leaves_it_unknown_and_never_sends_again(
    smtp: Server, settings: Settings
) -> None:
    folder = smtp("stall")
    sent = notice()
    script = (
        f"import django; django.setup()\nfrom bpmc_portal.notices.services import deliver\ndeliver({sent.pk})"
    )
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{connection.settings_dict['NAME']}"
    environment = {
        **os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "bpmc_portal.settings", "EMAIL_BACKEND": settings.EMAIL_BACKEND,
        "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(settings.EMAIL_PORT),
    }  # fmt: skip
    worker = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment)
    arrived = False
    while worker.poll() is None and not arrived:
        arrived = any(folder.glob("*.eml"))
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert arrived
    sent.refresh_from_db()
    assert sent.state == Notice.State.SENDING
    smtp("take")
    jobs.run_due()
    services.deliver(sent.pk)
    sent.refresh_from_db()
    assert sent.state == Notice.State.UNKNOWN
    assert len(list(folder.parent.glob("mail*/*.eml"))) == 1


@pytest.mark.django_db
def test_the_demo_drains_its_outbox_to_the_console(settings: Settings) -> None:
    settings.DEMO = True
    notice()
    context = {"message": {"sms_code": "x", "due_short": "y", "url": "z"}}
    services.notify(
        "received", channel="sms", address="+84912345678", subject="x", dedup_key="k", context=context
    )
    jobs.run_due()
    assert set(Notice.objects.values_list("state", flat=True)) == {Notice.State.SENT}
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_without_a_gateway_a_text_message_is_never_called_sent(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DEMO = False
    context = {"message": {"sms_code": "x", "due_short": "y", "url": "https://motcua.example.vn/t/1/"}}
    services.notify(
        "received", channel="sms", address="+84912345678", subject="x", dedup_key="k", context=context
    )
    jobs.run_due()
    assert Notice.objects.get().state == Notice.State.FAILED
    assert "/t/1/" not in caplog.text
