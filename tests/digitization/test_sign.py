"""Signing: every level stands before two validators that are not ours to write, and the draft stays."""

import hashlib
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.db import connection
from django.test import Client
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from digitization import signing, storage, verifying, verifying_program
from digitization.models import Document, Signature, SigningItem, SigningRun
from tests.digitization import signed
from tests.pki import place as places
from tests.pki.authority import PIN
from tests.pki.place import Place
from tests.world import World

SAMPLE = 220


def path_of(document: Document) -> Path:
    """Return where the paper's file lies."""
    return storage.path_of(str(document.blob_id))


def pdfsig(path: Path) -> str:
    """Return what poppler says."""
    done = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=True)
    return done.stdout


def accepted_by_pyhanko(path: Path, place: Place) -> list[bool]:
    """Return pyHanko's bottom line of each signature, asked without our program."""
    context = ValidationContext(
        trust_roots=verifying_program.Trust(place.trust).roots,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    with path.open("rb") as file:
        found = PdfFileReader(file).embedded_regular_signatures
        return [validate_pdf_signature(each, context, context).bottom_line for each in found]


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LT"])
def test_every_level_is_accepted_by_poppler_and_by_pyhanko(world: World, place: Place, level: str) -> None:
    document = signed.issued(world)
    draft = storage.read(str(document.blob_id))
    run = signed.sign(document, signed.identity(world.ha), level=level)
    assert (run.state, run.items.get().state) == (SigningRun.State.DONE, SigningItem.State.SIGNED)
    assert path_of(document).read_bytes().startswith(draft)
    said = pdfsig(path_of(document))
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert accepted_by_pyhanko(path_of(document), place) == [True]
    verdict = verifying.verify(path_of(document))
    assert (verdict.state, verdict.signatures[0].level) == (Document.Signed.VALID, level)
    assert "Vũ Thu Hà (Cục Quản lý lao động ngoài nước) ký lúc" in verdict.words
    assert ("có dấu thời gian" in verdict.words) is (level != "B-B")


def test_the_evidence_of_a_signature_is_kept_with_its_chain_lists_and_stamp(
    world: World, place: Place
) -> None:
    document = signed.issued(world)
    signed.sign(document, signed.identity(world.ha), level="B-LT")
    verifying.look_at(str(document.pk))
    document.refresh_from_db()
    kept = Signature.objects.get(blob=document.blob)
    assert document.signed == kept.verdict == Document.Signed.VALID
    assert [each["subject"].split(",")[0] for each in kept.evidence["chain"]] == [
        "Common Name: Tổ chức chứng thực thử nghiệm",
        "Common Name: Vũ Thu Hà",
    ]
    assert kept.evidence["revocation_lists"]
    assert kept.evidence["time_stamp"]["trusted"] is True
    verifying.look_at(str(document.pk))
    assert Signature.objects.filter(blob=document.blob).count() == 1


def test_a_token_signs_like_a_file(
    world: World, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.token(tmp_path, place.people["ha"])
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    document, key = signed.issued(world), signed.token_identity(world.ha)
    refused = signed.sign(document, key, pin="00000000")
    assert "PIN không đúng" in refused.words
    signed.sign(document, key)
    assert "Signature is Valid" in pdfsig(path_of(document))
    assert verifying.verify(path_of(document)).state == Document.Signed.VALID


def test_one_changed_byte_anywhere_is_reported(world: World, place: Place, tmp_path: Path) -> None:
    document = signed.issued(world)
    signed.sign(document, signed.identity(world.ha))
    content = path_of(document).read_bytes()
    trust = verifying_program.Trust(place.trust)
    path = tmp_path / "changed.pdf"
    path.write_bytes(content)
    assert verdict_of(path, trust) == Document.Signed.VALID
    start, end = container_of(path)
    generator = random.Random(7)
    covered = [*range(start), *range(end, len(content))]
    missed = []
    for offset in {0, start - 1, end - 2, end, len(content) - 1, *generator.sample(covered, SAMPLE)}:
        changed = bytearray(content)
        changed[offset] ^= 1
        path.write_bytes(changed)
        if verdict_of(path, trust) == Document.Signed.VALID:
            missed.append((offset, content[offset : offset + 20]))
    assert not missed
    # No signature covers its own container: there the hash speaks, as the public page does (test_sign_verify_page.py).
    for offset in generator.sample(range(start, end), 20):
        changed = bytearray(content)
        changed[offset] ^= 1
        assert hashlib.sha256(changed).hexdigest() != document.blob_id


def container_of(path: Path) -> tuple[int, int]:
    """Return where the hexadecimal signature begins and ends."""
    with path.open("rb") as file:
        first, size, second, _ = PdfFileReader(file).embedded_regular_signatures[0].byte_range
    return int(first + size), int(second)


def verdict_of(path: Path, trust: verifying_program.Trust) -> str:
    """Judge as the program does; one that ends in an error is a broken file."""
    try:
        raw = verifying_program.judge(path, trust)
    except Exception:
        return Document.Signed.BROKEN
    return verifying.verdict_of(raw).state if raw else Document.Signed.NONE


def test_a_second_signature_stacks_and_the_first_names_it(world: World, place: Place) -> None:
    document = signed.issued(world)
    signed.sign(document, signed.identity(world.ha))
    signed.sign(document, signed.identity(world.vanthu, name="thu"), look="copy")
    verdict = verifying.verify(path_of(document))
    assert verdict.state == Document.Signed.VALID
    assert len(verdict.signatures) == 2
    assert "Sau khi ký có thêm chữ ký của Cục Quản lý lao động ngoài nước." in verdict.signatures[0].words
    assert pdfsig(path_of(document)).count("Signature is Valid") == 2


def test_what_was_added_after_signing_is_named(world: World, place: Place, tmp_path: Path) -> None:
    from pyhanko.pdf_utils.generic import (
        ArrayObject,
        DictionaryObject,
        FloatObject,
        NameObject,
        TextStringObject,
    )
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    document = signed.issued(world)
    signed.sign(document, signed.identity(world.ha))
    later = tmp_path / "later.pdf"
    with path_of(document).open("rb") as file, later.open("wb") as out:
        writer = IncrementalPdfFileWriter(file)
        note = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Annot"),
                NameObject("/Subtype"): NameObject("/FreeText"),
                NameObject("/Rect"): ArrayObject([FloatObject(each) for each in (50, 50, 200, 100)]),
                NameObject("/Contents"): TextStringObject("Hiệu lực 10 năm"),
            }
        )
        writer.register_annotation(writer.find_page_for_modification(0)[0], writer.add_object(note))
        writer.write(out)
    verdict = verifying.verify(later)
    assert verdict.state == Document.Signed.BROKEN
    assert "Sau khi Vũ Thu Hà (Cục Quản lý lao động ngoài nước) ký có thêm" in verdict.words


