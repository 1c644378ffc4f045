"""A signing program killed in the middle of its run: taken up again with the PIN, nothing signed twice, nothing lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from digitization import signing, storage
from digitization.models import SigningItem, SigningRun
from tests.digitization import signed
from tests.faults.processes import until
from tests.pki.authority import PIN
from tests.pki.place import opened
from tests.world import World
from tools.paths import ROOT

COUNT = 12


@pytest.mark.faults
@pytest.mark.timeout(180)
def test_a_killed_run_is_taken_up_again_and_signs_nothing_twice(
    committed_world: World, settings: Settings, tmp_path: Path
) -> None:
    with opened(tmp_path / "place") as place:
        settings.SIGNING_DIR, settings.TSA_URL = place.folder, place.tsa_url
        documents = [signed.issued(committed_world, str(number)) for number in range(COUNT)]
        ha = committed_world.ha
        run = signing.start(documents, signed.identity(ha), actor=ha, look="original", level="B-T")
        process = begin(run, place.folder, place.tsa_url, tmp_path)
        done = run.items.filter(state=SigningItem.State.SIGNED)
        until(lambda: done.count() >= 2, seconds=60, what="two signed papers")
        process.kill()
        process.wait()
        first = dict(done.values_list("pk", "blob_id"))
        assert 0 < len(first) < COUNT
        SigningRun.objects.filter(pk=run.pk).update(beat_at=None)
        assert signing.progress(run.pk, user=ha).is_stuck
        assert begin(signing.resume(run.pk, actor=ha), place.folder, place.tsa_url, tmp_path).wait(90) == 0
    after = dict(done.values_list("pk", "blob_id"))
    assert len(after) == COUNT
    assert {key: after[key] for key in first} == first
    for item in run.items.select_related("document"):
        assert item.document.blob_id == item.blob_id
        assert storage.read(item.blob_id).count(b"/ByteRange") == 1
        assert storage.read(item.blob_id).startswith(storage.read(item.draft_id))


def begin(run: SigningRun, folder: Path, tsa: str, data: Path) -> "subprocess.Popen[bytes]":
    """Start the command as the portal does, on the test's database."""
    given = connection.settings_dict
    url = f"postgres://{given['USER']}@{str(given['HOST']).replace('/', '%2F')}/{given['NAME']}"
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "DATA_DIR": str(data),
        "SIGNING_DIR": str(folder),
        "TSA_URL": tsa,
    }
    process = subprocess.Popen(
        [sys.executable, ROOT / "manage.py", "sign_run", str(run.pk)],
        stdin=subprocess.PIPE,
        env=env,
        cwd=ROOT,
    )
    assert process.stdin is not None
    process.stdin.write(PIN.encode() + b"\n")
    process.stdin.close()
    return process
