"""Judge the signatures of one PDF file: a program of its own, so that a hostile file can exhaust or crash nothing but itself.

Run as `python -I verifying_program.py PATH TRUST`; JSON on standard output: {"signatures": [{...}]}, in the order of signing. Any failure of the
process means that the file cannot be read. TRUST is a folder of root certificates (*.pem *.crt *.cer) and revocation lists (*.crl). Nothing is fetched:
an address in a stranger's file must not make us call anybody. It imports nothing of the project and limits its own memory and time first.
"""

import hashlib
import json
import logging
import os
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MEMORY = 1536 * 1024 * 1024
SECONDS = 15
MOST = 20  # signatures that are looked at


def main() -> int:
    """Judge the file that the arguments name."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    logging.disable(logging.CRITICAL)
    out = os.dup(1)
    os.dup2(2, 1)
    found = judge(Path(sys.argv[1]), Trust(Path(sys.argv[2])))
    os.write(out, json.dumps({"signatures": found}).encode())
    return 0


class Trust:
    """The roots and revocation lists that the installation holds."""

    def __init__(self, folder: Path) -> None:
        from asn1crypto import crl, pem, x509

        def read(path: Path) -> bytes:
            data = path.read_bytes()
            return pem.unarmor(data)[2] if pem.detect(data) else data

        files = sorted(folder.iterdir()) if folder.is_dir() else []
        self.roots = [
            x509.Certificate.load(read(path)) for path in files if path.suffix in {".pem", ".crt", ".cer"}
        ]
        self.lists = [crl.CertificateList.load(read(path)) for path in files if path.suffix == ".crl"]


def judge(path: Path, trust: Trust) -> list[dict[str, Any]]:
    """Return what is known of each signature."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    with path.open("rb") as file:
        reader = PdfFileReader(file, strict=False)
        return [_judge(each, reader, trust) for each in reader.embedded_regular_signatures[:MOST]]


def _judge(embedded: Any, reader: Any, trust: Trust) -> dict[str, Any]:
    """Judge one signature: at the time of its stamp when that is trusted, else now."""
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import ValidationInfoReadingError
    from pyhanko.sign.validation.settings import KeyUsageConstraints

    facts = _facts(embedded)
    usage = KeyUsageConstraints(
        key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False
    )
    kept = _kept(reader)
    stamped = _stamped_at(embedded, trust, kept)
    try:
        status = validate_pdf_signature(
            embedded,
            signer_validation_context=_context(trust, kept, moment=stamped),
            ts_validation_context=_context(trust, kept, moment=stamped),
            key_usage_settings=usage,
        )
    except ValidationInfoReadingError as error:
        return {**facts, "intact": False, "problem": str(error)}
    stamp = status.timestamp_validity
    at = stamped or status.signer_reported_dt
    coverage = status.coverage.name if status.coverage is not None else ""
    return {
        **facts,
        "intact": bool(status.intact and status.valid and _is_padded_with_zeros(embedded)),
        "trusted": bool(status.trusted),
        "revoked": bool(status.revoked),
        "problem": _problem(status),
        "changes": status.modification_level.name if status.modification_level is not None else "OTHER",
        "changes_allowed": bool(status.docmdp_ok),
        "covers_all": coverage == "ENTIRE_FILE",
        "covers_revision": coverage in {"ENTIRE_FILE", "ENTIRE_REVISION"},
        "signed_at": at.astimezone(UTC).isoformat() if at else None,
        "stamped": stamped is not None,
        "level": _level(stamp, kept),
        "evidence": {
            "chain": _chain(status, embedded),
            "revocation_lists": [_digest(each.dump()) for each in kept["crls"]],
            "ocsp": [_digest(each.dump()) for each in kept["ocsps"]],
            "time_stamp": _time_stamp(stamp),
            "document_digest": embedded.compute_digest().hex(),
            "roots": [_digest(each.dump()) for each in trust.roots],
        },
    }