def test_a_revoked_certificate_is_refused_with_evidence_and_found_out_without(
    world: World, place: Place
) -> None:
    document, key = signed.issued(world), signed.identity(world.ha, name="revoked")
    run = signed.sign(document, key, level="B-LT")
    assert (run.items.get().state, document.blob_id) == (SigningItem.State.FAILED, run.items.get().draft_id)
    assert "thu hồi" in run.items.get().words
    signed.sign(document, key)
    verdict = verifying.verify(path_of(document))
    assert (verdict.state, "thu hồi" in verdict.words) == (Document.Signed.BROKEN, True)


def test_a_signer_of_a_foreign_authority_is_unknown_not_wrong(
    world: World, place: Place, settings: Any, tmp_path: Path
) -> None:
    document = signed.issued(world)
    signed.sign(document, signed.identity(world.ha))
    settings.SIGNING_DIR = tmp_path / "nobody"
    verdict = verifying.verify(path_of(document))
    assert (verdict.state, "chưa xác minh được nơi cấp" in verdict.words) == (Document.Signed.UNKNOWN, True)


def test_files_without_or_with_false_signatures_never_break_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "file.pdf"
    wanted = {
        signed.pdf(): Document.Signed.NONE,
        b"%PDF-1.7\n" + b"/ByteRange [0 1 2 3]" * 3: Document.Signed.BROKEN,
        b"": Document.Signed.NONE,
    }
    for content, state in wanted.items():
        path.write_bytes(content)
        assert verifying.verify(path).state == state


