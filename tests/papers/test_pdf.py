"""The door to WeasyPrint: closed to every address, the same bytes every time, fonts of our own."""

import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pikepdf
import pytest
from django.db import connection
from pytest_django import Settings

from bpmc_portal.lib import pdf
from tests.papers.made import fonts_of, streams_of, text_of

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "bí mật 8f2c1e"


@dataclass(frozen=True)
class Note:
    """The smallest paper."""

    title: str = "Giấy thử"
    dated_at: str = "2021-10-14T09:16:00+07:00"
    issuing_org: str = "BỘ PHẬN MỘT CỬA"
    body: str = ""
    address: str = ""
    server: str = ""


@pytest.fixture
def template(settings: Settings, tmp_path: Path) -> Path:
    """Return a template file, named note.html to Django, that a test may fill."""
    file = tmp_path / "templates" / "note.html"
    file.parent.mkdir()
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], file.parent]}]
    file.write_text('{% extends "pdf/base.html" %}{% block sheet %}<p>{{ paper.body }}</p>{% endblock %}')
    return file


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """Return a web server on this machine and the list of what was asked of it."""
    asked: list[str] = []

    class Witness(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(SECRET.encode())

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Witness) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}", asked
        http.shutdown()
        thread.join()


DOORS = {
    "attachment": '<link rel="attachment" href="{{ paper.address }}">',
    "anchor attachment": '<a rel="attachment" href="{{ paper.address }}">tệp</a>',
    "image": '<img src="{{ paper.address }}" alt="">',
    "object": '<object data="{{ paper.address }}"></object>',
    "stylesheet": '<link rel="stylesheet" href="{{ paper.address }}">',
    "import": '<style>@import url("{{ paper.address }}");</style>',
    "font": '<style>@font-face { font-family: X; src: url("{{ paper.address }}"); } p { font-family: X; }</style>',
    "background": '<style>p { background: url("{{ paper.address }}"); }</style>',
    "base": '<base href="{{ paper.server }}"><img src="x.png" alt="">',
    "svg image": '<svg><image href="{{ paper.address }}" width="9" height="9"/></svg>',
}


@pytest.mark.parametrize("door", DOORS)
def test_no_address_but_our_own_files_is_ever_opened(
    door: str, template: Path, server: tuple[str, list[str]], tmp_path: Path
) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text(SECRET)
    page = '{% extends "pdf/base.html" %}{% block sheet %}' + DOORS[door] + "<p>còn lại</p>{% endblock %}"
    template.write_text(page)
    for address in (
        secret.as_uri(),
        f"{server[0]}/x.css",
        f"https://static.invalid/../..{secret}",
        f"data:text/css,{SECRET}",
    ):
        made = pdf.render("note.html", Note(address=address, server=server[0]), size="A5")
        assert SECRET.encode() not in streams_of(made)
        with pikepdf.open(io.BytesIO(made)) as file:
            assert len(file.attachments) == 0
        assert "còn lại" in text_of(made)
    assert server[1] == []


def test_what_people_typed_is_printed_and_never_obeyed(template: Path) -> None:
    typed = '<img src="x"><script>1</script></p><style>p{display:none}</style> & "ngoặc" {{ paper.title }}'
    assert " ".join(typed.split()) in text_of(pdf.render("note.html", Note(body=typed), size="A5"))


def test_the_file_is_an_accessible_archive_in_vietnamese(template: Path) -> None:
    made = pdf.render("note.html", Note(body="Đặng Thị Ngọc Ánh"), size="A5")
    with pikepdf.open(io.BytesIO(made)) as file:
        assert file.Root.Lang == "vi"
        assert file.Root.MarkInfo.Marked
        assert file.Root.ViewerPreferences.DisplayDocTitle
        assert str(file.docinfo.Title) == "Giấy thử"
        assert str(file.docinfo.CreationDate) == "D:20211014091600+07'00"
        with file.open_metadata() as metadata:
            assert metadata.pdfa_status == "2A"


def test_letters_of_every_name_come_from_our_own_fonts_whole_and_searchable(template: Path) -> None:
    body = "Nguyễn Ngọc Ánh, Đỗ Quỹ, Ưng Hoàng Phượng, ĐẶNG THỊ ẪN; Łukasz Dvořák Şahin Müller"
    made = pdf.render("note.html", Note(body=body), size="A5")
    fonts = fonts_of(made)
    assert body in text_of(made)
    assert all(fonts.values())
    assert {name.partition("+")[2] for name in fonts} == {"Paper", "Paper-Viet", "Paper-Ext"}


def test_two_processes_make_the_same_bytes() -> None:
    script = (
        "import django, hashlib; django.setup()\n"
        "from bpmc_portal.lib import pdf\n"
        "from tests.papers.test_receipt import SAMPLE\n"
        "made = [pdf.render('pdf/receipt.html', SAMPLE, size='A4') for _ in range(2)]\n"
        "print(*(hashlib.sha256(each).hexdigest() for each in made))"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "bpmc_portal.settings"}
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**environment, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    hashes = {each for run in runs for each in run.communicate(timeout=60)[0].split()}
    assert len(hashes) == 1


@pytest.mark.django_db
def test_a_web_process_never_loads_weasyprint() -> None:
    script = (
        "import sys\n"
        "from bpmc_portal.wsgi import application\n"
        "from django.test import Client\n"
        "answers = [Client().get(path, HTTP_HOST='127.0.0.1').status_code for path in ('/', '/tra-cuu/', '/healthz')]\n"
        "from dossiers.services import papers\n"
        "print(answers, 'weasyprint' in sys.modules)"
    )
    database = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{database}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bpmc_portal.settings",
        "DATABASE_URL": url,
        "DEBUG": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip().endswith("False"), done.stdout