def _facts(embedded: Any) -> dict[str, Any]:
    certificate = embedded.signer_cert
    subject = certificate.subject.native
    organisation = subject.get("organization_name", "")
    return {
        "field": str(embedded.field_name)[:200],
        "signer": str(subject.get("common_name") or certificate.subject.human_friendly)[:300],
        "organisation": str(organisation if isinstance(organisation, str) else organisation[0])[:300],
        "issuer": str(certificate.issuer.native.get("common_name") or certificate.issuer.human_friendly)[
            :300
        ],
        "serial": f"{certificate.serial_number:x}"[:80],
        "evidence": {},
    }


def _kept(reader: Any) -> dict[str, Any]:
    """Return the evidence that the file itself carries."""
    from asn1crypto import crl, ocsp, x509
    from pyhanko.sign.validation.dss import DocumentSecurityStore
    from pyhanko.sign.validation.errors import NoDSSFoundError

    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return {"certs": [], "crls": [], "ocsps": []}

    def read(references: Any, kind: Any) -> list[Any]:
        return [kind.load(each.get_object().data) for each in references]

    return {
        "certs": read(store.certs.values(), x509.Certificate),
        "crls": read(store.crls, crl.CertificateList),
        "ocsps": read(store.ocsps, ocsp.OCSPResponse),
    }


def _context(trust: Trust, kept: dict[str, Any], *, moment: datetime | None) -> Any:
    from pyhanko_certvalidator import ValidationContext

    return ValidationContext(
        trust_roots=trust.roots,
        other_certs=kept["certs"],
        crls=[*trust.lists, *kept["crls"]],
        ocsps=kept["ocsps"],
        moment=moment,
        best_signature_time=moment,
        allow_fetching=False,
        revocation_mode="soft-fail",
        # A list that was made after the stamp still tells what was revoked before it.
        retroactive_revinfo=moment is not None,
    )


def _stamped_at(embedded: Any, trust: Trust, kept: dict[str, Any]) -> datetime | None:
    """Return the time of the stamp when its server is trusted: only such a time may stand for now."""
    import asyncio

    from pyhanko.sign.validation.generic_cms import collect_timing_info

    context = _context(trust, kept, moment=None)
    timing = asyncio.run(
        collect_timing_info(embedded.signer_info, context, raw_digest=embedded.compute_digest)
    )
    stamp = timing.get("timestamp_validity")
    return stamp.timestamp if stamp is not None and stamp.valid and stamp.intact and stamp.trusted else None


def _is_padded_with_zeros(embedded: Any) -> bool:
    """Say whether the room reserved for the signature holds nothing but the signature."""
    room = bytes(embedded.pkcs7_content)
    return not any(room[_der_size(room) :])


def _der_size(data: bytes) -> int:
    """Return the length of the DER value at the beginning."""
    first = data[1]
    if first < 0x80:
        return 2 + first
    count = first & 0x7F
    return 2 + count + int.from_bytes(data[2 : 2 + count], "big")


def _problem(status: Any) -> str:
    indication = getattr(status, "trust_problem_indic", None)
    return "" if indication is None else str(getattr(indication, "name", indication))


def _level(stamp: Any, kept: dict[str, Any]) -> str:
    if stamp is None:
        return "B-B"
    return "B-LT" if kept["crls"] or kept["ocsps"] else "B-T"


def _chain(status: Any, embedded: Any) -> list[dict[str, str]]:
    path = getattr(status, "validation_path", None)
    certificates = list(path.iter_certs(include_root=True)) if path is not None else [embedded.signer_cert]
    return [
        {
            "subject": each.subject.human_friendly[:300],
            "sha256": each.sha256.hex(),
            "not_after": each["tbs_certificate"]["validity"]["not_after"].native.isoformat(),
        }
        for each in certificates
    ]


def _time_stamp(stamp: Any) -> dict[str, Any] | None:
    if stamp is None:
        return None
    certificate = stamp.signing_cert
    return {
        "at": stamp.timestamp.isoformat(),
        "trusted": bool(stamp.trusted),
        "server": certificate.subject.human_friendly[:300],
        "sha256": certificate.sha256.hex(),
    }


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