def test_a_wrong_pin_is_told_and_writes_nothing(
    world: World, place: Place, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    document = signed.issued(world)
    run = signed.sign(document, signed.identity(world.ha), pin="wrong-pin-8151")
    item = run.items.get()
    assert (run.state, item.state, item.blob_id) == (
        SigningRun.State.REFUSED,
        SigningItem.State.WAITING,
        None,
    )
    assert run.words == "Mã PIN không đúng. Chưa kết quả nào được ký. Hãy nhập lại."
    assert document.blob_id == item.draft_id
    again = signing.resume(run.pk, actor=world.ha)
    signing.work(again.pk, PIN)
    assert SigningItem.objects.get(pk=item.pk).state == SigningItem.State.SIGNED
    out, err = capfd.readouterr()
    for secret in ("wrong-pin-8151", PIN):
        assert secret not in caplog.text + out + err
        assert not tables_with(secret)


def tables_with(text: str) -> list[str]:
    """Return the tables of the database in which any row holds the text in any column."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            # Names come from the database's own catalogue.
            cursor.execute(f'SELECT 1 FROM "{table}" t WHERE t::text LIKE %s LIMIT 1', [f"%{text}%"])  # noqa: S608
            found += [table] if cursor.fetchone() else []
    return found


def test_a_broken_result_is_refused_in_words_and_the_others_are_signed(world: World, place: Place) -> None:
    good, bad = signed.issued(world, "một"), signed.issued(world, "hai")
    Document.objects.filter(pk=bad.pk).update(
        blob=storage.put([b"%PDF-1.7 nothing"], media_type="application/pdf")
    )
    bad.refresh_from_db()
    run = signing.start([bad, good], signed.identity(world.ha), actor=world.ha, look="original", level="B-B")
    signing.work(run.pk, PIN, width=2)
    progress = signing.progress(run.pk, user=world.ha)
    assert (progress.signed, progress.failed, progress.run.state) == (1, 1, SigningRun.State.DONE)
    assert "không ký được" in progress.items[0].words


def test_a_result_that_changed_meanwhile_is_not_overwritten(world: World, place: Place) -> None:
    document, key = signed.issued(world), signed.identity(world.ha)
    run = signing.start([document], key, actor=world.ha, look="original", level="B-B")
    newer = storage.put([signed.pdf("bản sửa")], media_type="application/pdf")
    Document.objects.filter(pk=document.pk).update(blob=newer)
    signing.work(run.pk, PIN)
    document.refresh_from_db()
    assert (document.blob_id, run.items.get().state) == (newer.pk, SigningItem.State.FAILED)


def test_the_marks_stand_where_the_decree_puts_them(world: World, place: Place) -> None:
    original, copy = signed.issued(world, "một"), signed.issued(world, "hai")
    key = signed.identity(world.ha, signer_image="ky.png", seal_image="dau.png", unit=world.agency)
    signed.sign(original, key)
    signed.sign(copy, key, look="copy")
    with pikepdf.open(path_of(original)) as found:
        left, bottom, right, top = (float(each) for each in found.pages[-1].Annots[0].Rect)
        assert (round((right - left) / 72 * 25.4), round((top - bottom) / 72 * 25.4)) == (75, 36)
    with pikepdf.open(path_of(copy)) as found:
        box = [float(each) for each in found.pages[0].Annots[0].Rect]
        assert box[2] == 595 - 24
        assert box[3] == 842 - 24
    words = subprocess.run(
        ["pdftotext", "-l", "1", path_of(copy), "-"], capture_output=True, text=True, check=True
    )
    assert "Cục Quản lý lao động ngoài nước" in words.stdout
    assert "+07:00" in words.stdout


def test_leader_and_registry_see_only_what_is_theirs_to_sign(
    world: World, place: Place, as_user: Callable[[Any], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    document, key = signed.issued(world), signed.identity(world.ha)
    given: list[str] = []
    monkeypatch.setattr(signing, "launch", lambda run, pin: given.append(pin))
    ha = as_user(world.ha)
    assert "Giấy phép Kết quả" in ha.get("/ky/so/").content.decode()
    form = {"chung_thu": key.pk, "kq": str(document.pk), "hinh_thuc": "original", "pin": PIN}
    answer = ha.post("/ky/so/", form)
    assert (answer.status_code, given) == (303, [PIN])
    page = ha.get(answer["Location"]).content.decode()
    assert "Đã ký <b>0</b>/1" in page
    assert as_user(world.ha2).get(answer["Location"]).status_code == 404
    assert "Chưa có chứng thư" in as_user(world.vanthu).get("/ky/so/").content.decode()
    ha.post("/ky/so/", {**form, "kq": str(signed.stored(signed.pdf("lạ")).pk)})
    assert SigningRun.objects.count() == 1


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_costs_the_same_for_few_and_for_many(
    world: World, as_user: Callable[[Any], Client], django_assert_max_num_queries: Any, count: int
) -> None:
    signed.identity(world.ha)
    for number in range(count):
        signed.issued(world, str(number))
    client = as_user(world.ha)
    with django_assert_max_num_queries(14):
        assert client.get("/ky/so/").content.decode().count('name="kq"') == count


def test_no_secret_reaches_the_environment_or_the_arguments(world: World, place: Place) -> None:
    run = signing.start(
        [signed.issued(world)], signed.identity(world.ha), actor=world.ha, look="original", level="B-B"
    )
    seen: list[str] = []
    real = subprocess.Popen

    class Watched(real):  # type: ignore[type-arg,misc]
        def __init__(self, command: Any, **how: Any) -> None:
            seen.append(repr(command) + repr(how.get("env")) + repr(dict(os.environ)))
            super().__init__(command, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", Watched)
        signing.work(run.pk, PIN, width=1)
    assert seen
    assert not [each for each in seen if PIN in each]
