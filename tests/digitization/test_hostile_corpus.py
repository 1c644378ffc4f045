"""More than 2,000 hostile files: each gets the verdict of its manifest within the time, and nothing of ours dies of it."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from digitization import sandbox, uploads
from digitization.models import Document
from tests.api import bodies
from tests.digitization import corpus_mixed
from tests.digitization.corpus import ACCEPTED
from tests.world import World

AT_LEAST = 2000
LONGEST = sandbox.SECONDS + 5  # for one file, by the clock
NAMES = [
    "../../../../tmp/out.pdf", "..\\..\\windows\\out.pdf", "/etc/cron.d/out", "C:\\out.pdf", "giay\x00.php.pdf", "giay\r\nX-Evil: 1.pdf",
    "giay\u202efdp.exe", "gia\u0302\u0301y.pdf", "giấy tờ.pdf", "d" * 300 + ".pdf", "đ" * 200 + ".pdf", "don.pdf.exe", "don.php.jpg", "CON", "NUL.pdf",
    "aux.pdf", ".htaccess", "..", ".", " ", "", "-rf", "$(id).pdf", "`id`.pdf", "a;b|c&d.pdf", "%2e%2e%2fout.pdf", "a\"b.pdf", "<script>.pdf", "=cmd.pdf", "\U0001f600.pdf",
]  # fmt: skip


def verdict_on(content: bytes) -> str:
    """Return the code of the refusal, or that the file is taken."""
    try:
        uploads.judge(io.BytesIO(content), size=len(content))
    except uploads.RefusedFile as refused:
        return refused.code if any(ord(letter) > 127 for letter in refused.sentence) else "no words"
    return ACCEPTED


@pytest.mark.timeout(300)
def test_every_file_of_the_corpus_gets_its_verdict() -> None:
    cases = corpus_mixed.every()
    assert len({each.content for each in cases}) >= AT_LEAST
    assert verdict_on(bodies.pdf()) == ACCEPTED
    before = sandbox._boxes[sandbox.JUDGE].pid
    wrong, slow = [], []
    for each in cases:
        begin = time.monotonic()
        found = verdict_on(each.content)
        if time.monotonic() - begin > LONGEST:
            slow.append(each.name)
        if found not in each.verdicts:
            wrong.append((each.name, found, sorted(each.verdicts)))
    assert not wrong, f"{len(wrong)} of {len(cases)}: {wrong[:40]}"
    assert not slow, slow
    assert sandbox._boxes[sandbox.JUDGE].pid == before


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_no_name_leads_anywhere(world: World, settings: Any, name: str) -> None:
    file = SimpleUploadedFile("x", bodies.pdf())
    file._name = name
    upload = uploads.take(file, document_type="", holder="", actor=world.lan)
    document = uploads.record(upload, actor=world.lan)
    assert "out" not in document.name
    written = [path for path in Path(settings.DATA_DIR).rglob("*") if path.is_file()]
    assert [path.name for path in written] == [document.blob_id]


def test_names_pass_the_door_of_the_api(world: World, api: Callable[..., APIClient]) -> None:
    client = api(world.lan)
    answers = {
        client.post(
            "/api/v1/documents/", {"file": bodies.named(bodies.pdf(), name)}, format="multipart"
        ).status_code
        for name in NAMES
        if "\r" not in name and name.strip(". ")
    }
    assert answers == {201}
    assert not Document.objects.filter(name__contains="out").exists()
