"""Sign PDF files with one key: a program of its own, fed by a pipe, so that the PIN is in the memory of nothing else for longer than a breath.

Run as `python -I signing_program.py`. Lines of JSON. First comes the identity: {"kind", "file" | "module" + "token" + "key", "pin", "level"
("B-B" "B-T" "B-LT"), "tsa", "roots": [PEM or DER files], "images": {"signer", "seal"}}; it answers {"ready": true} or {"error": code}.
Then one line a file: {"source", "target", "agency", "block"}, `block` being the PDF of the text block or null; it answers {"signed_at": ISO 8601} or
{"error": code, "detail": text}. It imports nothing of the project. A file that takes too long ends the process.
"""

import json
import os
import resource
import signal
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

MEMORY = 2 * 1024**3
SECONDS = 60  # for one file, the answers of other servers included
FRESH = timedelta(minutes=5)  # answers about revocation are used again for so long
INCH = 72
SEAL_DPI = 300
BLOCK = (180, 30)  # points
EDGE = 24


class Refused(Exception):
    """Nothing can be signed, or not this file; the argument is a code."""


def main() -> int:
    """Open the key, then sign what comes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Only answers go out on the real standard output.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    key = json.loads(sys.stdin.readline())
    try:
        desk = Desk(key)
    except Refused as refused:
        out.write(json.dumps({"error": str(refused)}) + "\n")
        return 0
    finally:
        key["pin"] = ""
    out.write('{"ready": true}\n')
    for line in sys.stdin:
        signal.alarm(SECONDS)
        out.write(json.dumps(desk.answer(json.loads(line))) + "\n")
        signal.alarm(0)
    return 0


class Desk:
    """An open key and what is needed around it."""

    def __init__(self, key: dict[str, Any]) -> None:
        self.level = key["level"]
        self.roots = [_certificate(Path(path)) for path in key.get("roots", ())]
        self.signer = _from_file(key) if key["kind"] == "pkcs12" else _from_token(key)
        self.tsa = _time_stamper(key["tsa"]) if self.level != "B-B" else None
        self.mark = _mark_of(key.get("images") or {})
        self._context: tuple[datetime, Any] | None = None

    def answer(self, item: dict[str, Any]) -> dict[str, str]:
        """Sign one file and say how it went."""
        from pyhanko.pdf_utils.misc import PdfError
        from pyhanko.sign.general import SigningError
        from pyhanko.sign.timestamps.common_utils import TimestampRequestError
        from pyhanko_certvalidator.errors import PathError

        try:
            return {"signed_at": self.sign(item)}
        except TimestampRequestError as error:
            return {"error": "no_time_stamp", "detail": str(error)}
        except PathError as error:
            return {"error": "certificate_refused", "detail": str(error)}
        except SigningError as error:
            # pyHanko tells a certificate that does not stand in words only.
            is_refused = isinstance(error.__cause__, PathError) or "certificate" in str(error).lower()
            return {"error": "certificate_refused" if is_refused else "signing_failed", "detail": str(error)}
        except (PdfError, ValueError, KeyError, TypeError, IndexError, RecursionError, MemoryError) as error:
            return {"error": "unreadable", "detail": f"{type(error).__name__}: {error}"}
        except Exception as error:  # the token or a server, in whatever words of their libraries
            return {"error": "signing_failed", "detail": f"{type(error).__name__}: {error}"}

    def sign(self, item: dict[str, Any]) -> str:
        """Write the signed file beside the source, which stays its prefix; return the signer's time."""
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
        from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
        from pyhanko.sign.signers.pdf_signer import DSSContentSettings, SigDSSPlacementPreference

        is_long = self.level == "B-LT"
        name = f"MotCua-{uuid.uuid4().hex[:12]}"
        meta = PdfSignatureMetadata(
            field_name=name,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            name=item["agency"] or None,
            embed_validation_info=is_long,
            validation_context=self._validation() if is_long else None,
            signer_key_usage=set(),
            # Evidence and signature in one revision: no byte of the file lies outside the signature.
            dss_settings=DSSContentSettings(
                include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE
            ),
        )
        with Path(item["source"]).open("rb") as source:
            writer = IncrementalPdfFileWriter(source, strict=False)
            if writer.prev.encrypted:
                raise ValueError("encrypted")
            style, page, box = self._look(writer, item.get("block"))
            signer = PdfSigner(
                meta,
                self.signer,
                timestamper=self.tsa,
                stamp_style=style,
                new_field_spec=SigFieldSpec(name, on_page=page, box=box),
            )
            with Path(item["target"]).open("w+b") as target:
                signer.sign_pdf(writer, output=target)
        return datetime.now(UTC).isoformat()

    def _validation(self) -> Any:
        from pyhanko_certvalidator import ValidationContext

        now = datetime.now(UTC)
        if self._context is None or now - self._context[0] > FRESH:
            context = ValidationContext(
                trust_roots=self.roots, allow_fetching=True, revocation_mode="hard-fail"
            )
            self._context = now, context
        return self._context[1]

    def _look(self, writer: Any, block: str | None) -> tuple[Any, int, Any]:
        """Return style, page and place of what is seen: the text block, or signature and seal, or nothing."""
        from pyhanko.pdf_utils.content import ImportedPdfPage
        from pyhanko.pdf_utils.images import PdfImage
        from pyhanko.stamp import StaticStampStyle

        if block:
            left, bottom, right, top = _page_box(writer, 0)
            box = (right - EDGE - BLOCK[0], top - EDGE - BLOCK[1], right - EDGE, top - EDGE)
            page: Any = ImportedPdfPage(block)  # type: ignore[no-untyped-call]
            return StaticStampStyle(border_width=0, background=page), 0, box
        if self.mark is None:
            return None, 0, None
        image, width, height = self.mark
        left, bottom, right, top = _page_box(writer, -1)
        # The place of the signature on a Vietnamese official paper: the right half, at its foot.
        middle = left + (right - left) * 0.72
        place = (middle - width / 2, bottom + 110, middle + width / 2, bottom + 110 + height)
        mark = PdfImage(image, writer=writer)
        return StaticStampStyle(border_width=0, background=mark), -1, tuple(int(part) for part in place)


