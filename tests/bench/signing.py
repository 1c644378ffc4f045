"""Signing in a run beside bare pyHanko: `python -m tests.bench.signing [PAPERS]`, on servers of its own, the two taking turns.

Bare: as many processes as ours, each holding the key and signing the same one-page PDF in memory (PAdES B-B). Ours: a run with everything
(files from the store, new blobs, rows, events). Starting the processes and opening the key counts in both. Prints JSON.
"""

import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from pathlib import Path
from statistics import median

from tests.digitization import scans
from tests.faults.processes import Portal, own_servers, sql
from tests.pki.authority import PIN, Authority, pkcs12_of

ROUNDS = 3


def main(papers: int) -> None:
    """Measure on servers of its own."""
    with own_servers(durable=True) as servers:
        sql(servers.env["DATABASE_URL"], "CREATE DATABASE signing")
        with Portal(servers, "signing", env={"DEMO": "", "DEBUG": ""}) as portal:
            portal.run("tests.bench.prepare", "bare")
            print(portal.run("tests.bench.signing", "inside", str(papers)).splitlines()[-1])


def inside(papers: int) -> None:
    """Sign within the portal's environment and print the figures."""
    import django

    django.setup()
    width = os.cpu_count() or 1
    ours, bare = [], []
    for _turn in range(ROUNDS):
        bare.append(papers / _seconds_of_bare(papers, width))
        ours.append(papers / _seconds_of_ours(papers))
    share = median(one / other for one, other in zip(ours, bare, strict=True))
    print(
        json.dumps(
            {
                "papers": papers,
                "processes": width,
                "bare_a_second": bare,
                "ours_a_second": ours,
                "share": share,
            }
        )
    )


def _key(folder: Path) -> Path:
    authority = Authority()
    pkcs12_of(authority.issue("Vũ Thu Hà"), authority, folder / "bench.p12")
    return folder / "bench.p12"


def _seconds_of_bare(papers: int, width: int) -> float:
    content = scans.born_digital(scans.letter())
    with tempfile.TemporaryDirectory() as folder:
        key = _key(Path(folder))
        began = time.perf_counter()
        with ProcessPoolExecutor(width) as pool:
            parts = [papers // width + (number < papers % width) for number in range(width)]
            list(pool.map(_sign_bare, [str(key)] * width, [content] * width, parts))
        return time.perf_counter() - began


def _sign_bare(key: str, content: bytes, count: int) -> None:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf

    signer = SimpleSigner.load_pkcs12(key, passphrase=PIN.encode())
    meta = PdfSignatureMetadata(field_name="Bare", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    for _number in range(count):
        sign_pdf(IncrementalPdfFileWriter(BytesIO(content)), meta, signer=signer, output=BytesIO())


def _seconds_of_ours(papers: int) -> float:
    from datetime import timedelta

    from django.conf import settings
    from django.utils import timezone

    from bpmc_portal.accounts.models import User
    from digitization import signing, storage
    from digitization.models import Document, SigningIdentity

    folder = Path(settings.SIGNING_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    leader, _is_new = User.objects.get_or_create(username="bench", defaults={"full_name": "Vũ Thu Hà"})
    identity = SigningIdentity.objects.create(
        user=leader, name="bench", kind="pkcs12", file=_key(folder).name, subject="bench", serial="1", certificate="",
        not_after=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    blob = storage.put([scans.born_digital(scans.letter())], media_type="application/pdf")
    documents = [Document(name="bench", state="stored", blob=blob, pages=1) for _number in range(papers)]
    run = signing.start(Document.objects.bulk_create(documents), identity, actor=leader, look="original")
    began = time.perf_counter()
    signing.work(run.pk, PIN)
    spent = time.perf_counter() - began
    if run.items.filter(state="signed").count() != papers:
        raise AssertionError("not every paper was signed")
    return spent


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        inside(int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