def _page_box(writer: Any, page: int) -> tuple[float, float, float, float]:
    count = int(writer.prev.root["/Pages"]["/Count"])
    reference = writer.prev.find_page_for_modification(page if page >= 0 else count - 1)[0]
    node = reference.get_object()
    while "/MediaBox" not in node:
        node = node["/Parent"]
    left, bottom, right, top = (float(part) for part in node["/MediaBox"])
    return left, bottom, right, top


def _certificate(path: Path) -> Any:
    from asn1crypto import pem, x509

    data = path.read_bytes()
    return x509.Certificate.load(pem.unarmor(data)[2] if pem.detect(data) else data)


def _from_file(key: dict[str, Any]) -> Any:
    from cryptography.hazmat.primitives.serialization import pkcs12
    from pyhanko.sign.signers import SimpleSigner

    try:
        data = Path(key["file"]).read_bytes()
    except OSError:
        raise Refused("key_missing") from None
    try:
        pkcs12.load_key_and_certificates(data, key["pin"].encode())
    except ValueError as error:
        raise Refused("wrong_pin" if "password" in str(error).lower() else "key_unreadable") from None
    signer = SimpleSigner.load_pkcs12_data(data, (), passphrase=key["pin"].encode())
    if signer.signing_cert is None:
        raise Refused("key_unreadable")
    return signer


def _from_token(key: dict[str, Any]) -> Any:
    import pkcs11
    from pyhanko.config.pkcs11 import TokenCriteria
    from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

    try:
        session = open_pkcs11_session(
            key["module"], token_criteria=TokenCriteria(label=key["token"]), user_pin=key["pin"]
        )
    except (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinInvalid):
        raise Refused("wrong_pin") from None
    except pkcs11.PinLocked:
        raise Refused("pin_locked") from None
    except (pkcs11.PKCS11Error, RuntimeError):
        raise Refused("key_missing") from None
    signer = PKCS11Signer(session, cert_label=key["key"], key_label=key["key"])
    try:
        signer.signing_cert.dump()
    except Exception:
        raise Refused("key_missing") from None
    return signer


def _time_stamper(url: str) -> Any:
    from pyhanko.sign.timestamps import HTTPTimeStamper

    return HTTPTimeStamper(url, timeout=10)


def _mark_of(images: dict[str, str]) -> tuple[Any, float, float] | None:
    """Return one picture of signature and seal with its size in points: the seal covers the left third of the signature."""
    from PIL import Image

    hand, seal = (_picture(images.get(name, "")) for name in ("signer", "seal"))
    parts = [each for each in (hand, seal) if each is not None]
    if not parts:
        return None
    if hand is None or seal is None:
        picture = parts[0]
    else:
        left = max(seal.width - hand.width // 3, 0)
        height = max(hand.height, seal.height)
        picture = Image.new("RGBA", (left + hand.width, height))
        picture.alpha_composite(hand, (left, (height - hand.height) // 2))
        picture.alpha_composite(
            seal, (max(left + hand.width // 3 - seal.width, 0), (height - seal.height) // 2)
        )
    return picture, picture.width * INCH / SEAL_DPI, picture.height * INCH / SEAL_DPI


def _picture(path: str) -> Any:
    """Return a PNG at SEAL_DPI in its real size; one that does not tell its dpi has SEAL_DPI already."""
    from PIL import Image

    if not path:
        return None
    try:
        with Image.open(path, formats=["PNG"]) as image:
            dpi = float(image.info.get("dpi", (SEAL_DPI, SEAL_DPI))[0]) or SEAL_DPI
            size = (round(image.width * SEAL_DPI / dpi), round(image.height * SEAL_DPI / dpi))
            return image.convert("RGBA").resize(size)
    except (OSError, ValueError):
        raise Refused("image_unreadable") from None


if __name__ == "__main__":
    sys.exit(main())
